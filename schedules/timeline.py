"""The light over time: at a moment, over a stretch, and its hours in a year. All follows from the arguments alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise

from schedules.calendar import Calendar
from schedules.clock import instant
from schedules.nights import Night, night
from schedules.program import Program, Skip
from schedules.site import Site
from schedules.steps import Switch

_FURTHEST = 400  # days searched for a switch, back and ahead: where a year brings none there is none
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """What holds at a moment.

    The light has had `level` since its last switch at `since`, before which it had `before`; the next switch comes at
    `next`. `program`, `rule` and `night` (the program day's ordinal, for `skipped`) are those of the last switch.
    Where the 400 days before had no switch, the level is 0 and `since` minus infinity; `next` is None alike.
    """

    level: float
    since: float
    ramp: float
    before: float
    next: float | None
    skip: Skip | None
    program: str
    rule: str
    night: int


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end` the light has one level, by one step (0: no step has ever come) of one night."""

    start: float
    end: float
    level: float
    ramp: float
    skip: Skip | None
    program: str
    rule: str
    day: date
    step: int


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours per lamp, on average over the lamps that take turns: with any light, and as if at full level."""

    burning: float
    full: float


def moment(calendar: Calendar, programs: Mapping[str, Program], site: Site, now: float) -> Moment:
    """What holds at `now` (Unix seconds). A switch holds from its own moment on."""
    nights = partial(night, calendar, programs, site)
    today = _holding(nights, site, now)
    current: tuple[Switch, Night] | None = None
    before = 0.0
    for each, of in _backwards(nights, today):
        if each.time > now:
            continue
        if current is None:
            current = each, of
        elif each.time < current[0].time:
            before = each.level
            break
    following = next((each.time for each, _ in _onwards(nights, today) if each.time > now), None)
    if current is None:
        return Moment(0.0, float("-inf"), 0.0, 0.0, following, None, today.program, today.rule, today.day.toordinal())
    last, of = current
    return Moment(
        last.level, last.time, last.ramp, before, following, last.skip, of.program, of.rule, of.day.toordinal()
    )


def program_day(calendar: Calendar, programs: Mapping[str, Program], site: Site, now: float) -> Night:
    """The program day that holds `now`."""
    return _holding(partial(night, calendar, programs, site), site, now)


def timeline(
    calendar: Calendar, programs: Mapping[str, Program], site: Site, start: float, end: float
) -> Iterator[Span]:
    """The levels from `start` to `end`, without a gap, ascending."""
    nights = partial(night, calendar, programs, site)
    today = _holding(nights, site, start)
    nothing = Switch(start, 0.0, 0.0, None, 0), today
    found = [next((pair for pair in _backwards(nights, today) if pair[0].time <= start), nothing)]
    while today.begin < end:
        found += [(each, today) for each in today.switches if start < each.time < end]
        today = nights(today.day + _DAY)
    times = [start, *(each.time for each, _ in found[1:]), end]
    for (each, of), (since, until) in zip(found, pairwise(times), strict=True):
        if since < until:
            yield Span(since, until, each.level, each.ramp, each.skip, of.program, of.rule, of.day, each.step)


def year(calendar: Calendar, programs: Mapping[str, Program], site: Site, year: int) -> tuple[Hours, ...]:
    """The hours of each month, January first. A ramp counts as if it were at its end at once."""
    starts = [instant(site.zone, date(year + month // 12, month % 12 + 1, 1), 0) for month in range(13)]
    return tuple(_hours(timeline(calendar, programs, site, first, last)) for first, last in pairwise(starts))


def year_by_program(calendar: Calendar, programs: Mapping[str, Program], site: Site, year: int) -> dict[str, Hours]:
    """The hours of a year that each program brings. A ramp counts as if it were at its end at once."""
    first, last = (instant(site.zone, date(each, 1, 1), 0) for each in (year, year + 1))
    found: dict[str, list[Span]] = {}
    for span in timeline(calendar, programs, site, first, last):
        found.setdefault(span.program, []).append(span)
    return {program: _hours(spans) for program, spans in found.items()}


def _hours(spans: Iterable[Span]) -> Hours:
    burning = full = 0.0
    for span in spans:
        hours = (span.end - span.start) / 3600 * (span.skip.lit if span.skip else 1)
        burning += hours if span.level > 0 else 0
        full += hours * span.level / 100
    return Hours(burning, full)


def _holding(nights: Callable[[date], Night], site: Site, now: float) -> Night:
    """The program day that holds `now`."""
    found = nights(datetime.fromtimestamp(now, site.zone).date())
    while now < found.begin:
        found = nights(found.day - _DAY)
    while now >= found.end:
        found = nights(found.day + _DAY)
    return found


def _backwards(nights: Callable[[date], Night], last: Night) -> Iterator[tuple[Switch, Night]]:
    """The switches of `last` and of the days before it, the newest first."""
    for _ in range(_FURTHEST):
        for each in reversed(last.switches):
            yield each, last
        last = nights(last.day - _DAY)


def _onwards(nights: Callable[[date], Night], first: Night) -> Iterator[tuple[Switch, Night]]:
    """The switches of `first` and of the days after it, ascending."""
    for _ in range(_FURTHEST):
        for each in first.switches:
            yield each, first
        first = nights(first.day + _DAY)
