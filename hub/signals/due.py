"""Which program of a plan set is due: its calendar names the day plan of a local date, that the program of the hour. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schedules.signals import PlanSet


class Due(NamedTuple):
    """A program, since when it is due and until when (Unix seconds, within the civil day), and the day plan that says so."""

    program: str
    since: float
    until: float
    day_plan: str


def day_of(plan_set: PlanSet, day: date, zone: ZoneInfo) -> list[Due]:
    """What is due in the course of a civil day, in order; entries that a change of the clocks left no time for are not there."""
    name, _ = plan_set.calendar.choose(day)
    entries = plan_set.day_plans[name]
    moments = [_moment(day, each.minutes, zone) for each in entries]
    ends = [*moments[1:], _moment(day + timedelta(days=1), 0, zone)]
    return [
        Due(entry.program, since, until, name)
        for entry, since, until in zip(entries, moments, ends, strict=True)
        if until > since
    ]


def due_at(plan_set: PlanSet, now: float, zone: ZoneInfo) -> Due | None:
    """What is due at `now`; None where the day plan has nothing for that hour (which the linter refuses)."""
    day = datetime.fromtimestamp(now, zone).date()
    for around in (day, day - timedelta(days=1), day + timedelta(days=1)):
        for each in day_of(plan_set, around, zone):
            if each.since <= now < each.until:
                return each
    return None


def _moment(day: date, minutes: int, zone: ZoneInfo) -> float:
    """Unix seconds of a local time of day. One that the clocks skip is the moment at which they are put on; of one that comes
    twice the first."""
    local = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=zone)
    found = local.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):  # in the gap: take the moment of the change
        before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
        if before is not None and after is not None:
            return _change(found - abs(after - before), found + abs(after - before), zone)
    return found.timestamp()


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> float:
    """The moment between two at which the clocks change."""
    first = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == first else (low, middle)
    return round(high.timestamp())
