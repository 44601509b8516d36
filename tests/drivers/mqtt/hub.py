"""The hub's side of the driver, in memory: inbox, directory, clock."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from drivers.mqtt import MqttDriver
from hub.model.devices import Device, DeviceKind
from hub.ports import BrokerAddress, Delivery, Directory, DriverContext, Lane
from hub.registry.city import City


def city(lights: int = 3) -> City:
    """lamp-0001 ... with connections of their own; gw-1 speaking for gw-1-lamp-1 and gw-1-lamp-2; one of each other kind."""
    return City(
        devices=[Device(f"lamp-{n:04}", "", DeviceKind.LIGHT) for n in range(1, lights + 1)]
        + [Device(f"gw-1-lamp-{n}", "", DeviceKind.LIGHT, address="gw-1") for n in (1, 2)]
        + [
            Device("gw-1", "", DeviceKind.GATEWAY),
            Device("cab-1", "", DeviceKind.CABINET),
            Device("junction-1", "", DeviceKind.JUNCTION),
        ]
        + [Device("panel-1", "", DeviceKind.FIRE_PANEL), Device("air-1", "", DeviceKind.ENVIRONMENT)]
    )


class WallClock:
    """The system's clock."""

    rate = 1.0

    def now(self) -> float:
        return time.time()

    def ahead(self, seconds: float) -> float:
        return self.now() + seconds


class Collected:
    """An inbox that keeps what comes. `automatic` acknowledges at once; `limit` deliveries that wait fill a lane."""

    def __init__(self, *, automatic: bool = True, limit: int = 10**9) -> None:
        self.automatic = automatic
        self.limit = limit
        self.deliveries: list[tuple[Lane, Delivery]] = []
        self.waiting: dict[Lane, list[Delivery]] = {lane: [] for lane in Lane}
        self._changed = asyncio.Event()

    def put(self, lane: Lane, delivery: Delivery) -> None:
        self.deliveries.append((lane, delivery))
        if self.automatic:
            delivery.done()
        else:
            self.waiting[lane].append(delivery)
        self._changed.set()

    def full(self, lane: Lane) -> bool:
        return len(self.waiting[lane]) >= self.limit

    def gives_way(self, lane: Lane) -> bool:
        return False

    async def room(self, lane: Lane) -> None:
        await self.until(lambda: not self.full(lane))

    def release(self) -> None:
        """Acknowledge all that waits, and everything from now on."""
        self.automatic = True
        for waiting in self.waiting.values():
            for delivery in waiting:
                delivery.done()
            waiting.clear()
        self._changed.set()

    async def until(self, look: Callable[[], bool], within: float = 20.0) -> None:
        """Return when `look` says True."""
        async with asyncio.timeout(within):
            while not look():
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), 0.05)

    def all(self, what: str) -> list[Any]:
        """Everything of one kind: rows, lights, results, events, presence or rejected."""
        return [item for _, delivery in self.deliveries for item in getattr(delivery, what)]

    def values(self, metric: str) -> list[float]:
        """The values of one metric in order of receipt."""
        return [row.values[metric] for row in self.all("rows") if metric in row.values]


def context(
    url: str,
    inbox: Collected,
    devices: Directory | None = None,
    ups: list[bool] | None = None,
    sign_in: tuple[str, str] | None = None,
    **settings: Any,
) -> DriverContext:
    """What a driver gets."""
    heard = ups if ups is not None else []
    user, password = sign_in or (None, None)
    address = BrokerAddress(url, user, password, "hub-of-the-test")
    return DriverContext(inbox, devices or city(), WallClock(), address, settings, lambda _, kept: heard.append(kept))


@contextlib.asynccontextmanager
async def running(ctx: DriverContext, *, connected: bool = True) -> AsyncIterator[MqttDriver]:
    """The driver, started, and connected unless told otherwise."""
    driver = MqttDriver(ctx)
    await driver.start()
    try:
        if connected:
            await healthy(driver)
        yield driver
    finally:
        await driver.stop()


async def healthy(driver: MqttDriver, ok: bool = True, within: float = 30.0) -> None:
    """Return when the driver's health is (or is no longer) good."""
    async with asyncio.timeout(within):
        while driver.health().ok is not ok:
            await asyncio.sleep(0.02)


async def reason(driver: MqttDriver, word: str, within: float = 30.0) -> None:
    """Return when the driver's health names `word`."""
    async with asyncio.timeout(within):
        while word not in driver.health().detail:
            await asyncio.sleep(0.02)
