"""Offsets of a corridor. First 30 corridors of 8 junctions with random greens and distances: how long until HiGHS has proved the
widest bands both ways (bar: 5 s each). Then a declared road of 8 junctions in SUMO, half motorcycles, against zero offsets. Its
blocks are as a grown city has them (350 to 660 m), none made to fit. Bars: delay of the through traffic at most 0.5 of that with
zero offsets, and all movements not worse (the verdict of `lamplighter evaluate` is `better`).
`bands`: what `lamplighter coordinate` proposes, offsets alone. Who turns off the main road or comes from a side street is out of
step with the wave and pays. `all`: `--aim all --cycle auto --refine 6`. Splits and the common cycle are changed, too, and a part
of the gain is that of the shorter cycle: the figures say which, for they also compare the new programs with themselves under zero
offsets.
Then the same on other roads, for what is possible hangs on the blocks: at 50 km/h and 90 s, junctions 625 m apart are half a
cycle from each other, where zero offsets are worst and a two-way wave is whole; 312 m are a quarter, where it is narrow. There
`all` is `--aim all --cycle 45,50,55,60,70`, without runs that mend it.
`LAMPLIGHTER_BENCH_SEEDS` and `LAMPLIGHTER_BENCH_MINUTES` set seeds (5) and minutes (30) of each run on the declared road. Runs
that mend a proposal have other seeds than those that judge it.
"""

from __future__ import annotations

import copy
import os
import random
import time
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks._roads import CYCLE, DECLARED, MAIN, road
from hub.evaluation.aims import Aim
from hub.evaluation.comparison import Compared, Comparison, Verdict
from hub.evaluation.coordinate import Proposal, Wish, coordinate
from hub.evaluation.evaluate import evaluate
from hub.evaluation.maxband import maxband
from hub.evaluation.road_reader import parse_road
from schedules.signals.bands import Corridor, CorridorSignal, Green

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
HERE = Path()
CORRIDORS, JUNCTIONS = 30, 8
WISHES = {"bands": Wish(), "all": Wish(Aim.ALL, splits=True, cycles=(), refine=6)}
FORESEEN = Wish(Aim.ALL, splits=True, cycles=(45, 50, 55, 60, 70))
SAME = ("cycle, s", "bands, s", "widest bands of its programs, s", "until proposed, s", "foreseen to pay")
OTHERS: dict[str, Sequence[int]] = {
    "blocks of 250 m": (250,) * 7,
    "blocks of 312 m": (312,) * 7,
    "blocks of 450 m": (450,) * 7,
    "blocks of 625 m": (625,) * 7,
    "random blocks": [random.Random(7).randint(200, 700) for _ in range(7)],
}


def run() -> dict[str, Any]:
    """Times in s; ratios are of the new programs to the old ones with zero offsets."""
    seeds = int(os.environ.get("LAMPLIGHTER_BENCH_SEEDS", "5"))
    period = 60 * float(os.environ.get("LAMPLIGHTER_BENCH_MINUTES", "30"))
    figures = _proofs()
    figures |= _declared(seeds, period)
    for name, lengths in OTHERS.items():
        figures |= _other(name, lengths, min(period, 900.0))
    return figures


def _other(name: str, lengths: Sequence[int], period: float) -> dict[str, Any]:
    raw = road(lengths, mains=MAIN) | {"period": period}
    figures: dict[str, Any] = {}
    for aim, wish in (("bands", WISHES["bands"]), ("all", FORESEEN)):
        began = time.perf_counter()
        proposal = _proposed(raw, wish)
        taken = time.perf_counter() - began
        found = _found(raw, proposal.plan_sets, 3)
        figures |= {f"{name}, {aim}: {key}": value for key, value in _short(proposal, found, taken).items()}
    return figures


