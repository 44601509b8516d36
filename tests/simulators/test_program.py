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
    wire = WIRE | {"steps": [{"at": "12:00", "level": 0}, {"at": "23:30", "offset": 60, "level": 30}]}
    program = parse_program(wire)
    assert program.in_force(_at("2026-11-22 00:29")).level == 0
    assert program.in_force(_at("2026-11-22 00:30")).level == 30
    assert program.in_force(_at("2026-11-22 11:59")).level == 30


OSLO = ZoneInfo("Europe/Oslo")


def test_where_the_sun_does_not_set_it_is_dark_and_where_it_does_not_rise_it_is_lit() -> None:
    tromso = parse_program(WIRE | {"tz": "Europe/Oslo", "location": {"lat": 69.65, "lon": 18.96}})
    assert {tromso.in_force(_at(f"2026-06-21 {hour:02}:30", OSLO)).level for hour in range(24)} == {0}
    levels = {hour: tromso.in_force(_at(f"2026-12-21 {hour:02}:30", OSLO)).level for hour in (0, 4, 6, 12, 21, 22)}
    assert levels == {0: 70, 4: 70, 6: 100, 12: 100, 21: 100, 22: 70}
    assert built_in("Europe/Oslo", 69.65, 18.96).in_force(_at("2026-06-21 23:00", OSLO)).level == 0


def test_on_a_short_night_times_of_day_wait_for_the_sun_or_are_left_out() -> None:
    stockholm = parse_program(WIRE | {"tz": "Europe/Stockholm", "location": {"lat": 59.33, "lon": 18.07}})
    zone = ZoneInfo("Europe/Stockholm")
    assert stockholm.in_force(_at("2026-06-20 22:04", zone)).level == 0, "the sun sets at 22:08"
    assert stockholm.in_force(_at("2026-06-20 22:12", zone)).level == 70
    assert stockholm.in_force(_at("2026-06-21 04:00", zone)).level == 0, "05:00 is after sunrise"
    assert stockholm.in_force(_at("2026-06-21 12:30", zone)).level == 0


def test_a_day_may_begin_at_midnight() -> None:
    steps = [{"at": "00:30", "level": 40}, {"at": "sunrise", "level": 0}, {"at": "sunset", "level": 100}]
    program = parse_program(WIRE | {"steps": steps, "day": "midnight"})
    levels = {hour: program.in_force(_at(f"2026-11-21 {hour:02}:00")).level for hour in (0, 1, 7, 18, 23)}
    assert levels == {0: 100, 1: 40, 7: 0, 18: 100, 23: 100}


def test_a_sunrise_at_midnight_utc_is_found() -> None:
    kashgar = ZoneInfo("Asia/Shanghai")
    program = built_in("Asia/Shanghai", 39.47, 75.99)
    for day in range(25, 31):
        assert program.in_force(_at(f"2027-04-{day} 07:45", kashgar)).level == 100
        assert program.in_force(_at(f"2027-04-{day} 08:15", kashgar)).level == 0


def test_a_step_that_would_not_last_is_left_out() -> None:
    steps = [{"at": "17:00", "level": 30}, {"at": "sunset", "level": 100}, {"at": "sunrise", "level": 0}]
    assert parse_program(WIRE | {"steps": steps}).in_force(_at("2026-11-21 17:05")).level == 30
    assert parse_program(WIRE | {"steps": steps, "gap": 1800}).in_force(_at("2026-11-21 17:05")).level == 0


def test_a_night_across_the_change_of_summer_time() -> None:
    wire = WIRE | {"tz": "Europe/Oslo", "steps": [{"at": "02:30", "level": 20}, {"at": "06:00", "level": 0}]}
    program = parse_program(wire)
    for day in ("2026-03-29", "2026-10-25"):
        assert program.in_force(_at(f"{day} 04:00", OSLO)).level == 20


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
        ({"day": "evening"}, "noon or midnight"),
        ({"gap": -1}, "from 0 to 3600"),
        ({"steps": [{"at": "05:00", "level": 1}, {"at": "22:00", "level": 2}]}, "order of a day from 12:00"),
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
