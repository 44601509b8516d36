"""What devices say and do on their topics, without a wire."""

from __future__ import annotations

import json
from typing import Any

import cbor2
import pytest

from simulators.gateway import Gateway
from simulators.lamp import Fault
from simulators.options import Happening
from tests.simulators.street import NIGHT, Street, set_level

PROGRAM: dict[str, Any] = {
    "id": "default",
    "version": 1,
    "checksum": "x",
    "tz": "Asia/Ho_Chi_Minh",
    "location": {"lat": 16.46, "lon": 107.59},
    "steps": [{"at": "sunset", "level": 100}, {"at": "23:00", "level": 40}, {"at": "sunrise", "level": 0}],
}


def _configured(street: Street) -> Street:
    children = {id: ["cab-001", "hue"] for id in street.behind[1:]} | {street.behind[0]: ["cab-001"]}
    street["cab-001"].greet(NIGHT)
    config = {"groups": ["cab-001", "hue"], "program": PROGRAM, "report_every": 600, "children": children}
    street.tell("cab-001", "ll/d/cab-001/down/config", config)
    street.said.clear()
    return street


def test_on_connect_a_lamp_says_that_it_is_there_and_how_it_burns() -> None:
    street = Street()
    lamp = street.alone[0]
    street[lamp].greet(NIGHT)
    assert street.take(lamp, "presence") == ["online"]
    assert street.take(lamp, "state") == [{"t": NIGHT, "level": 100.0, "cause": "default"}]
    assert street[lamp].will() == (f"ll/d/{lamp}/up/presence", b"offline")


def test_states_and_presence_are_retained_and_results_and_telemetry_are_not() -> None:
    street = _configured(Street())
    street["cab-001"].greet(NIGHT)
    street.tell("cab-001", "ll/d/cab-001/down/command", set_level(50))
    street["cab-001"].run(NIGHT + 1000)
    kept = {m.topic.rsplit("/", 1)[1]: m.retain for m in street.said}
    assert kept == {"presence": True, "state": True, "result": False, "telemetry": False}
    assert {m.topic.rsplit("/", 1)[1] for m in street.said if m.bulk} == {"telemetry"}


def test_a_group_command_reaches_the_children_in_the_group() -> None:
    street = _configured(Street())
    gateway = street["cab-001"]
    assert gateway.topics().keys() >= {"ll/g/hue/down/command", "ll/g/cab-001/down/command", "ll/d/cab-001/down/+"}
    street.tell("cab-001", "ll/g/hue/down/command", set_level(30))
    (results,) = street.take("cab-001", "result")
    assert {r["d"] for r in results} == set(street.behind[1:])
    assert {(r["id"], r["outcome"]) for r in results} == {("c1", "applied")}
    (states,) = street.take("cab-001", "state")
    levels = {s["d"]: s["level"] for s in states}
    assert levels == dict.fromkeys(street.behind, 30.0) | {street.behind[0]: 100.0}
    assert {s.get("command") for s in states} == {"c1", None}


def test_a_gateway_obeys_for_one_child_for_all_and_not_for_strangers() -> None:
    street = _configured(Street())
    child = street.behind[3]
    street.tell("cab-001", "ll/d/cab-001/down/command", set_level(20, d=child))
    assert street.take("cab-001", "result") == [[{"t": NIGHT, "id": "c1", "outcome": "applied", "d": child}]]
    street.tell("cab-001", "ll/d/cab-001/down/command", set_level(20, id="c2"))
    results, own = street.take("cab-001", "result")
    assert len(results) == len(street.behind)
    assert own["outcome"] == "applied"
    street.tell("cab-001", "ll/d/cab-001/down/command", set_level(20, id="c3", d="lamp-9999"))
    ((refused,),) = street.take("cab-001", "result")
    assert (refused["outcome"], refused["d"]) == ("rejected", "lamp-9999")
    street.tell("cab-001", "ll/d/cab-001/down/command", set_level(20, id="c2"))
    assert len(street.take("cab-001", "result")) == 2, "a repeat is answered again"


