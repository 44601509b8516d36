"""One program day: its program, why that one, when the light switches, and what gave way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from schedules.calendar import Calendar
from schedules.clock import instant
from schedules.program import Program
from schedules.site import Site
from schedules.steps import Note, Switch, resolve

_NEXT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Night:
    """The program day `day`, from `begin` to `end` (Unix seconds)."""

    day: date
    begin: float
    end: float
    program: str
    rule: str
    switches: tuple[Switch, ...]
    notes: tuple[Note, ...]


def night(calendar: Calendar, programs: Mapping[str, Program], site: Site, day: date) -> Night:
    """The program day of the date `day` at a place. Calendar and programs must agree: `check_calendar`."""
    chosen, rule = calendar.choose(day)
    program = programs[chosen]
    begin, end = (instant(site.zone, each, program.day.begins) for each in (day, day + _NEXT))
    if begin >= end:  # a date that a time zone skipped
        return Night(day, begin, begin, chosen, rule, (), ())
    switches, notes = resolve(program, site, day, begin, end)
    return Night(day, begin, end, chosen, rule, switches, notes)
