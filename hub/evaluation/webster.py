"""Splits after F. V. Webster, "Traffic signal settings" (1958): a stage's green in proportion to what it has to serve.

The cycle stays unless another is asked for, which neighbours must share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.evaluation.retiming import NoSplits, stages
from hub.evaluation.road import Flow, Junction
from schedules.signals.intersection import Kind
from schedules.signals.program import Program, Stage


@dataclass(frozen=True, slots=True)
class Splits:
    """Seconds of green of each stage before and after, and what its flows need as a share of time (y)."""

    stages: tuple[str, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    needs: tuple[float, ...]
    best_cycle: float  # Webster's own, (1.5 L + 5) / (1 - Y); infinite when the demand is more than any cycle serves


def splits(
    junction: Junction, flows: Sequence[Flow], saturation: float, step: int = 1, cycle: int | None = None
) -> Splits:
    """The green of each stage of the old program; `saturation` in vehicles an hour and lane, another `cycle` in seconds."""
    program, found = junction.program(False), stages(junction, step)
    total = sum(found.greens) if cycle is None else cycle - found.lost
    if total < sum(found.least):
        raise NoSplits(
            f"{junction.id}: a cycle of {cycle} s is too short for program {program.id!r}: its minimum greens and what "
            f"lies between them take {found.lost + sum(found.least)} s"
        )
    demand = _by_group(junction, flows)
    needs = [_need(junction, program, stage, demand, saturation) for stage in program.stages]
    after = _shared_out(total, needs, found.least, step)
    most = sum(needs)
    best = (1.5 * found.lost + 5) / (1 - most) if most < 1 else float("inf")
    return Splits(found.ids, found.greens, tuple(after), tuple(needs), best)


def _by_group(junction: Junction, flows: Sequence[Flow]) -> dict[int, float]:
    """Vehicles an hour for each group's place; who may go under several groups is shared out evenly."""
    found: dict[int, float] = {}
    for flow in flows:
        for each in flow.path:
            if each.junction != junction.id:
                continue
            serving = [
                place
                for place, group in junction.wheeled()
                if group.kind is Kind.VEHICLE and group.approach == each.arm and each.movement in group.movements
            ]
            for place in serving:
                found[place] = found.get(place, 0.0) + flow.hourly / len(serving)
    return found


def _need(junction: Junction, program: Program, stage: Stage, demand: Mapping[int, float], saturation: float) -> float:
    """The greatest flow ratio of the groups that move in the stage."""
    groups = junction.intersection.groups
    moving = {
        place
        for second in range(stage.start, stage.start + (stage.end - stage.start - 1) % program.cycle + 1)
        for place, letter in enumerate(program.at(second % program.cycle))
        if letter in "Gg"
    }
    return max(
        (demand.get(place, 0.0) / (saturation * junction.lanes.get(groups[place].id, 1)) for place in moving),
        default=0.0,
    )


def _shared_out(total: int, needs: Sequence[float], least: Sequence[int], step: int) -> list[int]:
    """Whole steps in proportion to the needs, none below its least; what is left by rounding goes where most is missing."""
    fixed: set[int] = set()
    shares = [0.0] * len(needs)
    while True:
        left = total - sum(least[each] for each in fixed)
        weight = sum(needs[each] for each in range(len(needs)) if each not in fixed)
        free = [each for each in range(len(needs)) if each not in fixed]
        for each in range(len(needs)):
            even = left / max(1, len(free))
            shares[each] = float(least[each]) if each in fixed else left * needs[each] / weight if weight else even
        short = [each for each in free if shares[each] < least[each]]
        if not short:
            break
        fixed |= set(short)
    whole = [max(least[number], int(share // step) * step) for number, share in enumerate(shares)]
    order = sorted(range(len(needs)), key=lambda each: whole[each] - shares[each])
    for number in range((total - sum(whole)) // step):
        whole[order[number % len(order)]] += step
    whole[order[0]] += total - sum(whole)
    return whole
