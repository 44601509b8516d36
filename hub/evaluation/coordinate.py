"""A proposal for a corridor: the offsets with the widest bands both ways, or timings by which nobody pays.

A proposal is no more than that: each plan set of it has been through the linter, and goes on to two people like any other.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub.evaluation.aims import Aim
from hub.evaluation.comparison import MARGIN
from hub.evaluation.delays import foreseen
from hub.evaluation.maxband import SECONDS, Favour, Offsets, maxband
from hub.evaluation.refine import Refined, refine
from hub.evaluation.retiming import NoSplits, retimed, stages
from hub.evaluation.road import BadRoad, Movement, Road
from hub.evaluation.road_reader import parse_road, raw_plan_set
from hub.evaluation.sparing import Told, spare
from hub.evaluation.through import corridor
from hub.evaluation.webster import Splits, splits
from schedules.signals import Finding, lint, parse_plan_set
from schedules.signals.bands import Bands, bands

CYCLES, LONGER = 8, 1.2  # how many are tried, and up to how many times the old one


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. `splits`: they are free; `cycles`: seconds, of which one may be taken; None keeps the old one, an
    empty one stands for those that the programs allow. `refine`: rounds of runs in SUMO."""

    aim: Aim = Aim.BANDS
    favour: Favour = Favour.BOTH
    splits: bool = False
    cycles: tuple[int, ...] | None = None
    refine: int = 0
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Mean delay of a movement in seconds, worked out from the programs (hub.evaluation.delays), and vehicles an hour."""

    old: float
    new: float
    hourly: float

    @property
    def pays(self) -> bool:
        """Whether an evaluation that finds the same would call it worse."""
        return self.new - self.old > MARGIN


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed. `plan_sets`: by junction, as people write them; `road`: with these as `new`, ready to be evaluated.

    `widest`: the widest bands that other offsets would give these programs. `refined`: what SUMO said. `foreseen`: of each
    movement; empty when the flow model cannot say, and then `unforeseen` why. `findings`: what the linter says of each;
    `clean` without an error.
    """

    wish: Wish
    offsets: tuple[int, ...]
    refined: Refined | None
    widest: Offsets
    splits: Mapping[str, Splits]
    plan_sets: Mapping[str, dict[str, Any]]
    findings: Mapping[str, tuple[Finding, ...]]
    before: Bands
    after: Bands
    road: Road
    foreseen: Mapping[Movement, Foreseen]
    unforeseen: str

    @property
    def clean(self) -> bool:
        """Whether it may be submitted."""
        return not any(each.severity == "error" for found in self.findings.values() for each in found)

    @property
    def payers(self) -> list[tuple[Movement, Foreseen]]:
        """Who is foreseen to wait longer by more than an evaluation lets pass, the hardest hit first."""
        paying = [(movement, each) for movement, each in self.foreseen.items() if each.pays]
        return sorted(paying, key=lambda pair: pair[1].old - pair[1].new)


def coordinate(
    raw: Mapping[str, Any], folder: Path, zone: ZoneInfo, wish: Wish | None = None, told: Told = lambda line: None
) -> Proposal:
    """The proposal for the road of a table; plan-set files are named relative to `folder`. Starts from the old plans."""
    wish = Wish() if wish is None else wish
    road = parse_road(raw, folder)
    try:
        if wish.aim is Aim.ALL:
            offsets, found, refined = _all(road, wish, told)
        else:
            offsets, found, refined = None, _webster(road, wish), None
    except NoSplits as error:
        raise BadRoad(str(error)) from error
    plan_sets = {}
    for row, junction in zip(raw["junctions"], road.junctions, strict=True):
        plan_set = copy.deepcopy(dict(raw_plan_set(row["old"], folder)))
        if junction.id in found:
            program, each = junction.program(False), found[junction.id]
            table = retimed(plan_set["programs"][program.id], program, each.before, each.after)
            plan_set["programs"][program.id] = table
            if table["cycle"] != program.cycle and plan_set.get("coordination"):
                _recycled(plan_set["coordination"], program.id, table["cycle"])
        plan_sets[junction.id] = plan_set
    timed = corridor(_road(raw, plan_sets, folder), True)
    step = max(junction.intersection.limits.step for junction in road.junctions)
    widest = maxband(timed, wish.favour, step, wish.seconds)
    offsets = widest.offsets if offsets is None else offsets
    for junction, offset in zip(road.junctions, offsets, strict=True):
        table = plan_sets[junction.id]["programs"][junction.old_program]
        table["offset"] = offset % table["cycle"]
    new = _road(raw, plan_sets, folder)
    parsed = [parse_plan_set(each) for each in plan_sets.values()]
    findings = {
        id: lint(plan_set, zone, tuple(each for each in parsed if each is not plan_set))
        for id, plan_set in zip(plan_sets, parsed, strict=True)
    }
    before, after = bands(corridor(road, False)), bands(corridor(new, True))
    return Proposal(wish, offsets, refined, widest, found, plan_sets, findings, before, after, new, *_foreseen(new))


def cycles(road: Road) -> list[int]:
    """Those to be tried: spread from the shortest that the old programs can be cut to, to a fifth more than the old one."""
    step = max(junction.intersection.limits.step for junction in road.junctions)
    now = max(junction.program(False).cycle for junction in road.junctions)
    parts = [(stages(junction, step), junction.intersection.limits) for junction in road.junctions]
    shortest = max(max(each.lost + sum(each.least), limits.least) for each, limits in parts)
    longest = min(round(LONGER * now), *(limits.most for _, limits in parts))
    found = {now} | {
        step * round((shortest + (longest - shortest) * number / (CYCLES - 1)) / step) for number in range(CYCLES)
    }
    return sorted(each for each in found if shortest <= each <= longest)


def _all(road: Road, wish: Wish, told: Told) -> tuple[tuple[int, ...], dict[str, Splits], Refined | None]:
    wanted = cycles(road) if wish.cycles is not None and not wish.cycles else wish.cycles or ()
    search = spare(road, wish.splits, wanted, finer=wish.cycles == (), told=told)
    refined = refine(search, road, wish.refine, told) if wish.refine else None
    timing = refined.timing if refined else search.timing
    found = {
        junction.id: replace(splits(junction, road.flows, road.saturation), after=greens)
        for junction, greens in zip(road.junctions, timing.greens, strict=True)
        if greens
    }
    return timing.offsets, found, refined


def _webster(road: Road, wish: Wish) -> dict[str, Splits]:
    return {
        junction.id: splits(junction, road.flows, road.saturation, junction.intersection.limits.step)
        for junction in (road.junctions if wish.splits else ())
    }


def _recycled(coordination: dict[str, Any], program: str, cycle: int) -> None:
    """The one program keeps to another common cycle; the others to theirs."""
    coordination["programs"] = {**coordination.get("programs", {}), program: {"cycle": cycle}}


def _foreseen(road: Road) -> tuple[dict[Movement, Foreseen], str]:
    try:
        old, new = foreseen(road, False), foreseen(road, True)
    except BadRoad as error:
        return {}, str(error)
    hourly: dict[Movement, float] = {}
    for flow in road.flows:
        for each in flow.path:
            hourly[each] = hourly.get(each, 0.0) + flow.hourly
    return {each: Foreseen(old[each], new[each], hourly[each]) for each in old}, ""


def _road(raw: Mapping[str, Any], plan_sets: Mapping[str, dict[str, Any]], folder: Path) -> Road:
    rows = [{**row, "new": plan_sets[row["id"]], "new_program": row["program"]} for row in raw["junctions"]]
    return parse_road({**raw, "junctions": rows}, folder)
