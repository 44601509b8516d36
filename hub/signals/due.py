"""What is due in the course of a day by the calendar of a plan set. What is due now says `schedules.signals.wanted`. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schedules.clock import instant
from schedules.signals import PlanSet
from schedules.signals.timetable import entries


class Due(NamedTuple):
    """A program and when it is due (Unix seconds, within the civil day)."""

    program: str
    since: float
    until: float


def day_of(plan_set: PlanSet, day: date, zone: ZoneInfo) -> list[Due]:
    """What is due in the course of a civil day, in order."""
    begin, end = instant(zone, day, 0), instant(zone, day + timedelta(days=1), 0)
    moments = [(at, entry.program) for at, entry, _ in entries(plan_set, zone, day - timedelta(days=1), 3) if at < end]
    ends = [*(at for at, _ in moments[1:]), end]
    return [
        Due(program, max(at, begin), until)
        for (at, program), until in zip(moments, ends, strict=True)
        if until > max(at, begin)
    ]
