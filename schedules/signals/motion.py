"""How a program moves: stretches of seconds in which nothing changes, and the ways from one to the next.

Every way that a controller may take through a program is a way through these stretches: on to the next, or over a skip.
For each stretch the least and the most is known that can have passed, on any way there, since each group changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schedules.signals.junction import Junction
from schedules.signals.program import Program

NEVER = 10**6  # seconds: longer than anything
CLASSES = {"G": "G", "g": "G", "f": "f", "y": "y", "Y": "y", "u": "u", "r": "r", "o": "o", "O": "o"}
_CLASS = str.maketrans(CLASSES)


@dataclass(slots=True)
class Since:
    """At the end of a stretch, by group: seconds since its state began (least, most), its movement ended, its `G` ended.

    States of one class ("G" and "g") are one state. A group that moves, or shows `G`, has 0.
    """

    least: list[int]
    most: list[int]
    moved: list[int]
    green: list[int]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds `start` to `end` of the cycle; waits make them `longer` at most. `before`: where one may come from.

    In `letters` the amber after `g` is `Y`.
    """

    start: int
    end: int
    longer: int
    letters: str
    before: tuple[int, ...]


def stretches(program: Program) -> tuple[Stretch, ...]:
    """The stretches of a program's cycle, cut where letters change, at switch points and at the ends of skips."""
    cuts = {0, *program.switch, *(start for start, _ in program.states)}
    cuts |= {second for skip in program.skips for second in (skip.start, skip.end)}
    starts = sorted(cuts)
    ends = [*starts[1:], program.cycle]
    letters = _marked([program.at(start) for start in starts])
    leads = {skip.end: [] for skip in program.skips}  # type: dict[int, list[int]]
    for skip in program.skips:
        leads[skip.end].append(ends.index(skip.start) if skip.start else len(starts) - 1)
    return tuple(
        Stretch(
            start,
            end,
            sum(wait.most for wait in program.waits if start <= wait.at < end),
            letters[number],
            ((number - 1) % len(starts), *leads.get(start, ())),
        )
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
    )


def _marked(letters: list[str]) -> list[str]:
    """With `Y` for the amber of a group that gave way before it."""
    marked = [list(each) for each in letters]
    for group in range(len(letters[0])):
        before = ""
        for each in (*marked, *marked):
            if each[group] == "y" and before in ("g", "Y"):
                each[group] = "Y"
            before = each[group]
    return ["".join(each) for each in marked]


def onward(junction: Junction, before: Sequence[tuple[str, Since]], stretch: Stretch) -> Since:
    """What holds at the end of a stretch that is entered from any of `before`: (letters, what held at their end)."""
    new, length = stretch.letters.translate(_CLASS), stretch.end - stretch.start
    longest = length + stretch.longer
    ways = [
        Since(
            [(each if old == now else 0) + length for each, old, now in zip(since.least, olds, new, strict=True)],
            [(each if old == now else 0) + longest for each, old, now in zip(since.most, olds, new, strict=True)],
            since.moved,
            since.green,
        )
        for olds, since in ((letters.translate(_CLASS), since) for letters, since in before)
    ]
    since = ways[0] if len(ways) == 1 else _either(ways)
    since.moved = [0 if now in "Gf" else each + length for each, now in zip(since.moved, new, strict=True)]
    since.green = [
        0 if letter == "G" or (letter == "f" and not group.walks) else each + length
        for each, letter, group in zip(since.green, stretch.letters, junction.groups, strict=True)
    ]
    return since


def _either(ways: Sequence[Since]) -> Since:
    """The least and the most of several."""
    return Since(
        [*map(min, *(way.least for way in ways))],
        [*map(max, *(way.most for way in ways))],
        [*map(min, *(way.moved for way in ways))],
        [*map(min, *(way.green for way in ways))],
    )


def steady(junction: Junction, along: Sequence[Stretch]) -> list[Since]:
    """What holds at the end of each stretch when the program has run long enough for all it does to have happened."""
    count = len(junction.groups)
    unknown = Since([NEVER] * count, [0] * count, [NEVER] * count, [NEVER] * count)
    held = [unknown] * len(along)
    for _lap in range(2):
        for number, stretch in enumerate(along):
            held[number] = onward(junction, [(along[each].letters, held[each]) for each in stretch.before], stretch)
    return held
