"""What a lamp follows by itself: a program every day, or the plan of many days."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

_DAYS_BACK = 400


class Skip(NamedTuple):
    """Of every `of` lamps along the road `off` are dark; with `alternate` other ones every day."""

    off: int
    of: int
    alternate: bool


class Moment(NamedTuple):
    """A step on a given day: from `time` on the level is `level`. `day` is the program day's number, from 1 January of year 1."""

    time: float
    level: float
    ramp: float
    skip: Skip | None = None
    day: int = 0

    def level_at(self, position: int | None) -> float:
        """The level of the lamp that is number `position` along the road; one that does not know its number stays lit."""
        if self.skip is None or position is None:
            return self.level
        turn = position + (self.day if self.skip.alternate else 0)
        return 0.0 if turn % self.skip.of < self.skip.off else self.level


class Course(ABC):
    """Moments, day after day."""

    version = ""

    def __init__(self, tz: ZoneInfo) -> None:
        self.tz = tz
        self._day: date | None = None
        self._times: list[float] = []
        self._moments: list[Moment] = []

    @abstractmethod
    def on(self, day: date) -> list[Moment]:
        """The moments of the program day of `day`, ascending."""

    def in_force(self, now: float) -> Moment:
        """The latest moment at or before `now`; level 0 where there was none for more than a year."""
        self._look_around(now)
        index = bisect_right(self._times, now)
        return self._moments[index - 1] if index else Moment(now, 0.0, 0.0)

    def next_change(self, now: float) -> float:
        """When the next step comes, at most a day ahead."""
        self._look_around(now)
        index = bisect_right(self._times, now)
        return min(self._times[index], now + 86_400.0) if index < len(self._times) else now + 86_400.0

    def _look_around(self, now: float) -> None:
        """Lay out the days around `now`, going back until some step lies before it."""
        today = datetime.fromtimestamp(now, self.tz).date()
        if today == self._day:
            return
        found = [m for days in (-2, -1, 0, 1, 2) for m in self.on(today + timedelta(days))]
        back = 3
        while back < _DAYS_BACK and not (found and found[0].time <= now):
            found = self.on(today - timedelta(back)) + found
            back += 1
        self._day, self._moments, self._times = today, found, [m.time for m in found]


class Plan(Course):
    """Programs by day, each from its day until the next, the last for ever. `wire` is its wire form."""

    def __init__(self, version: str, days: tuple[tuple[date, Course], ...], wire: Mapping[str, Any]) -> None:
        super().__init__(days[0][1].tz)
        self.version = version
        self.wire = wire
        self._days = days
        self._begins = [day for day, _ in days]

    def on(self, day: date) -> list[Moment]:
        index = bisect_right(self._begins, day)
        return self._days[index - 1][1].on(day) if index else []


class Kept(NamedTuple):
    """What a configuration gives a connection to follow: the program for those without a plan, and its plans by name."""

    program: Course | None
    plans: Mapping[str, Plan]

    def course(self, plan: object) -> Course | None:
        """The plan of that name, or the program."""
        return self.plans.get(plan, self.program) if isinstance(plan, str) else self.program
