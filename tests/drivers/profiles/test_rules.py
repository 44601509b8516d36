"""What a city's own profile can say: conditions, words, lists, unknown fields, clocks."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from drivers.burst import Burst
from drivers.profiles import Profiles, load_profiles
from hub.model.light import Cause
from hub.model.readings import Quality
from tests.drivers.profiles.registered import NOW, compiled, device

HEAD = 'title = "Own"\nkinds = ["light", "cabinet", "environment"]\n[[messages]]\ntopic = "own/{device}"\n'


@pytest.fixture
def own(tmp_path: Path) -> Any:
    """Profiles with one message of these rules."""

    def build(rules: str, channel: str = "telemetry", kind: str = "environment", zone: str = "UTC") -> Profiles:
        (tmp_path / "own.toml").write_text(HEAD + f'channel = "{channel}"\n' + rules)
        return compiled([device("own", "d", kind)], zone, load_profiles(tmp_path))

    return build


def said(profiles: Profiles, payload: object, received: float = NOW) -> Burst:
    burst = Burst()
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    assert profiles.decode("own/d", raw, received, burst)
    return burst


def values(burst: Burst) -> dict[str, float]:
    assert burst.rejected == []
    return {metric: value for row in burst.rows for metric, value in row.values.items()}


def codes(burst: Burst) -> list[str]:
    return [rejected.code for rejected in burst.rejected]


def test_units_scale_and_offset_go_together(own: Any) -> None:
    profiles = own(
        'fields = [{ field = "t", metric = "temperature", unit = "degF", scale = 0.1, offset = -10 },\n'
        '{ field = "e", metric = "energy", unit = "kWh", scale = 0.01 }, { field = "b", metric = "battery", unit = "/" },\n'
        '{ field = "pf", metric = "power_factor", unit = "%" }, { field = "l", metric = "level", unit = "%" }]'
    )
    message = {"t": 780, "e": 12345, "b": 0.5, "pf": 97, "l": 60}
    assert values(said(profiles, message)) == {
        "temperature": 20.0,
        "energy": 123450.0,
        "battery": 50.0,
        "power_factor": 0.97,
        "level": 60.0,
    }


def test_the_first_field_that_is_there_counts(own: Any) -> None:
    profiles = own(
        'fields = [{ field = ["a.t", "b.t"], metric = "temperature" }, { field = "t", metric = "temperature" }]'
    )
    assert values(said(profiles, {"t": 3, "b": {"t": 2}})) == {"temperature": 2.0}
    assert values(said(profiles, {"t": 3, "b": {"t": None}})) == {"temperature": 3.0}


def test_conditions_choose(own: Any) -> None:
    profiles = own(
        'fields = [{ field = "v", metric = "voltage", unit = "mV", when = { "unit.v" = ["mV", 1000] }, absent = ["bat"] },\n'
        '{ field = "v", metric = "voltage", unless = { "unit.v" = ["mV", 1000] }, present = ["mains"] },\n'
        '{ field = "p", metric = "power", kinds = ["cabinet"] }]'
    )
    assert values(said(profiles, {"v": 5000, "unit": {"v": "mV"}})) == {"voltage": 5.0}
    assert values(said(profiles, {"v": 5000, "unit": {"v": 1000.0}})) == {"voltage": 5.0}
    assert values(said(profiles, {"v": 230, "mains": False})) == {"voltage": 230.0}
    assert values(said(profiles, {"v": 230, "bat": 1, "unit": {"v": "mV"}, "p": 1})) == {}


def test_lists_need_a_rule(own: Any) -> None:
    profiles = own(
        'fields = [{ field = "p", metric = "power", many = "sum" }, { field = "v", metric = "voltage", many = "mean" },\n'
        '{ field = "r", metric = "rssi", many = "max" }, { field = "f", metric = "frequency", many = "first" },\n'
        '{ field = "c", metric = "current" }]'
    )
    message = {"p": [1, 2.5], "v": [229, 231], "r": [-90, -70], "f": [50, 60]}
    assert values(said(profiles, message)) == {"power": 3.5, "voltage": 230.0, "rssi": -70.0, "frequency": 50.0}
    burst = said(profiles, {"c": [1], "p": [], "v": ["x"]})
    assert burst.rows == []
    assert codes(burst) == ["bad-value"]
    assert burst.rejected[0].reason == "p is an empty list: leave it out when there is no value (and 2 more like it)"


def test_numbers_in_quotes_are_numbers(own: Any) -> None:
    profiles = own('fields = [{ field = "p", metric = "power" }]')
    assert values(said(profiles, {"p": " -12.5e1 "})) == {"power": -125.0}
    for word in ("0\x1f", "٣", "NaN", "1_000", "0x10", "inf", "", "12 W", "1e999"):
        assert codes(said(profiles, {"p": word})) in (["bad-value"], ["not-finite"])


def test_a_text_is_one_value(own: Any) -> None:
    number = own('payload = "text"\nfields = [{ metric = "temperature", unit = "K" }]')
    assert values(said(number, b" 293.15\n")) == {"temperature": 20.0}
    assert codes(said(number, b"\xff")) == ["bad-text"]
    words = own('payload = "text"\nfields = [{ metric = "level", values = { OPEN = 0, CLOSED = 100 } }]')
    assert values(said(words, b"CLOSED")) == {"level": 100.0}
    refused = said(words, b"AJAR").rejected[0]
    assert refused.reason == "the message is 'AJAR': send one of 'CLOSED', 'OPEN'"


def test_a_word_that_is_known_to_nobody_is_refused(own: Any) -> None:
    profiles = own(
        'fields = [{ field = "s", metric = "level", values = { on = 100, false = 0, "2" = 50 } }]\n'
        'events = [{ field = "door", type = "doorOpen", active = { open = true, shut = false }, text = "why", point = "no" }]',
        "event",
    )
    for word, level in (("on", 100.0), (False, 0.0), (2, 50.0), (2.0, 50.0), ("2", 50.0)):
        assert values(said(profiles, {"s": word})) == {"level": level}
    burst = said(profiles, {"s": {"on": 1}, "door": "ajar"})
    assert codes(burst) == ["unknown-word"]
    assert burst.events == []
    (event,) = said(profiles, {"door": "open", "why": "wind\x00", "no": 7}).events
    assert (event.type, event.active, event.text, event.point) == ("doorOpen", True, "wind\ufffd", "7")


def test_unknown_fields_are_refused_where_a_profile_says_so(own: Any) -> None:
    profiles = own(
        'unknown = "quarantine"\nignore = ["seq", "wifi"]\nclock = { field = "t", form = "unix-s" }\n'
        'fields = [{ field = "a.p", metric = "power" }, { field = "l[0]", metric = "voltage", when = { mode = 1 } }]'
    )
    message = {"t": NOW, "seq": 1, "wifi": {"x": [1]}, "a": {"p": 1}, "l": [230], "mode": 1}
    assert values(said(profiles, message)) == {"power": 1.0, "voltage": 230.0}
    burst = said(profiles, {"a": {"p": 1, "q": 2}, "z": 1, "seq": 3})
    assert burst.rows[0].values == {"power": 1.0}
    assert codes(burst) == ["unknown-field"]
    assert "no field is known as a.q, z: map it in the profile, or list it in ignore" in burst.rejected[0].reason


def test_nothing_known_is_refused_where_a_profile_says_so(own: Any) -> None:
    rules = 'fields = [{ field = "p", metric = "power" }]\n'
    assert said(own(rules), {"q": 1}) == Burst()
    assert codes(said(own(rules + 'nothing = "quarantine"'), {"q": 1})) == ["no-value"]
    assert codes(said(own(rules), [1])) == ["bad-payload"]


LOCAL_ALWAYS = ("iso-local", "always")  # is refused when profiles are loaded
TIMES = {
    # form: (what is written, what it is), all at NOW - 30 s
    "unix-s": (NOW - 30, NOW - 30),
    "unix-ms": ((NOW - 30) * 1000, NOW - 30),
    "unix": ((NOW - 30) * 1000, NOW - 30),
    "iso": ("2025-11-21T19:32:50+01:00", NOW - 30),
    "iso-local": ("2025-11-22T01:32:50", NOW - 30),
}


@pytest.mark.parametrize(
    ("form", "trust"),
    [(form, trust) for form in TIMES for trust in ("always", "near") if (form, trust) != LOCAL_ALWAYS],
)
def test_times_are_read_in_every_form(own: Any, form: str, trust: str) -> None:
    profiles = own(
        f'clock = {{ field = "t", form = "{form}", trust = "{trust}" }}\nfields = [{{ field = "p", metric = "power" }}]',
        zone="Asia/Ho_Chi_Minh",
    )
    written, time = TIMES[form]
    (row,) = said(profiles, {"t": written, "p": 1}).rows
    assert (row.time, row.quality) == (time, Quality.GOOD)
    (row,) = said(profiles, {"p": 1}).rows
    assert (row.time, row.quality) == (NOW, Quality.NO_SOURCE_TIME)


def test_a_clock_that_is_believed_only_near_ours_never_loses_a_reading(own: Any) -> None:
    profiles = own(
        'clock = { field = "t", form = "unix", trust = "near", within = 10 }\nfields = [{ field = "p", metric = "power" }]'
    )
    for written in (NOW - 11, NOW + 11, 0, 17, "soon", [1], -1e300):
        (row,) = said(profiles, {"t": written, "p": 1}).rows
        assert (row.time, row.quality) == (NOW, Quality.CLOCK_SUSPECT)
    assert said(profiles, {"t": NOW + 9, "p": 1}).rows[0].time == NOW + 9


def test_a_clock_that_is_all_there_is_is_refused_when_it_cannot_be_believed(own: Any) -> None:
    profiles = own('clock = { field = "t", form = "iso" }\nfields = [{ field = "p", metric = "power" }]')
    for written, code in (
        ("1970-01-01T00:00:17Z", "too-old"),
        ("2025-01-01T00:00:00Z", "too-old"),
        ("2025-11-21T18:45:00Z", "future-time"),
        ("2025-11-21T18:33:20", "bad-time"),
        ("yesterday", "bad-time"),
        (7, "bad-time"),
    ):
        burst = said(profiles, {"t": written, "p": 1})
        assert (codes(burst), burst.rows) == ([code], [])


def test_the_hour_that_autumn_has_twice_is_told_by_the_receipt(own: Any) -> None:
    profiles = own(
        'clock = { field = "t", form = "iso-local", trust = "near" }\nfields = [{ field = "p", metric = "power" }]',
        zone="Europe/Berlin",
    )
    for hour in ("2025-10-26T00:30:00+00:00", "2025-10-26T01:30:00+00:00"):
        at = datetime.fromisoformat(hour).timestamp()
        (row,) = said(profiles, {"t": "2025-10-26T02:30:00", "p": 1}, at + 5).rows
        assert (row.time, row.quality) == (at, Quality.GOOD)


def test_a_zone_of_the_devices_own(own: Any) -> None:
    profiles = own(
        'clock = { field = "t", form = "iso-local", trust = "near", time_zone = "UTC" }\n'
        'fields = [{ field = "p", metric = "power" }]',
        zone="Asia/Ho_Chi_Minh",
    )
    assert said(profiles, {"t": "2025-11-21T18:33:10", "p": 1}).rows[0].time == NOW - 10


def test_presence_words_and_arrival(own: Any) -> None:
    profiles = own('presence = { field = "s.up", online = [true, "yes"], offline = [false] }', "presence")
    assert [said(profiles, {"s": {"up": word}}).presence[0].online for word in (True, "yes", False)] == [
        True,
        True,
        False,
    ]
    assert said(profiles, {"s": {}}) == Burst()
    assert codes(said(profiles, {"s": {"up": "maybe"}})) == ["unknown-word"]
    assert said(own("presence = { arrival = true }", "presence"), {}).presence[0].online is True


def test_a_light_may_say_why(own: Any) -> None:
    profiles = own(
        'fields = [{ field = "l", metric = "level" }]\ncause = { field = "by", values = { timer = "program", "1" = "sensor" } }',
        "state",
        "light",
    )
    causes = [said(profiles, {"l": 5, "by": by}).lights[0].cause for by in ("timer", 1, None)]
    assert causes == [Cause.PROGRAM, Cause.SENSOR, Cause.LOCAL]
    burst = said(profiles, {"l": 5, "by": "cat"})
    assert (burst.lights[0].cause, codes(burst)) == (Cause.LOCAL, ["unknown-word"])
