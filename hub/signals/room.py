"""The junctions of one hub: what they are watched, ordered and planned by, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from types import MappingProxyType
from zoneinfo import ZoneInfo

import structlog

from hub.background import Background
from hub.control.conditions import Conditions
from hub.model.audit import AuditEntry
from hub.model.commands import Command, Operation
from hub.model.devices import Device, DeviceKind
from hub.model.ids import new_id
from hub.model.junctions import JunctionReport
from hub.model.signals import PlanRecord
from hub.ports import CannotCarry, Clock, Order, ProfileInfo, Unreachable
from hub.registry import Registry, Written
from hub.registry.city import COMMANDABLE, City
from hub.settings import SignalsSettings
from hub.signals.book import Book
from hub.signals.coordination import Coordination
from hub.signals.following import Follower
from hub.signals.judge import Judge
from hub.signals.ledger import Carrying, Ledger
from hub.signals.orders import SignalOrders
from hub.signals.plans import PlanDesk
from hub.signals.rates import Rates
from hub.signals.routes import RouteDesk
from hub.signals.watch import SignalWatch
from hub.signals.waves import Waves

log = structlog.get_logger("lamplighter.signals")
ASK_EVERY = 20.0  # seconds between looks for controllers to be asked for their state
BY = "signals"
GONE = "its junction was deleted"


class SignalRoom:
    """`deadline`: seconds after which an order that is not answered counts as timed out. `send` orders one device at once;
    `tell` is told the junctions that changed, `told_plan` the plan sets."""

    def __init__(
        self,
        settings: SignalsSettings,
        time_zone: str,
        deadline: float,
        city: City,
        registry: Registry,
        clock: Clock,
        carrying: Carrying,
        send: Callable[[Order], Awaitable[None]],
        profiles: Mapping[str, ProfileInfo],
        conditions: Conditions,
        tell: Callable[[Iterable[str]], None] = lambda junctions: None,
        told_plan: Callable[[PlanRecord], None] = lambda record: None,
    ) -> None:
        self.settings = wanted = settings
        self._city, self._registry, self._clock, self._send, self._profiles = city, registry, clock, send, profiles
        self._tell = tell
        self.zone = zone = ZoneInfo(time_zone)
        self._intersections: dict[str, Written] = {}
        self.intersections: Mapping[str, Written] = MappingProxyType(self._intersections)
        """The intersections as people configured them, by junction."""
        self.book = Book(clock, wanted.report_seconds)
        self.judge = Judge(zone, self.intersections, clock)
        self.rates = Rates(clock, wanted.seconds_between_orders, wanted.orders_per_minute)
        self.ledger = Ledger(registry, carrying, zone, tell, told_plan)
        self.orders = SignalOrders(city, self.ledger, self.book, self.judge, self.rates, clock, deadline=deadline)
        self.plans = PlanDesk(
            registry, self.ledger, self.orders, self.judge, clock, approval_days=wanted.approval_days,
            rollback_days=wanted.rollback_days, deadline=wanted.download_seconds,
        )  # fmt: skip
        self.routes = RouteDesk(registry, self.ledger, self.orders, self.rates, clock)
        self.coordination = Coordination(city, self.ledger, self.book, clock, wanted.clock_seconds)
        self.follower = Follower(
            city, registry, self.ledger, self.book, self.orders, clock, download_seconds=wanted.download_seconds,
            follow_seconds=wanted.follow_seconds, rollback_days=wanted.rollback_days,
        )  # fmt: skip
        self.watch = SignalWatch(
            city, self.book, self.ledger, conditions, clock, clock_seconds=wanted.clock_seconds,
            astray_seconds=wanted.astray_seconds,
        )  # fmt: skip
        self.waves = Waves(self.ledger, self.book, self.orders, self.routes, self.rates, clock)
        self._asking = Background("states of junctions", self._ask_silent)
        self._reading: set[asyncio.Task[None]] = set()

    async def load(self) -> None:
        """Take up what held, before anything is heard. Raises RegistryUnavailable."""
        written = await asyncio.to_thread(self._registry.plans.intersections.all)
        self._intersections.update({each.id: each for each in written})
        await self.ledger.load()
        self.orders.load()
        await self.routes.load()
        gone = [
            each
            for each in {**self.ledger.active, **self.ledger.coming, **self.ledger.ruling}
            if each not in self._city.devices
        ]
        if gone:
            await self.follower.close(gone, GONE)

    def start(self, stack: AsyncExitStack) -> None:
        """Begin; `stack` ends it."""
        stack.callback(self.judge.stop)
        for part in (self.follower, self.watch, self._asking):
            part.start()
            stack.push_async_callback(part.stop)

    def take(self, reports: Iterable[JunctionReport]) -> None:
        """What controllers said is durable, or needs no keeping."""
        reports = [each for each in reports if each.device in self._city.devices]
        if reports:
            self.follower.take(reports)
            self._tell([each.device for each in reports])

    def junctions(self) -> list[Device]:
        """The junctions of the city, by id."""
        found = [each for each in self._city.devices.values() if each.kind is DeviceKind.JUNCTION]
        return sorted(found, key=lambda device: device.id)

    # --- the state of a controller, when it is asked ---------------------------------------------------------------------

    async def read(self, junction: str, by: str, every: float | None = None, seconds: float | None = None) -> None:
        """Ask a controller for its state, once or `every` so many seconds for a while. Raises Unreachable, CannotCarry."""
        asked = {} if every is None or seconds is None else {"every": every, "for": seconds}
        now = self._clock.now()
        command = Command(new_id("read"), Operation.READ, now, by, self._clock.ahead(60.0), signal=asked or None)
        await self._send(Order(command, device=junction))

    def ask_all(self) -> None:
        """The way to the controllers is there again: ask all that are in service."""
        self.ask([each.id for each in self.junctions() if each.status in COMMANDABLE])

    def ask(self, junctions: Iterable[str]) -> None:
        """Ask controllers soon; those that cannot be reached are asked again when they are looked for."""
        for junction in junctions:
            task = asyncio.create_task(self._ask(junction), name="state of a junction")
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)

    async def _ask(self, junction: str) -> None:
        try:
            await self.read(junction, BY)
        except (Unreachable, CannotCarry) as error:
            log.debug("a junction cannot be asked", junction=junction, error=str(error))

    async def _ask_silent(self) -> None:
        for junction in self.junctions():
            info = self._profiles.get(junction.profile)
            can = info is not None and Operation.READ in info.operations
            if can and junction.status in COMMANDABLE and not self.book.fresh(junction.id):
                await self._ask(junction.id)
        await asyncio.sleep(ASK_EVERY)

    # --- what people configure -------------------------------------------------------------------------------------------

    async def configure(self, junction: str, body: dict[str, object], by: str) -> Written:
        """Keep the intersection that the controller of a junction is configured for."""
        async with self.ledger.turn:
            now, shelf = self._clock.now(), self._registry.plans.intersections
            new = Written(junction, body, now, by)
            line = AuditEntry(now, by, "intersection.configured", junction, {"body": body})
            write = shelf.replace if junction in self._intersections else shelf.add
            await asyncio.to_thread(write, new, audit=line)
            self._intersections[junction] = new
        self._tell([junction])
        return new

    async def deleted(self, junction: str) -> None:
        """A device was deleted: plan sets and orders of a junction are closed, the audit stays. Raises RegistryUnavailable."""
        await self.follower.close([junction], GONE)
        if junction in self._intersections:
            line = AuditEntry(self._clock.now(), "", "intersection.deleted", junction)
            await asyncio.to_thread(self._registry.plans.intersections.delete, junction, audit=line)
            del self._intersections[junction]
        self.rates.forget(junction)
        self.watch.forget(junction)
