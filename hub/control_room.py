"""What decides and orders in one hub: built, started and ended together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

from hub.api.live.screens import Screens
from hub.carriers import Carriers
from hub.control.abilities import Abilities
from hub.control.approvals import ApprovalDesk
from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.control.cabinet_watch import CabinetWatch
from hub.control.configs import Configurator
from hub.control.dead_sensors import DeadSensors
from hub.control.desk import OrderDesk
from hub.control.dispatch import Dispatcher
from hub.control.following import Following
from hub.control.holdings import Holdings
from hub.control.limits import Bounds, Limits
from hub.control.looks import Looks
from hub.control.plans import Plans
from hub.control.reconciler import Reconciler
from hub.control.sensing import Sensing
from hub.control.sensors import Known, Sensors
from hub.control.ticks import Ticks
from hub.control.timetable import Timetable
from hub.control.turns import Turns
from hub.control.unresponsive import Unresponsive
from hub.control.why import Explainer
from hub.ports import Clock, DeviceConfig
from hub.registry import Registry
from hub.registry.city import City
from hub.settings import Settings
from hub.telemetry.batch import Ingested


class ControlRoom:
    """Everything between what is known of the city (`board`) and what its lights are told.

    `latest` gives the newest values of a device, by metric.
    """

    def __init__(
        self,
        settings: Settings,
        city: City,
        registry: Registry,
        timetable: Timetable,
        arbiter: Arbiter,
        abilities: Abilities,
        board: Board,
        screens: Screens,
        carriers: Carriers,
        clock: Clock,
        latest: Callable[[str], Mapping[str, Known]],
    ) -> None:
        control, bounds = settings.control, settings.limits.model_dump()
        self._city, self._registry, self._board = city, registry, board
        self._looks = looks = Looks(city, timetable, board, screens)
        self.dispatcher = dispatcher = Dispatcher(
            city, board, registry, clock, carriers.send, looks, abilities,
            tries=control.tries, retry_after=control.retry_after,
            turns=Turns(city, gateway=control.gateway_rate, broker=control.broker_rate),
        )  # fmt: skip
        self.limits = Limits(city, arbiter, clock, Bounds(**bounds | {"road_kinds": tuple(settings.limits.road_kinds)}))
        self.desk = desk = OrderDesk(
            city,
            arbiter,
            registry,
            dispatcher,
            clock,
            looks,
            deadline=control.deadline,
            limits=self.limits,
            left_alone=board.local_until,
        )
        self.approvals = ApprovalDesk(registry, desk, clock, screens.approval)
        self.explainer = Explainer(city, arbiter, timetable, board, desk, abilities)
        plans = Plans(city, timetable, arbiter, clock)
        self.holdings = Holdings(city, plans, abilities, board, clock)
        self.configurator = Configurator(
            city, plans, self.holdings, registry, clock, carriers.configure, carriers.forget,
            settings.lighting.report_every,
        )  # fmt: skip
        following = Following(
            arbiter, board, abilities, clock, dispatcher.last_told, configured=self.configurator.changed
        )
        self.reconciler = Reconciler(
            city, board, registry, desk, dispatcher, clock, following, Unresponsive(board, registry, looks, clock),
            looks, tries=control.unresponsive_after,
        )  # fmt: skip
        self.cabinets = CabinetWatch(board, registry, clock, looks)
        self.ticks = Ticks(
            city, arbiter, timetable, abilities, following, desk, dispatcher, clock, jumped=self._clock_set
        )
        self.when_clock_set: list[Callable[[], Awaitable[None]]] = []
        self.sensing = Sensing(
            city, arbiter, timetable, Sensors(city, board, latest), DeadSensors(city, board, registry, looks, clock),
            desk, clock,
        )  # fmt: skip

    async def load(self) -> None:
        """Take up what the last run ordered, and the sensor rules, before anything is heard: what lights answered meanwhile
        belongs to these commands."""
        self.sensing.load(await asyncio.to_thread(self._registry.plans.sensing.all))
        await self.desk.load()

    async def _clock_set(self) -> None:
        """The clock jumped: no part believes a time that lies ahead. Raises RegistryUnavailable, and is told once more."""
        for part in (self.limits, self.sensing, self.holdings, self.configurator):
            part.clock_set()
        for tell in self.when_clock_set:
            await tell()
        await self.reconciler.clock_set()

    def start(self, stack: AsyncExitStack) -> None:
        """Begin to look after the lights; `stack` ends it."""
        for part in (self.configurator, self.reconciler, self.cabinets, self.ticks, self.sensing):
            part.start()
            stack.push_async_callback(part.stop)

    def config(self, device: str) -> DeviceConfig | None:
        """What a native device with a connection of its own is to hold now."""
        known = self._city.device(device)
        return self.configurator.config(known) if known is not None else None

    def take(self, ingested: Ingested) -> None:
        """Take in a batch that is durable."""
        changed = self._board.take(
            ingested.rows, ingested.lights, ingested.effects, ingested.recorded.new_events, ingested.presence,
            ingested.rejected, ingested.cabinets,
        )  # fmt: skip
        self._looks.devices(changed)
        self.holdings.take(ingested.plans)
        self.dispatcher.observe(ingested.recorded.changed)
        self.sensing.take(ingested.rows)
