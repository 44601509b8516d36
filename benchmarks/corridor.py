"""Offsets of a corridor. First 30 corridors of 8 junctions with random greens and distances: how long until HiGHS has proved the
widest bands both ways (bar: 5 s each). Then a declared road of 8 junctions in SUMO, half motorcycles: offsets proposed by
`lamplighter coordinate` against zero offsets, splits untouched. Its blocks are as a grown city has them (350 to 660 m), none
made to fit; bars: delay of the through traffic at most 0.5 of that with zero offsets, delay of all vehicles not more. Figures
by movement say who pays: who turns off the main road or comes from a side street is out of step with the wave. Then the same
on other roads, for that ratio hangs on the blocks: at 50 km/h and 90 s, junctions 625 m apart are half a cycle from each
other, where zero offsets are worst and a two-way wave is whole; 312 m are a quarter, where it is narrow.
`LAMPLIGHTER_BENCH_SEEDS` and `LAMPLIGHTER_BENCH_MINUTES` set seeds (5) and minutes (30) of each run on the declared road.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks._roads import CYCLE, DECLARED, MAIN, road
from hub.evaluation.comparison import Comparison, Verdict
from hub.evaluation.coordinate import coordinate
from hub.evaluation.evaluate import evaluate
from hub.evaluation.maxband import maxband
from hub.evaluation.road_reader import parse_road
from schedules.signals.bands import Corridor, CorridorSignal, Green

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
HERE = Path()
CORRIDORS, JUNCTIONS = 30, 8
OTHERS: dict[str, Sequence[int]] = {
    "blocks of 250 m": (250,) * 7,
    "blocks of 312 m": (312,) * 7,
    "blocks of 450 m": (450,) * 7,
    "blocks of 625 m": (625,) * 7,
    "random blocks": [random.Random(7).randint(200, 700) for _ in range(7)],
}


def run() -> dict[str, Any]:
    """Times in s; ratios are of the new offsets to zero offsets."""
    seeds = int(os.environ.get("LAMPLIGHTER_BENCH_SEEDS", "5"))
    period = 60 * float(os.environ.get("LAMPLIGHTER_BENCH_MINUTES", "30"))
    figures = _proofs()
    figures |= _simulated("declared road", DECLARED, seeds, period)
    figures |= _simulated("declared road, 1.25 of the demand", DECLARED, max(2, seeds // 2), period, 1.25)
    for name, lengths in OTHERS.items():
        figures |= _simulated(name, lengths, 2, min(period, 900.0))
    return figures


def _proofs() -> dict[str, Any]:
    taken, proved = [], 0
    for seed in range(CORRIDORS):
        corridor = _random(seed)
        began = time.perf_counter()
        proved += maxband(corridor).proved
        taken.append(time.perf_counter() - began)
    return {
        "corridors of 8 junctions": CORRIDORS,
        "proved": proved,
        "until proved, mean s": sum(taken) / len(taken),
        "until proved, greatest s": max(taken),
        "bar of 5 s met": int(proved == CORRIDORS and max(taken) <= 5),
    }


def _random(seed: int) -> Corridor:
    chance = random.Random(seed)
    places = list(accumulate((chance.uniform(150, 700) for _ in range(JUNCTIONS - 1)), initial=0.0))
    travel = tuple((after - before) / chance.uniform(10, 14) for before, after in pairwise(places))
    signals = tuple(
        CorridorSignal(
            f"j-{number}", place, CYCLE, 0, *(((Green(chance.randrange(CYCLE), chance.randint(25, 50)),)) for _ in "ab")
        )
        for number, place in enumerate(places)
    )
    return Corridor(signals, travel, travel)


def _simulated(name: str, lengths: Sequence[int], seeds: int, period: float, loaded: float = 1.0) -> dict[str, Any]:
    raw = road(lengths, loaded=loaded, mains=MAIN) | {"period": period}
    began = time.perf_counter()
    proposal = coordinate(raw, HERE, ZONE)
    assert proposal.clean, proposal.findings
    moved = road(lengths, proposal.offsets.offsets, loaded, MAIN) | {"period": period}
    found, _ = evaluate(parse_road(moved, HERE), range(1, seeds + 1), time.time())
    ends = ("j-1/west to j-8/east", "j-8/east to j-1/west")
    through = [each for each in found.flows if each.name in ends]
    delay = [sum(each.vehicles * side(each) for each in through) for side in (_old, _new)]
    ratio, whole = delay[1] / delay[0], found.whole.delay.new.mean / found.whole.delay.old.mean
    figures: dict[str, Any] = {
        "bands, s": {"outbound": proposal.offsets.outbound, "inbound": proposal.offsets.inbound},
        "through delay, ratio": ratio,
        "delay of all, ratio": whole,
    }
    if lengths is DECLARED:
        figures |= _in_full(found, through, seeds, period)
        figures["bars met"] = int(ratio <= 0.5 and found.whole.delay.change.high <= 0)
        figures["seconds"] = time.perf_counter() - began
    return {f"{name}: {key}": value for key, value in figures.items()}


def _old(each: Any) -> float:
    return float(each.delay.old.mean)


def _new(each: Any) -> float:
    return float(each.delay.new.mean)


def _in_full(found: Comparison, through: Sequence[Any], seeds: int, period: float) -> dict[str, Any]:
    worse = [each for each in found.movements if each.verdict is Verdict.WORSE]
    passing = sum(each.vehicles for each in found.movements)
    return {
        "seeds": seeds,
        "minutes": period / 60,
        "vehicles a run": found.whole.vehicles,
        "not arrived, old and new": f"{found.unfinished[0]:g}, {found.unfinished[1]:g}",
        **{f"{each.name}, s": f"{_old(each):.1f} -> {_new(each):.1f}" for each in through},
        "mean delay of all, s": f"{_old(found.whole):.1f} -> {_new(found.whole):.1f} "
        f"({found.whole.delay.change.mean:+.1f} ± {found.whole.delay.change.half:.1f})",
        "stops of all": f"{found.whole.stops.old.mean:.2f} -> {found.whole.stops.new.mean:.2f}",
        "movements": len(found.movements),
        "movements better": sum(each.verdict is Verdict.BETTER for each in found.movements),
        "movements worse by more than 5 s": len(worse),
        "share of passages that are worse": sum(each.vehicles for each in worse) / passing,
    }
