"""An environment sensor with a connection of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from simulators.course import Kept
from simulators.orders import Answer, Order
from simulators.senml import Sheet
from simulators.station import Station, Trouble
from simulators.weather import environment_readings


class Sensor(Station):
    """Reads the weather, the air and the noise of the city."""

    def _configure(self, config: Mapping[str, Any], kept: Kept, now: float) -> None:
        pass

    def _obey(self, order: Order, group: str | None, now: float) -> None:
        if group is not None or order.expires < now:
            return
        outcome, detail = "applied", ""
        if order.op == "read":
            self._step(now, report=True)
        elif order.op not in ("identify", "reboot"):
            outcome, detail = "rejected", f"op {order.op!r}: a sensor knows identify, read, reboot"
        self._say_one("result", Answer(round(now, 3), order.id, outcome, detail).wire())
        if order.op == "reboot":
            self.on_reboot()

    def _say_states(self, now: float) -> None:
        pass

    def _troubles(self) -> frozenset[Trouble]:
        return frozenset()

    def _step(self, at: float, report: bool) -> float:
        if report:
            readings = environment_readings(self.manners.weather, self.key, at)
            self._say_readings([Sheet(None, round(at, 3), readings)])
        return math.inf
