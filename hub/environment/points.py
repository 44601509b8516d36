"""An index at each hour or day as people and programs read it: with its band, what it was made of, and what is missing. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hub.environment import us_aqi, vn_aqi
from hub.environment.columns import Column, joined, nulls
from hub.environment.hours import HOUR, Hour, Hours
from hub.environment.quarters import Fault
from hub.environment.scale import POLLUTANTS, Indices

BEFORE, BEFORE_A_DAY = 24, 8
"""Hours before the first hour, and before the first day, that its index is made of."""
NOT_MEASURED, NO_READING, FAILED, TOO_FEW, OUT_OF_SCALE = (
    "not-measured", "no-reading", "failed-checks", "too-few-hours", "out-of-scale",
)  # fmt: skip


class Part(NamedTuple):
    """A sub-index and the concentration (ug/m3) that it was made of."""

    number: int
    value: float


class Index(NamedTuple):
    """An index; its number is None where it cannot be said. `missing`: {metric without a sub-index: why}."""

    number: int | None
    dominant: str | None
    parts: Mapping[str, Part]
    missing: Mapping[str, str]


class Point(NamedTuple):
    """Both indices of the time from `start` to `end`, and what checks found meanwhile."""

    start: float
    end: float
    vn: Index
    us: Index
    faults: Mapping[str, frozenset[Fault]]


def hourly(stations: Sequence[Hours], first: int) -> list[list[Point]]:
    """Of each station, at each hour from the place `first` on; at least BEFORE hours before that serve NowCasts and means.

    The stations have the same hours. They are worked out as one column, in which no mean reaches back into the station before.
    """
    columns = _joined(stations)
    vn, us = (each.hourly(columns) if columns else None for each in (vn_aqi, us_aqi))
    return [
        [
            _point(
                vn, us, hours.count * at + place, hours, hours.start + place * HOUR, hours.start + (place + 1) * HOUR
            )
            for place in range(first, hours.count)
        ]
        for at, hours in enumerate(stations)
    ]


def daily(stations: Sequence[Hours], days: Sequence[tuple[float, float]]) -> list[list[Point]]:
    """Of each station, on each of these days (start, end), ascending; the first begins BEFORE_A_DAY hours after its hours do."""
    columns, many = _joined(stations), len(days) + 1
    numbers = [
        many * at
        + 1
        + _day_of(hours.start + place * HOUR, days)  # the first of a station's is what lies outside the days
        for at, hours in enumerate(stations)
        for place in range(hours.count)
    ]
    vn, us = (each.daily(columns, numbers) if columns else None for each in (vn_aqi, us_aqi))
    order = {number: place for place, number in enumerate(sorted(set(numbers)))}
    return [
        [_point(vn, us, order.get(many * at + 1 + number, -1), hours, *day) for number, day in enumerate(days)]
        for at, hours in enumerate(stations)
    ]


def _joined(stations: Sequence[Hours]) -> dict[str, Column]:
    """The columns of all stations, one after the other; those that a station has not are empty there."""
    each_has = [hours.columns() for hours in stations]
    metrics = [metric for metric in POLLUTANTS if any(metric in has for has in each_has)]
    return {
        metric: joined([has.get(metric, nulls(hours.count)) for has, hours in zip(each_has, stations, strict=True)])
        for metric in metrics
    }


def _point(vn: Indices | None, us: Indices | None, place: int, hours: Hours, start: float, end: float) -> Point:
    places = range(round((start - hours.start) / HOUR), round((end - hours.start) / HOUR))
    return Point(start, end, _index(vn, place, hours, places), _index(us, place, hours, places), _faults(hours, places))


def _day_of(time: float, days: Sequence[tuple[float, float]]) -> int:
    """The place of the day that holds `time`; -1 outside them."""
    place = bisect_right(days, time, key=lambda day: day[0]) - 1
    return place if place >= 0 and time < days[place][1] else -1


def _index(found: Indices | None, place: int, hours: Hours, places: range) -> Index:
    parts, missing = {}, {}
    for metric in POLLUTANTS:
        sub = found.subs[metric][place].as_py() if found is not None and place >= 0 and metric in found.subs else None
        if sub is None or found is None:
            missing[metric] = _why(hours.metrics.get(metric), places)
        else:
            parts[metric] = Part(sub, round(found.used[metric][place].as_py(), 3))
    if found is None or place < 0:
        return Index(None, None, parts, missing)
    return Index(found.index[place].as_py(), found.dominant[place].as_py(), parts, missing)


def _why(line: Sequence[Hour | None] | None, places: range) -> str:
    if line is None:
        return NOT_MEASURED
    there = [hour for place in places if 0 <= place < len(line) and (hour := line[place]) is not None]
    if not there:
        return NO_READING
    if all(hour.value is None for hour in there):
        return FAILED
    return TOO_FEW if len(places) > 1 or _gaps(line, places[0]) else OUT_OF_SCALE


def _gaps(line: Sequence[Hour | None], place: int) -> bool:
    """True where an hour before `place` that its mean needs has no value."""
    newest = [line[each] if each >= 0 else None for each in range(place - 7, place + 1)]
    return any(hour is None or hour.value is None for hour in newest)


def _faults(hours: Hours, places: range) -> dict[str, frozenset[Fault]]:
    found = {
        metric: frozenset[Fault]().union(
            *(hour.faults for place in places if 0 <= place < hours.count and (hour := line[place]) is not None)
        )
        for metric, line in hours.metrics.items()
    }
    return {metric: faults for metric, faults in found.items() if faults}
