"""What the API works with. The composition root fills it in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar, TypeVarTuple

from prometheus_client import CollectorRegistry

from hub.access.devices import DeviceAccounts
from hub.access.keys import DeviceKeys
from hub.access.sign_in import SignIn
from hub.alarms.desk import AlarmDesk
from hub.api.live.screens import Screens
from hub.api.live.stream import EventStream
from hub.control.approvals import ApprovalDesk
from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.control.desk import OrderDesk
from hub.control.holdings import Holdings
from hub.control.limits import Limits
from hub.control.sensing import Sensing
from hub.control.timetable import Timetable
from hub.control.why import Explainer
from hub.environment.air import Air
from hub.fire.desk import FireDesk
from hub.fire.self_test import SelfTests
from hub.incidents.desk import IncidentDesk
from hub.notify.desk import NotifyDesk
from hub.ports import Clock, Health, ProfileInfo, TelemetryStore
from hub.registry import Registry
from hub.registry.city import City
from hub.signals.room import SignalRoom
from hub.telemetry.latest import LatestValues
from hub.telemetry.replay import Replays
from hub.telemetry.rollups import Rollups

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
READERS = 4  # questions to the store at a time


class Wellbeing(Protocol):
    """The state of every part."""

    def parts(self) -> Mapping[str, Health]:
        """Every part; may wait for a database."""
        ...

    def machine(self) -> Mapping[str, Health]:
        """What the hub's own machine must give, at once."""
        ...


class FireRoom(Protocol):
    """The fire path."""

    @property
    def desk(self) -> FireDesk:
        """Panels, and the way of their events."""

    @property
    def tests(self) -> SelfTests:
        """The tests of that way."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a route may need.

    `profiles` are the device types that a driver speaks with, by name; `prefix` is the first level of the MQTT
    topics; `broker_url` is what devices connect to, as their credentials say; `time_zone` (IANA) is where days begin
    in series of whole days; `web` is the folder of the page; `readers` are the threads that ask the store.
    """

    registry: Registry
    store: TelemetryStore
    city: City
    latest: LatestValues
    board: Board
    fire: FireRoom
    desk: OrderDesk
    limits: Limits
    approvals: ApprovalDesk
    arbiter: Arbiter
    timetable: Timetable
    explainer: Explainer
    alarms: AlarmDesk
    notify: NotifyDesk
    incidents: IncidentDesk
    signals: SignalRoom
    holdings: Holdings
    sensing: Sensing
    air: Air
    sign_in: SignIn
    device_accounts: DeviceAccounts
    device_keys: DeviceKeys
    stream: EventStream
    screens: Screens
    replays: Replays
    rollups: Rollups
    clock: Clock
    health: Wellbeing
    metrics: CollectorRegistry
    profiles: Mapping[str, ProfileInfo]
    prefix: str
    broker_url: str
    time_zone: str
    web: Path | None = None
    readers: Executor = field(default_factory=lambda: ThreadPoolExecutor(READERS, "store_reader"))

    async def ask_store(self, question: Callable[[*Ts], T], *arguments: *Ts) -> T:
        """Ask the store, which may take as long as a server does not answer; orders and sign-ins have other threads."""
        return await asyncio.get_running_loop().run_in_executor(self.readers, question, *arguments)
