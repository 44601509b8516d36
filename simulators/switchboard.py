"""The switching part of a cabinet: contactors with their feedback, the breaker before them, the door, the local switch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from simulators.controller import Controller
from simulators.lamp import Lamp
from simulators.orders import Order, Refused, setting

MAIN = "a"  # the segment of the lamps that have a controller


class Switchboard:
    """One contactor for all lamps with a controller (closed unless ordered otherwise), and one for each segment of `side`
    lamps without. These burn at full output while there is power. At first they are as `night` says."""

    def __init__(
        self, id: str, controllers: Iterable[Controller], side: Mapping[str, Sequence[Lamp]], night: bool, now: float
    ) -> None:
        self._id = id
        self._controllers = list(controllers)
        self._side = dict(side)
        self.closed = {MAIN: True} | dict.fromkeys(self._side, night)
        self._closes_at = dict.fromkeys(self.closed, math.inf)
        self._live = {MAIN: True}
        self.door_open = False
        self.breaker = True
        self.remote = True
        for segment, lamps in self._side.items():
            self._live[segment] = night
            for lamp in lamps:
                lamp.powered = night
                lamp.light_at_once(100.0 if night else 0.0)

    @property
    def due(self) -> float:
        """When a contactor closes again by itself."""
        return min(self._closes_at.values())

    def carry_out(self, order: Order, now: float) -> None:
        """Switch the contactor that a `set_level` names; Refused when it cannot."""
        wanted = setting(order, now)
        self.put(order.segment or "", wanted.level > 0, now, wanted.until)

    def put(self, segment: str, closed: bool, now: float, until: float = math.inf) -> None:
        """Switch a contactor; one that opens closes again at `until`. Refused when it cannot."""
        if segment not in self.closed:
            known = ", ".join(map(repr, self.closed))
            raise Refused(f"segment {segment!r}: this cabinet has {known}")
        if not self.remote:
            raise Refused(f"{self._id} is on local: somebody works at the cabinet")
        self.closed[segment] = closed
        self._closes_at[segment] = math.inf if closed else until
        self.supply(now)

    def run(self, now: float) -> bool:
        """Close what is due to close; True when that changed something."""
        due = [segment for segment, at in self._closes_at.items() if at <= now]
        for segment in due:
            self.closed[segment] = True
            self._closes_at[segment] = math.inf
        if due:
            self.supply(now)
        return bool(due)

    def befall(self, do: str, now: float) -> None:
        """Something happens at the cabinet."""
        match do:
            case "door-open" | "door-close":
                self.door_open = do == "door-open"
            case "breaker-open" | "breaker-close":
                self.breaker = do == "breaker-close"
            case "switch-local" | "switch-remote":
                self.remote = do == "switch-remote"
        self.supply(now)

    def supply(self, now: float) -> None:
        """Give and take power as contactors and breaker are."""
        for segment, closed in self.closed.items():
            live = closed and self.breaker
            if live == self._live[segment]:
                continue
            self._live[segment] = live
            if segment == MAIN:
                for controller in self._controllers:
                    controller.supply(live, now)
            for lamp in self._side.get(segment, ()):
                feed(lamp, live, now)

    def powers(self, lamp: Lamp) -> bool:
        """Whether a side lamp has power."""
        return any(self._live[segment] and lamp in lamps for segment, lamps in self._side.items())

    def state(self, now: float) -> dict[str, Any]:
        """The payload (contract: state of a cabinet). The feedback is a contact of the contactor itself."""
        return {
            "t": round(now, 3),
            "segments": dict(self.closed),
            "feedback": dict(self.closed),
            "door": self.door_open,
            "breaker": self.breaker,
            "remote": self.remote,
        }


def feed(lamp: Lamp, live: bool, now: float) -> None:
    """Give a lamp without a controller power, or take it."""
    lamp.advance(now)
    lamp.powered = live
    lamp.drive(100.0 if live else 0.0, 0.0, now)
