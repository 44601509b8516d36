"""Offsets of a corridor with the widest green bands both ways, proved: MAXBAND as a mixed-integer linear program.

After J. D. C. Little (1966) and Little, Kelson and Gartner, "MAXBAND" (1981), for programs whose cycle and splits are given
and whose times are whole steps of the controller. The first direction's wraps are taken up by offsets that may lie outside
the cycle, so each junction but the first adds one integer (its loop), which the greens bound to two or three values. For
given loops what is left are differences of whole numbers: the widest bands have whole offsets, nothing is lost by rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

from hub.evaluation.extra import load
from schedules.signals.bands import BadCorridor, Corridor, CorridorSignal, Green

INFEASIBLE = 2  # of scipy.optimize.milp's statuses
SECONDS = 60.0  # after which the best found so far is taken, and said not to be proved


class Favour(StrEnum):
    """Which direction comes first. `BOTH`: the narrower band is made as wide as can be, then their sum."""

    BOTH = "both"
    OUTBOUND = "outbound"
    INBOUND = "inbound"


@dataclass(frozen=True, slots=True)
class Offsets:
    """Offsets in seconds, in the corridor's order, the first as it was; widths in seconds of the bands they give.

    `both` False: no offsets give a band both ways (or the favoured direction leaves the other none), and one width is 0.
    `proved` False: the time was over, and `bound` says how wide the bands might still be together.
    """

    offsets: tuple[int, ...]
    outbound: int
    inbound: int
    both: bool
    proved: bool
    bound: float


@dataclass(frozen=True, slots=True)
class _Part:
    """A junction in whole steps: its cycle, and first second and length of the longest green each way, moved to the first."""

    cycle: int
    out: int
    out_green: int
    back: int
    back_green: int


def maxband(corridor: Corridor, favour: Favour = Favour.BOTH, step: int = 1, seconds: float = SECONDS) -> Offsets:
    """The offsets with the widest bands; of several greens in a cycle the longest counts. Travel times are rounded to steps."""
    parts = _parts(corridor, step)
    if favour is Favour.BOTH:
        common = _solve(parts, None, seconds)
        narrow = 0 if common is None else min(common.out, common.back)
        floors, proved = (narrow, narrow) if narrow else None, common is None or common.proved
    else:
        widest = min(part.out_green if favour is Favour.OUTBOUND else part.back_green for part in parts)
        floors, proved = (widest, 0) if favour is Favour.OUTBOUND else (0, widest), True
    best = None if floors is None else _solve(parts, floors, seconds)
    if best is None:
        return _one_way(corridor, parts, favour, step, proved)
    first_offset = round(corridor.signals[0].offset)
    offsets = tuple(
        (first_offset + step * moved) % round(signal.cycle)
        for moved, signal in zip(best.offsets, corridor.signals, strict=True)
    )
    return Offsets(
        offsets,
        step * best.out,
        step * best.back,
        best.out > 0 and best.back > 0,
        proved and best.proved,
        step * best.bound,
    )


def _parts(corridor: Corridor, step: int) -> list[_Part]:
    assert corridor.cycle > 0  # which refuses cycles that do not divide each other
    out = [round(each / step) for each in accumulate(corridor.outbound, initial=0.0)]
    back = [round(each / step) for each in accumulate(corridor.inbound, initial=0.0)]
    found = []
    for signal, there, home in zip(corridor.signals, out, back, strict=True):
        one, other = _longest(signal, signal.outbound, "outbound"), _longest(signal, signal.inbound, "inbound")
        found.append(
            _Part(
                round(signal.cycle / step),
                round(one.start / step) - there,
                math.floor(one.length / step),
                round(other.start / step) + home,
                math.floor(other.length / step),
            )
        )
    return found


def _longest(signal: CorridorSignal, greens: Sequence[Green], way: str) -> Green:
    if not greens:
        raise BadCorridor(
            f"junction {signal.junction!r} has no {way} green: name the program that serves this movement"
        )
    return max(greens, key=lambda green: green.length)


@dataclass(frozen=True, slots=True)
class _Found:
    offsets: tuple[int, ...]
    out: int
    back: int
    proved: bool
    bound: float


def _solve(parts: Sequence[_Part], floors: tuple[int, int] | None, seconds: float) -> _Found | None:
    """Maximise the sum of the widths with each at least its floor; without floors, the narrower width. None: there is no band.

    Columns: offsets, loops, then where both bands begin and end in the first junction's time, then the narrower width.
    """
    numpy, optimize = load("numpy"), load("scipy.optimize")
    n = len(parts)
    begin, end, home_begin, home_end, narrow = 2 * n, 2 * n + 1, 2 * n + 2, 2 * n + 3, 2 * n + 4
    rows: list[tuple[dict[int, float], float]] = []  # each: the sum of coefficient times column is at most the bound
    for i, part in enumerate(parts):
        turn = float(part.cycle)
        rows.append(({i: 1.0, begin: -1.0}, -float(part.out)))
        rows.append(({end: 1.0, i: -1.0}, float(part.out + part.out_green)))
        rows.append(({i: 1.0, n + i: turn, home_begin: -1.0}, -float(part.back)))
        rows.append(({home_end: 1.0, i: -1.0, n + i: -turn}, float(part.back + part.back_green)))
    least = (0, 0) if floors is None else floors
    rows.append(({begin: 1.0, end: -1.0}, -float(least[0])))
    rows.append(({home_begin: 1.0, home_end: -1.0}, -float(least[1])))
    cost = numpy.zeros(narrow + 1)
    if floors is None:
        rows.append(({narrow: 1.0, begin: 1.0, end: -1.0}, 0.0))
        rows.append(({narrow: 1.0, home_begin: 1.0, home_end: -1.0}, 0.0))
        cost[narrow] = -1.0
    else:
        cost[end], cost[begin], cost[home_end], cost[home_begin] = -1.0, 1.0, -1.0, 1.0
    matrix = numpy.zeros((len(rows), narrow + 1))
    for row, (terms, _) in enumerate(rows):
        for column, value in terms.items():
            matrix[row, column] = value
    low, high = _bounds(parts)
    result = optimize.milp(
        cost,
        integrality=numpy.ones(narrow + 1),
        bounds=optimize.Bounds(low, high),
        constraints=optimize.LinearConstraint(matrix, -numpy.inf, [bound for _, bound in rows]),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    if result.x is None:
        if int(result.status) == INFEASIBLE:
            return None
        raise BadCorridor(f"no offsets were found in {seconds:g} s: give more time, or fewer junctions")
    found = [round(float(value)) for value in result.x]
    out, back = found[end] - found[begin], found[home_end] - found[home_begin]
    bound = -float(result.mip_dual_bound) if result.mip_dual_bound is not None else math.inf
    return _Found(tuple(found[:n]), out, back, int(result.status) == 0, bound)


def _bounds(parts: Sequence[_Part]) -> tuple[list[float], list[float]]:
    """Every column's least and greatest value: what a band of no width would still allow."""
    n, first = len(parts), parts[0]
    low, high = [0.0] * (2 * n), [0.0] * (2 * n)
    for i, part in enumerate(parts[1:], 1):
        # a band that begins within the first junction's green is within this one's
        low[i] = float(first.out - part.out - part.out_green)
        high[i] = float(first.out + first.out_green - part.out)
        home_low = first.back - part.back - part.back_green
        home_high = first.back + first.back_green - part.back
        low[n + i] = float(math.ceil((home_low - high[i]) / part.cycle))
        high[n + i] = float(math.floor((home_high - low[i]) / part.cycle))
    most = float(max(max(part.out_green, part.back_green) for part in parts))
    ends = [(first.out, first.out_green), (first.back, first.back_green)]
    for start, green in ends:
        low += [float(start), float(start)]
        high += [float(start + green), float(start + green)]
    return [*low, 0.0], [*high, most]


def _one_way(corridor: Corridor, parts: Sequence[_Part], favour: Favour, step: int, proved: bool) -> Offsets:
    """One direction's offsets when no others serve both: its greens all begin with the band's."""
    back = favour is Favour.INBOUND
    lengths = [part.back_green if back else part.out_green for part in parts]
    starts = [part.back if back else part.out for part in parts]
    width = min(lengths)
    base = round(corridor.signals[0].offset)
    offsets = tuple(
        (base + step * (starts[0] - start)) % round(signal.cycle)
        for start, signal in zip(starts, corridor.signals, strict=True)
    )
    out, home = (0, step * width) if back else (step * width, 0)
    return Offsets(offsets, out, home, False, proved, float(step * width))
