"""Intervals of a series as the city's people mean them: days and weeks from midnight to midnight, whatever clocks do. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.model.days import day_number, day_start

DAY = 86400.0


class Piece(NamedTuple):
    """A part of a series: start <= time < end in intervals of `every` seconds, aligned to the Unix epoch plus `offset`."""

    start: float
    end: float
    every: float
    offset: float


def offset_of(time: float, every: float, zone: ZoneInfo) -> float:
    """Shifts intervals so that the city's midnight at `time` begins one."""
    ahead = datetime.fromtimestamp(time, zone).utcoffset()
    return -(ahead.total_seconds() if ahead else 0.0) % every


def pieces(start: float, end: float, every: float, zone: ZoneInfo) -> list[Piece]:
    """The series in pieces of equal intervals, ascending.

    Whole days are civil days: a piece ends where clocks change, and the interval of that day is an hour shorter or longer.
    Several days count from 1970-01-01. Shorter intervals keep the offset that the city has at `start`.
    """
    days, rest = divmod(every, DAY)
    if rest:
        return [Piece(start, end, every, offset_of(start, every, zone))]
    found: list[Piece] = []
    group = day_number(start, zone) // int(days)
    at = day_start(group * int(days), zone)
    while at < end:
        group += 1
        until = day_start(group * int(days), zone)
        if until - at > 0:
            if found and found[-1].every == until - at:
                found[-1] = found[-1]._replace(end=min(until, end))
            else:
                found.append(Piece(max(at, start), min(until, end), until - at, at % (until - at)))
        at = until
    return found
