"""A lamp with a connection of its own."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from simulators.controller import Controller
from simulators.course import Kept
from simulators.feeder import Feeder
from simulators.lamp import Fault, Lamp
from simulators.orders import Order
from simulators.readings import lamp_readings
from simulators.senml import Sheet
from simulators.station import Manners, Station, Trouble, settling

FAULT_EVENTS = {
    Fault.LED: ("lampFailure", "no light and almost no power although switched on"),
    Fault.DRIVER: ("lampPowerTooLow", "power is far below what the level asks for"),
}


class LampStation(Station):
    """One lamp, one controller, one connection. `pole` is its place on the cabinet's feeder."""

    def __init__(self, controller: Controller, feeder: Feeder, pole: int, manners: Manners, now: float) -> None:
        super().__init__(controller.lamp.id, manners, now)
        self.controller = controller
        self._feeder = feeder
        self._pole = pole
        self._measure_at = math.inf

    def _listens_to(self) -> Collection[str]:
        return self.groups

    def _configure(self, config: Mapping[str, Any], kept: Kept, now: float) -> None:
        before = self.controller.plan
        course = kept.course(config.get("plan"))
        self.controller.configure(course, self.manners.built_in, now, place(config.get("position")))
        if self.controller.plan != before:
            self._say_states(now)

    def _obey(self, order: Order, group: str | None, now: float) -> None:
        if (group is not None and group not in self.groups) or order.device not in (None, self.id):
            return
        answer = self.controller.obey(order, now)
        if answer is None:
            return
        self._step(now, report=order.op == "read")
        self._say_one("result", answer.wire())
        if order.op == "reboot" and answer.outcome == "applied":
            self.controller.reboot(now)
            self.on_reboot()

    def _say_states(self, now: float) -> None:
        self.controller.run(now)
        plan = {"plan": self.controller.plan} if self.controller.plan else {}
        self._say_one("state", self.controller.state(now) | plan, retain=True)

    def _troubles(self) -> frozenset[Trouble]:
        return troubles_of(self.controller.lamp, "")

    def _step(self, at: float, report: bool) -> float:
        if self.controller.run(at):
            self._say_states(at)
            self._measure_at = min(self._measure_at, at + settling(self.key))
        if report or self._measure_at <= at:
            self._measure_at = math.inf
            lamp = self.controller.lamp
            lamp.advance(at)
            voltage = self._feeder.load(at).voltages[self._pole]
            readings = lamp_readings(lamp, at, voltage, self.manners.weather.temperature(at))
            self._say_readings([Sheet(None, round(at, 3), readings)])
        return min(self.controller.due, self._measure_at)


def place(value: Any) -> int | None:
    """A lamp's number along the road, when it is one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def troubles_of(lamp: Lamp, child: str) -> frozenset[Trouble]:
    """What a lamp's own controller finds wrong with it. `child` is its id when a gateway speaks for it."""
    if lamp.fault not in FAULT_EVENTS or not lamp.powered:
        return frozenset()
    return frozenset({Trouble(child, *FAULT_EVENTS[lamp.fault])})
