"""A hub with devices on Modbus, which a libmodbus server plays."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers.hub import RunningHub, running_hub
from tests.servers.modbus import Slave, slave
from tests.servers.waiting import until


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slave]:
    with slave(tmp_path_factory.mktemp("peer")) as running:
        for bit in (9, 10):  # the breaker is closed, the switch on remote
            running.say(f"discrete {bit} 1")
        running.put("input", 0, struct.pack(">ff", 230.0, 4.5))
        yield running


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    settings = {"control__deadline": 8, "modbus__fast": 0.2, "modbus__normal": 0.5}
    settings |= {"modbus__timeout": 0.3, "modbus__probe_most": 1}
    with running_hub(tmp_path_factory.mktemp("hub"), settings) as started:
        yield started


@pytest.fixture(scope="module")
def api(hub: RunningHub, peer: Slave) -> Iterator[httpx.Client]:
    """The hub's API, with a zone, a cabinet that two lights without controllers hang on, and a meter."""
    with hub.client() as client:
        assert client.post("/zones", json={"id": "le-loi", "name": "Lê Lợi", "kind": "street"}).status_code == 201
        for body in (
            {"id": "cab-1", "kind": "cabinet", "profile": "lamplighter-cabinet", "address": at(peer, 9)},
            {"id": "meter-1", "kind": "meter", "profile": "sdm120", "address": at(peer, 1)},
            {"id": "lamp-1", "kind": "light", "profile": "feed", "feed": "cab-1/b"},
            {"id": "lamp-2", "kind": "light", "profile": "feed", "feed": "cab-1/b"},
        ):
            answer = client.post("/devices", json=body | {"zone": "le-loi"})
            assert answer.status_code == 201, answer.text
        yield client


def at(peer: Slave, unit: int) -> str:
    return f"tcp://127.0.0.1:{peer.port}/{unit}"


def shown(api: httpx.Client, device: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/devices/{device}").json()
    return found


def order(api: httpx.Client, level: float) -> dict[str, Any]:
    """Switch the street; {light: its target} at the end."""
    command = api.post("/overrides", json={"zones": ["le-loi"], "level": level, "for": "PT1H"}).json()["command"]
    until("the command to end", lambda: api.get(f"/commands/{command}").json()["state"] == "done" or None, within=60)
    return {each["device"]: each for each in api.get(f"/commands/{command}/targets").json()["items"]}


def test_readings_of_a_meter_and_of_a_cabinet(api: httpx.Client) -> None:
    until("the meter", lambda: "voltage" in (shown(api, "meter-1").get("latest") or {}) or None)
    assert shown(api, "meter-1")["latest"]["voltage"]["value"] == 230
    until("the cabinet", lambda: shown(api, "cab-1")["latest"].get("current", {}).get("value") == 4.5 or None)
    state = until("its state", lambda: shown(api, "cab-1").get("cabinet"))
    assert (state["breaker"], state["remote"], state["door"]) == (True, True, False)


def test_lights_follow_their_contactor_and_a_stuck_one_is_told(api: httpx.Client, peer: Slave) -> None:
    until("the cabinet's state", lambda: shown(api, "cab-1").get("cabinet"))
    targets = order(api, 60)
    assert {name: each["outcome"] for name, each in targets.items()} == {"lamp-1": "applied", "lamp-2": "applied"}
    until("the lights", lambda: shown(api, "lamp-1")["light"]["actual"] == 100 or None)
    peer.say("follow 0")
    try:
        targets = order(api, 0)
        assert {each["outcome"] for each in targets.values()} == {"failed"}
        assert "it reads back 1, not 0" in targets["lamp-1"]["detail"]
    finally:
        peer.say("follow 1")


def test_a_technicians_switch_is_respected(api: httpx.Client, peer: Slave) -> None:
    peer.say("discrete 10 0")
    try:
        until("local", lambda: shown(api, "cab-1")["cabinet"]["remote"] is False or None)
        targets = order(api, 100)
        assert {each["outcome"] for each in targets.values()} == {"rejected"}
        assert "on local" in targets["lamp-1"]["detail"]
    finally:
        peer.say("discrete 10 1")
    until("remote again", lambda: shown(api, "cab-1")["cabinet"]["remote"] or None)


def test_a_device_that_is_away_is_offline_and_its_lights_with_it(api: httpx.Client, peer: Slave) -> None:
    peer.say("dead 9")
    try:
        until("the cabinet to be offline", lambda: shown(api, "cab-1")["online"] is False or None)
        until("its lights", lambda: shown(api, "lamp-1")["light"]["online"] is False or None)
        until("the meter to be online", lambda: shown(api, "meter-1")["online"] or None)
    finally:
        peer.say("alive 9")
    until("the cabinet to be back", lambda: shown(api, "cab-1")["online"] or None)


def test_an_exception_is_a_condition_of_the_device(api: httpx.Client, peer: Slave) -> None:
    peer.say("refuses 1 2")
    try:
        found = until("the condition", lambda: shown(api, "meter-1").get("conditions") or None)
        assert found[0]["type"] == "profileMismatch" and "it has no such registers" in found[0]["text"]
        assert shown(api, "meter-1")["online"]
    finally:
        peer.say("refuses 1 0")


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"kind": "meter", "profile": "sdm120"}, 422, "write tcp://10.0.0.5:502/17"),
        ({"kind": "meter", "profile": "sdm120", "address": "tcp://10.0.0.5/1"}, 422, "write tcp://10.0.0.5:502/1"),
        ({"kind": "light", "profile": "sdm120", "address": "tcp://10.0.0.5:502/1"}, 422, "its kinds are meter"),
        ({"kind": "light", "profile": "feed", "feed": "cab-1/z"}, 422, "its register map has a, b, c"),
        ({"kind": "light", "profile": "feed", "feed": "meter-1/a"}, 422, "no registered cabinet"),
    ],
)
def test_what_cannot_be_registered_says_what_to_write(
    api: httpx.Client, body: dict[str, Any], status: int, said: str
) -> None:
    answer = api.post("/devices", json={"id": "new-1"} | body)
    assert answer.status_code == status and said in answer.text


