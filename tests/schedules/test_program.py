"""Programs as pure functions of time and place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.program import BadProgram, Program, moment, parse_program

NIGHT = [
    {"at": "sunset", "level": 100, "ramp": 30},
    {"at": "22:00", "level": 70},
    {"at": "05:00", "level": 100},
    {"at": "sunrise", "level": 0},
]
HUE = (16.4637, 107.5909, "Asia/Ho_Chi_Minh")
CITIES = [HUE, (52.52, 13.405, "Europe/Berlin"), (-33.87, 151.21, "Australia/Sydney"), (40.71, -74.0, "America/New_York"),
          (-1.29, 36.82, "Africa/Nairobi"), (-34.6, -58.38, "America/Argentina/Buenos_Aires")]  # fmt: skip


def night(time_zone: str = "Asia/Ho_Chi_Minh") -> Program:
    return parse_program("night", NIGHT, time_zone)


def at(text: str, time_zone: str = "Asia/Ho_Chi_Minh") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(time_zone)).timestamp()


@pytest.mark.parametrize(
    ("when", "level"),
    [
        ("2026-11-21 12:00", 0),
        ("2026-11-21 17:05", 0),
        ("2026-11-21 17:30", 100),
        ("2026-11-21 21:59", 100),
        ("2026-11-21 22:00", 70),
        ("2026-11-22 00:00", 70),
        ("2026-11-22 04:59", 70),
        ("2026-11-22 05:00", 100),
        ("2026-11-22 06:30", 0),
    ],
)
def test_a_night_in_hue(when: str, level: float) -> None:
    assert moment(night(), HUE[0], HUE[1], at(when)).level == level


def test_the_level_before_and_the_next_change_are_known() -> None:
    found = moment(night(), HUE[0], HUE[1], at("2026-11-21 22:00:05"))
    assert (found.level, found.before, found.since) == (70, 100, at("2026-11-21 22:00"))
    assert found.next == at("2026-11-22 05:00")


@given(
    place=st.sampled_from(CITIES),
    day=st.datetimes(datetime(2020, 1, 1), datetime(2030, 12, 31)),  # noqa: DTZ001
)
def test_every_night_lights_up_and_goes_dark_whatever_the_clock_change(
    place: tuple[float, float, str], day: datetime
) -> None:
    lat, lon, zone = place
    program = night(zone)
    noon = day.replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=ZoneInfo(zone)).timestamp()
    assert moment(program, lat, lon, noon).level == 0
    midnight = (day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)).replace(
        tzinfo=ZoneInfo(zone)
    )
    assert moment(program, lat, lon, midnight.timestamp()).level == 70


@given(place=st.sampled_from(CITIES), start=st.floats(1.6e9, 1.9e9))
def test_walking_from_change_to_change_gives_the_same_levels_as_looking_at_any_moment(
    place: tuple[float, float, str], start: float
) -> None:
    program = night(place[2])
    now = start
    for _ in range(8):
        here = moment(program, place[0], place[1], now)
        assert here.next is not None
        assert here.next > now
        between = moment(program, place[0], place[1], (now + here.next) / 2)
        assert between.level == here.level
        after = moment(program, place[0], place[1], here.next)
        assert after.since == here.next
        now = here.next


def test_a_clock_time_that_spring_skips_happens_at_the_end_of_the_gap_and_one_that_comes_twice_happens_once() -> None:
    program = parse_program("p", [{"at": "02:30", "level": 40}, {"at": "20:00", "level": 90}], "Europe/Berlin")
    spring = moment(program, 52.5, 13.4, at("2026-03-29 10:00", "Europe/Berlin"))
    assert spring.since == datetime(2026, 3, 29, 1, 0, tzinfo=UTC).timestamp()
    autumn = moment(program, 52.5, 13.4, at("2026-10-25 10:00", "Europe/Berlin"))
    assert autumn.since == datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()


def test_a_polar_night_drops_the_steps_of_the_sun_and_keeps_those_of_the_clock() -> None:
    program = night("Europe/Oslo")
    midwinter = at("2026-12-21 23:00", "Europe/Oslo")
    assert moment(program, 78.2, 15.6, midwinter).level == 70
    assert moment(program, 78.2, 15.6, at("2026-12-21 12:00", "Europe/Oslo")).level == 100


@pytest.mark.parametrize(
    ("steps", "zone", "says"),
    [
        ([], "Asia/Ho_Chi_Minh", "no steps"),
        ([{"at": "25:00", "level": 1}], "Asia/Ho_Chi_Minh", "step 1: at = '25:00'"),
        ([{"at": "22:00", "level": 101}], "Asia/Ho_Chi_Minh", "from 0 to 100"),
        ([{"at": "22:00"}], "Asia/Ho_Chi_Minh", "level = None"),
        ([{"at": "22:00", "level": 1, "dim": 3}], "Asia/Ho_Chi_Minh", "unknown key 'dim'"),
        ([{"at": "22:00", "level": True}], "Asia/Ho_Chi_Minh", "level = True"),
        ([{"at": "22:00", "level": 1}], "Mars/Olympus", "IANA"),
    ],
)
def test_a_bad_program_is_refused_with_a_sentence_that_helps(
    steps: list[dict[str, object]], zone: str, says: str
) -> None:
    with pytest.raises(BadProgram, match=says):
        parse_program("bad", steps, zone)


def test_the_checksum_follows_the_content_and_nothing_else() -> None:
    one, same = night().wire(16.46, 107.59), night().wire(16.46, 107.59)
    other = parse_program("night", [*NIGHT[:-1], {"at": "sunrise", "level": 0, "offset": 5}], "Asia/Ho_Chi_Minh").wire(
        16.46, 107.59
    )
    assert one == same
    assert one["checksum"] != other["checksum"]
