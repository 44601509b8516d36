"""Platoons at a stop line and on the road: traffic as a smooth flow over one cycle that repeats, a value for each second.

After D. I. Robertson, "TRANSYT: a traffic network study tool" (1969): what goes over a stop line follows from what comes and
from the green, and arrives at the next one spread out. All take many candidates at once: arrays of (candidates, cycle), in
vehicles a second. Its four figures are fitted to runs in SUMO, half motorcycles, 7 plans from 52 to 90 s: the mean delays of
their movements differ by 3.3 s (root of the mean square) from what is worked out here (docs/signals-evaluation.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from hub.evaluation.extra import load

SPREAD, SLOWEST, FASTEST = 0.15, 0.625, 1.3  # of a platoon's speeds about the limit
STARTING = 4.5  # seconds by which a platoon arrives later than at the limit, for most of it had to start from a stop
STOPPING = 5.0  # seconds lost by a stop itself, in slowing down and speeding up
CHANCE = 0.6  # of the delay by chance of who comes at any time, of which a platoon has less
FULL = 0.95  # degree of saturation from which on that delay no more grows with it as it should: no plan to be proposed
STOOD = 0.05  # vehicles; a smaller queue is none


@dataclass(frozen=True, slots=True)
class Queued:
    """A queue over the second of two cycles. `come` and `gone` are added up over both; `stops` is 1 where who arrives must."""

    come: Any  # (candidates, 2 * cycle)
    gone: Any
    stops: Any  # (candidates, cycle)


def queued(arrivals: Any, service: Any) -> Queued:
    """First come, first served, at most `service` in each second. One cycle fills the queue, in the next it repeats."""
    numpy = load("numpy")
    cycle = arrivals.shape[1]
    come = numpy.cumsum(numpy.tile(arrivals, (1, 2)), axis=1)
    over = come - numpy.cumsum(numpy.tile(service, (1, 2)), axis=1)
    left = over - numpy.minimum(numpy.minimum.accumulate(over, axis=1), 0)
    return Queued(come, come - left, (left[:, cycle - 1 : -1] > STOOD) | (service <= 0))


@dataclass(frozen=True, slots=True)
class Row:
    """Who stands where in a queue: for each second, and the one before the cycle, the place of who goes among who came."""

    after: Any  # (candidates, cycle + 1): second of the two cycles in which who goes now had come
    share: Any  # of that second's arrivals that are gone


def row(queue: Queued) -> Row:
    """Of a queue, for `gone`."""
    numpy = load("numpy")
    count, width = queue.come.shape
    goal = queue.gone[:, width // 2 - 1 :]
    lift = numpy.arange(count)[:, None] * (float(queue.come[:, -1].max()) + 1.0)  # so that one search serves all rows
    at = numpy.searchsorted((queue.come + lift).ravel(), (goal + lift).ravel()).reshape(goal.shape)
    at = numpy.minimum(at - numpy.arange(count)[:, None] * width, width - 1)
    come = numpy.concatenate([numpy.zeros((count, 1)), queue.come], axis=1)
    below, above = numpy.take_along_axis(come, at, 1), numpy.take_along_axis(come, at + 1, 1)
    return Row(at, numpy.clip((goal - below) / numpy.maximum(above - below, 1e-12), 0.0, 1.0))


def gone(stream: Any, queue: Queued, place: Row | None) -> tuple[Any, Any]:
    """Of one stream among the arrivals, or of all where `place` is None: what goes in each second, and who stands at its end."""
    numpy = load("numpy")
    count, cycle = stream.shape
    if place is None:
        return numpy.diff(queue.gone[:, cycle - 1 :], axis=1), (queue.come - queue.gone)[:, cycle:]
    come = numpy.concatenate([numpy.zeros((count, 1)), numpy.cumsum(numpy.tile(stream, (1, 2)), axis=1)], axis=1)
    below, above = numpy.take_along_axis(come, place.after, 1), numpy.take_along_axis(come, place.after + 1, 1)
    left = below + place.share * (above - below)
    return numpy.diff(left, axis=1), come[:, cycle + 1 :] - left[:, 1:]


def by_chance(flow: float, service: Any) -> Any:
    """Seconds of mean delay because not every cycle is the same (Webster's second term, M/D/1): (candidates,)."""
    numpy = load("numpy")
    full = flow / numpy.maximum(service.mean(axis=1), 1e-9)
    within = numpy.minimum(full, FULL)
    return CHANCE * within**2 / (2 * flow * (1 - within)) + 600 * numpy.maximum(0, full - FULL)


def spread(length: float, speed: float, cycle: int) -> Any:
    """(cycle, cycle): of what leaves in a second of the cycle, which share arrives in which, after `length` metres."""
    numpy = load("numpy")
    shares = numpy.zeros(cycle)
    factors = numpy.linspace(SLOWEST, FASTEST, 101)
    weights = numpy.exp(-(((factors - 1) / SPREAD) ** 2) / 2)
    for factor, weight in zip(factors, weights / weights.sum(), strict=True):
        after = STARTING + length / (speed * factor)
        whole = math.floor(after)
        shares[whole % cycle] += weight * (1 - after + whole)
        shares[(whole + 1) % cycle] += weight * (after - whole)
    turn = (numpy.arange(cycle)[None, :] - numpy.arange(cycle)[:, None]) % cycle
    return shares[turn]
