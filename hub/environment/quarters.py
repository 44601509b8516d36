"""Quarter-hours of one metric of one sensor, and what is wrong with them by themselves. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import NamedTuple

QUARTER = 900.0
NEAR = 3600.0  # seconds within which a quarter-hour has a neighbour in time


class Quarter(NamedTuple):
    """The readings of an interval that begins at `time`: their mean, least, greatest, and how many."""

    time: float
    mean: float
    low: float
    high: float
    n: float


class Fault(StrEnum):
    """What a check found. The first three leave a value out; a drifting sensor's values stay in, marked."""

    RANGE = "range"
    JUMP = "jump"
    STUCK = "stuck"
    DRIFT = "drift"


LEFT_OUT = frozenset({Fault.RANGE, Fault.JUMP, Fault.STUCK})


class Bounds(NamedTuple):
    """What a sensor of a metric can read: see checks.toml."""

    low: float
    high: float
    step: float
    still: float
    apart: float
    least: float


@cache
def bounds() -> Mapping[str, Bounds]:
    """{metric: bounds}, of every metric that is checked."""
    raw = tomllib.loads(files("hub.environment").joinpath("checks.toml").read_text("utf-8"))
    return {metric: Bounds(**each) for metric, each in raw.items()}


def faults(quarters: Sequence[Quarter], wanted: Bounds) -> list[Fault | None]:
    """What is wrong with each quarter-hour: out of range, or a jump that the neighbours on both sides do not share."""
    found: list[Fault | None] = [
        Fault.RANGE if each.low < wanted.low or each.high > wanted.high else None for each in quarters
    ]
    kept = [place for place, fault in enumerate(found) if fault is None]
    for before, at, after in zip(kept, kept[1:], kept[2:], strict=False):
        if _stands_out(quarters[before], quarters[at], quarters[after], wanted.step):
            found[at] = Fault.JUMP
    return found


def _stands_out(before: Quarter, at: Quarter, after: Quarter, step: float) -> bool:
    if at.time - before.time > NEAR or after.time - at.time > NEAR:
        return False
    up, down = at.mean - before.mean, at.mean - after.mean
    return min(abs(up), abs(down)) > step and up * down > 0


class Still(NamedTuple):
    """A time without any change: from the beginning of its first quarter-hour to the end of its last."""

    start: float
    end: float
    value: float


def still(quarters: Sequence[Quarter], hours: float, length: float = QUARTER) -> list[Still]:
    """The times in which nothing changed for `hours` at least; a gap of over an hour ends one."""
    found: list[Still] = []
    begin = 0
    for place in range(1, len(quarters) + 1):
        same = place < len(quarters) and _same(quarters[place - 1], quarters[place])
        if not same:
            first, last = quarters[begin], quarters[place - 1]
            end = last.time + length
            if first.low == first.high and end - first.time >= hours * 3600 and place - begin > 1:
                found.append(Still(first.time, end, first.mean))
            begin = place
    return found


def _same(one: Quarter, next_: Quarter) -> bool:
    return one.low == one.high == next_.low == next_.high and next_.time - one.time <= NEAR
