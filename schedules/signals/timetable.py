"""Which program a plan set wants at a moment: the day plan of the date, by the clocks of the zone.

An entry begins at its local time. Where clocks skip that time it begins at the first moment after the gap, where they show
it twice the first time. Of entries that begin in the same moment, the last one holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from schedules.clock import instant
from schedules.signals.plan_set import Entry, PlanSet

YEARS = 14  # whose changes of clocks are looked at: two leap days, and each weekday twice
_FURTHEST = 400  # days ahead in which another program is looked for
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """`program` is wanted since Unix seconds `since`, until `until` (None: in 400 days nothing else is wanted).

    `day_plan` is that of the date on which its entry stands, `why` the sentence of the calendar that chose it.
    """

    program: str
    since: float
    until: float | None
    day_plan: str
    why: str


def wanted(plans: PlanSet, zone: ZoneInfo, now: float) -> Wanted:
    """What the calendar wants at `now` (Unix seconds)."""
    today = datetime.fromtimestamp(now, zone).date()
    current: tuple[float, Entry, date] | None = None
    used = {entry.program for day_plan in plans.calendar.named() for entry in plans.day_plans[day_plan]}
    for begins, entry, day in entries(plans, zone, today - 2 * _DAY, _FURTHEST if len(used) > 1 else 3):
        if begins <= now:
            if current is None or current[1].program != entry.program:
                current = begins, entry, day
        elif current is not None and entry.program != current[1].program:
            return _wanted(plans, current, begins)
    assert current is not None, "a day plan of two days ago has begun"
    return _wanted(plans, current, None)


def _wanted(plans: PlanSet, current: tuple[float, Entry, date], until: float | None) -> Wanted:
    begins, entry, day = current
    day_plan, why = plans.calendar.choose(day)
    return Wanted(entry.program, begins, until, day_plan, why)


def entries(plans: PlanSet, zone: ZoneInfo, first: date, days: int) -> Iterator[tuple[float, Entry, date]]:
    """(Unix seconds, entry, its date), ascending, of `days` dates from `first` on."""
    held: tuple[float, Entry, date] | None = None
    for number in range(days):
        day = first + number * _DAY
        for entry in plans.day_plans[plans.calendar.choose(day)[0]]:
            begins = instant(zone, day, entry.minutes)
            if held is not None and begins > held[0]:
                yield held
            held = begins, entry, day
    if held is not None:
        yield held


@lru_cache(maxsize=64)
def days_of_change(zone: ZoneInfo, year: int) -> tuple[tuple[date, tuple[timedelta | None, ...]], ...]:
    """The dates of fourteen years, `year` the first, on which the clocks of a zone are changed, or that a change leaves out.

    With each the offsets from UTC at its quarters of an hour: days with the same ones are alike.
    """
    found = []
    day = date(year, 1, 1)
    while day.year < year + YEARS:
        if _offset(zone, day) != _offset(zone, day + _DAY):
            found += [day] if _offset(zone, day, 24 * 60 - 1) != _offset(zone, day) else [day, day + _DAY]
        day += _DAY
    return tuple((day, tuple(_offset(zone, day, quarter * 15) for quarter in range(96))) for day in found)


def _offset(zone: ZoneInfo, day: date, minutes: int = 0) -> timedelta | None:
    local = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=zone)
    return local.utcoffset()