def test_the_program_comes_by_configuration_and_runs_without_anybody() -> None:
    street = _configured(Street())
    street["cab-001"].run(NIGHT + 3599)
    assert street.take("cab-001", "state") == []
    street["cab-001"].run(NIGHT + 3600)
    (states,) = street.take("cab-001", "state")
    assert {(s["level"], s["cause"], s["t"]) for s in states} == {(40.0, "program", NIGHT + 3600)}


def test_reports_come_every_interval_and_after_changes() -> None:
    street = _configured(Street())
    street["cab-001"].run(NIGHT + 1200)
    street.take("cab-001", "telemetry")
    street["cab-001"].run(NIGHT + 1800)
    packs = street.take("cab-001", "telemetry")
    heads = {record["bn"] for pack in packs for record in pack if "bn" in record}
    assert heads == {f"{id}/" for id in street.behind}
    names = [record["n"] for record in packs[0]]
    assert names[:3] == ["power", "energy", "voltage"], "the cabinet's own readings come first, without a base name"
    assert all(len(pack) <= 200 for pack in packs)
    child = street.behind[0]
    street.tell("cab-001", "ll/d/cab-001/down/command", set_level(10, NIGHT + 1800, d=child), NIGHT + 1800)
    street["cab-001"].run(NIGHT + 1831)
    after = street.take("cab-001", "telemetry")
    assert f"{child}/" in {record.get("bn") for pack in after for record in pack}


def test_readings_may_come_as_cbor() -> None:
    street = Street(cbor=True)
    sensor = street["env-01"]
    sensor.run(NIGHT + 900)
    payload = next(m.payload for m in street.said if m.topic == "ll/d/env-01/up/telemetry")
    records = cbor2.loads(payload)
    assert payload[:1] != b"["
    assert records[0][0] == "temperature"
    assert records[0][1] == "Cel"
    assert isinstance(records[0][-3], float)


def test_read_brings_state_and_readings_at_once() -> None:
    street = _configured(Street())
    lamp = street.alone[0]
    street[lamp].greet(NIGHT)
    street.said.clear()
    for device in (lamp, "cab-001", "env-01"):
        street.tell(device, f"ll/d/{device}/down/command", {"id": "r", "t": NIGHT, "expires": NIGHT + 9, "op": "read"})
        assert street.take(device, "telemetry")
        assert street.take(device, "result")[-1]["outcome"] == "applied"
    assert street.take(lamp, "state")
    assert street.take("cab-001", "state")


def test_reboot_forgets_the_override_and_drops_the_connection() -> None:
    street = Street()
    lamp = street[street.alone[0]]
    dropped: list[str] = []
    lamp.on_reboot = lambda: dropped.append(lamp.id)
    topic = f"ll/d/{lamp.id}/down/command"
    street.tell(lamp.id, topic, set_level(5))
    street.tell(lamp.id, topic, {"id": "b", "t": NIGHT + 1, "expires": NIGHT + 9, "op": "reboot"}, NIGHT + 1)
    assert dropped == [lamp.id]
    assert street.take(lamp.id, "state")[-1]["level"] == 100


def test_faults_are_said_once_and_their_end_too() -> None:
    street = Street(lights=60, single=0, faults=0.05)
    faulty = {lamp.id: lamp.fault for lamp in street.city.lamps if lamp.fault is not Fault.NONE}
    street["cab-001"].greet(NIGHT)
    street["cab-001"].greet(NIGHT + 5)
    (events,) = street.take("cab-001", "event")
    types = {Fault.LED: "lampFailure", Fault.DRIVER: "lampPowerTooLow", Fault.CONTROLLER: "communicationFailure"}
    assert {(e["d"], e["type"], e["active"]) for e in events} == {(d, types[f], True) for d, f in faulty.items()}
    states = street.take("cab-001", "state")[-1]
    assert {s["d"] for s in states} == set(street.behind) - {d for d, f in faulty.items() if f is Fault.CONTROLLER}
    street.fleet.happen(Happening(at=0, do="repair", devices=tuple(faulty)), NIGHT + 9)
    (ended,) = street.take("cab-001", "event")
    assert {(e["type"], e["active"]) for e in ended} == {(type, False) for type in types.values()}


