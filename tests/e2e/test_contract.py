"""Independent clients against a running hub: what the contract promises, seen from outside."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cbor2
import httpx
import pytest

from tests.e2e.device import Lamp
from tests.servers.hub import RunningHub, running_hub
from tests.servers.missing import need
from tests.servers.waiting import until


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    need("mosquitto-clients", shutil.which("mosquitto_pub") is not None, how="apt-get install mosquitto-clients")
    with running_hub(tmp_path_factory.mktemp("hub"), {"control__retry_after": 0.5, "control__deadline": 4}) as running:
        with running.client() as api:
            for zone in (
                {"id": "city", "name": "City", "kind": "city"},
                {"id": "le-loi", "name": "Lê Lợi", "kind": "street", "parent": "city"},
            ):
                assert api.post("/zones", json=zone).status_code == 201
        yield running


@pytest.fixture
def api(hub: RunningHub) -> Iterator[httpx.Client]:
    with hub.client() as client:
        yield client


def register(api: httpx.Client, name: str, **more: Any) -> dict[str, Any]:
    answer = api.post(
        "/devices", json={"id": name, "name": name, "kind": "light", "zone": "le-loi", "rated_power": 90, **more}
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def publish(
    hub: RunningHub, name: str, password: str, topic: str, payload: bytes
) -> subprocess.CompletedProcess[bytes]:
    command = [
        "mosquitto_pub",
        "-p",
        str(hub.mqtt_port),
        "-u",
        name,
        "-P",
        password,
        "-i",
        f"{name}-pub",
        "-q",
        "1",
        "-t",
        topic,
        "-s",
    ]
    return subprocess.run(command, input=payload, capture_output=True, timeout=20, check=False)


def latest(api: httpx.Client, name: str, metric: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = api.get(f"/devices/{name}").json()["latest"].get(metric)
    return found


def test_what_mosquitto_pub_says_in_senml_rest_answers_with_its_unit(hub: RunningHub, api: httpx.Client) -> None:
    credentials = register(api, "lamp-json")["credentials"]
    assert credentials["username"] == "lamp-json"
    body = (
        b'[{"bt":%d,"n":"power","u":"kW","v":0.0612},{"n":"voltage","u":"V","v":229.5},{"n":"energy","u":"J","v":7200000}]'
        % time.time()
    )
    publish(hub, "lamp-json", credentials["password"], "ll/d/lamp-json/up/telemetry", body)
    power = until("the power", lambda: latest(api, "lamp-json", "power"))
    assert (power["value"], power["unit"]) == (pytest.approx(61.2), "W")
    energy = latest(api, "lamp-json", "energy")
    assert energy is not None
    assert (energy["value"], energy["unit"]) == (pytest.approx(2000), "Wh")
    series = api.get("/devices/lamp-json/telemetry", params={"metric": "power"}).json()
    assert series["unit"] == "W"
    assert [value for _, value in series["points"]] == [pytest.approx(61.2)]


def test_cbor_and_a_gateway_with_base_names(hub: RunningHub, api: httpx.Client) -> None:
    gateway = api.post("/devices", json={"id": "gw-1", "name": "Gateway", "kind": "gateway", "zone": "city"}).json()
    for child in ("child-1", "child-2"):
        assert register(api, child, address="gw-1")["credentials"] is None
    register(api, "stranger")
    pack = [{-2: "child-1/", -3: time.time(), 0: "power", 1: "W", 2: 55.5}, {-2: "child-2/", 0: "level", 1: "/", 2: 0.4},
            {-2: "stranger/", 0: "power", 1: "W", 2: 1.0}]  # fmt: skip
    publish(hub, "gw-1", gateway["credentials"]["password"], "ll/d/gw-1/up/telemetry", cbor2.dumps(pack))
    assert until("the child's power", lambda: latest(api, "child-1", "power"))["value"] == 55.5
    assert until("the child's level", lambda: latest(api, "child-2", "level"))["value"] == pytest.approx(40)
    refused = until(
        "the stranger's record in quarantine",
        lambda: api.get("/quarantine", params={"code": "not-yours"}).json()["items"],
    )
    assert "stranger" in refused[0]["reason"]
    assert latest(api, "stranger", "power") is None


def test_a_device_that_publishes_under_anothers_name_reaches_nobody(hub: RunningHub, api: httpx.Client) -> None:
    mine = register(api, "honest")["credentials"]
    register(api, "victim")
    publish(hub, "honest", mine["password"], "ll/d/victim/up/telemetry", b'[{"n":"power","u":"W","v":1}]')
    publish(hub, "honest", mine["password"], "ll/d/honest/up/telemetry", b'[{"n":"power","u":"W","v":2}]')
    assert until("the honest reading", lambda: latest(api, "honest", "power"))["value"] == 2
    assert latest(api, "victim", "power") is None
    assert publish(hub, "honest", "a wrong password", "ll/d/honest/up/telemetry", b"[]").returncode != 0


def test_mosquitto_sub_sees_the_command_and_it_is_not_retained(hub: RunningHub, api: httpx.Client) -> None:
    secret = register(api, "watched", zone="city")["credentials"]["password"]
    sign_in = ["-p", str(hub.mqtt_port), "-u", "watched", "-P", secret, "-q", "1"]
    listen = ["mosquitto_sub", *sign_in, "-t", "ll/d/watched/down/config", "-C", "1", "-W", "20", "-F", "%r %p"]

    def config(client_id: str) -> str:
        return subprocess.run([*listen, "-i", client_id], capture_output=True, text=True, check=True, timeout=30).stdout

    assert '"groups":["city"]' in config("w0").replace(" ", "")
    assert config("w1").startswith("1 ")
    topics = ["-t", "ll/d/watched/down/command", "-t", "ll/g/city/down/command"]
    watch = [
        "stdbuf",
        "-oL",
        "mosquitto_sub",
        *sign_in,
        "-i",
        "w2",
        "-d",
        *topics,
        "-C",
        "1",
        "-W",
        "20",
        "-F",
        "got %r %t %p",
    ]
    with subprocess.Popen(watch, stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdout is not None
        for line in listener.stdout:
            if "Subscribed" in line:
                break
        order = {"devices": ["watched"], "level": 42, "for": "PT5M", "reason": "seen from outside"}
        assert api.post("/overrides", json=order).status_code == 202
        seen = next(line for line in listener.stdout if line.startswith("got "))
    assert seen.startswith("got 0 ll/d/watched/down/command ")
    assert '"level":42' in seen.replace(" ", "").replace("42.0", "42")
    late = subprocess.run(
        ["mosquitto_sub", *sign_in, "-i", "w3", *topics, "-W", "1"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert late.stdout == ""


def test_a_device_built_from_the_contract_alone_is_switched_confirmed_and_goes_back(
    hub: RunningHub, api: httpx.Client
) -> None:
    for zone in (
        {"id": "ward", "name": "Ward", "kind": "ward", "parent": "city"},
        {"id": "tay-son", "name": "Tây Sơn", "kind": "street", "parent": "ward"},
    ):
        assert api.post("/zones", json=zone).status_code == 201
    lamps = [
        Lamp(hub.mqtt_port, name, register(api, name, zone="tay-son")["credentials"]["password"])
        for name in ("street-1", "street-2")
    ]
    mute = Lamp(hub.mqtt_port, "mute", register(api, "mute", zone="tay-son")["credentials"]["password"], follow=False)
    try:
        for lamp in (*lamps, mute):
            until(
                "its configuration",
                lambda lamp=lamp: [c for c in lamp.configs if c["groups"] == ["tay-son", "ward", "city"]],
            )
            until("its subscriptions", lambda lamp=lamp: lamp.granted >= 4 or None)
        until(
            "all online",
            lambda: (
                api.get("/zones/ward").json()["counts"] == {"lights": 3, "online": 3, "on": 0, "faulty": 0, "by_hub": 0}
                or None
            ),
        )
        until_time = datetime.now(UTC) + timedelta(seconds=8)
        order = {"zones": ["ward"], "level": 60, "ramp": 0, "until": until_time.isoformat(), "reason": "a test"}
        key = {"Idempotency-Key": "one"}
        placed = api.post("/overrides", json=order, headers=key)
        assert placed.status_code == 202
        again = api.post("/overrides", json=order, headers=key)
        assert again.json() == placed.json()
        command = placed.json()["command"]
        done = until(
            "the command to end",
            lambda: ((c := api.get(f"/commands/{command}").json())["state"] == "done" and c) or None,
        )
        assert (done["outcomes"]["applied"], done["outcomes"]["timed_out"]) == (2, 1)
        late = api.get(f"/commands/{command}/targets", params={"outcome": "timed_out"}).json()["items"]
        assert [item["device"] for item in late] == ["mute"]
        assert late[0]["detail"]
        light = api.get("/devices/street-1").json()["light"]
        assert (light["requested"], light["in_effect"], light["actual"], light["cause"]) == (60, 60, 60, "override")
        groups = [topic for topic, _, body in lamps[0].commands if body["id"] == command]
        assert groups == ["ll/g/ward/down/command"]
        assert [topic for topic, _, body in mute.commands if body["id"] == command].count("ll/d/mute/down/command") >= 1
        back = until(
            "the lamp back at its program",
            lambda: ((x := api.get("/devices/street-1").json()["light"])["cause"] == "program" and x) or None,
        )
        assert back["actual"] == 0
        assert api.get("/overrides").json()["items"] == [] or all(
            o["id"] != placed.json()["id"] for o in api.get("/overrides").json()["items"]
        )
    finally:
        for lamp in (*lamps, mute):
            lamp.close()


def test_an_override_needs_an_end(api: httpx.Client) -> None:
    answer = api.post("/overrides", json={"zones": ["city"], "level": 10})
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"] == "until-required"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"{not json", "bad-json"),
        (b"\xff\xfe\x00\x01 binary noise", None),
        (b'[{"n":"power","u":"furlong","v":1}]', None),
        (b'[{"n":"charm","v":1}]', None),
        (b'[{"n":"power","u":"W","v":1,"t":4102444800}]', "future-time"),
        (b"[" + b",".join(b'{"n":"power","v":%d}' % n for n in range(10_500)) + b"]", "too-large"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_kept_counted_and_listed(
    hub: RunningHub, api: httpx.Client, payload: bytes, code: str | None
) -> None:
    if api.get("/devices/babbler").status_code == 404:
        hub.babbler = register(api, "babbler")["credentials"]["password"]  # type: ignore[attr-defined]
    before = sum(row["count"] for row in api.get("/quarantine").json()["counts"])
    publish(hub, "babbler", hub.babbler, "ll/d/babbler/up/telemetry", payload)  # type: ignore[attr-defined]
    until(
        "one more in quarantine",
        lambda: sum(r["count"] for r in api.get("/quarantine").json()["counts"]) > before or None,
    )
    newest = api.get("/quarantine", params={"device": "babbler"}).json()["items"][0]
    assert newest["source"] == "ll/d/babbler/up/telemetry"
    assert newest["reason"]
    assert code is None or newest["code"] == code
    assert api.get(f"/quarantine/{newest['id']}/raw").content == payload


def test_new_credentials_cut_the_old_session(hub: RunningHub, api: httpx.Client, tmp_path: Path) -> None:
    lamp = Lamp(hub.mqtt_port, "rekeyed", register(api, "rekeyed")["credentials"]["password"])
    try:
        until("it to be online", lambda: api.get("/devices/rekeyed").json()["online"] or None)
        fresh = api.post("/devices/rekeyed/credentials").json()
        until("it to be cut off", lambda: not api.get("/devices/rekeyed").json()["online"] or None)
    finally:
        lamp.close()
    publish(hub, "rekeyed", fresh["password"], "ll/d/rekeyed/up/telemetry", b'[{"n":"power","u":"W","v":3}]')
    assert until("the new account's reading", lambda: latest(api, "rekeyed", "power"))["value"] == 3


def test_nothing_of_a_deleted_device_stays_at_the_broker(hub: RunningHub, api: httpx.Client) -> None:
    lamp = Lamp(hub.mqtt_port, "leaving", register(api, "leaving")["credentials"]["password"])
    try:
        until("its configuration", lambda: lamp.configs)
        until("it to be online", lambda: api.get("/devices/leaving").json()["online"] or None)
    finally:
        lamp.close()
    assert set(_retained(hub, "leaving")) == {
        "ll/d/leaving/up/state",
        "ll/d/leaving/up/presence",
        "ll/d/leaving/down/config",
    }
    assert api.delete("/devices/leaving").status_code in (200, 204)
    until("the broker to be clean", lambda: _retained(hub, "leaving") == [] or None)


def _retained(hub: RunningHub, device: str) -> list[str]:
    """Topics of a device under which the broker keeps a message, as the hub's own account sees them."""
    password = json.loads((hub.data / "secrets.json").read_text("utf-8"))["broker_password"]
    sign_in = ["-p", str(hub.mqtt_port), "-u", "lamplighter-hub", "-P", password]
    command = ["mosquitto_sub", *sign_in, "-t", f"ll/d/{device}/#", "--retained-only", "-W", "1", "-F", "%t"]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout.split()
