"""The Vietnamese calendar against known dates and an astronomical computation (ephem)."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from itertools import pairwise

import ephem
import pytest

from schedules.conditions import Lunar, LunarDates
from schedules.lunar import LunarDay, lunar_day

TET = [  # in 1968, 1985, 2007 and 2030 China's new year is another day
    "1968-01-29", "1985-01-21", "2007-02-17", "2030-02-02",
    "2000-02-05", "2020-01-25", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2034-02-19",
]  # fmt: skip


@pytest.mark.parametrize("day", TET)
def test_tet(day: str) -> None:
    assert lunar_day(date.fromisoformat(day)) == LunarDay(1, False, 1)


@pytest.mark.parametrize("day", ["1985-02-20", "2007-02-18", "2030-02-03"])
def test_the_new_year_of_china_is_not_tet_where_they_differ(day: str) -> None:
    assert lunar_day(date.fromisoformat(day)) != LunarDay(1, False, 1)


def _months(first: int, last: int) -> list[tuple[date, int, bool]]:
    """Each month's first day, number and whether it is a leap month: by new moons and major solar terms at UTC+7."""
    hanoi = timedelta(hours=7)
    moon, starts = ephem.Date(f"{first - 1}/10/1"), []
    while moon < ephem.Date(f"{last + 2}/3/1"):
        moon = ephem.next_new_moon(moon)
        starts.append((moon.datetime() + hanoi).date())
        moon = ephem.Date(moon + 20)

    def term(day: date) -> int:
        """The sun's sector of 30 degrees as the day begins; a month in which it stays the same has no major term."""
        midnight = ephem.Date(datetime(day.year, day.month, day.day) - hanoi)  # noqa: DTZ001
        return int(math.degrees(ephem.Ecliptic(ephem.Sun(midnight), epoch=midnight).lon) // 30)

    terms = [term(day) for day in starts]
    eleventh = [i for i in range(len(starts) - 1) if terms[i] in (7, 8) and terms[i + 1] in (9, 10)]
    found = []
    for begin, end in pairwise(eleventh):
        leap = next((i for i in range(begin + 1, end) if terms[i] == terms[i + 1]), None) if end - begin > 12 else None
        number = 10
        for i in range(begin, end):
            number = number if i == leap else number % 12 + 1
            found.append((starts[i], number, i == leap))
    return found


def test_sixty_years_of_months_begin_and_end_when_the_astronomers_say() -> None:
    months = _months(1990, 2050)
    assert len(months) > 700
    for day, number, leap in months:
        assert lunar_day(day) == LunarDay(number, leap, 1)
        before = lunar_day(day - timedelta(1))
        assert before is not None
        assert before.day in (29, 30)


def test_a_range_over_the_turn_of_the_year() -> None:
    tet = Lunar((12, 23), (1, 7))
    days = [date(2027, 1, 1) + timedelta(each) for each in range(365)]
    assert [day for day in days if tet.holds(day)] == [date(2027, 1, 30) + timedelta(each) for each in range(14)]


def test_a_leap_month_belongs_to_ranges_that_go_beyond_it_and_to_no_single_day() -> None:
    leap = date(2025, 8, 8)  # the 15th of leap month 6
    assert lunar_day(leap) == LunarDay(6, True, 15)
    assert Lunar((6, 1), (7, 15)).holds(leap)
    assert not Lunar((6, 1), (6, 30)).holds(leap)
    assert not LunarDates(frozenset({(6, 15)})).holds(leap)
    assert LunarDates(frozenset({(6, 15)})).holds(date(2025, 7, 9))


def test_years_that_nobody_has_computed_have_no_lunar_days() -> None:
    assert lunar_day(date(1899, 6, 1)) is None
    assert not Lunar((12, 23), (1, 7)).holds(date(2101, 2, 1))