def _declared(seeds: int, period: float) -> dict[str, Any]:
    raw = road(DECLARED, mains=MAIN) | {"period": period}
    figures: dict[str, Any] = {}
    for aim, wish in WISHES.items():
        began = time.perf_counter()
        proposal = _proposed(raw, wish)
        taken = time.perf_counter() - began
        found = _found(raw, proposal.plan_sets, seeds)
        said = _short(proposal, found, taken) | _in_full(found)
        ratio, worse = _through(found), said["movements worse by more than 5 s"]
        said |= {"seeds": seeds, "minutes": period / 60}
        said["bars met"] = int(ratio <= 0.5 and found.verdict is Verdict.BETTER and worse == 0)
        figures |= {f"declared road, {aim}: {key}": value for key, value in said.items()}
    heavy = road(DECLARED, loaded=1.25, mains=MAIN) | {"period": min(period, 900.0)}
    loaded = _short(proposal, _found(heavy, proposal.plan_sets, 3), None)
    figures |= {
        f"declared road, all, 1.25 of the demand: {key}": value for key, value in loaded.items() if key not in SAME
    }
    still = _found(_still(raw, proposal.plan_sets), proposal.plan_sets, min(seeds, 3))
    return figures | {
        "declared road, all: through delay, ratio to zero offsets of the same new programs": _through(still),
        "declared road, all: delay of all, ratio to zero offsets of the same new programs": _whole(still),
    }


def _proposed(raw: dict[str, Any], wish: Wish) -> Proposal:
    proposal = coordinate(raw, HERE, ZONE, wish)
    assert proposal.clean, proposal.findings
    return proposal


def _found(raw: dict[str, Any], plan_sets: Mapping[str, Any], seeds: int) -> Comparison:
    rows = [{**row, "new": plan_sets[row["id"]]} for row in raw["junctions"]]
    found, _ = evaluate(parse_road({**raw, "junctions": rows}, HERE), range(1, seeds + 1), time.time())
    return found


def _still(raw: dict[str, Any], plan_sets: Mapping[str, Any]) -> dict[str, Any]:
    """The road with the new programs as its old ones, with zero offsets."""
    still = copy.deepcopy(dict(plan_sets))
    for plan_set in still.values():
        plan_set["programs"]["day"]["offset"] = 0
    return {**raw, "junctions": [{**row, "old": still[row["id"]]} for row in raw["junctions"]]}


def _short(proposal: Proposal, found: Comparison, taken: float | None) -> dict[str, Any]:
    before, after = ({junction.program(new).cycle for junction in proposal.road.junctions} for new in (False, True))
    worse = [each for each in found.movements if each.verdict is Verdict.WORSE]
    return {
        "cycle, s": f"{max(before)} -> {max(after)}",
        "bands, s": {"outbound": proposal.after.outbound.width, "inbound": proposal.after.inbound.width},
        "widest bands of its programs, s": {"outbound": proposal.widest.outbound, "inbound": proposal.widest.inbound},
        "until proposed, s": taken,
        "foreseen to pay": len(proposal.payers),
        "through delay, ratio": _through(found),
        "delay of all, ratio": _whole(found),
        "movements worse by more than 5 s": len(worse),
        "share of passages that are worse": sum(each.vehicles for each in worse)
        / sum(each.vehicles for each in found.movements),
        "worse by, s": ", ".join(f"{each.name} {each.delay.change.mean:+.1f}" for each in worse[:4]),
        "verdict": found.verdict.value,
    }


def _ends(found: Comparison) -> list[Compared]:
    return [each for each in found.flows if each.name in ("j-1/west to j-8/east", "j-8/east to j-1/west")]


def _through(found: Comparison) -> float:
    old, new = (sum(each.vehicles * of(each) for each in _ends(found)) for of in (_old, _new))
    return new / old


def _whole(found: Comparison) -> float:
    return _new(found.whole) / _old(found.whole)


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


def _old(each: Compared) -> float:
    return float(each.delay.old.mean)


def _new(each: Compared) -> float:
    return float(each.delay.new.mean)


def _in_full(found: Comparison) -> dict[str, Any]:
    change = found.whole.delay.change
    return {
        "vehicles a run": found.whole.vehicles,
        "not arrived, old and new": f"{found.unfinished[0]:g}, {found.unfinished[1]:g}",
        **{f"{each.name}, s": f"{_old(each):.1f} -> {_new(each):.1f}" for each in _ends(found)},
        "mean delay of all, s": f"{_old(found.whole):.1f} -> {_new(found.whole):.1f} ({change.mean:+.1f} ± {change.half:.1f})",
        "stops of all": f"{found.whole.stops.old.mean:.2f} -> {found.whole.stops.new.mean:.2f}",
        "movements": len(found.movements),
        "movements better": sum(each.verdict is Verdict.BETTER for each in found.movements),
    }
