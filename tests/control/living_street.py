"""A street whose lamps live: they keep their program, end their overrides themselves, lose power and start anew.

What the lamps, contactors and sensors do outlives the hub: `restarted` gives the same street to a new one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from hub.control.dead_sensors import DeadSensors
from hub.control.following import Standing
from hub.control.sensing import Sensing
from hub.control.sensors import Sensors
from hub.control.why import Explainer
from hub.model.commands import Command, Operation, Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause, LightReport
from hub.model.presence import PresenceCopy
from hub.model.readings import Row
from hub.model.reports import PresenceReport, ResultReport
from hub.ports import Order, Unreachable
from hub.registry import Registry, Written
from hub.registry.city import FED, NATIVE
from schedules.program_reader import parse_program
from tests.control.fed_street import CABINET, FedStreet

GAUGE = "gauge"
BULB = "bulb"  # says its level and nothing else, keeps no program, in le-loi
RAIN = {
    "id": "rain", "name": "Rain", "zone": "ward-1", "kind": "raise", "sensors": [GAUGE], "metric": "rain_rate",
    "above": 1.0, "level": 80, "hold": 600, "by_day": True,
}  # fmt: skip


@dataclass
class Lamp:
    """A controller with a program of its own."""

    level: float
    cause: Cause = Cause.PROGRAM
    until: float | None = None
    command: str | None = None
    powered: bool = True
    connected: bool = True

    @property
    def there(self) -> bool:
        """Whether it hears and is heard."""
        return self.powered and self.connected


@dataclass
class LivingStreet(FedStreet):
    """A FedStreet with a rain gauge, a rule for ward-1 and a bulb. A cabinet says its state when that changes."""

    others: dict[str, str] = field(default_factory=lambda: {BULB: "stateful"})
    lights: int = 6
    tries: int = 2
    deadline: float = 0.25
    lamps: dict[str, Lamp] = field(default_factory=dict)
    bulb: float = 0.0
    steps: list[dict[str, Any]] | None = None
    presence: PresenceCopy | None = None

    def __post_init__(self) -> None:
        registry = Registry(f"sqlite:///{self.folder / 'registry.db'}")
        known = bool(registry.devices.all())
        registry.close()
        super().__post_init__()
        if not known:
            gauge = Device(GAUGE, GAUGE, DeviceKind.ENVIRONMENT, zone="city")
            self.registry.devices.add_many([gauge], {})
            self.city.put_devices([gauge])
        if self.steps is not None:
            self.program(self.steps)
        self.sensing = Sensing(
            self.city, self.arbiter, self.timetable, Sensors(self.city, self.board, lambda device: {}),
            DeadSensors(self.city, self.board, self.registry, self.looks, self.clock), self.desk, self.clock,
        )  # fmt: skip
        self.sensing.load([Written("rain", RAIN, 0.0, "admin")])
        self.explainer = Explainer(self.city, self.arbiter, self.timetable, self.board, self.desk, self.abilities)
        self.board.cabinets.take(self.registry.cabinets.all())
        if self.presence is not None:
            self.board.restore(self.presence)
        for name in self.city.lights(["city"]):
            if self.city.devices[name].profile == NATIVE:
                self.lamps.setdefault(name, Lamp(self.planned(name)))

    # --- the hub ---------------------------------------------------------------------------------------------------

    async def restarted(self) -> LivingStreet:
        """A new hub in the same street."""
        await self.dispatcher.stop()
        self.registry.close()
        same = {name: getattr(self, name) for name in (
            "folder", "clock", "lamps", "bulb", "segments", "feedback", "door", "breaker", "remote", "steps",
        )}  # fmt: skip
        again = LivingStreet(**same, presence=self.board.copy())
        await again.desk.load()
        again.retained()
        return again

    async def clock_set(self) -> None:
        self.sensing.clock_set()
        await super().clock_set()

    async def look(self) -> None:
        """What the hub does by itself, once."""
        await self.ticks.look()
        await self.sensing.look()
        await self.watch.look()
        await self.reconciler.look()
        self.none_overlooked()

    def none_overlooked(self) -> None:
        """Every stray will be looked at next time: to look at what something happened to is as good as to look at everything."""
        now = self.clock.now()
        wanted = self.looks.take(now + 1)  # whole seconds
        self.looks.want(wanted)
        judged = {light: self.following.judge(self.city.devices[light], now) for light in self.city.lights(["city"])}
        strays = {light for light, each in judged.items() if each.standing is Standing.ASTRAY}
        assert strays - self.dispatcher.busy() <= set(wanted)

    async def idle(self) -> None:
        """Return when no order is under way."""
        for _ in range(1000):
            if not self.dispatcher.busy():
                return
            await asyncio.sleep(0.005)
        raise AssertionError(f"orders are still under way to {self.dispatcher.busy()}")

    async def settle(self) -> None:
        """Return when a few looks in a row order nothing; fail when that never comes."""
        quiet = 0
        for _ in range(12):
            before = len(self.orders)
            self.live()
            await self.look()
            await self.idle()
            quiet = quiet + 1 if len(self.orders) == before else 0
            if quiet == 2:
                return
        raise AssertionError(f"messages flow without end: {[self.told(each) for each in self.orders[-6:]]}")

    @staticmethod
    def told(order: Order) -> tuple[str | None, str | None, float | None, str]:
        return order.zone or order.device, order.segment, order.command.level, order.command.by

    def program(self, steps: list[dict[str, Any]]) -> None:
        """The program of all lights is another from now on."""
        self.steps = steps
        body = {"id": "night", "steps": steps}
        self.timetable.put_program(Written("night", body, 0.0, "admin"), parse_program(body))

    def change(self, name: str, **changes: Any) -> None:
        """A device is edited."""
        device = replace(self.city.devices[name], **changes)
        self.registry.devices.update(device)
        self.city.put_devices([device])
        self.supply()

    def anew(self, name: str) -> None:
        """A light is deleted, and registered again."""
        device = self.city.devices[name]
        self.registry.devices.delete(name)
        self.city.drop_device(name)
        self.board.forget(name)
        self.registry.devices.add_many([device], {})
        self.city.put_devices([device])
        if name in self.lamps:
            self.take(presence=[PresenceReport(name, self.lamps[name].there, self.clock.now())])
            self.speak([name])

    def move(self, zone: str, parent: str) -> None:
        """A zone is hung below another."""
        moved = replace(self.city.tree.zones[zone], parent=parent)
        self.registry.zones.update(moved)
        self.city.put_zone(moved)

    # --- the street ------------------------------------------------------------------------------------------------

    def planned(self, name: str) -> float:
        return self.arbiter.planned(self.city.devices[name], self.clock.now()).level

    def does(self, name: str) -> float:
        """What a light really does."""
        device = self.city.devices[name]
        if device.profile == FED:
            return 100.0 if self.live_behind(device.feed) else 0.0
        if name == BULB:
            return self.bulb
        return self.lamps[name].level if self.lamps[name].powered else 0.0

    def live_behind(self, feed: str | None) -> bool:
        return feed is None or (self.breaker and self.feedback[feed.removeprefix(f"{CABINET}/")])

    def live(self) -> None:
        """Lamps follow their own program and end their own overrides."""
        now = self.clock.now()
        for name, lamp in self.lamps.items():
            if not lamp.powered:
                continue
            if lamp.until is not None and lamp.until <= now:
                lamp.cause, lamp.until, lamp.command = Cause.PROGRAM, None, None
            elif lamp.cause is not Cause.PROGRAM or lamp.level == self.planned(name):
                continue
            lamp.level = self.planned(name)
            self.speak([name])

    def speak(self, names: Iterable[str]) -> None:
        """These lamps say their state."""
        now = self.clock.now()
        spoken = [(name, self.lamps[name]) for name in names if self.lamps[name].there]
        said = [LightReport(name, lamp.level, lamp.cause, now, now, lamp.command) for name, lamp in spoken]
        self.take(lights=said)

    def supply(self) -> None:
        """Lamps behind contactors lose power, or start anew."""
        now = self.clock.now()
        for name, lamp in self.lamps.items():
            powered = self.live_behind(self.city.devices[name].feed)
            if powered is not lamp.powered:
                lamp.powered = powered
                lamp.cause, lamp.until, lamp.command = Cause.PROGRAM, None, None
                lamp.level = self.planned(name)
                self.take(presence=[PresenceReport(name, lamp.there, now)])
                self.speak([name])

    def cabinet(self, **changes: Any) -> None:
        """Something happens at the cabinet, which says so."""
        self.report(**changes)
        self.supply()

    def connect(self, name: str, connected: bool) -> None:
        """A lamp's connection ends, or is there again."""
        self.lamps[name].connected = connected
        self.take(presence=[PresenceReport(name, self.lamps[name].there, self.clock.now())])
        self.speak([name])

    def local(self, name: str, level: float) -> None:
        """A technician switches a lamp on the spot."""
        lamp = self.lamps[name]
        if lamp.powered:
            lamp.level, lamp.cause, lamp.until, lamp.command = level, Cause.LOCAL, None, None
            self.speak([name])

    def rain(self, rate: float) -> None:
        now = self.clock.now()
        self.sensing.take([Row(GAUGE, DeviceKind.ENVIRONMENT, now, now, {"rain_rate": rate})])

    def retained(self) -> None:
        """What the broker holds comes again: presence and states."""
        now = self.clock.now()
        self.take(presence=[PresenceReport(name, lamp.there, now) for name, lamp in self.lamps.items()])
        self.take(presence=[PresenceReport(CABINET, True, now)])
        self.beat()

    def beat(self) -> None:
        """Everything that has power says its state, as it does every few minutes."""
        self.report()
        self.speak(self.lamps)
        self.say(BULB, self.bulb)

    def arrive(self) -> None:
        """Everything comes online."""
        self.retained()
        self.take(presence=[PresenceReport(BULB, True, self.clock.now())])

    # --- orders ----------------------------------------------------------------------------------------------------

    async def send(self, order: Order) -> None:
        if not self.broker:
            raise Unreachable("the broker is away")
        self.orders.append(order)
        if order.segment is not None:
            self.switch(order)
            return
        reached = self.city.lights([order.zone]) if order.zone else [str(order.device)]
        lamps = [name for name in reached if name in self.lamps and self.lamps[name].there]
        for name in lamps:
            self._hold(self.lamps[name], name, order.command)
        self.speak(lamps)
        now = self.clock.now()
        self.take(results=[ResultReport(name, order.command.id, Outcome.APPLIED, now, now) for name in lamps])
        if order.device == BULB and order.command.level is not None:
            self.bulb = order.command.level
            self.say(BULB, self.bulb)

    def _hold(self, lamp: Lamp, name: str, command: Command) -> None:
        if command.operation is Operation.SET_LEVEL and command.level is not None:
            lamp.level, lamp.cause, lamp.until, lamp.command = (
                command.level, Cause.OVERRIDE, command.until, command.id,
            )  # fmt: skip
        else:
            lamp.level, lamp.cause, lamp.until, lamp.command = self.planned(name), Cause.PROGRAM, None, None

    def switch(self, order: Order) -> None:
        """A contactor is switched; the cabinet says its state when that is another, then the result."""
        assert order.segment is not None and order.command.level is not None
        now, on = self.clock.now(), order.command.level > 0
        outcome = Outcome.APPLIED if self.remote else Outcome.REJECTED
        if self.remote and (self.segments[order.segment], self.feedback[order.segment]) != (on, on):
            self.segments[order.segment] = self.feedback[order.segment] = on
            self.report()
            self.supply()
        self.take(results=[ResultReport(CABINET, order.command.id, outcome, now, now)])
