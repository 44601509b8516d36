"""Fixed-time programs as they are downloaded, their checksum, and what a controller itself checks of them."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulators.junctions.crossing import LETTERS, MOVING, Crossing

KEYS = ("cycle", "groups", "offset", "skips", "states", "switch", "transition", "waits")
_TRANSITIONS = ("dwell", "shortway", "add-only")
_RESTS = frozenset("oO")


class BadProgram(ValueError):
    """A program that this controller does not take; the message says why."""


@dataclass(frozen=True, slots=True)
class SignalProgram:
    """What is shown in each second of a cycle (`shown`), where it may be left, waits and skips. `wire` is what was downloaded.

    `stages` has the number of the stage of each second: a stage begins with the first group that excludes one which has moved.
    """

    cycle: int
    offset: int
    shown: tuple[str, ...]
    switch: tuple[int, ...]
    waits: tuple[tuple[int, int], ...]
    skips: tuple[tuple[int, int], ...]
    transition: str
    wire: Mapping[str, Any]
    checksum: str
    stages: tuple[int, ...]

    def local(self, time: int) -> int:
        """The second of the cycle at so many Unix seconds, in step."""
        return (time - self.offset) % self.cycle

    @property
    def rests(self) -> bool:
        """Whether it flashes or is dark all the time: nobody is ever told to stop."""
        return all(_RESTS.issuperset(letters) for letters in self.shown)

    def waiting_cycles(self, ahead: int) -> float:
        """Cycles until waits alone have made up for so many seconds."""
        most = sum(most for _, most in self.waits)
        return 0 if not ahead else math.ceil(ahead / most) if most else math.inf

    def skipping_cycles(self, behind: int, second: int) -> float:
        """Cycles until skips, and waits for the rest, have made up for so many seconds; infinite when nothing can be skipped.
        `second` is where it begins."""
        left, cycles = behind, 0
        while left:
            taken = 0
            for start, end in sorted(self.skips, key=lambda skip: (skip[0] - second) % self.cycle):
                if end - start <= left - taken:
                    taken += end - start
            if not taken:
                return cycles + self.waiting_cycles(self.cycle - left) if cycles else math.inf
            left -= taken
            cycles += 1
        return cycles


def checksum(wire: Mapping[str, Any]) -> str:
    """Of a program as it is downloaded (docs/signals.md): SHA-256 of its JSON with sorted keys and no white space."""
    return hashlib.sha256(json.dumps(wire, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def read_program(wire: Any, crossing: Crossing) -> SignalProgram:
    """A downloaded program; raises BadProgram. Whether it is safe is the conflict monitor's to see, when it runs."""
    if not isinstance(wire, dict) or sorted(wire) != list(KEYS):
        raise BadProgram(f"a program has the keys {', '.join(KEYS)}")
    if wire["groups"] != list(crossing.ids):
        raise BadProgram(f"groups {wire['groups']!r:.80}: this junction has {list(crossing.ids)!r}")
    cycle, offset = wire["cycle"], wire["offset"]
    if type(cycle) is not int or not crossing.least <= cycle <= crossing.most:
        raise BadProgram(f"cycle {cycle!r:.20}: this controller runs {crossing.least} to {crossing.most} s")
    if type(offset) is not int or not 0 <= offset < cycle:
        raise BadProgram(f"offset {offset!r:.20} is not within the cycle")
    if wire["transition"] not in _TRANSITIONS:
        raise BadProgram(f"transition {wire['transition']!r:.20}: this controller knows {', '.join(_TRANSITIONS)}")
    try:
        switch = tuple(_second(each, cycle) for each in wire["switch"])
        waits = tuple(sorted((_second(each["at"], cycle), _second(each["most"], 10**6)) for each in wire["waits"]))
        skips = tuple((_second(each["from"], cycle), _second(each["to"], cycle)) for each in wire["skips"])
        shown = _shown(wire["states"], cycle, len(crossing.groups))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadProgram(
            f"{error}: seconds are whole numbers within the cycle, states hold a letter a group"
        ) from error
    if not switch or any(start >= end for start, end in skips):
        raise BadProgram("a program has a switch point, and a skip goes forward")
    return SignalProgram(
        cycle, offset, shown, switch, waits, skips, wire["transition"], wire, checksum(wire), _stages(shown, crossing)
    )


def _second(value: Any, end: int) -> int:
    if type(value) is not int or not 0 <= value < end:
        raise ValueError(f"second {value!r:.20}")
    return value


def _shown(states: Mapping[str, str], cycle: int, groups: int) -> tuple[str, ...]:
    marks = sorted((_second(int(second), cycle), letters) for second, letters in states.items())
    if not marks or any(len(letters) != groups or not LETTERS.issuperset(letters) for _, letters in marks):
        raise ValueError(f"states need {groups} letters of {' '.join(sorted(LETTERS))}")
    shown, now, at = [], marks[-1][1], dict(marks)
    for second in range(cycle):
        now = at.get(second, now)
        shown.append(now)
    return tuple(shown)


def _stages(shown: tuple[str, ...], crossing: Crossing) -> tuple[int, ...]:
    numbers, number, moved, before = [], 1, set[int](), shown[-1]
    for letters in shown:
        moving = {group for group, letter in enumerate(letters) if letter in MOVING}
        begun = {group for group in moving if before[group] not in MOVING}
        if any((one, other) in crossing.apart for one in begun for other in moved):
            number, moved = number + 1, set()
        moved |= moving
        numbers.append(number)
        before = letters
    return tuple(numbers)
