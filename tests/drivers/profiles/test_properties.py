"""Laws of the profiles, over messages that nobody thought of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.burst import Burst
from drivers.profiles import SHIPPED, Profiles, load_profiles
from hub.model.metrics import METRICS
from tests.drivers.profiles.registered import NOW, compiled, device

DEVICES = [
    device("flat-json"),
    device("tasmota", "lamp-2", address="t"),
    device("zigbee2mqtt", "lamp-3", address="z"),
    device("zigbee2mqtt", "cabinet-1", "cabinet", "c"),
    device("chirpstack", "lamp-4", address="0101010101010101"),
]
SHIPPED_ONES = load_profiles(SHIPPED)
PROFILES = compiled(DEVICES, profiles=SHIPPED_ONES)
EVENTS = "application/a/device/0101010101010101/event/"
TOPICS = [
    "tele/lamp-1/telemetry",
    *(f"tele/t/{name}" for name in ("STATE", "SENSOR", "LWT")),
    "stat/t/RESULT",
    *(f"zigbee2mqtt/{name}" for name in ("z", "c", "z/availability", "z/state", "nobody")),
    *(EVENTS + name for name in ("up", "status", "join", "ack", "log")),
]
KEYS = st.sampled_from(
    [
        *METRICS,
        "ts",
        "dim",
        "temp",
        "on",
        "Time",
        "POWER",
        "POWER1",
        "Dimmer",
        "ENERGY",
        "Power",
        "Total",
        "Wifi",
        "Signal",
    ]
    + [
        "Uptime",
        "TempUnit",
        "SI7021",
        "Temperature",
        "state",
        "brightness",
        "battery",
        "contact",
        "tamper",
        "time",
        "object",
    ]
    + ["rxInfo", "rssi", "queueItemId", "acknowledged", "level", "code", "description", "batteryLevel", "", "é"]
)
ATOMS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["ON", "OFF", "online", "offline", "Online", "F", "ERROR", "2025-11-21T18:33:20Z", "2025-11-22T01:33:20"])
    | st.sampled_from([NOW, NOW * 1000, NOW + 400, 60, 0, 254, 17, 1e308])
)  # fmt: skip
VALUES = st.recursive(
    ATOMS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=10
)
MESSAGES = st.dictionaries(KEYS, VALUES, max_size=8)


def check(topic: str, payload: bytes, profiles: Profiles) -> None:
    """Never an exception; what comes out is sound; what is refused is kept whole."""
    burst = Burst()
    assert profiles.decode(topic, payload, NOW, burst)
    registered = {each.id for each in DEVICES}
    for row in burst.rows:
        assert row.device in registered and -90 * 86400 <= row.time - NOW <= 300
        assert row.values
        for metric, value in row.values.items():
            assert type(value) is float and METRICS[metric].low <= value <= METRICS[metric].high
    for light in burst.lights:
        assert 0 <= light.level <= 100 and light.time - NOW <= 300
    said = [e.device for e in burst.events] + [p.device for p in burst.presence] + [d.device for d in burst.deliveries]
    assert set(said) <= registered
    assert all(r.raw == payload and r.reason.encode() and "\x00" not in r.reason for r in burst.rejected)
    assert len({r.code for r in burst.rejected}) == len(burst.rejected)


@settings(deadline=None)
@given(st.sampled_from(TOPICS), MESSAGES | VALUES)
def test_any_json_ends_as_rows_or_reports_or_rejected(topic: str, message: Any) -> None:
    check(topic, json.dumps(message).encode(), PROFILES)


@settings(deadline=None)
@given(st.sampled_from(TOPICS), st.binary(max_size=80) | st.text(max_size=30).map(str.encode))
@example(TOPICS[0], b"[" * 100_000)
@example(TOPICS[1], b'{"a":' * 50_000)
@example(TOPICS[0], b'{"power":1' + b"0" * 5000 + b"}")
@example(TOPICS[2], b'{"ENERGY":{"Power":1e999}}')
@example(TOPICS[0], b'{"\\ud800":1}')
def test_any_bytes_end_as_rows_or_reports_or_rejected(topic: str, payload: bytes) -> None:
    check(topic, payload, PROFILES)


@settings(deadline=None)
@given(st.text(max_size=40) | st.binary(max_size=40), st.binary(max_size=20))
def test_any_topic_is_taken_or_left(topic: str | bytes, payload: bytes) -> None:
    burst = Burst()
    if not PROFILES.decode(topic, payload, NOW, burst):
        assert burst == Burst()


NUMBERS = st.floats(-10, 300) | st.integers(-10, 300) | st.floats(allow_nan=False, allow_infinity=False)
FLAT = st.dictionaries(
    st.sampled_from(["power", "voltage", "level", "dim", "temp", "temperature", "energy", "seq", "fw"]),
    NUMBERS | st.none() | st.text(max_size=3),
    max_size=6,
).flatmap(
    lambda message: st.fixed_dictionaries(
        {},
        optional={
            "ts": st.sampled_from([NOW, NOW * 1000, NOW - 1e6, NOW + 50, NOW + 70, NOW + 400, 0, None, "x"]),
            "on": st.booleans() | st.sampled_from(["x", None, 1]),
        },
    ).map(lambda more: message | more)
)


CAREFUL = compiled(DEVICES, profiles=SHIPPED_ONES)


@settings(deadline=None)
@given(FLAT)
def test_the_fast_way_and_the_careful_way_agree(message: dict[str, Any]) -> None:
    payload = json.dumps(message).encode()
    bursts = Burst(), Burst()
    for profiles, burst in zip((PROFILES, CAREFUL), bursts, strict=True):
        origin = profiles._origin(TOPICS[0])
        assert origin is not None and origin.flat is not None
        if profiles is CAREFUL:
            origin.flat = None
        assert profiles.decode(TOPICS[0], payload, NOW, burst)
    assert bursts[0] == bursts[1]


def test_a_citys_own_flat_profile_takes_the_fast_way(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        'title = "Own"\nkinds = ["light"]\n[[messages]]\ntopic = "own/{device}"\nchannel = "telemetry"\n'
        'fields = [{ field = "energy", metric = "energy", unit = "kWh" }, { field = "{metric}" }]\n'
    )
    profiles = compiled([device("own")], profiles=load_profiles(tmp_path))
    origin = profiles._origin("own/lamp-1")
    assert origin is not None and origin.flat is not None
    assert origin.flat.read(b'{"energy":1.5,"power":40,"x":"y"}', NOW) == ({"energy": 1500.0, "power": 40.0}, NOW, 2)
    assert origin.flat.read(b'{"energy":1e12}', NOW) is None


def test_ordinary_telemetry_takes_the_fast_way() -> None:
    origin = PROFILES._origin(TOPICS[0])
    assert origin is not None and origin.flat is not None
    message = {
        "device": "lamp-1",
        "ts": int(NOW * 1000),
        "power": 81.0,
        "dim": 42,
        "on": True,
        "temp": 36.1,
        "fw": "1.4",
    }
    assert origin.flat.read(json.dumps(message).encode(), NOW) is not None
