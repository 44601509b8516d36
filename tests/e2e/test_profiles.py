"""Lamps of other makers through the whole hub: telemetry to the API, orders to the lamp, and honest outcomes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.foreign import ChirpStack, Foreign, TasmotaLamp, Zigbee2Mqtt
from tests.servers.hub import RunningHub, running_hub
from tests.servers.mosquitto import mosquitto
from tests.servers.waiting import until


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with mosquitto(tmp_path_factory.mktemp("broker"), "allow_anonymous true", "max_inflight_messages 2048") as server:
        yield server.port


OWN = """
title = "A lamp of the city's own"
kinds = ["light"]

[[messages]]
topic = "own/{device}/is"
channel = "state"
payload = "json"
fields = [{ field = "dim", metric = "level" }]

[commands]
confirmation = "state"

[commands.set_level]
topic = "own/{device}/set"
json = { dim = "{level}" }
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, broker: int) -> Iterator[RunningHub]:
    settings = {"mqtt__url": f"mqtt://127.0.0.1:{broker}", "control__deadline": 4, "control__retry_after": 1}
    with running_hub(tmp_path_factory.mktemp("hub"), settings, start=False) as running:
        (running.data / "profiles").mkdir(parents=True)
        (running.data / "profiles" / "own.toml").write_text(OWN)
        running.start()
        yield running


@pytest.fixture(scope="module")
def admin(hub: RunningHub) -> Iterator[httpx.Client]:
    with hub.client() as client:
        yield client


def register(admin: httpx.Client, **device: Any) -> httpx.Response:
    answer = admin.post("/devices", json=device)
    assert answer.status_code == 201, answer.text
    return answer


def latest(admin: httpx.Client, device: str) -> dict[str, float]:
    shown = admin.get(f"/devices/{device}").json()["latest"]
    return {metric: reading["value"] for metric, reading in shown.items()}


def order(admin: httpx.Client, device: str, level: float) -> str:
    """Hold a level; returns the command's id."""
    answer = admin.post("/overrides", json={"devices": [device], "level": level, "ramp": 0, "for": "1h"})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["command"])


def outcome(admin: httpx.Client, command: str) -> tuple[str, str]:
    """Outcome and detail of the command's one target."""
    (target,) = admin.get(f"/commands/{command}/targets").json()["items"]
    return target["outcome"], target["detail"]


def light(admin: httpx.Client, device: str) -> dict[str, Any]:
    shown: dict[str, Any] = admin.get(f"/devices/{device}").json()["light"]
    return shown


def test_flat_json_is_stored_and_shown(hub: RunningHub, admin: httpx.Client, broker: int) -> None:
    register(admin, id="flat-1", kind="light", profile="flat-json")
    now = int(time.time() * 1000)
    body = {"device": "flat-1", "ts": now, "seq": 1, "power": 81.0, "dim": 42, "on": True, "temp": 36.1, "fw": "1.4"}
    with closing(Foreign(broker)) as lamp:

        def told() -> bool:
            lamp.say("tele/flat-1/telemetry", body)  # the hub subscribes when the first of its type is registered
            return latest(admin, "flat-1").get("power") == 81.0

        until("the reading to be shown", told, within=20)
    assert latest(admin, "flat-1") == {"power": 81.0, "level": 42.0, "temperature": 36.1}
    shown = admin.get("/devices/flat-1").json()
    assert shown["online"] and shown["light"]["actual"] == 42.0


def test_a_tasmota_lamp_obeys_and_is_believed(admin: httpx.Client, broker: int) -> None:
    register(admin, id="tasmota-1", kind="light", profile="tasmota", address="tasmota_8B4A12")
    with closing(TasmotaLamp(broker, "tasmota_8B4A12")) as lamp:
        lamp.say("tele/tasmota_8B4A12/LWT", "Online", retain=True)
        until("the lamp to be online", lambda: light(admin, "tasmota-1")["online"], within=20)
        command = order(admin, "tasmota-1", 60)
        until("the order to be applied", lambda: outcome(admin, command)[0] == "applied", within=20)
        shown = light(admin, "tasmota-1")
        assert (shown["actual"], shown["in_effect"], shown["cause"]) == (60.0, 60.0, "override")
        sensor = {
            "Time": "2026-11-22T01:02:03",
            "ENERGY": {"Total": 12.5, "Power": 61, "Voltage": 229, "Current": 0.27},
        }
        lamp.say("tele/tasmota_8B4A12/SENSOR", sensor)
        until("the energy to be shown", lambda: latest(admin, "tasmota-1").get("energy") == 12_500.0, within=20)


def test_a_zigbee_lamp_behind_its_bridge_obeys(admin: httpx.Client, broker: int) -> None:
    bridge = register(admin, id="bridge-1", kind="gateway", profile="zigbee2mqtt", address="bridge").json()
    lamp = register(admin, id="zigbee-1", kind="light", profile="zigbee2mqtt", address="Lê Lợi 12").json()
    assert bridge["credentials"] is not None and lamp["credentials"] is None
    with closing(Zigbee2Mqtt(broker)) as server:
        server.say("zigbee2mqtt/Lê Lợi 12", {"state": "OFF", "brightness": 254, "power": 0.4}, retain=True)
        until("its state to be shown", lambda: light(admin, "zigbee-1")["actual"] == 0.0, within=20)
        command = order(admin, "zigbee-1", 60)
        until("the order to be applied", lambda: outcome(admin, command)[0] == "applied", within=20)
        shown = light(admin, "zigbee-1")
        assert shown["in_effect"] == 60.0 and abs(shown["actual"] - 60) < 0.5


