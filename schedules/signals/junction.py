"""An intersection made ready for the seconds: numbers for groups, and for each start what must have cleared before."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from schedules.signals.intersection import Group, Intersection


@dataclass(frozen=True, slots=True)
class Clearing:
    """What group `ends` must have done before a group that conflicts with it may start. Seconds.

    `intergreen` and `buffer` run from the end of its movement, `walk` from the end of its walk (`G`). `gives_way`: the
    group that starts gives way to `ends`; `given_way`: `ends` gives way to the group that starts.
    """

    ends: int
    intergreen: int
    buffer: int
    walk: float
    gives_way: bool
    given_way: bool


@dataclass(frozen=True, slots=True)
class Junction:
    """Groups by number, in the order of the letters. `clearings[b]`: of every group that conflicts with b."""

    groups: tuple[Group, ...]
    clearings: tuple[tuple[Clearing, ...], ...]
    conflicts: tuple[tuple[int, int], ...]
    yields: frozenset[tuple[int, int]]

    @property
    def amber(self) -> int:
        """Seconds of amber of the start sequence: the longest of all traffic."""
        return max((group.amber for group in self.groups if not group.walks), default=0)

    @property
    def clearance(self) -> int:
        """Seconds of red for all that surely clear the junction; the last of them are red-amber where it starts."""
        clearing = [each for row in self.clearings for each in row]
        return max(
            max((each.intergreen for each in clearing), default=0),
            max((math.ceil(group.crossing) + group.buffer for group in self.groups if group.walks), default=0),
            max(group.min_red + group.red_amber for group in self.groups),
        )


def prepare(intersection: Intersection) -> Junction:
    """The junction of an intersection; an intergreen that is not written counts as 0."""
    ids = intersection.ids
    pairs = tuple(
        (one, other)
        for one in range(len(ids))
        for other in range(one + 1, len(ids))
        if intersection.conflicting(ids[one], ids[other])
    )
    yields = frozenset(
        (ids.index(one), ids.index(other)) for one, other in intersection.yields if {one, other} <= {*ids}
    )
    rows = tuple(tuple(_row(intersection, pairs, yields, starts)) for starts in range(len(ids)))
    return Junction(intersection.groups, rows, pairs, yields)


def _row(
    intersection: Intersection, pairs: tuple[tuple[int, int], ...], yields: frozenset[tuple[int, int]], starts: int
) -> Iterator[Clearing]:
    for pair in pairs:
        if starts not in pair:
            continue
        ends = pair[0] if pair[1] == starts else pair[1]
        group = intersection.groups[ends]
        yield Clearing(
            ends,
            intersection.intergreen(group.id, intersection.groups[starts].id) or 0,
            group.buffer,
            group.crossing + group.buffer if group.walks else 0.0,
            (starts, ends) in yields,
            (ends, starts) in yields,
        )
