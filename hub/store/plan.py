"""Which tier answers for which part of a query's time. Pure.

The coarsest tier first, in whole intervals that it holds; what it leaves over goes to the next finer one, and what no tier
may answer for to the readings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hub.model.metrics import Behaviour, behaviour_of
from hub.ports import Aggregate, SeriesQuery, Tier
from hub.store.periods import LENGTHS, RAW, fits, interval_start, microseconds

Bounds = tuple[int, int]  # begins <= time < ends, microseconds


class Stretch(NamedTuple):
    """A part of the query's time: the series ("raw" or a tier) that answers for it, and whether by its zones' aggregates."""

    series: str
    begins: int
    ends: int
    zones: bool = False


def plan(query: SeriesQuery, held: Mapping[Tier, Sequence[Bounds]]) -> list[Stretch]:
    """Stretches that cover the query's time without overlap; `held` is what the files of each tier hold, ascending (for
    days: one by one).

    Raises ValueError for an `every` that is no interval.
    """
    left: list[Bounds] = [(microseconds(query.start), microseconds(query.end))]
    found: list[Stretch] = []
    if query.every is not None:
        every, offset = interval(query)
        for tier in reversed(Tier):
            if tier in query.rolled and held.get(tier):
                span = query.rolled[tier]
                bounds = microseconds(span.start), microseconds(span.end)
                usable = [cut for one in held[tier] if (cut := _answering(tier, one, bounds, left, every, offset))]
                for stretch in (stretch for cuts in usable for stretch in cuts):
                    zones = bool(query.zones) and _zones_are_exact(query, tier, *stretch, every, offset)
                    found.append(Stretch(tier, *stretch, zones))
                left = _without(left, [stretch for cuts in usable for stretch in cuts])
    return _joined(found) + [Stretch(RAW, *bounds) for bounds in left if bounds[0] < bounds[1]]


def interval(query: SeriesQuery) -> tuple[int, int]:
    """(length, offset within it) of the query's intervals, in microseconds."""
    assert query.every is not None
    if query.every <= 0:
        raise ValueError(f"every={query.every}: an interval is longer than 0 s")
    every = max(1, microseconds(query.every))
    return every, microseconds(query.offset) % every


def adds_own_values(query: SeriesQuery) -> bool:
    """True when an interval's value adds up one value of each device that is not simply the sum of its readings."""
    return query.aggregate is Aggregate.SUM and query.over_devices and behaviour_of(query.metric) is not Behaviour.DELTA


def _answering(
    tier: Tier, held: Bounds, rolled: Bounds, left: Sequence[Bounds], every: int, offset: int
) -> list[Bounds]:
    """The whole intervals of `held`, within `rolled` and `left`, that may answer."""
    if not fits(tier, *held, every, offset):
        return []
    step = LENGTHS.get(tier)
    found = []
    for bounds in left:
        begins, ends = max(held[0], rolled[0], bounds[0]), min(held[1], rolled[1], bounds[1])
        if step:
            begins, ends = -(-begins // step) * step, ends // step * step
        elif (begins, ends) != held:
            continue
        if begins < ends:
            found.append((begins, ends))
    return found


def _zones_are_exact(query: SeriesQuery, tier: Tier, begins: int, ends: int, every: int, offset: int) -> bool:
    """True when the zones' aggregates add up to what the devices' would: always for what pools readings, for devices' own
    values only when the tier's interval is the query's. Zones do not say which device was last."""
    if query.aggregate is Aggregate.LAST:
        return False
    if not adds_own_values(query):
        return True
    return LENGTHS.get(tier, ends - begins) == every and interval_start(begins, every, offset) == begins


def _without(left: Sequence[Bounds], taken: Sequence[Bounds]) -> list[Bounds]:
    for begins, ends in taken:
        left = [
            part
            for low, high in left
            for part in ((low, min(high, begins)), (max(low, ends), high))
            if part[0] < part[1]
        ]
    return list(left)


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Neighbours that the same answers for as one."""
    found: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda one: (one.series, one.zones, one.begins)):
        last = found[-1] if found else None
        if last and (last.series, last.zones, last.ends) == (stretch.series, stretch.zones, stretch.begins):
            found[-1] = last._replace(ends=stretch.ends)
        else:
            found.append(stretch)
    return found
