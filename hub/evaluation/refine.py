"""The last steps of a proposal with SUMO itself: what was driven otherwise than foreseen is told to the search.

Runs are short and have seeds of their own, so that who evaluates the proposal later has not seen it tuned to his.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from hub.evaluation.comparison import Comparison, Verdict, compare
from hub.evaluation.extra import load, program
from hub.evaluation.road import Movement, Road
from hub.evaluation.simulation import Run, simulate
from hub.evaluation.sparing import SLACK, Search, Timing

SEEDS = range(1001, 1007)
PERIOD = 1200.0  # seconds of each run
STRICT = 3.5  # seconds that a movement may lose here: less than an evaluation lets pass, whose seeds are others


@dataclass(frozen=True, slots=True)
class Refined:
    """The best timing, and what was driven with it: movements that lost more than `STRICT`, and the change of the mean delay
    of all vehicles, in seconds."""

    timing: Timing
    worse: int
    change: float


def refine(search: Search, road: Road, rounds: int, told: Callable[[str], None], jobs: int = 2) -> Refined:
    """The timing that did best in `rounds` of runs: first the fewest movements worse, then the least they lose, then delay."""
    program("sumo")  # said now, not after minutes
    load("scipy.special")
    short = replace(road, period=min(road.period, PERIOD))
    old = _runs(short, False, jobs)
    tried: dict[Timing, tuple[int, float, float]] = {}
    heard: dict[Movement, list[float]] = {}
    for number in range(1, rounds + 1):
        timing = search.timing
        if timing in tried:
            break
        new = _runs(replace(search.road(timing), period=short.period), True, jobs)
        found = compare(short, SEEDS, old, new, STRICT)
        tried[timing] = _rank(found)
        worse, _, change = tried[timing]
        told(f"round {number} of {rounds}: {worse} movements worse, mean delay {change:+.1f} s")
        foreseen = search.changes(timing)
        driven = {each.name: each.delay.change for each in found.movements}
        for movement, before in foreseen.items():
            if str(movement) in driven:
                heard.setdefault(movement, []).append(driven[str(movement)].mean - before)
        search.hear({movement: sum(each) / len(each) for movement, each in heard.items()})
    best = min(tried, key=lambda each: tried[each])
    worse, _, change = tried[best]
    return Refined(best, worse, change)


def _rank(found: Comparison) -> tuple[int, float, float]:
    lost = sum(max(0.0, each.delay.change.mean - SLACK) for each in found.movements)
    return sum(each.verdict is Verdict.WORSE for each in found.movements), round(lost, 1), found.whole.delay.change.mean


def _runs(road: Road, new: bool, jobs: int) -> Sequence[Run]:
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda seed: simulate(road, new, seed), SEEDS))
