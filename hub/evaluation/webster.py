"""Splits after F. V. Webster, "Traffic signal settings" (1958): a stage's green in proportion to what it has to serve.

The cycle stays, for neighbours share it. Interstages stay second by second: only the longest stretch of each stage in which
nothing changes is made longer or shorter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.evaluation.road import Flow, Junction
from schedules.signals.intersection import Kind
from schedules.signals.program import MOVING, Program, Stage


class NoSplits(ValueError):
    """A program whose splits cannot be set; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Splits:
    """Seconds of green of each stage before and after, and what its flows need as a share of time (y)."""

    stages: tuple[str, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    needs: tuple[float, ...]
    best_cycle: float  # Webster's own, (1.5 L + 5) / (1 - Y); infinite when the demand is more than any cycle serves


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Seconds `start` to `end` of a stage, in which nothing changes."""

    start: int
    end: int


def splits(junction: Junction, flows: Sequence[Flow], saturation: float, step: int = 1) -> Splits:
    """The green of each stage of the old program; `saturation` in vehicles an hour and lane."""
    program = junction.program(False)
    if not program.stages:
        raise NoSplits(
            f"{junction.id}: program {program.id!r} has no stages: write them, or leave its splits as they are"
        )
    demand = _by_group(junction, flows)
    lengths = [(stage.end - stage.start - 1) % program.cycle + 1 for stage in program.stages]
    lost = program.cycle - sum(lengths)
    needs = [_need(junction, program, stage, demand, saturation) for stage in program.stages]
    least = [
        _least(junction, program, stage, length, step) for stage, length in zip(program.stages, lengths, strict=True)
    ]
    after = _shared_out(sum(lengths), needs, least, step)
    total = sum(needs)
    best = (1.5 * lost + 5) / (1 - total) if total < 1 else float("inf")
    return Splits(tuple(each.id for each in program.stages), tuple(lengths), tuple(after), tuple(needs), best)


def retimed(raw: Mapping[str, Any], junction: Junction, found: Splits) -> dict[str, Any]:
    """The old program's table, as people write it, with the greens that were found."""
    program = junction.program(False)
    shifts = [
        (_stretch(program, stage), after - before)
        for stage, before, after in zip(program.stages, found.before, found.after, strict=True)
    ]

    def moved(second: Any) -> int:
        at = int(second)
        return at + sum(_shift(at, stretch, change) for stretch, change in shifts)

    def end(second: int) -> int:
        return moved(second) if second else 0

    result = dict(raw) | {"states": {str(moved(at)): letters for at, letters in raw["states"].items()}}
    result["stages"] = [
        {key: value for key, value in each.items() if key != "split"}
        | {"from": moved(each["from"]), "to": end(each["to"])}
        for each in raw["stages"]
    ]
    for key in ("switch",):
        if key in raw:
            result[key] = [moved(each) for each in raw[key]]
    if "waits" in raw:
        result["waits"] = [each | {"at": moved(each["at"])} for each in raw["waits"]]
    if "skips" in raw:
        result["skips"] = [each | {"from": moved(each["from"]), "to": moved(each["to"])} for each in raw["skips"]]
    return result


def _shift(at: int, stretch: _Stretch, change: int) -> int:
    """By how much a second moves: seconds come and go at the end of the stretch."""
    if at >= stretch.end:
        return change
    return min(0, stretch.end + change - at) if at > stretch.start else 0


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


def _least(junction: Junction, program: Program, stage: Stage, length: int, step: int) -> int:
    """The shortest the stage may become: all but one step of its stretch can go, and minimum greens stay."""
    stretch = _stretch(program, stage)
    letters = program.at(stretch.start)
    greens = [
        group.min_green + max(group.min_flashing, 0)
        for place, group in enumerate(junction.intersection.groups)
        if letters[place] in MOVING
    ]
    return min(length, max([length - (stretch.end - stretch.start) + step, *greens]))


def _stretch(program: Program, stage: Stage) -> _Stretch:
    """The longest span within the stage and the cycle that shows one and the same."""
    found = []
    for start, end, _ in program.spans():
        if stage.start < stage.end:
            found.append((max(start, stage.start), min(end, stage.end)))
        else:
            found += [(max(start, stage.start), end), (start, min(end, stage.end))]
    start, end = max(found, key=lambda each: each[1] - each[0])
    if end <= start:
        raise NoSplits(f"program {program.id!r}: stage {stage.id!r} has no second in which nothing changes")
    return _Stretch(start, end)


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
