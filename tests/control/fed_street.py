"""A street with a cabinet: lights with a controller and lights without one behind its contactors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hub.control.answers import Reading
from hub.control.cabinet_watch import CabinetWatch
from hub.control.feeding import Feeding
from hub.model.cabinets import CabinetReport
from hub.model.commands import Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.light import LightReport
from hub.model.reports import EventReport, PresenceReport, ResultReport
from hub.ports import Delivery, Lane, Order
from hub.registry.city import FED
from tests.control.street import Street

CABINET = "cab-1"
SIDE = ("side-0", "side-1", "side-2")  # without controllers, on segment b, in hung-vuong
OTHER = ("other-0", "other-1")  # without controllers, on segment c, in le-loi


@dataclass
class FedStreet(Street):
    """The street of Street with a cabinet in le-loi. lamp-0000 hangs on segment a; `SIDE` and `OTHER` have no controller.

    The cabinet answers orders to its segments unless it is among the `dead`; `stuck` contactors do not follow.
    """

    stuck: set[str] = field(default_factory=set)
    segments: dict[str, bool] = field(default_factory=lambda: {"a": True, "b": False, "c": False})
    feedback: dict[str, bool] = field(default_factory=lambda: {"a": True, "b": False, "c": False})
    door: bool = False
    breaker: bool = True
    remote: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if CABINET not in self.city.devices:
            light = DeviceKind.LIGHT
            devices = [Device(CABINET, CABINET, DeviceKind.CABINET, zone="le-loi")]
            devices += [Device(name, name, light, FED, "hung-vuong", feed=f"{CABINET}/b") for name in SIDE]
            devices += [Device(name, name, light, FED, "le-loi", feed=f"{CABINET}/c") for name in OTHER]
            self.registry.devices.add_many(devices, {})
            lamp = self.city.devices["lamp-0000"]
            fed = Device(lamp.id, lamp.name, lamp.kind, zone=lamp.zone, feed=f"{CABINET}/a")
            self.registry.devices.update(fed)
            self.city.put_devices([*devices, fed])
        self.reading = Reading(self)
        self.reading.read = self.answers.read
        self.reading.extend = Feeding(
            self.city, self.board.cabinets, self.answers.read, self.dispatcher.expected
        ).extend
        self.watch = CabinetWatch(self.board, self.registry, self.clock, self.looks)

    # --- the inbox -------------------------------------------------------------------------------------------------

    def put(self, lane: Lane, delivery: Delivery) -> None:
        """What the ingest loop does with a delivery."""
        effects = self.desk.effects(delivery.lights, delivery.results)
        recorded = self.registry.reports.record(
            lights=delivery.lights, in_effect=effects, results=delivery.results, events=delivery.events,
            cabinets=delivery.cabinets,
        )  # fmt: skip
        changed = self.board.take(
            [], delivery.lights, effects, recorded.new_events, delivery.presence, (), delivery.cabinets
        )
        self.looks.devices(changed)
        self.dispatcher.observe(recorded.changed)

    def full(self, lane: Lane) -> bool:
        return False

    def gives_way(self, lane: Lane) -> bool:
        return False

    async def room(self, lane: Lane) -> None:
        return

    def take(
        self,
        lights: Iterable[LightReport] = (),
        results: Iterable[ResultReport] = (),
        presence: Iterable[PresenceReport] = (),
        events: Iterable[EventReport] = (),
        cabinets: Iterable[CabinetReport] = (),
    ) -> None:
        self.reading.put(
            Lane.URGENT,
            Delivery(
                lambda: None, lights=list(lights), results=list(results), presence=list(presence), events=list(events),
                cabinets=list(cabinets),
            ),
        )  # fmt: skip

    # --- the cabinet -----------------------------------------------------------------------------------------------

    def report(self, **changes: Any) -> None:
        """The cabinet says its state, after `changes`."""
        for name, value in changes.items():
            setattr(self, name, value)
        now = self.clock.now()
        said = CabinetReport(
            CABINET, now, now, dict(self.segments), dict(self.feedback), self.door, self.breaker, self.remote
        )
        self.take(cabinets=[said])

    def arrive(self) -> None:
        """Everything comes online."""
        now = self.clock.now()
        self.take(presence=[PresenceReport(CABINET, True, now)])
        self.report()
        self.online(*(name for name in self.city.lights(["city"]) if name.startswith("lamp-")))

    async def send(self, order: Order) -> None:
        if order.segment is None:
            await super().send(order)
            return
        self.orders.append(order)
        if CABINET not in self.dead:
            self.switch(order)

    def switch(self, order: Order) -> None:
        """The cabinet's answer: its new state, then the result."""
        assert order.device == CABINET and order.segment is not None and order.command.level is not None
        now, on = self.clock.now(), order.command.level > 0
        if not self.remote:
            self.take(results=[ResultReport(CABINET, order.command.id, Outcome.REJECTED, now, now, "on local")])
            return
        self.segments[order.segment] = on
        if order.segment not in self.stuck:
            self.feedback[order.segment] = on
        self.report()
        self.take(results=[ResultReport(CABINET, order.command.id, Outcome.APPLIED, now, now)])

    def sent(self) -> list[tuple[str, str, float | None]]:
        """(cabinet, segment, level) of the orders to contactors."""
        return [(str(each.device), each.segment, each.command.level) for each in self.orders if each.segment]

    def targets(self, command: str) -> dict[str, tuple[str, str]]:
        """{light: (outcome, detail)} of a command."""
        found = self.registry.orders.targets(command, None, None, 100)
        return {target.device: (target.outcome.value, target.detail) for target in found}
