"""Where a stepped clock stops: at each step of a lamp that the hub switches, as the hub itself works them out, and at noon.

This only leads the clock. A hub that is early or late to a step, or takes another, is found by what lamps have burned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from schedules.calendar import Calendar
from schedules.calendar_reader import parse_calendar
from schedules.nights import night
from schedules.program import Program, skipped
from schedules.program_reader import parse_program
from schedules.site import Site
from tests.e2e.year.reading import nights, noon
from tests.e2e.year.town import CALENDARS, PROGRAMS, TIME_ZONE, Town, by_hub, lamps

Stop = tuple[float, dict[str, float]]


def stops(towns: Iterable[Town], first: date, last: date) -> Iterator[Stop]:
    """Moments from noon of `first` to noon of `last`, ascending, and the levels that lamps are switched to at each."""
    programs = {body["id"]: parse_program(body) for body in PROGRAMS}
    calendars = {body["id"]: parse_calendar(body) for body in CALENDARS}
    sites = [(town, Site(town.lat, town.lon, TIME_ZONE)) for town in towns]
    waiting: list[tuple[float, str, float]] = []
    for day in nights(first, last):
        tomorrow = day + timedelta(days=1)  # where days begin at midnight, its morning is this night's
        begin, end = noon(day), noon(tomorrow)
        for town, site in sites:
            for each in (day, tomorrow) if day == first else (tomorrow,):
                waiting += _switches(town, calendars[town.calendar], programs, site, each)
        found: dict[float, dict[str, float]] = {begin: {}}
        for moment, lamp, level in sorted(waiting):
            if begin <= moment < end:
                found.setdefault(moment, {})[lamp] = level
        waiting = [each for each in waiting if each[0] >= end]
        yield from sorted(found.items())
    yield noon(last), {}


def _switches(
    town: Town, calendar: Calendar, programs: dict[str, Program], site: Site, day: date
) -> Iterator[tuple[float, str, float]]:
    found = night(calendar, programs, site, day)
    for place, lamp in enumerate(lamps(town)):
        if by_hub(lamp):
            for each in found.switches:
                yield each.time, lamp, 0.0 if skipped(each.skip, place, day.toordinal()) else each.level
