"""What stands at the points of a fire panel, and what is latched there. Pure: no wire, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

CONDITIONS = ("alarm", "fault", "supervisory", "disabled", "test")


class BadPoint(ValueError):
    """A point that the panel does not have; the message says which there are."""


class Loops(NamedTuple):
    """How many `loops` a panel has, and how many `points` each. Points are written `1/23`, both from 1, and numbered from 0."""

    loops: int
    points: int

    def number(self, point: str) -> int:
        """The number of a point; raises BadPoint."""
        loop, _, place = point.partition("/")
        if loop.isdecimal() and place.isdecimal() and 1 <= int(loop) <= self.loops and 1 <= int(place) <= self.points:
            return (int(loop) - 1) * self.points + int(place) - 1
        raise BadPoint(f"point {point!r}: write loop and number, 1/1 to {self.loops}/{self.points}")

    def numbers(self, names: Iterable[str]) -> set[int]:
        """The numbers of points, of which `2/*` is all of a loop; raises BadPoint."""
        found: set[int] = set()
        for point in names:
            if point.endswith("/*"):
                first = self.number(point[:-1] + "1")
                found |= set(range(first, first + self.points))
            else:
                found.add(self.number(point))
        return found

    def name(self, number: int) -> str:
        """How a point is written."""
        return f"{number // self.points + 1}/{number % self.points + 1}"


class Detection:
    """The five conditions of a panel, which may stand together.

    An alarm is latched: it stays when the smoke is gone, until somebody resets the panel. A point that is disabled gives none,
    and one in test shows test instead. `fault` is one of the panel itself, at none of its points.
    """

    def __init__(self) -> None:
        self.latched: set[int] = set()
        self.fault = False
        self._now: dict[str, set[int]] = {condition: set() for condition in CONDITIONS}

    def befall(self, what: str, points: set[int]) -> None:
        """`alarm`, `fault`, `supervisory`, `disabled`, `test`: begins at these points; a fault of none is the panel's own.
        `clear`: all of that is over there, or everywhere; `reset`: somebody resets the panel."""
        if what == "reset":
            self.latched.clear()
        elif what == "clear":
            for at in self._now.values():
                at -= points or set(at)
            self.fault = self.fault and bool(points)
        elif what == "fault" and not points:
            self.fault = True
        else:
            self._now[what] |= points
        self.latched |= self._now["alarm"] - self._now["disabled"] - self._now["test"]

    def standing(self) -> Mapping[str, set[int]]:
        """The points at which each condition stands; alarms are those that are latched."""
        return self._now | {"alarm": self.latched}
