"""A signal controller with a connection of its own (docs/signals-wire.md)."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

from simulators.course import Kept
from simulators.junctions.controller import SignalController
from simulators.junctions.detectors import Detectors
from simulators.orders import Answer, Order, Refused
from simulators.senml import Reading, Sheet
from simulators.station import Manners, Station, Trouble

HEARTBEAT = 60.0
LONGEST_WATCH = 3600.0
_REMEMBERED = 32
_OFF = 1.0  # s that a clock is off from which on that is told at once
_EDGE = 1e-4  # s after the beginning of a second at which it is looked at
_Standing = dict[tuple[str, str], str]


class JunctionStation(Station):
    """Says its state each minute, when it changes in more than the second of its cycle, and as often as it was asked to."""

    def __init__(self, id: str, controller: SignalController, manners: Manners, now: float) -> None:
        super().__init__(id, manners, now)
        self.controller = controller
        self.detectors = Detectors(self.key, controller.crossing.detectors, now)
        self._answers: dict[str, Answer] = {}
        self._conditions: _Standing = {}
        self._summary: tuple[Any, ...] = ()
        self._next_beat = now + HEARTBEAT
        self._watch_every, self._watch_until, self._watch_next = 0.0, -math.inf, math.inf
        self._total = 0
        self.on_lost = lambda now: controller.clock.network(
            False, now
        )  # and with the network true time, and nothing else

    # --- what it says ---------------------------------------------------------------------------------------------

    def greet(self, now: float) -> None:
        self.controller.clock.network(True, now)
        super().greet(now)

    def wake_up(self, now: float) -> None:
        super().wake_up(now)
        self._next_beat = now + HEARTBEAT

    def state(self, now: float) -> dict[str, Any]:
        """What it says of itself."""
        controller, runner = self.controller, self.controller.runner
        controller.advance(now)
        self.detectors.advance(now)
        shows, held = runner.shows, controller.held
        program = controller.stored.get(shows.name or "")
        tripped, runs = controller.fault is not None, shows.program is not None
        faults = [controller.fault] if controller.fault is not None else []
        return {
            "t": self._time(now),
            "mode": controller.mode,
            "plan": None if tripped else shows.name,
            "stage": shows.program.stages[runner.second] if shows.program is not None and not tripped else None,
            "second": runner.second if runs and not tripped else None,
            "cycle": shows.program.cycle if shows.program is not None and not tripped else None,
            "groups": controller.letters,
            "clock_error": round(controller.clock.error(now), 3),
            "checksum": program.checksum if program is not None and not tripped else None,
            "faults": faults + list(controller.faults),
            "by": controller.by,
            "selected": held.plan if held is not None else None,
            "until": held.until if held is not None and math.isfinite(held.until) else None,
            "command": held.command if held is not None else None,
            "correction": runner.correction if runs and not tripped else 0,
            "stored": {name: each.checksum for name, each in sorted(controller.stored.items())},
            "detectors": self.detectors.say(controller.letters, now),
        }

    def say_faults(self, now: float) -> None:
        standing, before = self._standing(), self._conditions
        self._conditions = standing
        for key in standing.keys() - before.keys():
            self._say_event(key, True, standing[key], now)
        for key in before.keys() - standing.keys():
            self._say_event(key, False, before[key], now)

    def _say_event(self, key: tuple[str, str], active: bool, text: str, now: float) -> None:
        type, point = key
        event = {"t": self._time(now), "type": type, "active": active, "point": point, "text": text}
        self._say_one("event", event)

    def _standing(self) -> _Standing:
        controller = self.controller
        found: _Standing = {}
        if controller.fault is not None:
            own = controller.fault.partition(":")[0] in ("controller", "lamp")
            kind = "signalFault" if own else "signalConflict"
            found[kind, ""] = f"failed to flash: {controller.fault}"
        if controller.spot is not None:
            found["signalLocal", ""] = "police panel" if controller.spot == "manual" else "set to local on the spot"
        for fault in controller.faults:
            found["signalLampFailure", fault.partition(":")[2]] = "lamp failed"
        for detector in self.detectors.broken:
            found["detectorFailure", detector] = "detector failed"
        return found

    def _say_states(self, now: float) -> None:
        self._say_one("state", self.state(now), retain=True)
        self._summary = self._brief(now)
        self._next_beat = now + HEARTBEAT

    def _brief(self, now: float) -> tuple[Any, ...]:
        """What is told at once when it changes."""
        controller, runner = self.controller, self.controller.runner
        return (
            controller.mode, controller.by, controller.held, runner.shows, bool(runner.correction),
            *controller.faults, controller.fault, len(self.detectors.broken),
            abs(controller.clock.error(now)) >= _OFF,
        )  # fmt: skip

    def _time(self, now: float) -> float:
        return round(self.controller.clock.read(now), 3)

    # --- what it is told ------------------------------------------------------------------------------------------

    def _obey(self, order: Order, group: str | None, now: float) -> None:
        if group is not None or order.expires < self.controller.clock.read(now):
            return
        answer = self._answers.get(order.id)
        if answer is None:
            self.controller.advance(now)
            answer = self._answers[order.id] = self._carry_out(order, now)
            if len(self._answers) > _REMEMBERED:
                del self._answers[next(iter(self._answers))]
        self._say_states(now)
        self._say_one("result", answer.wire())
        if order.op == "reboot" and answer.outcome == "applied":
            self.on_reboot()

    def _carry_out(self, order: Order, now: float) -> Answer:
        known: dict[str, Callable[[Order, float], None]] = {
            "signal_plan": self._plan, "signal_mode": self._mode, "read": self._read,
            "identify": lambda order, now: None, "reboot": lambda order, now: self.controller.restart(now),
        }  # fmt: skip
        outcome, detail = "applied", ""
        try:
            if order.op not in known:
                raise Refused(f"op {order.op!r:.40}: a signal controller knows {', '.join(known)}")
            known[order.op](order, now)
        except Refused as refused:
            outcome, detail = "rejected", str(refused)
        return Answer(self._time(now), order.id, outcome, detail)

    def _plan(self, order: Order, now: float) -> None:
        name, program, checksum = (order.wire.get(key) for key in ("plan", "program", "checksum"))
        activate = order.wire.get("activate", True)
        if not isinstance(name, str) or not name or not isinstance(activate, bool):
            raise Refused('write "plan": the name of a program, and "activate": true or false')
        if program is not None:
            self.controller.store(name, program, checksum)
        if activate:
            self.controller.select(order.id, name, checksum, self._until(order), now)
        elif program is None:
            raise Refused('there is nothing to do: give a "program" to store, or leave out "activate"')

    def _mode(self, order: Order, now: float) -> None:
        mode = order.wire.get("mode")
        if mode == "local":
            self.controller.let_go()
        elif mode in ("flash", "dark"):
            until = self._until(order)
            if math.isinf(until):
                raise Refused(f"{mode} without an end: give until, as Unix seconds")
            self.controller.rest(order.id, mode, until, now)
        else:
            raise Refused(f"mode {mode!r:.40}: write flash, dark or local")

    def _read(self, order: Order, now: float) -> None:
        every, lasts = order.wire.get("every"), order.wire.get("for")
        if every is None and lasts is None:
            return
        for name, value in (("every", every), ("for", lasts)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= LONGEST_WATCH:
                raise Refused(f"{name} {value!r:.40}: give seconds from 1 to {LONGEST_WATCH:g}")
        assert every is not None and lasts is not None
        self._watch_every, self._watch_until, self._watch_next = float(every), now + lasts, now + every

    @staticmethod
    def _until(order: Order) -> float:
        if order.until is None:
            return math.inf
        if isinstance(order.until, bool) or not isinstance(order.until, int | float):
            raise Refused(f"until {order.until!r:.40}: give Unix seconds")
        return float(order.until)

    # --- what it does at its times --------------------------------------------------------------------------------

    def _step(self, at: float, report: bool) -> float:
        controller = self.controller
        controller.advance(at)
        if self._watch_next <= at:
            ends = self._watch_next >= self._watch_until
            self._watch_next = math.inf if ends else max(self._watch_next + self._watch_every, at)
            self._say_states(at)
        if self._next_beat <= at or self._brief(at) != self._summary:
            self._say_states(at)
            self.say_faults(at)
        if report:
            self.detectors.advance(at)
            total, self._total = self.detectors.total - self._total, self.detectors.total
            self._say_readings([Sheet(None, round(at, 3), [Reading("traffic_count", "count", total)])])
        own = controller.clock.read(at)
        if controller.settled and controller.shown is None:
            change = controller.next_change(at) + _EDGE
        else:
            change = at + (math.floor(own) + 1 - own) + _EDGE
        return max(min(change, self._next_beat, self._watch_next), at + _EDGE)

    def _configure(self, config: Mapping[str, Any], kept: Kept, now: float) -> None:
        pass

    def _listens_to(self) -> Collection[str]:
        return ()

    def _troubles(self) -> frozenset[Trouble]:
        return frozenset()

    # --- what it keeps --------------------------------------------------------------------------------------------

    def holds(self) -> Mapping[str, Any]:
        return {"signals": self.controller.keeps()}

    def recall(self, config: Mapping[str, Any], now: float) -> None:
        kept = config.get("signals")
        if isinstance(kept, dict):
            self.controller.recall(kept, now)
