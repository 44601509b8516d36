"""Is every second safe in which one program follows another, or a start, or an end in flashing amber."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from schedules.signals.checks.motion import Course
from schedules.signals.finding import Finding
from schedules.signals.instep import Way, behinds, slowest
from schedules.signals.junction import Junction
from schedules.signals.motion import NEVER, Since, Stretch, onward
from schedules.signals.passing import step
from schedules.signals.plan_set import Transition
from schedules.signals.program import Program

START = "start"
_MANY = 12  # cycles to come into step that a person should know of
_MOST = 20  # findings of one change: more say nothing new


@dataclass(frozen=True, slots=True)
class Change:
    """`target` entered at second `enters` from `source`, which is left at `leaves`.

    `behind`: by how many seconds it may be behind then, when the source was in step; ascending.
    """

    source: Program
    target: Program
    leaves: int
    enters: int
    behind: tuple[int, ...]

    def slowest(self, transition: Transition) -> Way | None:
        """How it comes into step at worst; None: it may never do."""
        return slowest(self.target, transition, self.behind, self.enters)


def changes(source: Program, target: Program) -> Iterator[Change]:
    """How `target` follows `source`, for each switch point of the source; those without a match are left out."""
    for leaves in source.switch:
        enters = entered(target, source.at(leaves))
        if enters is not None:
            behind = tuple(behinds(source, leaves, target, enters))
            yield Change(source, target, leaves, enters, behind)


def entered(target: Program, letters: str) -> int | None:
    """The first of its switch points at which a program shows `letters`."""
    return next((second for second in target.switch if target.at(second) == letters), None)


def check_change(junction: Junction, source: Course, target: Course) -> tuple[Finding, ...]:
    """What is unsafe when `target` follows `source`. Neither flashes, both are right by themselves."""
    found: list[Finding] = []
    for leaves in source.program.switch:
        letters = source.program.at(leaves)
        enters = entered(target.program, letters)
        if enters is None:
            found.append(Finding("switch-match", params={"source": source.program.id, "leaves": leaves,
                                 "letters": letters, "program": target.program.id}))  # fmt: skip
            continue
        arriving = [(shown, _known(source.program, since)) for shown, since in source.arriving(leaves)]
        found += _following(junction, arriving, target, enters)
    return _of(found, target.program.id, source.program.id)


def check_start(junction: Junction, target: Course) -> tuple[Finding, ...]:
    """What is unsafe when a program follows the start sequence."""
    enters = target.program.switch[0]
    letters = target.program.at(enters)
    amber = "".join("r" if group.walks else "y" for group in junction.groups)
    ready = tuple(
        group.red_amber if letter in "Gg" else 0 for group, letter in zip(junction.groups, letters, strict=True)
    )
    cuts = sorted({0, *(max(0, junction.clearance - each) for each in ready if each)})
    count = len(junction.groups)
    held = Since([0] * count, [0] * count, [0] * count, [0] * count)
    shown, held = amber, onward(junction, [("o" * count, held)], Stretch(0, junction.amber, 0, amber, ()))
    found: list[Finding] = []
    for start, end in zip(cuts, [*cuts[1:], junction.clearance], strict=True):
        now = "".join("u" if each and start >= junction.clearance - each else "r" for each in ready)
        stretch = Stretch(start, end, 0, now, ())
        found += step(junction, shown, held, stretch)
        shown, held = now, onward(junction, [(shown, held)], stretch)
    found += _following(junction, [(shown, held)], target, enters)
    return _of(found, target.program.id, START)


def check_closing(junction: Junction, source: Course) -> tuple[Finding, ...]:
    """What is unsafe in the closing sequence: the letters of the switch point are held for a minimum green."""
    found = []
    for leaves in source.program.switch:
        moving = [number for number, letter in enumerate(source.program.at(leaves)) if letter in "Gg"]
        hold = max((junction.groups[number].min_green for number in moving), default=0)
        for shown, since in source.arriving(leaves):
            for number in moving:
                group, held = junction.groups[number], since.most[number] if shown[number] in "Gg" else 0
                if group.max_green is not None and held + hold > group.max_green:
                    found.append(Finding("max-green", groups=(group.id,), second=leaves,
                                 params={"group": group.id, "seconds": held + hold, "need": group.max_green}))  # fmt: skip
    return _of(found, source.program.id, "closing")


def check_step(programs: Iterable[Program], transition: Transition) -> Iterator[Finding]:
    """Whether each program comes into step from each other, and soon."""
    running = [program for program in programs if not program.flashes]
    off = {
        (source.id, target.id): max(change.behind)
        for source in running for target in running if source is not target for change in changes(source, target)
    }  # fmt: skip
    astray = [pair for pair, behind in off.items() if behind]
    for target in running:
        alone = slowest(target, transition, range(target.cycle))
        if alone is None and astray:
            entered_from = next((one for one, other in astray if other == target.id), astray[0][0])
            yield Finding("step-unreachable", target.id, source=entered_from,
                          params={"source": entered_from, "seconds": off.get((entered_from, target.id), 0)})  # fmt: skip
        elif alone is None:
            yield Finding("step-clock", target.id)
        else:
            yield from _slow(running, target, transition)


def _slow(running: Iterable[Program], target: Program, transition: Transition) -> Iterator[Finding]:
    for source in running:
        ways = [change.slowest(transition) for change in changes(source, target)] if source is not target else []
        cycles = max((way.cycles for way in ways if way is not None), default=0)
        if cycles > _MANY:
            yield Finding("step-slow", target.id, source=source.id, params={"source": source.id, "cycles": cycles})


def _known(source: Program, since: Since) -> Since:
    """What is known of a program that has run one whole cycle at least: of what never happens in it, no more than that."""
    lap = source.shortest
    return Since(*([lap if each >= NEVER else each for each in row]
                   for row in (since.least, since.most, since.moved, since.green)))  # fmt: skip


def _following(junction: Junction, arriving: list[tuple[str, Since]], target: Course, enters: int) -> Iterator[Finding]:
    """A whole cycle of the target from second `enters` on, which is entered with what holds in `arriving`."""
    along = target.along
    first = next(number for number, stretch in enumerate(along) if stretch.start == enters)
    held: dict[int, Since] = {}
    for turn in range(len(along)):
        number = (first + turn) % len(along)
        stretch = along[number]
        before = arriving if not turn else [(along[b].letters, held[b]) for b in stretch.before if b in held]
        for letters, since in before:
            yield from step(junction, letters, since, stretch)
        held[number] = onward(junction, before, stretch)


def _of(found: Iterable[Finding], program: str, source: str) -> tuple[Finding, ...]:
    once = {(each.rule, each.groups, each.second): each for each in found}
    return tuple(replace(each, program=program, source=source) for each in list(once.values())[:_MOST])
