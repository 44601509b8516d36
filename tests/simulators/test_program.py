"""Programs in a lamp."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.program import BadProgram, ProgramShelf, built_in, parse_program

HUE = ZoneInfo("Asia/Ho_Chi_Minh")
WIRE: dict[str, Any] = {
    "id": "default",
    "version": 3,
    "checksum": "c",
    "tz": "Asia/Ho_Chi_Minh",
    "location": {"lat": 16.4637, "lon": 107.5909},
    "steps": [
        {"at": "sunset", "offset": 0, "level": 100, "ramp": 30},
        {"at": "22:00", "level": 70, "ramp": 30},
        {"at": "05:00", "level": 100},
        {"at": "sunrise", "offset": 0, "level": 0},
    ],
}


def _at(text: str, tz: ZoneInfo = HUE) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=tz).timestamp()


@pytest.mark.parametrize(
    ("when", "level"),
    [
        ("2026-11-21 12:00", 0),
        ("2026-11-21 17:00", 0),
        ("2026-11-21 17:45", 100),
        ("2026-11-21 21:59:59", 100),
        ("2026-11-21 22:00:00", 70),
        ("2026-11-21 23:59:59", 70),
        ("2026-11-22 00:00:00", 70),
        ("2026-11-22 04:59:59", 70),
        ("2026-11-22 05:00:00", 100),
        ("2026-11-22 06:30", 0),
    ],
)
def test_the_level_in_force_through_a_night(when: str, level: float) -> None:
    assert parse_program(WIRE).in_force(_at(when)).level == level


@given(st.dates(date(2024, 1, 1), date(2028, 12, 31)), st.times())
def test_a_fixed_program_holds_by_local_time_at_any_moment(day: date, clock_time: time) -> None:
    wire = WIRE | {"steps": [{"at": "18:00", "level": 100}, {"at": "22:30", "level": 40}, {"at": "05:30", "level": 0}]}
    now = datetime.combine(day, clock_time, HUE).timestamp()
    clock = clock_time.hour * 60 + clock_time.minute
    expected = 0 if 330 <= clock < 1080 else 100 if 1080 <= clock < 1350 else 40
    program = parse_program(wire)
    assert program.in_force(now).level == expected
    following = program.next_change(now)
    assert now < following <= now + 86_400
    assert program.in_force(following).time == following
    assert program.in_force(following - 0.001).level == expected


@given(st.floats(1.7e9, 1.9e9), st.integers(0, 200))
def test_looking_in_any_order_gives_the_same_answer(now: float, hours: int) -> None:
    fresh, used = parse_program(WIRE), parse_program(WIRE)
    used.in_force(now + hours * 3600)
    assert used.in_force(now) == fresh.in_force(now)


def test_offsets_may_lead_over_midnight() -> None:
    wire = WIRE | {"steps": [{"at": "23:30", "offset": 60, "level": 30}, {"at": "12:00", "level": 0}]}
    program = parse_program(wire)
    assert program.in_force(_at("2026-11-22 00:29")).level == 0
    assert program.in_force(_at("2026-11-22 00:30")).level == 30
    assert program.in_force(_at("2026-11-22 11:59")).level == 30


def test_where_the_sun_does_not_set_the_last_step_holds() -> None:
    program = built_in("Europe/Oslo", 69.65, 18.96)
    midsummer = _at("2026-06-21 23:00", ZoneInfo("Europe/Oslo"))
    assert program.in_force(midsummer).level == 0
    assert program.in_force(midsummer).time < midsummer - 20 * 86_400


def test_times_of_day_do_not_light_the_street_once_the_sun_has_switched_it_off() -> None:
    wire = {
        "id": "night", "tz": "Europe/Berlin", "location": {"lat": 52.52, "lon": 13.41},
        "steps": [{"at": "sunset", "level": 100}, {"at": "05:00", "level": 100}, {"at": "sunrise", "level": 0}],
    }  # fmt: skip
    june_noon = datetime(2026, 6, 20, 12, 0, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    assert parse_program(wire).in_force(june_noon).level == 0


def test_a_night_across_the_change_of_summer_time() -> None:
    oslo = ZoneInfo("Europe/Oslo")
    wire = WIRE | {"tz": "Europe/Oslo", "steps": [{"at": "02:30", "level": 20}, {"at": "06:00", "level": 0}]}
    program = parse_program(wire)
    for day in ("2026-03-29", "2026-10-25"):
        assert program.in_force(_at(f"{day} 04:00", oslo)).level == 20


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": []}, "at least one"),
        ({"steps": None}, "give a list"),
        ({"steps": [{"at": "25:00", "level": 1}]}, "use HH:MM"),
        ({"steps": [{"at": "noon", "level": 1}]}, "sunset"),
        ({"steps": [{"at": "20:00", "level": 101}]}, "from 0 to 100"),
        ({"steps": [{"at": "20:00", "level": True}]}, "from 0 to 100"),
        ({"steps": [{"at": "20:00"}]}, "level"),
        ({"tz": "Hue/Hue"}, "IANA"),
        ({"location": None}, "location"),
    ],
)
def test_a_bad_program_is_refused_in_words(change: dict[str, Any], words: str) -> None:
    with pytest.raises(BadProgram, match=words):
        parse_program(WIRE | change)


def test_equal_programs_are_parsed_once() -> None:
    shelf = ProgramShelf(size=2)
    first = shelf.program(WIRE)
    assert shelf.program(dict(reversed(WIRE.items()))) is first
    for number in range(3):
        shelf.program(WIRE | {"id": str(number)})
    assert shelf.program(WIRE) is not first