WRONG_ADDRESSES = {
    # what is written: a part of what to write instead
    "": "write tcp://10.0.0.5:502/17",
    "10.0.0.5": "write tcp://10.0.0.5:502/17",
    "meter.local:502/1": "write tcp://10.0.0.5:502/17",
    "udp://10.0.0.5:502/1": "write tcp://10.0.0.5:502/17",
    "TCP://10.0.0.5:502/1": "write tcp://10.0.0.5:502/17",
    "tcp://10.0.0.5:502": "the last number is the unit",
    "tcp://10.0.0.5/1": "write tcp://10.0.0.5:502/1",
    "tcp://10.0.0.5:502/": "the last number is the unit",
    "tcp://10.0.0.5:502/x": "the last number is the unit",
    "tcp://10.0.0.5:502/1/2": "the last number is the unit",
    "tcp:// 10.0.0.5:502/1": "write it as tcp://10.0.0.5:502/17",
    "tcp://:502/1": "write it as tcp://10.0.0.5:502/17",
    "tcp://10.0.0.5:0/1": "write one of 1 to 65535, mostly 502",
    "tcp://10.0.0.5:70000/1": "write one of 1 to 65535, mostly 502",
    "tcp://10.0.0.5:502/248": "write one of 1 to 247, or 0 or 255",
    "tcp://10.0.0.5:502/01": "write 'tcp://10.0.0.5:502/1'",
    "tcp://GW:502/1": "write 'tcp://gw:502/1'",
    "rtu+tcp://10.0.0.5:4001/0": "write one of 1 to 247",
    "rtu://ttyUSB0/1": "rtu:///dev/ttyUSB0/17",
    "rtu:///dev/ttyUSB0": "the last number is the unit",
    "rtu:///dev/ttyUSB0/255": "write one of 1 to 247",
}


@pytest.mark.parametrize("address", WRONG_ADDRESSES)
def test_a_wrong_address_says_what_to_write_by_rest_and_in_a_file(api: httpx.Client, address: str) -> None:
    remedy = WRONG_ADDRESSES[address]
    body = {"id": "new-1", "kind": "meter", "profile": "sdm120"} | ({"address": address} if address else {})
    answer = api.post("/devices", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-address") and remedy in answer.json()["detail"]
    text = f"id,name,kind,profile,address\nnew-1,New,meter,sdm120,{address}\n"
    answer = api.post("/devices/import", content=text.encode(), headers={"content-type": "text/csv"})
    [line] = answer.json()["items"]
    assert line["outcome"] == "error" and line["line"] == 2 and remedy in line["detail"]
    assert api.get("/devices/new-1").status_code == 404


def test_a_taken_address_and_credentials_that_nobody_needs(api: httpx.Client, peer: Slave) -> None:
    again = {"id": "meter-2", "kind": "meter", "profile": "sdm120", "address": at(peer, 1)}
    assert api.post("/devices", json=again).json()["code"] == "address-taken"
    answer = api.post("/devices/meter-1/credentials")
    assert answer.status_code == 409 and "the hub asks it itself" in answer.text


def test_a_wrong_setting_ends_the_start_with_one_line(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"modbus__ports": '{"/dev/ttyUSB0":"fast"}'}, start=False) as hub:
        with pytest.raises(AssertionError, match="the hub ended with 2"):
            hub.start()
        assert "modbus.ports./dev/ttyUSB0: 'fast': write baud rate" in hub.tail()
