"""Is every second of a program safe, over the wrap and over every skip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from schedules.signals.finding import Finding
from schedules.signals.junction import Junction
from schedules.signals.motion import Since, Stretch, steady, stretches
from schedules.signals.passing import step, together
from schedules.signals.program import Program


@dataclass(frozen=True, slots=True)
class Course:
    """A program in its stretches, and what holds at the end of each when it has run for a cycle."""

    program: Program
    along: tuple[Stretch, ...]
    held: tuple[Since, ...]

    def arriving(self, second: int) -> list[tuple[str, Since]]:
        """What may hold when it arrives at the beginning of a second at which a stretch begins."""
        stretch = next(each for each in self.along if each.start == second)
        return [(self.along[each].letters, self.held[each]) for each in stretch.before]


def course(junction: Junction, program: Program) -> Course:
    """The course of a program whose form is right."""
    along = stretches(program)
    return Course(program, along, tuple(steady(junction, along)))


def check_motion(junction: Junction, run: Course) -> tuple[Finding, ...]:
    """What is unsafe in a program that runs by itself, each thing once."""
    found = [replace(each, program=run.program.id) for each in (*_shown(junction, run), *_steps(junction, run))]
    return tuple({(each.rule, each.groups, each.second): each for each in found}.values())


def _shown(junction: Junction, run: Course) -> Iterator[Finding]:
    before = {(rule, groups) for rule, groups, _ in together(junction, run.along[-1].letters)}
    for stretch in run.along:
        now = list(together(junction, stretch.letters))
        for rule, groups, params in now:
            if (rule, groups) not in before or stretch.start == 0:
                yield Finding(rule, groups=tuple(junction.groups[each].id for each in groups),
                              second=stretch.start, params=params)  # fmt: skip
        before = {(rule, groups) for rule, groups, _ in now}


def _steps(junction: Junction, run: Course) -> Iterator[Finding]:
    for stretch in run.along:
        for number in stretch.before:
            yield from step(junction, run.along[number].letters, run.held[number], stretch)
