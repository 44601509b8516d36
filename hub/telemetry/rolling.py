"""What is to be rolled up next, and what again after late readings. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.model.days import day_holding
from hub.ports import Span, Tier

QUARTER = 900.0
HOUR = 3600.0
STEP = 6 * HOUR
"""The longest span of quarters or hours that is rolled up in one go."""


class Step(NamedTuple):
    """One call of `TelemetryStore.roll_up`."""

    tier: Tier
    span: Span


def hour_of(time: float) -> float:
    """The start of the hour (UTC) that holds `time`."""
    return math.floor(time / HOUR) * HOUR


def quarter_before(time: float) -> float:
    """The last boundary of quarters at or before `time`."""
    return math.floor(time / QUARTER) * QUARTER


def first_whole(tier: Tier, time: float, zone: ZoneInfo) -> float:
    """The first boundary of the tier's intervals at or after `time`."""
    if tier is Tier.DAY:
        start, end = day_holding(time, zone)
        return start if start == time else end
    length = QUARTER if tier is Tier.QUARTER else HOUR
    return math.ceil(time / length) * length


def in_time(now: float, late_days: float, zone: ZoneInfo) -> float:
    """From when on readings still change aggregates: the beginning of a day, so that all of a day does or nothing of it."""
    return quarter_before(day_holding(now - late_days * 86400.0, zone)[0])


def beginning(oldest: float | None, now: float, late_days: float, zone: ZoneInfo) -> dict[Tier, Span]:
    """Empty tiers at the first start: from the day of the oldest reading that there is or that may still come in time."""
    start = in_time(now, late_days, zone)
    if oldest is not None:
        start = min(start, quarter_before(day_holding(oldest, zone)[0]))
    first_hour = first_whole(Tier.HOUR, start, zone)
    return {
        Tier.QUARTER: Span(start, start),
        Tier.HOUR: Span(first_hour, first_hour),
        Tier.DAY: Span(start, start),
    }


def days_anew(spans: Mapping[Tier, Span], zone: ZoneInfo) -> Span:
    """The days after the city's time zone was changed: none yet, from the first that the quarters hold whole."""
    first = first_whole(Tier.DAY, spans[Tier.QUARTER].start, zone)
    return Span(first, first)


def next_step(spans: Mapping[Tier, Span], settled: float, zone: ZoneInfo) -> Step | None:
    """What to roll up next: hours and days as soon as their quarters are there, else quarters that ended by `settled`."""
    quarters, hours, days = spans[Tier.QUARTER].end, spans[Tier.HOUR].end, spans[Tier.DAY].end
    whole = min(hour_of(quarters), hours + STEP)
    if whole > hours:
        return Step(Tier.HOUR, Span(hours, whole))
    day = Span(*day_holding(days, zone))
    if day.end <= quarters:
        return Step(Tier.DAY, day)
    end = min(quarter_before(settled), quarters + STEP)
    return Step(Tier.QUARTER, Span(quarters, end)) if end > quarters else None


def again(hours: Collection[float], spans: Mapping[Tier, Span], zone: ZoneInfo) -> list[Step]:
    """The steps that restate these hours, as far as they were rolled up: quarters, then hours, then days."""
    steps = [Step(Tier.QUARTER, span) for span in _within(_runs(hours), spans[Tier.QUARTER])]
    steps += [Step(Tier.HOUR, span) for span in _within(_runs(hours), spans[Tier.HOUR])]
    days = sorted({Span(*day_holding(at, zone)) for hour in hours for at in (hour, hour + HOUR - QUARTER)})
    return steps + [Step(Tier.DAY, day) for day in days if day in _within([day], spans[Tier.DAY])]


def _runs(hours: Iterable[float]) -> Iterator[Span]:
    """Hours that follow each other as spans of at most STEP."""
    run: Span | None = None
    for hour in sorted(hours):
        if run is not None and run.end == hour and hour + HOUR - run.start <= STEP:
            run = Span(run.start, hour + HOUR)
            continue
        if run is not None:
            yield run
        run = Span(hour, hour + HOUR)
    if run is not None:
        yield run


def _within(spans: Iterable[Span], bounds: Span) -> list[Span]:
    cut = [Span(max(span.start, bounds.start), min(span.end, bounds.end)) for span in spans]
    return [span for span in cut if span.start < span.end]