def test_the_contactor_of_a_cabinet_darkens_its_lamps_until_its_time() -> None:
    street = _configured(Street())
    order = set_level(0, segment="a", until=NIGHT + 60)
    street.tell("cab-001", "ll/d/cab-001/down/command", order)
    cabinet, lamps = street.take("cab-001", "state")
    assert (cabinet["segments"], cabinet["feedback"]) == ({"a": False}, {"a": False})
    assert {s["level"] for s in lamps} == {0.0}
    street["cab-001"].run(NIGHT + 60)
    assert {s["level"] for s in street.take("cab-001", "state")[-1]} == {100.0}
    street.tell("cab-001", "ll/d/cab-001/down/command", set_level(0, id="c9", segment="z"))
    assert street.take("cab-001", "result")[-1]["outcome"] == "rejected"


@pytest.mark.parametrize("payload", [b"{", b"[]", b'{"program": {"steps": []}}', b"\xff"])
def test_a_bad_configuration_is_said_and_the_old_one_stays(payload: bytes) -> None:
    street = _configured(Street())
    gateway = street["cab-001"]
    topics = gateway.topics()
    gateway.hear("ll/d/cab-001/down/config", payload, NIGHT)
    assert gateway.topics() == topics
    assert [e["type"] for e in street.take("cab-001", "event")] == ["invalidProgram"]
    gateway.hear("ll/d/cab-001/down/config", json.dumps({"groups": ["hue"], "program": PROGRAM}).encode(), NIGHT)
    assert [e["active"] for e in street.take("cab-001", "event")] == [False]


def test_without_a_list_of_children_the_gateways_groups_are_theirs() -> None:
    street = Street()
    street.tell("cab-001", "ll/d/cab-001/down/config", {"groups": ["le-loi"]})
    street.tell("cab-001", "ll/g/le-loi/down/command", set_level(0))
    ((*results,),) = street.take("cab-001", "result")
    assert len(results) == len(street.behind)


def test_the_same_seed_and_clock_give_the_same_readings() -> None:
    nights = []
    for _ in range(2):
        street = _configured(Street(lights=40, single=3, faults=0.05))
        for id, station in street.fleet.stations.items():
            if id not in street.fleet.silent():
                station.greet(NIGHT)
        for hour in range(12):
            for station in street.fleet.stations.values():
                station.run(NIGHT + 3600 * hour)
        nights.append([(m.topic, m.payload) for m in street.said])
    assert len(nights[0]) > 100
    assert nights[0] == nights[1]


def test_a_power_cut_over_a_zone_touches_what_is_in_it() -> None:
    street = _configured(Street(lights=150, single=2))
    here = next(z.id for z in street.city.zones if z.kind == "street")
    cut = Happening(at=0, do="power-cut", zone=here)
    dark = street.fleet.loses_power(cut)
    street.fleet.happen(cut, NIGHT + 1)
    gateways = {id for id in dark if isinstance(street[id], Gateway)}
    parents = {z.id: z.parent for z in street.city.zones}
    assert gateways == {c.id for c in street.city.cabinets if parents[c.zone] == here}
    lamps = [lamp.id for lamp in street.city.lamps if lamp.cabinet in gateways]
    assert {street.fleet.lamps[id].output(NIGHT + 2) for id in lamps} == {0.0}
    street.fleet.happen(Happening(at=0, do="restore", zone=here), NIGHT + 3)
    assert {street.fleet.lamps[id].output(NIGHT + 60) for id in lamps} == {100.0}
