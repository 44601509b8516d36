"""The sun against an independent almanac (ephem)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta

import ephem
import pytest

from schedules.clock import instant
from schedules.program import Program
from schedules.site import Site
from schedules.sun import Stays, SunEvent, sun_times
from simulators.almanac import Almanac as LampsAlmanac
from tests.e2e.year.almanac import DOUBT, HORIZON, Almanac
from tests.schedules.places import CITIES, NOME, REYKJAVIK, TROMSO, moment_of, night_of, program

START, DAYS = date(2022, 1, 1), 3652
SUNS = program({"at": "sunset", "level": 100}, {"at": "sunrise", "level": 0})
TURNED = program({"at": "sunrise", "level": 0}, {"at": "sunset", "level": 100}, day="midnight")


def _almanac(site: Site, height: float) -> ephem.Observer:
    found = ephem.Observer()
    found.lat, found.lon = str(site.lat), str(site.lon)
    found.pressure, found.horizon = 0, str(height)
    return found


def _ephem(moment: float) -> ephem.Date:
    return ephem.Date(25567.5 + moment / 86400)


def _unix(moment: ephem.Date) -> float:
    return (float(moment) - 25567.5) * 86400


def _days(step: int) -> Iterator[date]:
    return (START + timedelta(days) for days in range(0, DAYS, step))


@pytest.mark.parametrize("site", CITIES, ids=lambda site: site.time_zone)
@pytest.mark.parametrize("plan", [SUNS, TURNED], ids=["noon", "midnight"])
def test_lights_switch_within_a_minute_of_the_almanac_for_ten_years(site: Site, plan: Program) -> None:
    almanac, sun = _almanac(site, -0.8333), ephem.Sun()
    for day in _days(23):
        found = night_of(plan, site, day)
        assert [each.level for each in found.switches] in ([100, 0], [0, 100])
        for each in found.switches:
            if each.time in (found.begin, found.end):
                assert site in (NOME, REYKJAVIK)  # the sun of June sets after midnight, by the clock
                continue
            almanac.date = _ephem(each.time - 6 * 3600)
            expected = (almanac.next_setting if each.level else almanac.next_rising)(sun, use_center=True)
            assert abs(_unix(expected) - each.time) < 60, (day, each)


@pytest.mark.parametrize("site", [*CITIES, TROMSO], ids=lambda site: site.time_zone)
def test_the_four_events_of_a_turn_happen_when_the_almanac_says_or_not_at_all(site: Site) -> None:
    sun = ephem.Sun()
    for day in _days(41):
        noon = instant(site.zone, day, 720)
        for event, time in sun_times(site.lat, site.lon, noon, True).items():
            almanac = _almanac(site, event.height)
            if isinstance(time, Stays):
                heights = []
                for hour in range(13):
                    almanac.date = _ephem(noon + (hour + (12 if event.rising else 0)) * 3600)
                    sun.compute(almanac)
                    heights.append(math.degrees(sun.alt))
                if site is not NOME:  # its noon is far from the sun's
                    most = max(heights) if time is Stays.BELOW else -min(heights)
                    assert most < (event.height if time is Stays.BELOW else -event.height) + 0.3, (day, event)
                continue
            almanac.date = _ephem(time)
            sun.compute(almanac)
            assert abs(math.degrees(sun.alt) - event.height) < DOUBT, (day, event)


@pytest.mark.parametrize("site", [*CITIES, TROMSO], ids=lambda site: site.time_zone)
def test_a_simulated_lamps_events_happen_when_the_almanac_says(site: Site) -> None:
    lamp, almanac, happened = LampsAlmanac(site.lat, site.lon), Almanac(site.lat, site.lon), 0
    for day in _days(97):
        for event in SunEvent:
            time = lamp.event(event.value, instant(site.zone, day, 720), True)
            if not isinstance(time, bool):
                happened += 1
                assert abs(almanac.height(time) - event.height) < DOUBT, (day, event)
    assert happened > 80


@pytest.mark.parametrize("plan", [SUNS, TURNED], ids=["noon", "midnight"])
def test_polar_days_are_dark_and_polar_nights_lit_as_the_almanac_says(plan: Program) -> None:
    almanac, up_all_day, down_all_day = Almanac(TROMSO.lat, TROMSO.lon), 0, 0
    for day in _days(7):
        heights = {}
        for hour in (3, 7, 15, 21):  # not at noon or midnight, where an event may be moved to the program day's edge
            now = instant(TROMSO.zone, day, 60 * hour)
            heights[hour] = almanac.height(now)
            if abs(heights[hour] - HORIZON) > DOUBT:
                assert moment_of(plan, TROMSO, now).level == (100 if heights[hour] < HORIZON else 0), (day, hour)
        up_all_day += min(heights.values()) > 0
        down_all_day += almanac.height(instant(TROMSO.zone, day, 700)) < HORIZON
    assert up_all_day > 80 and down_all_day > 60  # of ten years, one day a week


def test_at_the_poles_there_is_an_answer() -> None:
    for lat in (90.0, -90.0):
        for day in _days(31):
            times = sun_times(lat, 0.0, instant(TROMSO.zone, day, 720), True)
            assert set(times) == set(SunEvent)
