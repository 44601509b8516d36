"""Reports of native devices beyond the golden cases: reasons, clocks, rubbish."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.burst import Burst
from drivers.mqtt.native import NativeDecoder
from drivers.mqtt.topics import Topics
from drivers.senml import Limits
from hub.model.readings import Quality
from hub.model.reports import OWN
from tests.drivers.mqtt.hub import city

NOW = 1_763_750_000.0
CHANNELS = ["state", "event", "result", "presence", "telemetry"]


def decode(channel: str, payload: bytes | Any, device: str = "lamp-0001", limits: Limits | None = None) -> Burst:
    burst = Burst()
    origin = Topics("ll").upward(f"ll/d/{device}/up/{channel}".encode())
    assert origin is not None
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    NativeDecoder(city(), limits or Limits()).decode(origin, raw, NOW, burst)
    return burst


@pytest.mark.parametrize(
    ("channel", "payload", "code", "remedy"),
    [
        ("state", {"cause": "local"}, "bad-state", "send {"),
        ("state", {"level": True, "cause": "local"}, "bad-state", "number"),
        ("state", {"level": "60", "cause": "local"}, "bad-state", "number"),
        ("state", {"level": 60}, "bad-state", "emergency, override, incident"),
        ("state", {"level": 60, "cause": 7}, "bad-state", "emergency, override, incident"),
        ("state", {"level": -0.1, "cause": "local"}, "out-of-range", "per cent"),
        ("state", {"level": 10**300, "cause": "local"}, "out-of-range", "per cent"),
        ("state", {"level": 60, "cause": "local", "command": 7}, "bad-state", "command must be text"),
        ("state", {"level": 60, "cause": "local", "t": "now"}, "bad-state", "send {"),
        ("state", {"level": 60, "cause": "local", "d": "nobody"}, "unknown-device", "register it"),
        ("state", {"level": 60, "cause": "local", "d": "lamp-0002"}, "not-yours", "set address"),
        ("state", [[]], "bad-state", "send {"),
        ("state", 60, "bad-state", "send {"),
        ("state", b"sixty", "bad-json", "send {"),
        ("state", b"[" * 100_000, "bad-state", "send {"),
        ("state", b'{"x":' * 100_000, "bad-json", "deeply"),
        ("state", b'{"level":1e999,"cause":"local"}', "bad-state", "send {"),
        ("state", b'{"level":60,"cause":"local\xff"}', "bad-json", "send {"),
        ("event", {"type": ""}, "bad-event", "send {"),
        ("event", {"type": "x", "active": "yes"}, "bad-event", "send {"),
        ("result", {"id": "c", "outcome": "done"}, "bad-result", "applied, rejected, failed"),
        ("result", {"id": "c", "outcome": "timed_out"}, "bad-result", "applied, rejected, failed"),
        ("result", {"id": "", "outcome": "applied"}, "bad-result", "send {"),
        ("presence", b"here", "bad-presence", "online"),
    ],
)
def test_what_cannot_be_used_says_what_to_send_instead(channel: str, payload: Any, code: str, remedy: str) -> None:
    burst = decode(channel, payload)
    (rejected,) = burst.rejected
    assert burst.size() >= 1 and not (burst.rows or burst.lights or burst.events or burst.results or burst.presence)
    assert (rejected.code, rejected.device, rejected.source) == (code, "lamp-0001", f"ll/d/lamp-0001/up/{channel}")
    assert remedy in rejected.reason


def test_the_good_entries_of_an_array_are_kept() -> None:
    burst = decode(
        "state", [{"level": 5, "cause": "local"}, {"level": 500, "cause": "local"}, {"level": -5, "cause": "local"}]
    )
    assert [light.level for light in burst.lights] == [5]
    (rejected,) = burst.rejected
    assert "1 more" in rejected.reason


@pytest.mark.parametrize(
    ("t", "time", "quality"),
    [
        (None, NOW, Quality.NO_SOURCE_TIME),
        (NOW - 5, NOW - 5, Quality.GOOD),
        (17.0, NOW, Quality.CLOCK_SUSPECT),
        (NOW + 3600, NOW, Quality.CLOCK_SUSPECT),
        (-1e300, NOW, Quality.CLOCK_SUSPECT),
    ],
)
def test_a_wrong_clock_does_not_hide_a_state(t: float | None, time: float, quality: Quality) -> None:
    burst = decode("state", {"level": 5, "cause": "local", "t": t})
    assert burst.lights[0].time == time
    assert (burst.rows[0].time, burst.rows[0].quality) == (time, quality)
    assert decode("event", {"type": "fireAlarm", "t": t}).events[0].time == time
    assert decode("result", {"id": "c", "outcome": "applied", "t": t}).results[0].time == time


def test_an_old_retained_state_is_no_reading() -> None:
    burst = decode("state", {"level": 5, "cause": "local", "t": NOW - 100 * 86400})
    assert (len(burst.lights), burst.rows) == (1, [])


def test_texts_are_cut_and_free_of_nul() -> None:
    (event,) = decode("event", {"type": "x", "text": "a\x00b" + "c" * 10_000}).events
    assert event.text.startswith("a\ufffdb") and len(event.text) == 500


def test_a_cleared_retained_message_says_nothing() -> None:
    for channel in CHANNELS:
        assert decode(channel, b"").size() == 0


def test_a_huge_array_is_refused_whole() -> None:
    for channel, item in (
        ("state", {"level": 1, "cause": "local"}),
        ("event", {"type": "x"}),
        ("result", {"id": "c", "outcome": "applied"}),
    ):
        burst = decode(channel, [item] * 4, limits=Limits(records=3))
        assert [r.code for r in burst.rejected] == ["too-large"]
        assert not (burst.lights or burst.events or burst.results)


@pytest.mark.parametrize(
    "topic", [b"ll/d/x/up", b"ll/d/x/down/command", b"lx/d/x/up/state", b"ll/d/x/up/a/b", b"ll/d/\xff/up/state", b""]
)
def test_other_topics(topic: bytes) -> None:
    assert Topics("ll").upward(topic) is None


FIELDS = ["t", "d", "level", "cause", "command", "type", "active", "point", "text", "id", "outcome", "detail", "x"]
WORDS = ["lamp-0001", "gw-1-lamp-1", "override", "applied", NOW, 60]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner),
    max_leaves=12,
)


@given(
    st.sampled_from(CHANNELS),
    st.sampled_from(["lamp-0001", "gw-1", "cab-1", "nobody"]),
    st.binary() | JSON.map(lambda v: json.dumps(v).encode()),
)
@example("event", "lamp-0001", b'{"type":"\\ud800"}')
def test_any_bytes_end_as_reports_or_rejected(channel: str, device: str, payload: bytes) -> None:
    burst = decode(channel, payload, device)
    for light in burst.lights:
        assert type(light.level) is float and 0 <= light.level <= 100 and light.time <= NOW + 300
    for rejected in burst.rejected:
        assert rejected.raw == payload and rejected.reason.encode() and "\x00" not in rejected.reason
    for event in burst.events:
        assert event.type.encode() and event.text.encode()


def test_what_plans_a_lamp_and_a_gateway_hold() -> None:
    state = {"t": NOW - 5, "level": 60, "cause": "program"}
    alone = decode("state", state | {"plan": "0123456789abcdef"})
    assert [(each.device, each.plans, each.time) for each in alone.plans] == [
        ("lamp-0001", {OWN: "0123456789abcdef"}, NOW - 5)
    ]
    assert decode("state", state).plans[0].plans == {OWN: ""}, "a lamp that names none holds none"
    said = {"centre": "0123456789abcdef", "ward@16.46,107.59": "fedcba9876543210"}
    lamps = [state | {"d": "gw-1-lamp-1"}, state | {"d": "gw-1-lamp-2"}]
    gateway = decode("state", [{"t": NOW, "plans": said}, *lamps], "gw-1")
    assert [(each.device, each.plans) for each in gateway.plans] == [("gw-1", said)]
    assert len(gateway.lights) == 2 and not gateway.rejected
    alone = decode("state", {"t": NOW, "plans": said}, "gw-1")
    assert [each.plans for each in alone.plans] == [said] and alone.size() == 1, "it is delivered without any state"
    assert decode("state", lamps, "gw-1").plans == [], "a gateway that does not speak of plans says nothing of them"


@pytest.mark.parametrize(
    "said", [{"plan": 7}, {"plans": ["x"]}, {"plans": {"a": 1}}, {"plans": dict.fromkeys(map(str, range(1001)), "")}]
)
def test_a_plan_that_cannot_be_read_costs_no_state(said: dict[str, Any]) -> None:
    found = decode("state", {"level": 60, "cause": "program"} | said)
    assert [light.level for light in found.lights] == [60] and found.plans == []
    assert [(each.code, "version that is held" in each.reason) for each in found.rejected] == [("bad-state", True)]
