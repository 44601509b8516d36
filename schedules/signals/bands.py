"""Green bands of a corridor: when a vehicle that keeps the speed of the road meets green at every junction, both ways.

Pure arithmetic for time-space diagrams and for what `lamplighter coordinate` proposes (docs/signals-evaluation.md). After
J. D. C. Little, "The synchronization of traffic signals by mixed-integer linear programming" (1966): a direction's band
is what the greens of all its junctions have in common once each is moved back by the travel time from the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

LEAST = 1e-9  # seconds below which greens only touch


class BadCorridor(ValueError):
    """A corridor that has no common cycle or whose parts do not fit; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Green:
    """A span of seconds around a cycle: from `start` (0 <= start < cycle) for `length`; it may go over the wrap."""

    start: float
    length: float


@dataclass(frozen=True, slots=True)
class CorridorSignal:
    """One junction of a corridor. Greens are in local seconds of its program; `position` is metres from the first."""

    junction: str
    position: float
    cycle: float
    offset: float
    outbound: tuple[Green, ...]
    inbound: tuple[Green, ...]


@dataclass(frozen=True, slots=True)
class Corridor:
    """Junctions in the outbound order, and seconds of travel between neighbours, one fewer than junctions.

    `outbound[i]` leads from signal i to i + 1, `inbound[i]` from signal i + 1 to i. `common` is the common cycle where the
    signals do not say it: all of them may run halves and thirds of it.
    """

    signals: tuple[CorridorSignal, ...]
    outbound: tuple[float, ...]
    inbound: tuple[float, ...]
    common: float | None = None

    def __post_init__(self) -> None:
        links = len(self.signals) - 1
        if links < 1:
            raise BadCorridor("a corridor has at least two junctions: give the junctions in their order along the road")
        if len(self.outbound) != links or len(self.inbound) != links:
            raise BadCorridor(f"{len(self.signals)} junctions have {links} travel times each way: give as many")
        if min(*self.outbound, *self.inbound) <= 0:
            raise BadCorridor("travel times between junctions are more than 0 s")

    @property
    def cycle(self) -> float:
        """The common cycle, which every other divides: the longest one unless it was said."""
        longest = self.common or max(signal.cycle for signal in self.signals)
        for signal in self.signals:
            share = longest / signal.cycle
            if abs(share - round(share)) > LEAST:
                raise BadCorridor(
                    f"junction {signal.junction!r} has a cycle of {signal.cycle:g} s, which does not divide "
                    f"{longest:g} s: give all junctions of a corridor one cycle, or a half or third of it"
                )
        return longest


@dataclass(frozen=True, slots=True)
class Band:
    """A green band: it enters the direction's first stop line `start` seconds after system zero, `width` seconds wide."""

    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Direction:
    """The bands of one direction, widest first; `links` is the widest band from each junction to the next alone."""

    bands: tuple[Band, ...]
    times: tuple[float, ...]  # of travel from the direction's first junction to each, in the order of travel
    links: tuple[float, ...]
    speed: float  # m/s, mean over the corridor

    @property
    def width(self) -> float:
        """Seconds of the widest band; 0 without any."""
        return self.bands[0].width if self.bands else 0.0


@dataclass(frozen=True, slots=True)
class Bands:
    """Both directions of a corridor; `cycle` in seconds."""

    corridor: Corridor
    cycle: float
    outbound: Direction
    inbound: Direction

    def json(self) -> dict[str, Any]:
        """As docs/signals-evaluation.md describes it, for the time-space diagram."""
        signals = self.corridor.signals
        return {
            "cycle": self.cycle,
            "signals": [
                {
                    "junction": each.junction,
                    "position": each.position,
                    "cycle": each.cycle,
                    "offset": each.offset,
                    "greens": {
                        "outbound": spans(each.outbound, each.cycle, each.offset, self.cycle),
                        "inbound": spans(each.inbound, each.cycle, each.offset, self.cycle),
                    },
                }
                for each in signals
            ],
            "outbound": _direction(self.outbound, signals, self.cycle),
            "inbound": _direction(self.inbound, signals[::-1], self.cycle),
        }


def bands(corridor: Corridor) -> Bands:
    """The green bands of both directions, from the offsets that the corridor's signals have."""
    cycle, signals = corridor.cycle, corridor.signals
    out = [(each, each.outbound) for each in signals]
    back = [(each, each.inbound) for each in reversed(signals)]
    return Bands(
        corridor, cycle, _one_way(out, corridor.outbound, cycle), _one_way(back, corridor.inbound[::-1], cycle)
    )


def _one_way(
    signals: Sequence[tuple[CorridorSignal, tuple[Green, ...]]], travel: Sequence[float], cycle: float
) -> Direction:
    times = tuple(accumulate(travel, initial=0.0))
    moved = [
        _moved(greens, signal.cycle, signal.offset - time, cycle)
        for (signal, greens), time in zip(signals, times, strict=True)
    ]
    common = moved[0]
    for each in moved[1:]:
        common = _common(common, each, cycle)
    found = sorted((Band(round(each.start, 6) % cycle, each.length) for each in common), key=_widest_first)
    links = tuple(
        max((each.length for each in _common(one, other, cycle)), default=0.0) for one, other in pairwise(moved)
    )
    way = abs(signals[-1][0].position - signals[0][0].position)
    return Direction(tuple(found), times, links, way / times[-1])


def _widest_first(band: Band) -> tuple[float, float]:
    return (-band.width, band.start)


def spans(greens: Iterable[Green], own: float, offset: float, cycle: float) -> list[list[float]]:
    """Greens of a program of `own` seconds as `[from, to]` in system seconds, once for each of its cycles in the common one."""
    return [[_short(each.start), _short(each.start + each.length)] for each in _moved(greens, own, offset, cycle)]


def _moved(greens: Iterable[Green], own: float, offset: float, cycle: float) -> list[Green]:
    found = []
    for green in greens:
        if green.length >= own:
            return [Green(0.0, cycle)]
        found += [
            Green((offset + green.start + turn * own) % cycle, green.length) for turn in range(round(cycle / own))
        ]
    return sorted(found, key=lambda each: each.start)


def _common(some: Iterable[Green], others: Sequence[Green], cycle: float) -> list[Green]:
    """What is in one of `some` and in one of `others`, around the cycle."""
    found = []
    for one in some:
        for other in others:
            if one.length >= cycle or other.length >= cycle:
                found.append(min(one, other, key=lambda each: each.length))
                continue
            for turn in (-cycle, 0.0, cycle):
                start = max(one.start, other.start + turn)
                end = min(one.start + one.length, other.start + turn + other.length)
                if end - start > LEAST:
                    found.append(Green(start % cycle, end - start))
    return found


def _direction(direction: Direction, signals: Sequence[CorridorSignal], cycle: float) -> dict[str, Any]:
    return {
        "width": _short(direction.width),
        "share": _short(direction.width / cycle),
        "speed": _short(direction.speed),
        "links": [_short(each) for each in direction.links],
        "bands": [
            {
                "width": _short(band.width),
                "at": [
                    {
                        "junction": signal.junction,
                        "position": signal.position,
                        "from": _short(band.start + time),
                        "to": _short(band.start + time + band.width),
                    }
                    for signal, time in zip(signals, direction.times, strict=True)
                ],
            }
            for band in direction.bands
        ],
    }


def _short(value: float) -> float:
    return round(value, 3)
