"""Source times as devices write them, and how far they are believed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from drivers.profiles.model import Clock, ClockForm
from drivers.reporting import report_time, row_time
from drivers.senml import Limits
from drivers.senml.labels import RELATIVE_BELOW
from drivers.senml.refusals import RecordError
from drivers.senml.resolve import number, source_time
from hub.model.readings import Quality

MILLISECONDS_FROM = 1e11
"""Unix times from here are milliseconds: as seconds they would be of the year 5138."""

SURE_WITHIN = 900.0
"""Seconds; no clock goes back by less than half an hour, so that a time this near is the right one of two."""


def read_time(value: Any, form: ClockForm, zone: ZoneInfo, received: float) -> float:
    """Unix seconds; of a local time that the autumn night has twice, the one nearer to the receipt. Raises RecordError."""
    if form in (ClockForm.ISO, ClockForm.ISO_LOCAL):
        return _iso(value, form, zone, received)
    found = number(value, "time")
    if form is ClockForm.UNIX_MS or (form is ClockForm.UNIX and found >= MILLISECONDS_FROM):
        found /= 1000.0
    return found


def _iso(value: Any, form: ClockForm, zone: ZoneInfo, received: float) -> float:
    example = "2025-11-21T18:33:20" + ("Z" if form is ClockForm.ISO else "")
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        if moment.tzinfo is not None:
            return moment.timestamp()
        if form is ClockForm.ISO_LOCAL:
            first = moment.replace(tzinfo=zone).timestamp()
            if abs(first - received) < SURE_WITHIN:
                return first
            second = moment.replace(tzinfo=zone, fold=1).timestamp()
            return min(first, second, key=lambda time: abs(time - received))
    except (ValueError, OverflowError, OSError):
        pass
    raise RecordError("bad-time", f"time {str(value)[:40]!r}: send e.g. {example!r}")


def reading_time(time: float | None, clock: Clock | None, received: float, limits: Limits) -> tuple[float, Quality]:
    """Source time and quality of a reading; raises RecordError when the clock's word is all there is and cannot be believed."""
    if time is None or clock is None:
        return received, Quality.NO_SOURCE_TIME
    if clock.within is not None:
        return near(time, clock.within, received)
    if time < RELATIVE_BELOW:
        raise RecordError("too-old", "the device's clock was never set: set it, or leave the time out")
    return source_time(time, received, limits)


def report_row_time(time: float | None, clock: Clock | None, received: float, limits: Limits) -> tuple[float, Quality]:
    """Source time and quality of the readings in a report, which is never refused for its clock."""
    if time is not None and clock is not None and clock.within is not None:
        return near(time, clock.within, received)
    return row_time(time, received, limits.future)


def said_at(time: float | None, clock: Clock | None, received: float, limits: Limits) -> float:
    """When a report is true of."""
    if time is not None and clock is not None and clock.within is not None:
        return near(time, clock.within, received)[0]
    return report_time(time, received, limits.future)[0]


def near(time: float, within: float, received: float) -> tuple[float, Quality]:
    """The device's time when it is that near to ours; else ours, flagged."""
    return (time, Quality.GOOD) if abs(time - received) <= within else (received, Quality.CLOCK_SUSPECT)
