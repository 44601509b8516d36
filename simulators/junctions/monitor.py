"""The conflict monitor: looks at the lamps alone, knows nothing of programs, and trips at the first second that is not safe."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.junctions.crossing import LETTERS, MOVING, Crossing

_LONGEST_AMBER = 6
_GREEN = "Gg"
# what may follow what, without lasting on; f of pedestrians and of traffic differ in what comes after
_AFTER = {"r": "uGg", "u": "Gg", "G": "gfyr", "g": "Gfyr", "f": "yr", "y": "r"}


class Unsafe(Exception):
    """What was shown that must not be; the message is the controller's text code, such as `conflict:n/e`."""


@dataclass(slots=True)
class _Seen:
    """What was seen of one group. `since`: when its letter began; `green`: when its green did; `walked`: when its last `G`
    ended; `moved`: when its last movement did. All in seconds of the monitor; before the first one everything may have moved."""

    letter: str
    since: int
    green: int
    walked: int
    moved: int


class Monitor:
    """Watches one junction second by second. `begin` when lamps come on, then `see` each second."""

    def __init__(self, crossing: Crossing) -> None:
        self._crossing = crossing
        self._now = 0
        self._seen: list[_Seen] = []

    def begin(self) -> None:
        """Lamps were dark or flashed until now: anybody may have been under way."""
        self._seen = []

    def leap(self, seconds: int) -> None:
        """So many seconds went by in which whole cycles were repeated that were seen before."""
        self._now += seconds
        for each in self._seen:
            each.since += seconds
            each.green += seconds
            each.walked += seconds
            each.moved += seconds

    def see(self, letters: str) -> None:
        """One more second; raises Unsafe."""
        self._now += 1
        if not self._seen:
            self._seen = [_Seen(letter, self._now, self._now, self._now, self._now) for letter in letters]
        groups, starting = self._crossing.groups, []
        for number, letter in enumerate(letters):
            seen = self._seen[number]
            before = seen.letter
            if letter not in LETTERS or letter in "oO":
                raise Unsafe(f"letter:{groups[number].id}")
            if letter != before:
                self._changed(number, seen, letter)
                if letter in _GREEN and (before not in _GREEN or letter == "G"):
                    starting.append((number, before))
            if letter == "y" and self._now - seen.since >= _LONGEST_AMBER:
                raise Unsafe(f"amber:{groups[number].id}")
        for number, before in starting:
            self._starts(number, before, letters)
        for seen, letter, group in zip(self._seen, letters, groups, strict=True):
            if letter in MOVING:
                seen.moved = self._now + 1
            if letter == "G" or (letter == "f" and not group.walks):
                seen.walked = self._now + 1
        for a, b in self._crossing.apart:
            if a < b and letters[a] in MOVING and letters[b] in MOVING and not self._gives_way(a, b, letters):
                raise Unsafe(f"conflict:{groups[a].id}/{groups[b].id}")

    def _gives_way(self, a: int, b: int, letters: str) -> bool:
        yields = self._crossing.yields
        return (letters[a] == "g" and (a, b) in yields) or (letters[b] == "g" and (b, a) in yields)

    def _changed(self, number: int, seen: _Seen, letter: str) -> None:
        """A group shows another letter: the one before lasted long enough, and this one may follow it."""
        group, lasted = self._crossing.groups[number], self._now - seen.since
        before = seen.letter
        if letter not in _AFTER[before] or (before in MOVING and letter == "r" and not group.walks):
            raise Unsafe(f"sequence:{group.id}")
        if group.walks and letter in "yug":
            raise Unsafe(f"sequence:{group.id}")
        if before in _GREEN and letter not in _GREEN and self._now - seen.green < group.min_green:
            raise Unsafe(f"min-green:{group.id}")
        if before == "f" and lasted < group.min_flashing:
            raise Unsafe(f"min-flashing:{group.id}")
        if before == "y" and lasted < group.amber:
            raise Unsafe(f"amber:{group.id}")
        if before == "r" and lasted < group.min_red:
            raise Unsafe(f"min-red:{group.id}")
        if before == "u" and lasted != group.red_amber:
            raise Unsafe(f"red-amber:{group.id}")
        if letter in _GREEN and before not in _GREEN:
            seen.green = self._now
        seen.letter, seen.since = letter, self._now

    def _starts(self, number: int, before: str, letters: str) -> None:
        """A group starts, or goes on without giving way: all that exclude it are out of the way."""
        crossing = self._crossing
        for other, seen in enumerate(self._seen):
            if (other, number) not in crossing.apart:
                continue
            if letters[number] == "g" and (number, other) in crossing.yields:
                continue  # it looks for itself
            if before == "g" and (number, other) not in crossing.yields:
                continue  # it was on its way already, and did not give way to this one
            names = f"{crossing.groups[other].id}/{crossing.groups[number].id}"
            ended = seen.walked if (other, number) in crossing.yields else seen.moved  # g gives way to this one
            if self._now - ended < crossing.clear[other, number]:
                raise Unsafe(f"intergreen:{names}")
            if not crossing.groups[other].walks:
                continue
            people = crossing.groups[other]
            if self._now - seen.moved < people.buffer or self._now - seen.walked < people.crossing + people.buffer:
                raise Unsafe(f"crossing:{names}")
