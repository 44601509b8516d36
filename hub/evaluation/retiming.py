"""Other greens for a fixed-time program: its interstages stay second by second, so what was safe between stages still is.

Only the longest stretch of each stage in which nothing changes is made longer or shorter, and the cycle by their sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub.evaluation.road import Junction
from schedules.signals.program import MOVING, Program, Stage


class NoSplits(ValueError):
    """A program whose splits cannot be set; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds `start` to `end` of a stage, in which nothing changes."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Stages:
    """What of a junction's old program may be made longer or shorter. `greens`: seconds of each stage now, in its order.

    `least` and `most`: what each may become, for its groups' minimum and maximum greens; `lost`: seconds between stages.
    """

    ids: tuple[str, ...]
    greens: tuple[int, ...]
    least: tuple[int, ...]
    most: tuple[int, ...]
    lost: int


def stages(junction: Junction, step: int = 1) -> Stages:
    """Of the old program; NoSplits where it has no stages."""
    program = junction.program(False)
    if not program.stages:
        raise NoSplits(
            f"{junction.id}: program {program.id!r} has no stages: write them, or leave its splits as they are"
        )
    lengths = [(each.end - each.start - 1) % program.cycle + 1 for each in program.stages]
    bounds = [_bounds(junction, program, each, now, step) for each, now in zip(program.stages, lengths, strict=True)]
    return Stages(
        tuple(each.id for each in program.stages),
        tuple(lengths),
        tuple(least for least, _ in bounds),
        tuple(most for _, most in bounds),
        program.cycle - sum(lengths),
    )


def _bounds(junction: Junction, program: Program, stage: Stage, length: int, step: int) -> tuple[int, int]:
    """All but one step of the stretch can go; minimum and maximum greens stay."""
    found = stretch(program, stage)
    letters = program.at(found.start)
    least, most = length - (found.end - found.start) + step, junction.intersection.limits.most
    for place, group in enumerate(junction.intersection.groups):
        if letters[place] in MOVING:
            least = max(least, group.min_green + max(group.min_flashing, 0))
            if group.max_green is not None:
                moving = sum(letter in MOVING for letter in program.letters(place))
                most = min(most, length + max(0, group.max_green - moving))
    return min(length, least), most


def stretch(program: Program, stage: Stage) -> Stretch:
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
    return Stretch(start, end)


def seconds(program: Program, before: Sequence[int], after: Sequence[int]) -> list[int]:
    """For each second of the retimed cycle the second of the old one that it shows."""
    found = list(range(program.cycle))
    stretches = [
        (stretch(program, stage).end, b - a) for stage, a, b in zip(program.stages, before, after, strict=True)
    ]
    for end, change in sorted(stretches, reverse=True):
        found[end + min(0, change) : end] = [end - 1] * max(0, change)
    return found


def timed(program: Program, before: Sequence[int], after: Sequence[int]) -> Program:
    """What the program shows with other greens: its states and cycle; stages, waits and skips stay behind."""
    shown = [program.at(second) for second in seconds(program, before, after)]
    states = tuple((at, letters) for at, letters in enumerate(shown) if not at or letters != shown[at - 1])
    return replace(program, cycle=len(shown), states=states, stages=(), waits=(), skips=(), switch=(0,))


def retimed(raw: Mapping[str, Any], program: Program, before: Sequence[int], after: Sequence[int]) -> dict[str, Any]:
    """The program's table, as people write it, with other seconds of green of its stages."""
    shifts = [
        (stretch(program, stage), new - old) for stage, old, new in zip(program.stages, before, after, strict=True)
    ]

    def moved(second: Any) -> int:
        at = int(second)
        return at + sum(_shift(at, each, change) for each, change in shifts)

    def end(second: int) -> int:
        return moved(second) if second else 0

    result = dict(raw) | {"states": {str(moved(at)): letters for at, letters in raw["states"].items()}}
    result["cycle"] = program.cycle + sum(after) - sum(before)
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


def _shift(at: int, found: Stretch, change: int) -> int:
    """By how much a second moves: seconds come and go at the end of the stretch."""
    if at >= found.end:
        return change
    return min(0, found.end + change - at) if at > found.start else 0
