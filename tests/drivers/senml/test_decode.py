"""What packs mean: RFC 8428 as the hub reads it."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.senml import Limits, PackDecoder, encode_cbor, encode_json
from hub.model.readings import Quality, Rejected, Row
from tests.drivers.senml.devices import NOW, Devices

DEVICES = Devices()
Pack = list[dict[str, Any]]


def decode(payload: bytes, speaker: str = "lamp-1", limits: Limits | None = None) -> tuple[list[Row], list[Rejected]]:
    return PackDecoder(DEVICES, limits).decode(payload, DEVICES[speaker], "topic", NOW)


def rows(pack: Pack, speaker: str = "lamp-1") -> list[Row]:
    """The rows of a pack of which nothing is refused, the same in JSON and in CBOR."""
    found, rejected = decode(encode_json(pack), speaker)
    assert rejected == []
    assert decode(encode_cbor(pack), speaker) == (found, [])
    return found


def refused(payload: bytes | Pack, speaker: str = "lamp-1") -> dict[str, str]:
    """{code: reason} of a message, of which no reading is kept."""
    found, rejected = decode(payload if isinstance(payload, bytes) else encode_json(payload), speaker)
    assert found == []
    if not isinstance(payload, bytes):
        assert [r.code for r in decode(encode_cbor(payload), speaker)[1]] == [r.code for r in rejected]
    return {r.code: r.reason for r in rejected}


@pytest.mark.parametrize(
    ("record", "metric", "value"),
    [
        ({"n": "power", "u": "W", "v": 61.2}, "power", 61.2),
        ({"n": "power", "u": "kW", "v": 0.0612}, "power", 61.2),
        ({"n": "power", "v": 61}, "power", 61),
        ({"n": "power", "u": "kW", "v": 0.5}, "power", 500),
        ({"n": "energy", "u": "kWh", "v": 1.5}, "energy", 1500),
        ({"n": "energy", "u": "J", "v": 7200}, "energy", 2),
        ({"n": "level", "u": "/", "v": 0.25}, "level", 25),
        ({"n": "level", "u": "%", "v": 0.25}, "level", 25),
        ({"n": "level", "u": "/100", "v": 60}, "level", 60),
        ({"n": "level", "v": 60}, "level", 60),
        ({"n": "temperature", "u": "K", "v": 300.15}, "temperature", 27),
        ({"n": "battery", "u": "%EL", "v": 87}, "battery", 87),
        ({"bn": "lamp-1/", "n": "power", "v": 3}, "power", 3),
        ({"bn": "lamp-", "n": "1/power", "v": 3}, "power", 3),
        ({"bn": "lamp-1/power", "v": 3}, "power", 3),
        ({"n": "lamp-1/power", "v": 3}, "power", 3),
        ({"n": "power", "bv": 60, "v": 1.5}, "power", 61.5),
        ({"n": "power", "bv": 60}, "power", 60),
        ({"bu": "kW", "n": "power", "v": 1}, "power", 1000),
        ({"bu": "V", "n": "power", "u": "kW", "v": 1}, "power", 1000),
        ({"bver": 10, "n": "power", "v": 1}, "power", 1),
        ({"bver": 26, "n": "power", "u": "kW", "v": 1}, "power", 1000),
        ({"n": "power", "v": 1, "ut": 900}, "power", 1),
        ({"n": "power", "v": 1, "s": 4}, "power", 1),
        ({"n": "power", "v": 1, "vendor": {"x": [1]}}, "power", 1),
    ],
)
def test_a_value_becomes_the_hubs_unit(record: dict[str, Any], metric: str, value: float) -> None:
    (row,) = rows([record])
    assert row.device == "lamp-1"
    assert row.values == {metric: pytest.approx(value)}


def test_a_converted_value_carries_no_dust_of_binary_arithmetic() -> None:
    plain = rows([{"n": "power", "u": "kW", "v": 0.0612}, {"n": "energy", "u": "kWh", "v": 4019.814}])
    careful = rows([{"n": "power", "u": "kW", "v": 0.0612, "s": 1}, {"n": "energy", "u": "kWh", "v": 4019.814}])
    assert [row.values for row in plain] == [row.values for row in careful] == [{"power": 61.2, "energy": 4019814.0}]


@pytest.mark.parametrize(
    ("times", "time", "quality"),
    [
        ({}, NOW, Quality.NO_SOURCE_TIME),
        ({"t": 0}, NOW, Quality.NO_SOURCE_TIME),
        ({"t": -30}, NOW - 30, Quality.GOOD),
        ({"t": 5}, NOW + 5, Quality.GOOD),
        ({"bt": NOW - 900}, NOW - 900, Quality.GOOD),
        ({"bt": NOW - 900, "t": 60}, NOW - 840, Quality.GOOD),
        ({"bt": NOW, "t": -60.5}, NOW - 60.5, Quality.GOOD),
        ({"t": NOW + 200}, NOW + 200, Quality.CLOCK_SUSPECT),
        ({"t": NOW - 80 * 86400}, NOW - 80 * 86400, Quality.GOOD),
    ],
)
def test_times(times: dict[str, float], time: float, quality: Quality) -> None:
    (row,) = rows([{"n": "power", "v": 1, **times}])
    assert (row.time, row.received, row.quality) == (time, NOW, quality)


def test_base_fields_apply_until_they_are_replaced() -> None:
    pack = [
        {"bn": "child-1/", "bt": NOW - 100, "bu": "W"},
        {"n": "power", "v": 1},
        {"n": "power", "v": 2, "t": 10},
        {"n": "voltage", "u": "V", "v": 230},
        {"bn": "child-2/", "bt": NOW - 50, "n": "power", "v": 3},
        {"bn": "", "n": "rssi", "u": "dBm", "v": -70},
        {"n": "child-1/current", "u": "A", "v": 0.3},
    ]
    assert [(row.device, row.time, row.values) for row in rows(pack, "gw")] == [
        ("child-1", NOW - 100, {"power": 1, "voltage": 230}),
        ("child-1", NOW - 90, {"power": 2}),
        ("child-2", NOW - 50, {"power": 3}),
        ("gw", NOW - 50, {"rssi": -70}),
        ("child-1", NOW - 50, {"current": 0.3}),
    ]


def test_a_plain_name_after_a_full_one_is_the_speakers_own() -> None:
    found = rows([{"n": "child-1/power", "v": 1}, {"n": "rssi", "v": -60}], "gw")
    assert [(row.device, row.values) for row in found] == [("child-1", {"power": 1}), ("gw", {"rssi": -60})]


def test_the_first_of_two_readings_with_one_identity_counts() -> None:
    assert rows([{"n": "power", "v": 1}, {"n": "power", "v": 2}])[0].values == {"power": 1}


@pytest.mark.parametrize(
    ("message", "code", "remedy"),
    [
        (b"[", "bad-json", "send ["),
        (b"hello", "bad-json", "send ["),
        (b"[]x", "bad-json", "send ["),
        (b'[{"n":"power","v":NaN}]', "bad-json", "leave the record out"),
        (b'[{"n":"power","v":1,"v":2}]', "duplicate-label", "once"),
        (b'[{"n":"power","v":1,"\\u0076":2}]', "duplicate-label", "once"),
        (b'[{"n":"power\xff","v":1}]', "bad-json", "UTF-8"),
        (b"[" * 100_000, "bad-json", "flat"),
        (b"\x81" * 100_000, "bad-cbor", "CBOR"),
        (b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "bad-cbor", "CBOR"),
        (b"\x81\xd8\x1c\x81\xd8\x1d\x00", "bad-cbor", "CBOR"),
        (b"\xff\x00", "bad-cbor", "CBOR"),
        (b'{"n":"power","v":1}', "bad-pack", "send ["),
        (b"3", "bad-pack", "send ["),
        (b'[{"n":"power","v":1},7]', "bad-pack", "send ["),
        ([{"n": "power", "v": 1, "new_": 1}], "bad-label", "leave it out"),
        ([{"bver": 11, "n": "power", "v": 1}], "bad-version", "send 10"),
        ([{"bver": "10", "n": "power", "v": 1}], "bad-version", "send 10"),
        ([{"bn": 5, "n": "power", "v": 1}], "bad-base", "text"),
        ([{"bt": "now", "n": "power", "v": 1}], "bad-base", "number"),
        ([{"n": "power", "v": "61"}], "bad-value", "number"),
        ([{"n": "power", "v": True}], "bad-value", "number"),
        ([{"n": ["power"], "v": 1}], "bad-value", "text"),
        ([{"n": "power", "u": 4, "v": 1}], "bad-value", "text"),
        ([{"n": "power", "v": 1, "vs": "x"}], "bad-value", "exactly one"),
        ([{"n": "power", "vs": "61"}], "not-numeric", "send v"),
        ([{"n": "power", "vb": True}], "not-numeric", "send v"),
        ([{"n": "power", "vd": "YQ"}], "not-numeric", "send v"),
        ([{"n": "power"}], "no-value", "send v"),
        ([{"n": "power", "s": 3}], "no-value", "send a value"),
        ([{}], "unknown-metric", "use one of"),
        ([{"v": 5}], "unknown-metric", "use one of level, power"),
        ([{"n": "powr", "v": 1}], "unknown-metric", "use one of level, power"),
        ([{"n": "power", "u": "lx", "v": 1}], "unknown-unit", "send one of MW, W, kW"),
        ([{"n": "level", "v": 101}], "out-of-range", "0 to 100"),
        ([{"n": "power_factor", "v": -1.01}], "out-of-range", "-1 to 1"),
        ([{"n": "energy", "u": "kWh", "v": -1}], "out-of-range", "check unit"),
        ([{"n": "nobody/power", "v": 1}], "unknown-device", "register it"),
        ([{"n": "lamp-2/power", "v": 1}], "not-yours", "set address of 'lamp-2' to 'lamp-1'"),
        ([{"n": "power", "v": 1, "t": NOW + 301}], "future-time", "set the device's clock"),
        ([{"n": "power", "v": 1, "t": NOW - 91 * 86400}], "too-old", "set the device's clock"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_says_what_to_send_instead(message: bytes | Pack, code: str, remedy: str) -> None:
    reasons = refused(message)
    assert list(reasons) == [code]
    assert remedy in reasons[code]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 10**400])
def test_numbers_that_are_none(value: float) -> None:
    found, (rejected,) = decode(encode_cbor([{"n": "power", "v": value}]))
    assert (found, rejected.code) == ([], "not-finite")


def test_decimal_fractions_of_cbor() -> None:
    payload = bytes.fromhex("81a200") + b"\x65power" + bytes.fromhex("02c482211902 64".replace(" ", ""))  # 612e-2
    assert decode(payload)[0][0].values == {"power": pytest.approx(6.12)}


def test_good_records_of_a_bad_pack_are_kept_and_the_message_is_put_aside_once_a_code() -> None:
    payload = encode_json(
        [
            {"n": "power", "v": 1},
            {"n": "a", "v": 1},
            {"n": "b", "v": 1},
            {"n": "voltage", "u": "W", "v": 1},
            {"n": "current", "v": 2},
        ]
    )
    found, rejected = decode(payload)
    assert [row.values for row in found] == [{"power": 1, "current": 2}]
    assert [r.code for r in rejected] == ["unknown-metric", "unknown-unit"]
    assert "record 2" in rejected[0].reason and "1 more" in rejected[0].reason
    assert all(r.raw == payload and r.device == "lamp-1" and r.source == "topic" for r in rejected)


def test_a_huge_pack_is_refused_whole() -> None:
    pack: Pack = [{"n": "power", "v": 1}] * 11
    for payload in (encode_json(pack), encode_cbor(pack)):
        found, (rejected,) = decode(payload, limits=Limits(records=10))
        assert (found, rejected.code) == ([], "too-large")
        assert "at most 10" in rejected.reason


def test_an_empty_pack_is_no_pack() -> None:
    assert "at least one record" in refused([])["bad-pack"]


def test_bytes_after_a_cbor_array_are_not_passed_over() -> None:
    assert "follow the CBOR array" in refused(encode_cbor([{"n": "power", "v": 1}]) + b"rest")["bad-cbor"]
    assert "follow the CBOR array" in refused(b"\x80 and more")["bad-cbor"]


def test_a_bound_below_the_suspicious_counts() -> None:
    found, (rejected,) = decode(encode_json([{"n": "power", "v": 1, "t": NOW + 30}]), limits=Limits(future=10))
    assert (found, rejected.code) == ([], "future-time")
