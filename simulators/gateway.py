"""A cabinet: the gateway that speaks for the lamps of its feeder, with contactors and a meter."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from simulators.controller import Controller
from simulators.course import Kept
from simulators.feeder import Feeder
from simulators.lamp import Fault, Lamp
from simulators.lamp_station import place, troubles_of
from simulators.orders import Answer, Order, Refused, setting
from simulators.readings import cabinet_readings, lamp_readings
from simulators.senml import Sheet
from simulators.station import MOST_IN_ARRAY, Manners, Station, Trouble, names, settling
from simulators.switchboard import Switchboard

_REMEMBERED = 32


class Gateway(Station):
    """One connection for all lamps of a cabinet that have none of their own.

    `children` pairs each controller with its place on the feeder. Dead controllers are children too: the gateway
    hears nothing from them and says so. `side` are the lamps without a controller, by the contactor that switches them.
    """

    def __init__(
        self,
        id: str,
        children: Sequence[tuple[Controller, int]],
        feeder: Feeder,
        manners: Manners,
        now: float,
        side: Mapping[str, Sequence[Lamp]] = MappingProxyType({}),
    ) -> None:
        super().__init__(id, manners, now)
        self.controllers = {controller.lamp.id: controller for controller, _ in children}
        self._poles = {controller.lamp.id: pole for controller, pole in children}
        self._feeder = feeder
        self._members: dict[str, list[Controller]] = {}
        self._states: dict[str, dict[str, Any]] = {}
        self._answers: dict[str, Answer] = {}
        self._measure_at = math.inf
        self._changed: set[str] = set()
        self._plans: dict[str, str] = {}
        night = manners.built_in.in_force(now).level > 0
        self.switchboard = Switchboard(id, self.controllers.values(), side, night, now)

    # --- what it hears --------------------------------------------------------------------------------------------

    def _configure(self, config: Mapping[str, Any], kept: Kept, now: float) -> None:
        children, plans = config.get("children"), config.get("child_plans")
        self._members = {}
        for id, controller in self.controllers.items():
            name, position = _assigned(plans.get(id)) if isinstance(plans, dict) else (None, None)
            controller.configure(kept.course(name), self.manners.built_in, now, position)
            groups = names(children.get(id)) if isinstance(children, dict) else self.groups
            for group in groups:
                self._members.setdefault(group, []).append(controller)

        held = {name: plan.version for name, plan in kept.plans.items()}
        if held != self._plans:
            self._plans = held
            self._note_states(self.controllers.keys(), now)
            self._say_lamps()

    def _listens_to(self) -> Collection[str]:
        return self._members.keys()

    def _obey(self, order: Order, group: str | None, now: float) -> None:
        if group is not None:
            self._pass_on(order, self._members.get(group, ()), now)
        elif order.device is not None and order.device != self.id:
            child = self.controllers.get(order.device)
            if child is None:
                answer = Answer(round(now, 3), order.id, "rejected", f"{self.id} knows no {order.device!r}")
                self._say("result", msgspec.json.encode([answer.wire(order.device)]))
            else:
                self._pass_on(order, (child,), now)
        else:
            self._obey_itself(order, now)

    def _pass_on(self, order: Order, controllers: Sequence[Controller], now: float) -> None:
        answers = []
        for controller in controllers:
            answer = controller.obey(order, now)
            if answer is None:
                continue
            answers.append(answer.wire(controller.lamp.id))
            if order.op == "reboot" and answer.outcome == "applied":
                controller.reboot(now)
            if order.op == "read":
                self._changed.add(controller.lamp.id)
                self._measure_at = now
        self._step(now, report=False)
        self._say_many("result", answers)

    def _obey_itself(self, order: Order, now: float) -> None:
        given = self._answers.get(order.id)
        if given is not None and order.op in ("set_level", "resume") and order.segment is None:
            self._pass_on(order, tuple(self.controllers.values()), now)
        if given is None:
            if order.expires < now:
                return
            try:
                outcome, detail = self._carry_out(order, now)
            except Refused as refusal:
                outcome, detail = "rejected", str(refusal)
            given = Answer(round(now, 3), order.id, outcome, detail)
            self._answers[order.id] = given
            if len(self._answers) > _REMEMBERED:
                del self._answers[next(iter(self._answers))]
        self._say_one("result", given.wire())
        if order.op == "reboot" and given.outcome == "applied":
            self.on_reboot()

    def _carry_out(self, order: Order, now: float) -> tuple[str, str]:
        if order.op == "set_level" and order.segment is not None:
            self.switchboard.carry_out(order, now)
            self._switched(now)
        elif order.op in ("set_level", "resume"):
            if order.op == "set_level":
                setting(order, now)
            self._pass_on(order, tuple(self.controllers.values()), now)
        elif order.op == "read":
            self._say_states(now)
            self._say_readings(self._sheets(now, None))
        elif order.op not in ("identify", "reboot"):
            raise Refused(f"op {order.op!r}: a cabinet knows set_level, resume, identify, read, reboot")
        return "applied", ""

    # --- the feeder -----------------------------------------------------------------------------------------------

    def befall(self, do: str, now: float) -> None:
        """Something happens at the cabinet: its door, its breaker, its local switch."""
        before = self.switchboard.state(now)
        self.switchboard.befall(do, now)
        if self.switchboard.state(now) != before:
            self._switched(now)

    def switch(self, segment: str, closed: bool, now: float) -> None:
        """Switch a contactor by another way than MQTT; Refused when it cannot be."""
        self.switchboard.put(segment, closed, now)
        self._switched(now)

    def metered(self, at: float) -> dict[str, float]:
        """What the feeder's meter shows, by metric in stored units."""
        for lamp in self._feeder.lamps:
            lamp.advance(at)
        energy = sum(lamp.energy for lamp in self._feeder.lamps)
        air = self.manners.weather.temperature(at)
        readings = cabinet_readings(self._feeder.load(at), energy, self.key, at, air)
        return {reading.name: reading.value for reading in readings}

    def _switched(self, now: float) -> None:
        self._say_cabinet(now)
        self._measure_at = min(self._measure_at, now + settling(self.key))

    def _say_cabinet(self, now: float) -> None:
        self._say_one("state", self.switchboard.state(now), retain=True)

    # --- what it says ---------------------------------------------------------------------------------------------

    def _say_states(self, now: float) -> None:
        for controller in self.controllers.values():
            controller.run(now)
        self._say_cabinet(now)
        self._note_states(self.controllers.keys(), now)
        self._say_lamps()

    def _note_states(self, lamps: Iterable[str], now: float) -> None:
        for id in lamps:
            if self.controllers[id].lamp.fault is not Fault.CONTROLLER:
                self._states[id] = self.controllers[id].state(now) | {"d": id}
            else:
                self._states.pop(id, None)

    def _say_lamps(self) -> None:
        """The states of all lamps, also of unchanged ones, after the plans they hold: what the broker retains is then the whole
        cabinet."""
        states = list(self._states.values())
        plans = [{"t": max(state["t"] for state in states), "plans": self._plans}] if states and self._plans else []
        for start in range(0, len(states), MOST_IN_ARRAY):
            self._say("state", msgspec.json.encode(plans + states[start : start + MOST_IN_ARRAY]), retain=True)

    def _troubles(self) -> frozenset[Trouble]:
        found = set()
        for id, controller in self.controllers.items():
            if controller.lamp.fault is Fault.CONTROLLER:
                found.add(Trouble(id, "communicationFailure", "the controller does not answer"))
            found |= troubles_of(controller.lamp, id)
        if self.switchboard.door_open:
            found.add(Trouble("", "cabinetDoorOpen", "the cabinet's door is open"))
        return frozenset(found)

    def _sheets(self, at: float, lamps: set[str] | None) -> list[Sheet]:
        """Readings of the cabinet and of `lamps` (None: all that answer)."""
        load = self._feeder.load(at)
        air = self.manners.weather.temperature(at)
        time = round(at, 3)
        for lamp in self._feeder.lamps:
            lamp.advance(at)
        energy = sum(lamp.energy for lamp in self._feeder.lamps)
        sheets = [Sheet(None, time, cabinet_readings(load, energy, self.key, at, air))]
        for id, controller in self.controllers.items():
            lamp = controller.lamp
            if lamp.fault is Fault.CONTROLLER or not lamp.powered or (lamps is not None and id not in lamps):
                continue
            sheets.append(Sheet(id, time, lamp_readings(lamp, at, load.voltages[self._poles[id]], air)))
        return sheets

    def _step(self, at: float, report: bool) -> float:
        if self.switchboard.run(at):
            self._switched(at)
        changed = [id for id, controller in self.controllers.items() if controller.run(at)]
        if changed:
            self._note_states(changed, at)
            self._say_lamps()
            self._changed.update(changed)
            self._measure_at = min(self._measure_at, at + settling(self.key))
        if report or self._measure_at <= at:
            self._say_readings(self._sheets(at, None if report else self._changed))
            self._measure_at = math.inf
            self._changed = set()
        due = min((controller.due for controller in self.controllers.values()), default=math.inf)
        return min(due, self._measure_at, self.switchboard.due)


def _assigned(value: Any) -> tuple[Any, int | None]:
    """The name of a child's plan and its number along the road."""
    return (value[0], place(value[1])) if isinstance(value, list) and len(value) == 2 else (None, None)
