"""Is a program well written: seconds, letters, switch points, waits and skips, stages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from schedules.signals.finding import Finding, Phrase, Value
from schedules.signals.intersection import Group, Intersection
from schedules.signals.motion import CLASSES
from schedules.signals.program import DARK, MOVING, Program

_STANDS = frozenset("rGg")  # letters that may last longer than planned


def check_form(intersection: Intersection, program: Program) -> tuple[Finding, ...]:
    """What is wrong with the writing of a program; with errors among it, its seconds are not looked at."""
    at = _At(intersection, program)
    found = [*at.seconds()]
    if not found:
        found += [*at.letters()]
    if not found and not program.flashes:
        found += [*at.serves(), *at.points(), *at.skips(), *at.stages()]
    elif not found:
        found += [*at.switch()]
    return tuple(found)


class _At:
    """One program of one intersection."""

    def __init__(self, intersection: Intersection, program: Program) -> None:
        self._intersection, self._program = intersection, program
        self._last = program.cycle - 1

    def _finding(self, rule: str, second: int | None = None, group: Group | None = None, **params: Value) -> Finding:
        named = {"group": group.id} if group is not None else {}
        return Finding(rule, self._program.id, tuple(named.values()), second, named | params)

    def seconds(self) -> Iterator[Finding]:
        """Every second is one of the cycle, on the controller's grid."""
        program, limits = self._program, self._intersection.limits
        if not limits.least <= program.cycle <= limits.most:
            yield self._finding("cycle-limits", cycle=program.cycle, least=limits.least, most=limits.most)
        if program.offset >= program.cycle:
            yield self._finding("offset-range", offset=program.offset, cycle=program.cycle, most=self._last)
        if program.states[0][0]:
            yield self._finding("states-start", 0)
        for second, letters in program.states:
            if second > self._last:
                yield self._finding("states-range", second, cycle=program.cycle, most=self._last)
            if len(letters) != len(self._intersection.groups):
                yield self._finding("states-length", second, letters=letters, count=len(letters),
                                    groups=len(self._intersection.groups))  # fmt: skip
        for what, second in self._named():
            if second % limits.step:
                yield self._finding("step-grid", second, what=Phrase(what), step=limits.step)

    def _named(self) -> Iterator[tuple[str, int]]:
        program = self._program
        yield from (("cycle", program.cycle), ("offset", program.offset))
        yield from (("state", second) for second, _ in program.states)
        yield from (("switch", second) for second in program.switch)
        for wait in program.waits:
            yield from (("wait", wait.at), ("wait-most", wait.most))
        for skip in program.skips:
            yield from (("skip", skip.start), ("skip", skip.end))
        for stage in program.stages:
            yield from (("stage", stage.start), ("stage", stage.end))

    def letters(self) -> Iterator[Finding]:
        """Every letter is one that its group has."""
        program, yielding = self._program, {one for one, _ in self._intersection.yields}
        flashing = any(DARK & set(letters) for _, letters in program.states)
        for second, letters in program.states:
            if flashing:
                walked = any(group.walks and letter == "o" for group, letter in
                             zip(self._intersection.groups, letters, strict=True))  # fmt: skip
                if walked or not program.flashes:
                    yield self._finding("flash-mixed", second, letters=letters)
                continue
            for group, letter in zip(self._intersection.groups, letters, strict=True):
                if letter not in _has(group):
                    yield self._finding("letter-kind", second, group, letter=letter, has=" ".join(_has(group)))
        for number, group in enumerate(self._intersection.groups):
            gives = next((second for second, letters in program.states if letters[number] == "g"), None)
            if gives is not None and group.id not in yielding and not group.walks:
                yield self._finding("give-way-undeclared", gives, group)

    def serves(self) -> Iterator[Finding]:
        """Every group moves, but those that are left out on purpose; and none for ever that must not."""
        ids, program = self._intersection.ids, self._program
        for id in sorted(program.omits):
            if id not in ids:
                yield Finding("group-unknown", program.id, params={"where": "omits", "group": id})
        for number, group in enumerate(self._intersection.groups):
            shown = {letters[number] for _, letters in program.states}
            if not shown & MOVING and group.id not in program.omits:
                yield self._finding("never-served", None, group)
            if shown & MOVING and group.id in program.omits:
                yield self._finding("omits-served", None, group)
            if shown <= set("Gg") and group.max_green is not None:
                yield self._finding("max-green", 0, group, seconds=program.longest, need=group.max_green)

    def switch(self) -> Iterator[Finding]:
        """The switch points are there, and each once."""
        if not self._program.switch:
            yield self._finding("switch-none")
        yield from self._once("switch-range", self._program.switch)

    def points(self) -> Iterator[Finding]:
        """Switch points and waits are where all stand or move."""
        yield from self.switch()
        yield from self._once("wait-range", [wait.at for wait in self._program.waits])
        for rule, seconds in (
            ("switch-state", self._program.switch),
            ("wait-state", [w.at for w in self._program.waits]),
        ):
            for second in seconds:
                if second > self._last:
                    continue
                for group, letter in zip(self._intersection.groups, self._program.at(second), strict=True):
                    if letter not in _STANDS:
                        yield self._finding(rule, second, group, letter=letter)

    def _once(self, rule: str, seconds: Sequence[int]) -> Iterator[Finding]:
        for number, second in enumerate(seconds):
            if second > self._last or second in seconds[:number]:
                yield self._finding(rule, second, most=self._last)

    def skips(self) -> Iterator[Finding]:
        """Skips lead forward, apart from each other, and leave a part of every green and red."""
        skips = sorted(self._program.skips, key=lambda skip: (skip.start, skip.end))
        wrong = [skip for skip in skips if not skip.start < skip.end <= self._last]
        for skip in wrong:
            yield self._finding("skip-range", skip.start, first=skip.start, last=skip.end, most=self._last)
        for one, other in pairwise(skips):
            if other.start <= one.end and not wrong:
                yield self._finding("skip-overlap", other.start, first=one.start, last=one.end, end=other.end)
        for skip in [] if wrong else skips:
            for number, group in enumerate(self._intersection.groups):
                for start, end, moves in _runs(self._program.letters(number)):
                    if skip.start <= start and end <= skip.end:
                        yield self._finding("skip-whole", skip.start, group, first=skip.start, last=skip.end,
                                            what=Phrase("green" if moves else "red"))  # fmt: skip

    def stages(self) -> Iterator[Finding]:
        """Stages come one after another, and together with what lies between them are the cycle."""
        stages, cycle = self._program.stages, self._program.cycle
        bad = [stage for stage in stages if stage.start > self._last or stage.end > cycle or stage.start == stage.end]
        for stage in bad:
            yield self._finding("stage-range", stage.start, stage=stage.id, first=stage.start, last=stage.end,
                                most=self._last)  # fmt: skip
        if bad or not stages:
            return
        first = stages[0].start
        for stage, after in pairwise((*stages, stages[0])):
            start = (stage.start - first) % cycle
            end = start + ((stage.end - stage.start) % cycle or cycle)
            following = cycle if stage is stages[-1] else (after.start - first) % cycle
            if end > following or following <= start:
                yield self._finding("stage-order", after.start, stage=after.id, other=stage.id, last=stage.end)
            elif stage.split is not None and stage.split != following - start:
                yield self._finding(
                    "stage-split", stage.start, stage=stage.id, split=stage.split, right=following - start
                )
            else:
                yield from self._unchanged(stage.id, stage.start, end - start)

    def _unchanged(self, stage: str, start: int, length: int) -> Iterator[Finding]:
        for number, group in enumerate(self._intersection.groups):
            shown = self._program.letters(number)
            for second in range(start, start + length):
                letter = shown[second % self._program.cycle]
                if letter in "yu":
                    yield self._finding("stage-change", second % self._program.cycle, group, stage=stage, letter=letter)
                    break


def _has(group: Group) -> str:
    """The letters that a group has in a program that does not flash."""
    if group.walks:
        return "rGf" if group.min_flashing else "rG"
    return "rGgy" + ("u" if group.red_amber else "") + ("f" if group.min_flashing else "")


def _runs(letters: str) -> Iterator[tuple[int, int, bool]]:
    """(start, end, whether it moves) of each stretch of moving and not moving; those over the wrap are left out.

    A skip leads from one second of a cycle to a later one, so it never leads over the wrap.
    """
    moving = [CLASSES[letter] in "Gf" for letter in letters]
    changes = [second for second in range(1, len(moving)) if moving[second] != moving[second - 1]]
    for start, end in pairwise(changes):
        yield start, end, moving[start]
    if changes and moving[0] != moving[-1]:
        yield 0, changes[0], moving[0]
        yield changes[-1], len(moving), moving[-1]
