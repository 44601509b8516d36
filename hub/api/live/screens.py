"""What operators' screens are told: changes become items of the event stream."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable
from functools import partial

import structlog

from hub.alarms.book import Book
from hub.api.live.picture import Picture
from hub.api.live.stream import EventStream
from hub.api.views import alarms as alarm_views
from hub.api.views import approvals as approval_views
from hub.api.views import fire as fire_views
from hub.api.views import incidents as incident_views
from hub.api.views import things
from hub.control.board import Board
from hub.model.alarms import AlarmChanges
from hub.model.approvals import Approval
from hub.model.fire import FireEvent
from hub.model.incidents import Incident
from hub.model.overrides import Override
from hub.ports import Clock
from hub.registry import Registry
from hub.registry.city import City

_log = structlog.get_logger("lamplighter.api")
SWEEP_EVERY = 10.0
PAUSE_OF_SWEEP = 0.002  # seconds that all other work has between two pieces of a sweep
PAUSE = 0.2


class Screens:
    """Implements `hub.control.watch.Watch`. Call it on the event loop, after the change is durable.

    What nobody announces (a device that fell silent, a program's step) is found by a sweep over all devices, every
    ten seconds or slower: it uses at most a twentieth of a core.
    """

    def __init__(self, city: City, board: Board, registry: Registry, stream: EventStream, clock: Clock) -> None:
        self._city, self._board, self._registry, self._stream, self._clock = city, board, registry, stream, clock
        self.picture = Picture(city, board)
        self._commands: set[str] = set()
        self._overrides: dict[str, Override] = {}
        self._zones: set[str] = set()
        self._zoneless = False  # the counts of lights in no zone may have changed
        self._orders: asyncio.Task[None] | None = None
        self._counting: asyncio.Task[None] | None = None
        self._sweeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to sweep."""
        self._sweeper = asyncio.create_task(self._sweep(), name="screens")

    async def stop(self) -> None:
        """End the stream and stop."""
        self._stream.close()
        for task in (self._sweeper, self._orders, self._counting):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    # --- what changed ------------------------------------------------------------------------------------------------

    def devices(self, ids: Iterable[str]) -> None:
        """The state of these devices changed, or they were added, moved or deleted."""
        ids = list(ids)
        self.picture.touch(ids)
        if not self._stream.watched:
            return
        zones: set[str] = set()
        for name in ids:
            self._stream.announce("device", name, partial(self._device, name))
            known = self._city.devices.get(name)
            if known is None or known.zone is None or self.picture.was_zoneless(name):
                self._zoneless = True
            if known is not None and known.zone is not None and known.zone not in zones:
                zones.update(self._city.tree.path(known.zone))
        self.zones(zones)

    def zones(self, ids: Iterable[str]) -> None:
        """The counts of these zones changed, or they were added, moved or deleted."""
        if self._stream.watched:
            self._zones.update(ids)
            if (self._zones or self._zoneless) and (self._counting is None or self._counting.done()):
                self._counting = asyncio.create_task(self._count(), name="counts to screens")

    def command(self, command: str) -> None:
        """An outcome of this command changed."""
        if self._stream.watched:
            self._commands.add(command)
            self._tell_orders()

    def override(self, override: Override) -> None:
        """An override began or ended."""
        if self._stream.watched:
            self._overrides[override.id] = override
            self._tell_orders()

    def approval(self, approval: Approval) -> None:
        """An order began to wait for a second person, or does no more."""
        if self._stream.watched:
            body = approval_views.approval(approval, self._clock.now())
            self._stream.announce("approval", approval.id, partial(dict, body))

    def alarms(self, book: Book, changes: AlarmChanges) -> None:
        """Alarms began, ended, or something was done to them. Those of fire are shown at once."""
        if self._stream.watched:
            fire = {alarm.id for alarm in changes.alarms if book.rules.of(alarm.key.type).group == "fire"}
            for id in [*(alarm.id for alarm in changes.alarms), *changes.gone]:
                announce = self._stream.announce_now if id in fire else self._stream.announce
                announce("alarm", id, partial(alarm_views.event, id, book, self._city))

    def fire(self, event: FireEvent, left: Callable[[], None]) -> None:
        """A fire panel said something; `left` is called when that leaves for the screens."""

        def item() -> things.Json:
            left()
            return fire_views.event(event, self._city)

        self._stream.announce_now("fire", str(event.id), item)

    def incident(self, incident: Incident) -> None:
        """An incident began, went on or ended."""
        if self._stream.watched:
            self._stream.announce("incident", incident.id, partial(incident_views.incident, incident, self._city))

    def junction(self, junction: str, item: Callable[[], things.Json]) -> None:
        """A controller said something, or something was ordered there."""
        if self._stream.watched:
            self._stream.announce("junction", junction, item)

    def plan(self, plan: str, item: Callable[[], things.Json]) -> None:
        """A plan set made a step."""
        if self._stream.watched:
            self._stream.announce("plan", plan, item)

    # --- items -------------------------------------------------------------------------------------------------------

    def _device(self, name: str) -> things.Json:
        known = self._city.devices.get(name)
        return {"id": name, "deleted": True} if known is None else things.device_event(known, self._board)

    def _zone(self, zone: str) -> things.Json:
        if zone not in self._city.tree:
            return {"id": zone, "deleted": True}
        return things.zone_counts(zone, self.picture.counts(zone))

    def _outside(self) -> things.Json:
        return {"counts": self.picture.zoneless()._asdict()}

    async def _count(self) -> None:
        """Counts are brought up to date first, a few times a second at most."""
        while self._zones or self._zoneless:
            began = time.perf_counter()
            await self.picture.current()
            zones, self._zones = self._zones, set()
            if self._zoneless:
                self._zoneless = False
                self._stream.announce("zoneless", "", self._outside)
            for zone in zones:
                self._stream.announce("zone", zone, partial(self._zone, zone))
            await asyncio.sleep(max(PAUSE, 4 * (time.perf_counter() - began)))

    def _tell_orders(self) -> None:
        if self._orders is None or self._orders.done():
            self._orders = asyncio.create_task(self._read_orders(), name="orders to screens")

    async def _read_orders(self) -> None:
        """Commands and overrides live in the registry: read them there, a few times a second at most."""
        while self._commands or self._overrides:
            commands, self._commands = self._commands, set()
            overrides, self._overrides = self._overrides, {}
            began = time.perf_counter()
            try:
                bodies = await asyncio.to_thread(self._bodies, commands, list(overrides.values()))
            except Exception as error:
                _log.warning("orders could not be read for the event stream", error=repr(error))
                return
            for body in bodies[0]:
                self._stream.announce("command", body["id"], partial(dict, body))
            for body in bodies[1]:
                self._stream.announce("override", body["id"], partial(dict, body))
            await asyncio.sleep(max(PAUSE, 4 * (time.perf_counter() - began)))

    def _bodies(
        self, commands: Iterable[str], overrides: Iterable[Override]
    ) -> tuple[list[things.Json], list[things.Json]]:
        orders = self._registry.orders
        found = [known for name in commands if (known := orders.command(name)) is not None]
        return (
            [things.command(known, orders.outcomes(known.id)) for known in found],
            [things.override(each, orders.size(each.command), self._clock.now()) for each in overrides],
        )

    async def _sweep(self) -> None:
        while True:
            began = time.process_time()
            try:
                silent = await self.picture.sweep(PAUSE_OF_SWEEP)
            except Exception as error:
                _log.error("a sweep over the devices failed; it goes on", error=repr(error))
                silent = []
            self.devices(silent)
            await asyncio.sleep(max(SWEEP_EVERY, 20 * (time.process_time() - began)))
