"""Fixed-time programs: what each signal group shows in each second of a cycle that repeats.

After the RSMP draft for fixed-time programs (rsmp-nordic/tlc_programming): length, offset, states, switch points, waits
and skips. Its cycle counter is the remainder, not the quotient. Here a second lasts from its beginning to the next.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

LETTERS = "ruGgyfoO"
MOVING = frozenset("Ggf")  # people or vehicles may be under way; amber clears
DARK = frozenset("oO")  # flashing amber and dark: nobody is told to stop


@dataclass(frozen=True, slots=True)
class Stage:
    """Seconds `start` (included) to `end` (excluded, of the next cycle when it is not later) in which flows move.

    What lies between two stages is the interstage. `split`, where it was written, is the time from this stage's start
    to the next one's.
    """

    id: str
    start: int
    end: int
    split: int | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """The second `at` may last up to `most` seconds longer in a cycle."""

    at: int
    most: int


@dataclass(frozen=True, slots=True)
class Skip:
    """A cycle may go from the beginning of second `start` to that of `end` at once, both within the cycle."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Program:
    """A program of `cycle` seconds that begins `offset` seconds after system zero.

    `states` are (second, one letter for each group), ascending: what holds from that second on. `switch`: the seconds
    at whose beginning it may be entered and left. `omits`: groups that on purpose are never served.
    """

    id: str
    cycle: int
    offset: int
    states: tuple[tuple[int, str], ...]
    switch: tuple[int, ...] = (0,)
    waits: tuple[Wait, ...] = ()
    skips: tuple[Skip, ...] = ()
    stages: tuple[Stage, ...] = ()
    omits: frozenset[str] = frozenset()
    name: str = ""

    def local(self, now: float) -> int:
        """The second of the cycle that `now` (Unix seconds) is in when the program is in step."""
        return (math.floor(now) - self.offset) % self.cycle

    def zero(self, now: float) -> int:
        """Unix seconds at which the cycle began that `now` is in when the program is in step."""
        return math.floor(now) - self.local(now)

    def at(self, second: int) -> str:
        """The letters of a second of the cycle. What holds before the first state is the last one, of the cycle before."""
        shown = self.states[-1][1]
        for start, letters in self.states:
            if start > second:
                break
            shown = letters
        return shown

    def spans(self) -> Iterator[tuple[int, int, str]]:
        """(start, end, letters) from second 0 to the end of the cycle."""
        if self.states[0][0]:
            yield 0, self.states[0][0], self.states[-1][1]
        for (start, letters), (end, _) in pairwise((*self.states, (self.cycle, ""))):
            yield start, end, letters

    def letters(self, group: int) -> str:
        """What one group shows, a letter for each second of the cycle."""
        return "".join(letters[group] * (end - start) for start, end, letters in self.spans())

    @property
    def flashes(self) -> bool:
        """Whether no group is ever told to stop: flashing amber at night, or dark."""
        return all(DARK.issuperset(letters) for _, letters in self.states)

    @property
    def longest(self) -> int:
        """Seconds of a cycle that waits as long as it may."""
        return self.cycle + sum(wait.most for wait in self.waits)

    @property
    def shortest(self) -> int:
        """Seconds of a cycle that takes every skip."""
        return self.cycle - sum(skip.end - skip.start for skip in self.skips)
