"""Runs programs second by second: waits and skips into step, leaves at switch points, starts and closes (docs/signals.md, "What a
controller must do"). Pure: time comes in with each step."""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from simulators.junctions.crossing import MOVING, Crossing
from simulators.junctions.program import SignalProgram


class Target(NamedTuple):
    """What is to be shown: a program that runs, or, without one, `rest`: flashing amber or dark. `name`: the program's."""

    name: str | None
    program: SignalProgram | None = None
    rest: str = ""


def of_program(name: str, program: SignalProgram) -> Target:
    """A program as a target; one that flashes all the time is at rest."""
    return Target(name, None, program.shown[0]) if program.rests else Target(name, program)


class Runner:
    """What the lamps are told: `letters` now. `shows` is what it does, `target` what it is to do; they are the same object once
    it does that. `correction` is how many seconds the cycle is ahead of the clock, or (negative) behind."""

    def __init__(self, crossing: Crossing, target: Target) -> None:
        self._crossing = crossing
        self.shows = target if target.program is None else Target(None, None, crossing.flashing)
        self.target = target
        self.letters = self.shows.rest
        self.second = 0
        self.correction = 0
        self._sequence: deque[str] = deque()
        self._entering: Target | None = None  # what a start sequence leads to
        self._progress = 0  # seconds of the program since it was entered
        self._waited: dict[int, int] = {}  # seconds that were waited at a second, in this cycle
        self._skips: bool | None = None  # whether it comes into step by skips; None while it is in step
        self._compared = True  # whether it was compared with the clock since that was set
        self._took, self._lap = False, 0  # whether a skip was taken since the progress of `_lap`, within a cycle

    @property
    def resting(self) -> bool:
        """Whether it flashes or is dark, so that there is nothing that could be in conflict."""
        return self.shows.program is None and not self._sequence

    @property
    def settled(self) -> bool:
        """Whether each cycle from now on is like the one before."""
        if self.shows is not self.target or self._sequence:
            return False
        program = self.shows.program
        if program is None:
            return True
        return self._compared and self._skips is None and self._progress >= 2 * program.cycle

    def aim(self, target: Target) -> None:
        """What is to be shown from the next switch point on. What was to be shown until now, and was not yet, is forgotten."""
        self.target = self.shows if target == self.shows else target

    def clock_set(self) -> None:
        """The clock was set: it may be out of step now."""
        self._compared = False

    def step(self, time: int) -> str:
        """The letters of the second that begins at so many Unix seconds of the controller's clock."""
        if self._sequence:
            self.letters = self._sequence.popleft()
            return self.letters
        program = self.shows.program
        if program is None:
            self._rest(time)
        else:
            self._run(program, time)
        return self.letters

    def _rest(self, time: int) -> None:
        entering, self._entering = self._entering, None
        if entering is not None and entering.program is not None:
            self._enter(entering, entering.program, entering.program.switch[0], time)
            return
        program = self.target.program
        if program is None:
            self.shows = self.target
        else:
            sequence = start_sequence(self._crossing, program.shown[program.switch[0]])
            if program.local(time + len(sequence)) == program.switch[0]:
                self._entering = self.target
                self._sequence.extend(sequence[1:])
                self.letters = sequence[0]
                return
        self.letters = self.shows.rest

    def _run(self, program: SignalProgram, time: int) -> None:
        self._forward(program, time)
        if self._leave(program, time) or (self._skip(program, time) and self._leave(program, time)):
            return
        self.letters = program.shown[self.second]
        self._look(program, time)

    def _forward(self, program: SignalProgram, time: int) -> None:
        """Go on to the next second, unless this one waits."""
        if self._skips is False:
            ahead = (self.second + 1 - program.local(time)) % program.cycle
            for place, (at, most) in enumerate(program.waits):
                first_only = program.transition == "dwell" and place > 0
                if at == self.second and ahead and self._waited.get(at, 0) < most and not first_only:
                    self._waited[at] = self._waited.get(at, 0) + 1
                    return
        self.second = (self.second + 1) % program.cycle
        self._waited.pop(self.second, None)
        self._progress += 1
        if self._skips and self._progress - self._lap >= program.cycle:
            self._skips = self._took  # nothing that fits was left: waits make up for the rest
            self._took, self._lap = False, self._progress

    def _skip(self, program: SignalProgram, time: int) -> bool:
        if not self._skips:
            return False
        behind = (program.local(time) - self.second) % program.cycle
        for start, end in program.skips:
            if start == self.second and end - start <= behind:
                self.second, self._took = end, True
                self._progress += end - start
                return True
        return False

    def _look(self, program: SignalProgram, time: int) -> None:
        """Compare with the clock, and choose how to come into step when that is needed."""
        self._compared = True
        behind = (program.local(time) - self.second) % program.cycle
        ahead = (program.cycle - behind) % program.cycle
        self.correction = -behind if behind < ahead else ahead
        if not behind:
            self._skips = None
        elif self._skips is None:
            skipping = program.skipping_cycles(behind, self.second) if program.transition == "shortway" else math.inf
            self._skips = skipping < program.waiting_cycles(ahead)
            self._took, self._lap = False, self._progress

    def _enter(self, target: Target, program: SignalProgram, second: int, time: int) -> None:
        self.shows, self.second = target, second
        self._progress, self._skips = 0, None
        self._waited.clear()
        self.letters = program.shown[second]
        self._look(program, time)

    def _leave(self, program: SignalProgram, time: int) -> bool:
        """Go on with the target, when this is a switch point and the target can be entered here."""
        shown, target = program.shown[self.second], self.target
        if target is self.shows or self.second not in program.switch or self._progress < program.cycle:
            return False
        if target.program is None:
            self._sequence.extend(closing_sequence(self._crossing, shown))
            self.shows, self.correction = target, 0
            self.letters = self._sequence.popleft()
            return True
        entry = next((each for each in target.program.switch if target.program.shown[each] == shown), None)
        if entry is None:
            return False
        self._enter(target, target.program, entry, time)
        return True


def start_sequence(crossing: Crossing, entering: str) -> list[str]:
    """The letters, a second each, from flashing or dark to the first second of a program, which shows `entering`."""
    groups = crossing.groups
    amber = max((group.amber for group in groups if not group.walks), default=0)
    letters = ["".join("r" if group.walks else "y" for group in groups)] * amber
    for left in range(crossing.clearance, 0, -1):
        letters.append(
            "".join(
                "u" if into in MOVING and left <= group.red_amber else "r"
                for group, into in zip(groups, entering, strict=True)
            )
        )
    return letters


def closing_sequence(crossing: Crossing, shown: str) -> list[str]:
    """The letters, a second each, from a switch point that shows `shown` until it may flash."""
    groups = crossing.groups
    held = max((group.min_green for group, letter in zip(groups, shown, strict=True) if letter in MOVING), default=0)
    clearing = []
    for group, letter in zip(groups, shown, strict=True):
        if letter not in MOVING:
            clearing.append("")
        elif group.walks:
            clearing.append("f" * max(group.min_flashing, group.crossing) if group.min_flashing else "")
        else:
            clearing.append("y" * group.amber)
    longest = max(map(len, clearing))
    letters = [shown] * held
    for second in range(longest + crossing.clearance):
        letters.append("".join(part[second] if second < len(part) else "r" for part in clearing))
    return letters
