"""deploy/mosquitto.conf and mosquitto.acl with the real Mosquitto give devices the same walls."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker.clients import Client, Will
from tests.servers.missing import need
from tests.servers.mosquitto import mosquitto
from tests.servers.waiting import until

DEPLOY = Path(__file__).parents[2] / "deploy"
HUB = "lamplighter-hub"
DEVICES = ("lamp-1", "lamp-2")


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The port of a Mosquitto that runs as deployed, but for its paths and port."""
    tool = shutil.which("mosquitto_passwd")
    need("mosquitto_passwd", tool is not None)
    passwords = tmp_path / "passwd"
    passwords.touch(mode=0o600)
    for user in (HUB, *DEVICES):
        subprocess.run([str(tool), "-b", str(passwords), user, f"secret of {user}"], check=True)
    acl = tmp_path / "acl"
    acl.write_text((DEPLOY / "mosquitto.acl").read_text())
    text = (DEPLOY / "mosquitto.conf").read_text()
    text = text.replace("/etc/mosquitto/lamplighter.passwd", str(passwords))
    text = text.replace("/etc/mosquitto/lamplighter.acl", str(acl))
    drop = ("listener ", "persistence ", "persistence_location ", "#")
    kept = [line for line in text.splitlines() if line and not line.startswith(drop)]
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    for path in (tmp_path, folder):
        path.chmod(0o777)
    for path in (passwords, acl):
        path.chmod(0o644)
    with mosquitto(folder, *kept, "user root") as server:
        yield server.port


def sign_in(port: int, user: str, *, id: str = "", will: Will | None = None) -> Client:
    """A client, signed in."""
    client = Client(port, user, f"secret of {user}", id, will=will)
    assert client.connect() == 0
    return client


def _forge(port: int, topic: str, retain: bool) -> None:
    """Publish as lamp-1; Mosquitto 2.0.11 acknowledges what it refuses, but cuts whoever wanted it retained."""
    forger = sign_in(port, "lamp-1")
    forger.send(topic, "forged", retain=retain)
    until("an answer to the forger", lambda: forger.acknowledged() > 0 or not forger.connected)
    forger.leave()


def test_a_device_speaks_and_hears_as_itself_alone(port: int) -> None:
    hub, lamp, spy = sign_in(port, HUB), sign_in(port, "lamp-2"), sign_in(port, "lamp-1")
    assert hub.subscribe("ll/#") == [1]
    lamp.subscribe("ll/d/lamp-2/down/#", "ll/g/ward-1/down/command")
    spy.subscribe("#", "ll/d/lamp-2/#", "ll/d/+/down/command", "ll/d/lamp-1/down/#")
    for topic in ("ll/d/lamp-2/up/state", "ll/d/lamp-2/down/command", "ll/g/ward-1/down/command", "ll/d/lamp-1/down/x"):
        for retain in (False, True):
            _forge(port, topic, retain)
    spy.publish("ll/d/lamp-1/up/state", "honest")
    assert hub.next()[:2] == ("ll/d/lamp-1/up/state", "honest")
    hub.publish("ll/d/lamp-2/down/command", "secret")
    hub.publish("ll/d/lamp-1/down/command", "mine")
    hub.publish("ll/g/ward-1/down/command", "all")
    assert [lamp.next().payload for _ in range(2)] == ["secret", "all"]
    assert {spy.next().payload for _ in range(2)} == {"mine", "all"}
    late = sign_in(port, HUB)
    late.subscribe("ll/#")
    lamp.publish("ll/d/lamp-2/up/state", "real")
    assert late.next().payload == "real"
    for client in (hub, lamp, spy, late):
        client.leave()


def test_a_device_of_a_profile_speaks_and_hears_as_itself_alone(port: int) -> None:
    hub, lamp, spy = sign_in(port, HUB), sign_in(port, "lamp-2"), sign_in(port, "lamp-1")
    assert hub.subscribe("tele/#", "stat/#") == [1, 1]
    lamp.subscribe("cmnd/lamp-2/#")
    spy.subscribe("cmnd/#", "cmnd/lamp-2/#", "cmnd/lamp-1/#", "tele/#")
    for topic in ("tele/lamp-2/STATE", "stat/lamp-2/RESULT", "cmnd/lamp-2/Dimmer", "zigbee2mqtt/x", "homeassistant/x"):
        _forge(port, topic, False)
    spy.publish("tele/lamp-1/STATE", "honest")
    assert hub.next()[:2] == ("tele/lamp-1/STATE", "honest")
    hub.publish("cmnd/lamp-2/Dimmer", "60")
    hub.publish("cmnd/lamp-1/Dimmer", "30")
    assert lamp.next().payload == "60" and spy.next().payload == "30"
    for client in (hub, lamp, spy):
        client.leave()


def test_a_forged_will_reaches_nobody(port: int) -> None:
    hub = sign_in(port, HUB)
    hub.subscribe("ll/#")
    forger = sign_in(port, "lamp-1", will=Will("ll/d/lamp-2/up/presence", "offline", True))
    honest = sign_in(port, "lamp-1", will=Will("ll/d/lamp-1/up/presence", "offline", True))
    forger.crash()
    honest.crash()
    assert hub.next()[:2] == ("ll/d/lamp-1/up/presence", "offline")
    hub.leave()


def test_nobody_else_gets_in(port: int) -> None:
    for user, password in ((None, None), ("lamp-1", "wrong"), ("lamp-9", "secret of lamp-9")):
        assert Client(port, user, password).connect() != 0


def test_a_hub_that_is_away_finds_everything(port: int) -> None:
    hub, lamp = sign_in(port, HUB, id="the-hub"), sign_in(port, "lamp-1")
    hub.subscribe("ll/d/+/up/#")
    hub.crash()
    for i in range(3000):
        lamp.send("ll/d/lamp-1/up/telemetry", str(i))
    lamp.publish("ll/d/lamp-1/up/telemetry", "last")
    hub = sign_in(port, HUB, id="the-hub")
    assert [hub.next().payload for _ in range(3001)] == [*(str(i) for i in range(3000)), "last"]
    hub.leave()
    lamp.leave()