def test_a_radio_lamp_has_received_it_which_is_not_to_say_that_it_obeys(admin: httpx.Client, broker: int) -> None:
    eui = "0101010101010101"
    register(admin, id="radio-1", kind="light", profile="chirpstack", address=eui)
    with closing(ChirpStack(broker)) as server:

        def heard() -> bool:
            server.uplink(eui, {"dim": 30, "power": 28.4})
            return latest(admin, "radio-1").get("rssi") == -61.0

        until("the uplink to be shown", heard, within=20)
        command = order(admin, "radio-1", 60)
        received = ("sent", "received by the device, which has not said yet what it did")
        until("the downlink to be acknowledged", lambda: outcome(admin, command) == received, within=20)
        shown = light(admin, "radio-1")
        assert (shown["in_effect"], shown["actual"]) == (None, 30.0)  # it never confirmed an order
        server.uplink(eui, {"dim": 60, "power": 44.0})
        until("the level to be reported", lambda: outcome(admin, command)[0] == "applied", within=20)
        assert light(admin, "radio-1")["in_effect"] == 60.0


def test_a_lamp_that_does_not_obey_ends_timed_out(admin: httpx.Client, broker: int) -> None:
    register(admin, id="own-1", kind="light", profile="own")
    with closing(Foreign(broker, "own/own-1/set")) as lamp:

        def heard() -> bool:
            lamp.say("own/own-1/is", {"dim": 10})
            return bool(light(admin, "own-1")["actual"] == 10.0)

        until("its state to be shown", heard, within=20)
        command = order(admin, "own-1", 60)
        until("the order to reach it", lambda: bool(lamp.heard), within=20)
        assert lamp.heard[0] == ("own/own-1/set", b'{"dim":60}')
        lamp.say("own/own-1/is", {"dim": 10})
        until("the hub to give up", lambda: outcome(admin, command)[0] != "sent", within=20)
        assert outcome(admin, command) == ("timed_out", "it reports 10 %, not the 60 % that it was told")


def test_what_a_type_cannot_do_is_rejected_with_the_reason(admin: httpx.Client) -> None:
    register(admin, id="flat-2", kind="light", profile="flat-json")
    command = order(admin, "flat-2", 60)
    until("the refusal", lambda: outcome(admin, command)[0] == "rejected", within=20)
    assert "know no set_level" in outcome(admin, command)[1]


def test_accounts_of_other_types_at_the_embedded_broker(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub", {"control__deadline": 4}) as hub, hub.client() as admin:
        lamp = register(admin, id="plug-1", kind="light", profile="tasmota", address="plug.1").json()
        bridge = register(admin, id="bridge-1", kind="gateway", profile="zigbee2mqtt", address="bridge").json()
        register(admin, id="zigbee-1", kind="light", profile="zigbee2mqtt", address="le-loi-12")
        spaced = {"id": "zigbee-2", "kind": "light", "profile": "zigbee2mqtt", "address": "le loi 13"}
        assert admin.post("/devices", json=spaced).json()["code"] == "bad-address"  # an order would end our connection
        spaced = {"id": "plug-2", "kind": "light", "profile": "tasmota", "address": "plug 2"}
        assert admin.post("/devices", json=spaced).json()["code"] == "bad-address"

        def sign_in(body: dict[str, Any]) -> dict[str, str]:
            return {"user": body["credentials"]["username"], "password": body["credentials"]["password"]}

        with (
            closing(TasmotaLamp(hub.mqtt_port, "plug.1", **sign_in(lamp))) as plug,
            closing(Zigbee2Mqtt(hub.mqtt_port, **sign_in(bridge))) as server,
        ):
            until("both to listen", lambda: plug.granted == [1] and server.granted == [1], within=20)
            plug.say("tele/plug.2/STATE", {"POWER": "ON", "Dimmer": 77})  # not its own: reaches nobody
            plug.say("zigbee2mqtt/le-loi-12", {"state": "ON", "brightness": 254})

            def told() -> bool:
                plug.say("tele/plug.1/STATE", {"POWER": "ON", "Dimmer": 30})
                server.say("zigbee2mqtt/le-loi-12", {"state": "ON", "brightness": 127})
                return light(admin, "plug-1")["actual"] == 30.0 and light(admin, "zigbee-1")["actual"] == 50.0

            until("both to be shown", told, within=20)
            for device in ("plug-1", "zigbee-1"):
                command = order(admin, device, 60)
                until("the order to be applied", lambda: outcome(admin, command)[0] == "applied", within=20)  # noqa: B023
        refused = admin.get("/quarantine").json()["items"]
        assert [each["source"] for each in refused] == []
