"""A fire panel with a connection of its own."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from simulators.course import Kept
from simulators.fire.detection import CONDITIONS, Detection, Loops
from simulators.orders import Answer, Order
from simulators.station import Manners, Station, Trouble

LOOPS = Loops(4, 250)
HEARTBEAT = 60.0
_EVENTS = {condition: f"fire{condition.capitalize()}" for condition in CONDITIONS}
_OWN = ""  # the point of what is wrong with the panel itself
_Standing = dict[tuple[str, str], str]


class FireStation(Station):
    """Says every change as an event, and then its whole state, which it says every minute too: that is its heartbeat.

    `shift` is how far its clock is off, in seconds. It takes no orders but `read`.
    """

    def __init__(self, id: str, manners: Manners, now: float) -> None:
        super().__init__(id, manners, now)
        self.shift = 0.0
        self._detection = Detection()
        self._texts: dict[str, str] = {}
        self._said_of_points: _Standing = {}
        self._next_beat = now + HEARTBEAT

    def befall(self, do: str, points: Sequence[str], text: str | None, now: float) -> None:
        """`fire-alarm`, `fire-reset` and so on happens; a `text` is what the panel says of these points from now on."""
        numbers = LOOPS.numbers(points)
        if text is not None:
            self._texts |= dict.fromkeys([LOOPS.name(number) for number in numbers] or [_OWN], text)
        self._detection.befall(do.removeprefix("fire-"), numbers)
        self._say_changes(now)

    def wake_up(self, now: float) -> None:
        super().wake_up(now)
        self._next_beat = now + HEARTBEAT

    def _say_changes(self, now: float) -> None:
        standing, before = self._standing(), self._said_of_points
        self._said_of_points = standing
        for key in standing.keys() - before.keys():
            self._say_event(key, True, standing[key], now)
        for key in before.keys() - standing.keys():
            self._say_event(key, False, before[key], now)
        if standing.keys() != before.keys():
            self._say_states(now)

    def _say_event(self, key: tuple[str, str], active: bool, text: str, now: float) -> None:
        condition, point = key
        event = {"t": self._time(now), "type": _EVENTS[condition], "active": active, "point": point, "text": text}
        self._say_one("event", event)

    def _standing(self) -> _Standing:
        """{(condition, point): text} of all that stands."""
        found: _Standing = {("fault", _OWN): self._text(_OWN)} if self._detection.fault else {}
        for condition, numbers in self._detection.standing().items():
            for number in sorted(numbers):
                point = LOOPS.name(number)
                found[condition, point] = self._text(point)
        return found

    def _text(self, point: str) -> str:
        if point in self._texts or point == _OWN:
            return self._texts.get(point, "Tủ báo cháy: mất nguồn chính")
        number = LOOPS.number(point)
        return f"Đầu báo khói tầng {number // 10 + 1}, phòng {number % 10 + 1}"

    def _time(self, now: float) -> float:
        return round(now + self.shift, 3)

    def _say_states(self, now: float) -> None:
        standing = self._standing()
        counts = {name: sum(condition == name for condition, _ in standing) for name in CONDITIONS}
        points = [{"point": point, "state": name, "text": text} for (name, point), text in standing.items()]
        self._say_one("state", {"t": self._time(now)} | counts | {"points": points}, retain=True)
        self._next_beat = now + HEARTBEAT

    def _obey(self, order: Order, group: str | None, now: float) -> None:
        if group is not None or order.expires < now:
            return
        if order.op == "read":
            self._say_states(now)
        detail = "" if order.op == "read" else f"op {order.op!r}: a fire panel takes nothing from outside but read"
        outcome = "rejected" if detail else "applied"
        self._say_one("result", Answer(self._time(now), order.id, outcome, detail).wire())

    def _step(self, at: float, report: bool) -> float:
        if self._next_beat <= at:
            self._say_states(at)
        return self._next_beat

    def _configure(self, config: Mapping[str, Any], kept: Kept, now: float) -> None:
        pass

    def _listens_to(self) -> Collection[str]:
        return ()

    def _troubles(self) -> frozenset[Trouble]:
        return frozenset()

    def _plan_report(self, now: float) -> None:
        """It measures nothing."""
        self._next_report = math.inf
