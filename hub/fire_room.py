"""The fire path put together: panels that are watched, the proof of delivery, and the daily test."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack, suppress
from itertools import chain
from typing import Protocol
from zoneinfo import ZoneInfo

from hub.access.devices import DeviceAccounts
from hub.alarms.desk import AlarmDesk
from hub.api.live.screens import Screens
from hub.api.live.stream import EventStream
from hub.broker import EmbeddedBroker
from hub.carriers import Carriers
from hub.fire.desk import CLOCK, FireDesk
from hub.fire.heartbeats import Heartbeats
from hub.fire.self_test import SelfTests
from hub.fire.wire import Account
from hub.measures_fire import FireMeasures
from hub.model.audit import AuditEntry
from hub.model.commands import Operation
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.fire import FIRE_EVENTS, SELF_TEST, SILENT
from hub.model.panels import Found
from hub.ports import BrokerAddress, Clock, Inbox
from hub.registry import Exists, Registry
from hub.registry.city import City
from hub.settings import Settings
from hub.telemetry.batch import Ingested


class FireRoom:
    """`alarms` is set before `load`, when that is built."""

    alarms: AlarmDesk

    def __init__(
        self,
        settings: Settings,
        city: City,
        registry: Registry,
        clock: Clock,
        inbox: Inbox,
        carriers: Carriers,
        screens: Screens,
        stream: EventStream,
        accounts: DeviceAccounts,
        broker: EmbeddedBroker | None,
        address: BrokerAddress,
    ) -> None:
        wanted = settings.fire
        self._settings, self._city, self._registry = settings, city, registry
        self._clock, self._accounts, self._broker, self._address = clock, accounts, broker, address
        self._account: Account | None = None
        self._profiles = carriers.profiles
        beats = Heartbeats(wanted.heartbeat_seconds, wanted.lost_after, wanted.clock_seconds)
        self.measures = FireMeasures()
        self.desk = FireDesk(
            city, registry, clock, inbox, carriers.send, screens.fire, beats,
            can_read=self._can_read, seen=self.measures.seen,
        )  # fmt: skip
        self.tests = SelfTests(
            self.desk, registry, clock, self._prepare, lambda: stream.frames(None, _always), self._acknowledge,
            registry.deliveries.dealt_with,
            at=wanted.self_test_at, zone=ZoneInfo(settings.lighting.time_zone), patience=wanted.self_test_seconds,
        )  # fmt: skip
        self.measures.desk, self.measures.tests = self.desk, self.tests

    async def load(self) -> None:
        """Take up what there was. Raises RegistryUnavailable."""
        await self.desk.load()
        await self.tests.load()

    def start(self, stack: AsyncExitStack) -> None:
        """Begin; `stack` ends it."""
        self.desk.start()
        self.desk.ask(self._city.panels)
        stack.push_async_callback(self.desk.stop)
        self.tests.start()
        stack.push_async_callback(self.tests.stop)

    def take(self, ingested: Ingested) -> None:
        """A batch is durable."""
        if self._city.panels:
            self.desk.take(ingested.recorded.fire, ingested.panels, self._heard(ingested))
            self.desk.ask(each.device for each in ingested.presence if each.online)

    def parts(self) -> dict[tuple[str, str], float]:
        """What the alarms look at: {(measure, point): value}."""
        return {("fire_self_test_failed", ""): float(self.tests.failing)}

    def _heard(self, ingested: Ingested) -> Iterable[str]:
        """The panels that said something themselves, now: neither what a broker kept or says for them, nor what the hub says."""
        panels, recorded = self._city.panels, ingested.recorded
        own = (each for each in recorded.fire if each.found == Found.EVENT and each.type != SILENT)
        other = (each for each in recorded.new_events if each.type not in FIRE_EVENTS and each.type != CLOCK)
        online = (each for each in ingested.presence if each.online)
        states = (each for each in ingested.panels if not each.kept)
        said: tuple[Iterable[_OfDevice], ...] = (ingested.rows, own, other, online, states)
        return {each.device for each in chain.from_iterable(said) if each.device in panels}

    def _can_read(self, device: Device) -> bool:
        info = self._profiles.get(device.profile)
        return info is not None and Operation.READ in info.operations

    async def _prepare(self) -> Account:
        """Register the test device at the first test, and give it an account at the hub's own broker at every start."""
        mqtt = self._settings.mqtt
        if self._account is not None:
            return self._account
        device = Device(SELF_TEST, "Self-test of the fire path", DeviceKind.FIRE_PANEL, status=DeviceStatus.PLANNED)
        if self._city.device(SELF_TEST) is None:
            with suppress(Exists):
                await asyncio.to_thread(self._registry.devices.add_many, [device])
            self._city.put_devices([device])
        user, password = self._address.username, self._address.password
        if self._broker is not None:
            user, password = SELF_TEST, (await asyncio.to_thread(self._accounts.issue, [SELF_TEST]))[SELF_TEST]
            await self._accounts.publish()
        self._account = Account(self._address.url, user, password, mqtt.ca_file, mqtt.prefix)
        return self._account

    async def _acknowledge(self, alarm: str, who: str) -> None:
        def line(changed: object) -> AuditEntry:
            return AuditEntry(self._clock.now(), who, "alarm.acknowledged", alarm, {"device": SELF_TEST})

        await self.alarms.change([alarm], lambda draft, each: draft.acknowledge(each, who), line)


class _OfDevice(Protocol):
    @property
    def device(self) -> str: ...


async def _always() -> bool:
    return True
