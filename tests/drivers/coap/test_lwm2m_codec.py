"""TLV, SenML and text of LwM2M clients: the examples of the published documents, units by version, and rubbish."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.burst import Burst
from drivers.coap.lwm2m import tlv
from drivers.coap.lwm2m.content import SENML_JSON, TEXT, TLV, Item, decode
from drivers.coap.lwm2m.lamps import writes
from drivers.coap.lwm2m.meaning import NEEDED, Known, Meaning
from drivers.coap.lwm2m.objects import objects
from drivers.coap.lwm2m.registrations import read_links
from drivers.coap.lwm2m.tlv import Entry, Kind
from drivers.coap.lwm2m.values import BadValue, from_text, from_tlv, to_tlv
from drivers.coap.replies import Refused
from drivers.senml import Limits
from drivers.senml.refusals import PackError, Refusals
from hub.model.commands import Command, Operation
from hub.model.devices import Device, DeviceKind

NOW = 1_763_750_000.0

# LwM2M 1.0 section 6.4.3, "Example: Object Device": a read of /3/0, 121 bytes.
DEVICE = bytes.fromhex(
    "C800144F70656E204D6F62696C6520416C6C69616E6365"
    "C801164C69676874776569676874204D324D20436C69656E74"
    "C80209333435303030313233"
    "C303312E30"
    "8606410001410105"
    "88070842000ED842011388"
    "870841007D42010384"
    "C10964"
    "C10A0F"
    "830B410000"
    "C40D5182428F"
    "C60E2B30323A3030"
    "C11055"
)


def read(data: bytes, format: int | None, *path: int, versions: Mapping[int, str] | None = None) -> list[Item]:
    refusals = Refusals()
    has = versions or {}
    found = decode(data, format, path, lambda number: has.get(number, "1.0"), objects(), NOW, NEEDED, refusals)
    assert not refusals
    return found


def means(items: list[Item], versions: Mapping[int, str], kind: DeviceKind = DeviceKind.METER) -> Burst:
    burst, refusals = Burst(), Refusals()
    device = Device("device-1", "", kind, "lwm2m")
    Meaning(objects(), Limits()).read(items, versions, device, NOW, Known(), burst, refusals)
    assert not refusals
    return burst


def test_the_example_of_the_standard_is_read() -> None:
    assert len(DEVICE) == 121
    found = {(item.path[2], item.instance): item.value for item in read(DEVICE, TLV, 3, 0)}
    assert found[0, 0] == "Open Mobile Alliance"
    assert found[9, 0] == 100
    assert found[13, 0] == 1_367_491_215
    assert found[11, 0] == 0
    assert tlv.encode(tlv.decode(DEVICE)) == DEVICE


def test_an_object_with_its_instances_is_read_too() -> None:
    inner = (Entry(Kind.RESOURCE, 3, b"\x3c"), Entry(Kind.RESOURCE, 1, b"\x3c"))
    data = tlv.encode([Entry(Kind.OBJECT_INSTANCE, 0, inner=inner), Entry(Kind.OBJECT_INSTANCE, 300, inner=inner)])
    assert [item.path for item in read(data, TLV, 3416)] == [(3416, 0, 3), (3416, 0, 1), (3416, 300, 3), (3416, 300, 1)]
    with pytest.raises(PackError, match="TLV"):
        read(data, TLV, 3416, 1)


def test_senml_and_text_are_read() -> None:
    # LwM2M 1.1 section 7.4.4, the beginning of its example
    pack = [
        {"bn": "/3/0/", "n": "0", "vs": "Open Mobile Alliance"},
        {"n": "9", "v": 100},
        {"n": "11/0", "v": 0},
        {"n": "13", "v": 1_367_491_215},
    ]
    found = {item.path[2]: item.value for item in read(json.dumps(pack).encode(), SENML_JSON, 3, 0)}
    assert found == {0: "Open Mobile Alliance", 9: 100, 11: 0, 13: 1_367_491_215}
    (text,) = read(b"61.5", TEXT, 3418, 0, 4)
    assert text.value == 61.5
    pack = [{"bn": "/3416/0/3", "bt": 1_763_749_000, "v": 40}, {"t": 60, "v": 60}]
    assert [item.time for item in read(json.dumps(pack).encode(), SENML_JSON, 3416, 0, 3)] == [
        1_763_749_000,
        1_763_749_060,
    ]


@pytest.mark.parametrize(("version", "stored"), [("1.0", 12_500.0), ("2.0", 12.5), ("2.1", 12.5)])
def test_energy_is_kwh_in_version_1_and_wh_in_version_2(version: str, stored: float) -> None:
    burst = means([Item((3418, 0, 6), 12.5)], {3418: version})
    assert [row.values for row in burst.rows] == [{"energy": stored}]


def test_resource_types_follow_the_version() -> None:
    warm = Entry(Kind.RESOURCE, 40, b"4000")
    (old,) = read(tlv.encode([warm]), TLV, 3416, 0, versions={3416: "1.0"})
    (new,) = read(tlv.encode([warm]), TLV, 3416, 0, versions={3416: "2.0"})
    assert old.value == "4000" and new.value == int.from_bytes(b"4000", "big")


def test_every_object_of_the_city_becomes_metrics() -> None:
    said: dict[tuple[int, int], Any] = {
        (3, 9): 80, (4, 2): -71, (3303, 5700): 304.65, (3303, 5701): "K", (3304, 5700): 55.0, (3428, 3): 17.5, (3428, 15): 0.02,
        (3433, 3): 61.0, (3421, 1): 231.0, (3421, 25): 99.0,
    }  # fmt: skip
    items = [Item((number, 0, resource), value) for (number, resource), value in said.items()]
    burst = means(items, {number: "2.0" for number, _ in said}, DeviceKind.ENVIRONMENT)
    (row,) = burst.rows
    assert row.values == {
        "battery": 80, "rssi": -71, "temperature": 31.5, "humidity": 55, "pm2_5": 17.5, "noise": 61, "voltage": 231, "energy": 99,
        "no2": pytest.approx(37.63, abs=0.01),
    }  # fmt: skip


def test_the_mains_meter_counts_before_the_light_source() -> None:
    items = [Item((3416, 0, 46), 40.0), Item((3418, 0, 4), 44.0), Item((3416, 0, 15), 1000.0)]
    (row,) = means(items, {3416: "2.0", 3418: "2.0"}, DeviceKind.LIGHT).rows
    assert row.values == {"power": 44, "burn_time": 1000}
    (alone,) = means(items[:1], {3416: "2.0"}, DeviceKind.LIGHT).rows
    assert alone.values == {"power": 40}


def test_conditions_are_told_when_they_change_and_once_when_the_hub_first_hears() -> None:
    known, meaning = Known(), Meaning(objects(), Limits())
    told = []
    for smoke in (False, False, True, True, False):
        burst = Burst()
        items = [Item((3407, 0, 6046), smoke)]
        meaning.read(
            items, {3407: "1.0"}, Device("d", "", DeviceKind.FIRE_PANEL, "lwm2m"), NOW, known, burst, Refusals()
        )
        told.append([(event.type, event.active) for event in burst.events])
    assert told == [[("fireAlarm", False)], [], [("fireAlarm", True)], [], [("fireAlarm", False)]]


def test_the_instance_s_timestamp_is_the_time_of_its_values() -> None:
    (row,) = means([Item((3418, 0, 4), 5.0), Item((3418, 0, 5518), NOW - 100)], {3418: "2.0"}).rows
    assert (row.time, row.received) == (NOW - 100, NOW)


def test_a_value_out_of_range_says_so_and_spares_the_others() -> None:
    burst, refusals = Burst(), Refusals()
    items = [Item((3416, 0, 3), 101), Item((3418, 0, 5), 3.0), Item((3418, 0, 1), 230.0)]
    device = Device("lamp-1", "", DeviceKind.LIGHT, "lwm2m")
    Meaning(objects(), Limits()).read(items, {3416: "2.0", 3418: "2.0"}, device, NOW, Known(), burst, refusals)
    assert [row.values for row in burst.rows] == [{"voltage": 230}]
    (rejected,) = refusals.rejected(NOW, "", None, b"")
    assert rejected.code == "out-of-range" and "1 more" in rejected.reason


def test_links_name_objects_versions_and_the_path_before_them() -> None:
    offered = read_links(
        '</>;rt="oma.lwm2m";ct=11542,</1/0>,</3/0>,</3416>;ver=2.0,</3416/0>,</3416/1>,</3303/0>;ver="1.1"'
    )
    assert offered.instances[3416] == (0, 1) and offered.root == ""
    assert offered.versions == {3416: "2.0", 3303: "1.1"}
    under = read_links('</lwm2m>;rt="oma.lwm2m",</lwm2m/3/0>')
    assert (under.root, dict(under.instances)) == ("/lwm2m", {3: (0,)})
    with pytest.raises(Refused, match="no objects"):
        read_links("</sensors/temp>")


def order(level: float, until: float | None = None, ramp: float = 0.0) -> Command:
    return Command("cmd-1", Operation.SET_LEVEL, NOW, "operator", NOW + 60, level, ramp, until)


def test_an_override_takes_its_end_to_the_lamp() -> None:
    every = {1, 3, 4, 50, 51, 52}
    assert writes(order(60.4, NOW + 3600.5, 5), every, NOW, False) == [(51, NOW + 3600), (52, 5), (1, 60)]
    assert writes(order(60, NOW + 3600), {1, 3}, NOW, False) == [(1, 60)]


def test_the_program_s_level_is_the_default_and_ends_an_override() -> None:
    assert writes(order(35), {1, 3, 4, 51}, NOW, False) == [(4, 35), (51, 0)]
    assert writes(order(35), {1, 3, 4, 51}, NOW, True) == [(4, 35), (51, NOW + 86_400), (1, 35)]
    assert writes(order(35), {1, 3, 51}, NOW, False) == [(51, NOW + 86_400), (1, 35)]
    assert writes(order(35), {1, 3}, NOW, False) == [(1, 35)]


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_rubbish_is_refused_and_never_raises_anything_else(data: bytes) -> None:
    for format in (TLV, SENML_JSON, 112, TEXT, 42, 7, None):
        for path in ((3416,), (3416, 0), (3416, 0, 3)):
            try:
                items = decode(data, format, path, lambda number: "1.0", objects(), NOW, NEEDED, Refusals())
            except PackError:
                continue
            device = Device("lamp-1", "", DeviceKind.LIGHT, "lwm2m")
            Meaning(objects(), Limits()).read(items, {3416: "1.0"}, device, NOW, Known(), Burst(), Refusals())


_VALUES = st.binary(max_size=300)
_IDS = st.integers(0, 65_535)
_SINGLE = st.builds(lambda id, value: Entry(Kind.RESOURCE, id, value), _IDS, _VALUES)
_INNER = st.lists(
    st.builds(lambda id, value: Entry(Kind.RESOURCE_INSTANCE, id, value), _IDS, _VALUES), min_size=1, max_size=3
)
_SEVERAL = st.builds(lambda id, inner: Entry(Kind.MULTIPLE_RESOURCE, id, inner=tuple(inner)), _IDS, _INNER)


@given(st.lists(st.one_of(_SINGLE, _SEVERAL), max_size=5))
def test_tlv_goes_out_and_comes_back(entries: list[Entry]) -> None:
    assert tlv.decode(tlv.encode(entries)) == entries


@given(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.booleans(), st.text(max_size=50))
def test_values_go_out_and_come_back(number: int, real: float, yes: bool, text: str) -> None:
    for value, kind in ((number, "Integer"), (real, "Float"), (yes, "Boolean"), (text, "String")):
        assert from_tlv(to_tlv(value, kind), kind) == value


def test_text_that_is_no_value_is_refused() -> None:
    assert from_text(b"60", "Integer") == 60 and from_text(b"true", "Boolean") is True
    for data, kind in ((b"sixty", "Float"), (b"yes", "Boolean")):
        with pytest.raises(BadValue):
            from_text(data, kind)
