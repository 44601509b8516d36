"""A controller's own calendar: which of its programs runs when nobody orders another, by local time."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


class Timetable:
    """`days` has the (minute after midnight, program) of each day of the week, Monday first, ascending from minute 0."""

    def __init__(self, days: Sequence[Sequence[tuple[int, str]]], zone: ZoneInfo) -> None:
        self._days, self._zone = days, zone
        self._from, self._to, self._program = math.inf, -math.inf, ""

    @classmethod
    def weekly(cls, plans: Mapping[str, Sequence[tuple[int, str]]], week: Sequence[str], zone: ZoneInfo) -> Timetable:
        """From day plans and which of them each day of the week has."""
        return cls([plans[each] for each in week], zone)

    def at(self, now: float) -> str:
        """The program at so many Unix seconds."""
        self._look(now)
        return self._program

    def next_change(self, now: float) -> float:
        """When the one of `now` ends, or the day does."""
        self._look(now)
        return self._to

    def _look(self, now: float) -> None:
        if self._from <= now < self._to:
            return
        local = datetime.fromtimestamp(now, self._zone)
        entries = self._days[local.weekday()]
        number = bisect_right([minute for minute, _ in entries], local.hour * 60 + local.minute) - 1
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        self._program, self._from = entries[number][1], now
        ends = (
            midnight + timedelta(minutes=entries[number + 1][0])
            if number + 1 < len(entries)
            else midnight + timedelta(days=1)
        )
        found = ends.replace(fold=1).astimezone(UTC).timestamp()
        self._to = found if found > now else now + 60.0  # the hour that comes twice
