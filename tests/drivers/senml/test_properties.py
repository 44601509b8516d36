"""Laws of the codec, over packs and bytes that nobody thought of."""

from __future__ import annotations

import json
from typing import Any

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.senml import PackDecoder, encode_cbor, encode_json
from hub.model.metrics import METRICS
from hub.model.readings import Rejected, Row
from hub.model.units import CONVERSIONS
from tests.drivers.senml.devices import NOW, Devices

DEVICES = Devices()
NAMES = ["gw", "child-1", "child-2"]


def decode(payload: bytes) -> tuple[list[Row], list[Rejected]]:
    return PackDecoder(DEVICES).decode(payload, DEVICES["gw"], "topic", NOW)


def flat(rows: list[Row]) -> dict[tuple[str, float, str], float]:
    return {(row.device, row.time, metric): value for row in rows for metric, value in row.values.items()}


@st.composite
def reading(draw: st.DrawFn) -> tuple[str, float, str, str, float]:
    """(device, time, metric, wire unit, stored value)."""
    metric = METRICS[draw(st.sampled_from(sorted(METRICS)))]
    units = sorted(unit for unit, options in CONVERSIONS.items() if any(o.unit == metric.unit for o in options))
    span = metric.high - metric.low
    value = metric.low + span * draw(st.integers(1, 999)) / 1000
    time = NOW + draw(st.integers(-80 * 86400, 59))
    return draw(st.sampled_from(NAMES)), time, metric.name, draw(st.sampled_from(units)), value


@st.composite
def packs(draw: st.DrawFn) -> tuple[list[dict[str, Any]], dict[tuple[str, float, str], float]]:
    """A valid pack of the gateway, written in one of the many ways, and the readings in it."""
    readings = draw(st.lists(reading(), min_size=1, max_size=12, unique_by=lambda r: r[:3]))
    pack: list[dict[str, Any]] = []
    prefix, base_time, base_unit, base_value = "", 0.0, None, 0.0
    for device, time, metric, unit, value in readings:
        via = next(o for o in CONVERSIONS[unit] if o.unit == METRICS[metric].unit)
        record: dict[str, Any] = {}
        if draw(st.booleans()) or (prefix and prefix != f"{device}/"):
            prefix = draw(st.sampled_from(["", f"{device}/"]))
            record["bn"] = prefix
        if draw(st.booleans()):
            base_time = record["bt"] = NOW - draw(st.integers(0, 1000))
        if draw(st.booleans()):
            base_unit = record["bu"] = unit
        if draw(st.booleans()):
            base_value = record["bv"] = float(draw(st.integers(-5, 5)))
        record["n"] = metric if prefix == f"{device}/" or (device == "gw" and not prefix) else f"{device}/{metric}"
        if unit != base_unit:
            record["u"] = unit
        if time != base_time:
            record["t"] = time - base_time
        record["v"] = (value - via.offset) / via.factor - base_value
        if draw(st.booleans()):
            record["vendor"] = draw(st.sampled_from([1, "x", None, [1, {"a": 2}]]))
        if draw(st.booleans()):
            record = dict(draw(st.permutations(list(record.items()))))
        pack.append(record)
    return pack, {(device, time, metric): value for device, time, metric, _, value in readings}


@given(packs())
def test_a_pack_means_the_same_in_every_spelling(case: tuple[list[dict[str, Any]], dict[Any, float]]) -> None:
    pack, meant = case
    for payload in (encode_json(pack), encode_cbor(pack), json.dumps(pack, indent=1).encode()):
        rows, rejected = decode(payload)
        assert rejected == []
        found = flat(rows)
        assert found.keys() == meant.keys()
        for key, value in meant.items():
            assert found[key] == pytest.approx(
                value, rel=1e-9, abs=1e-6 * (1 + METRICS[key[2]].high - METRICS[key[2]].low)
            )


@given(packs())
def test_the_fast_way_and_the_careful_way_agree(case: tuple[list[dict[str, Any]], dict[Any, float]]) -> None:
    pack, _ = case
    for payload in (encode_json(pack), encode_cbor(pack)):
        decoder = PackDecoder(DEVICES)
        careful = decoder._careful(payload, DEVICES["gw"], "topic", NOW)
        assert decoder.decode(payload, DEVICES["gw"], "topic", NOW) == careful


LABELS = st.sampled_from(
    ["n", "u", "v", "t", "bn", "bt", "bu", "bv", "bs", "bver", "s", "vs", "vb", "vd", "ut", "x", "y_"]
)
ATOMS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["power", "level", "W", "kW", "/", "child-1/", "child-1/power", "lamp-2/", NOW, NOW + 400, -5, 0, 60])
)  # fmt: skip
ANYTHING = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.lists(st.dictionaries(LABELS, ATOMS | ANYTHING, max_size=6) | ANYTHING, max_size=5)


def check(payload: bytes) -> None:
    """Never an exception; rows are sound; rejects hold the whole message."""
    rows, rejected = decode(payload)
    for row in rows:
        assert row.device in NAMES and -90 * 86400 <= row.time - NOW <= 300
        for metric, value in row.values.items():
            assert type(value) is float and METRICS[metric].low <= value <= METRICS[metric].high
    assert all(r.raw == payload and r.reason.encode() and "\x00" not in r.reason for r in rejected)
    assert len({r.code for r in rejected}) == len(rejected)


@given(RECORDS)
def test_any_records_end_as_rows_or_rejected(records: list[Any]) -> None:
    check(json.dumps(records).encode())
    check(encode_cbor([r for r in records if isinstance(r, dict)]))
    check(cbor2.dumps(records))


@given(
    st.binary(max_size=80) | st.binary(max_size=60).map(lambda tail: b"\x82\xa2\x00" + tail) | st.text().map(str.encode)
)
@example(b'[{"n":"\\ud800","v":1}]')
@example(b'[{"n":"power","v":1}]' * 2)
@example(b'[{"n":"power","v":1' + b"0" * 5000 + b"}]")
@example(b'[{"n":"power","v":-0e-999}]')
@example(b'["')
def test_any_bytes_end_as_rows_or_rejected(payload: bytes) -> None:
    check(payload)


@given(packs(), st.data())
def test_a_cut_or_broken_pack_never_raises(case: tuple[list[dict[str, Any]], Any], data: st.DataObject) -> None:
    for payload in (encode_json(case[0]), encode_cbor(case[0])):
        broken = bytearray(payload)
        place = data.draw(st.integers(0, len(broken) - 1))
        broken[place] = data.draw(st.integers(0, 255))
        check(bytes(broken))
        check(payload[:place])
