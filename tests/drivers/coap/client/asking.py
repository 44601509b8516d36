"""A running driver that asks devices, its hub in memory."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from drivers.coap import CoapDriver
from hub.model.commands import Command, Operation
from hub.model.devices import Device, DeviceKind
from hub.ports import Order
from hub.registry.city import City
from tests.drivers.mqtt.hub import Collected, context

QUICK = {"port": 0, "timeout": 2.0, "repeat": 0.2, "probe_least": 0.1, "life": 0.05}

LAMP = """
title = "Test lamp"
kinds = ["light"]
[[resources]]
path = "light"
observe = true
every = 0.5
fields = [{ metric = "level" }]
[commands.set_level]
path = "light"
text = "{level}"
"""


def device(id: str, address: str, profile: str = "test-lamp", kind: DeviceKind = DeviceKind.LIGHT) -> Device:
    """A registered device."""
    return Device(id, id, kind, profile, address=address)


def command(level: float = 60.0, id: str = "cmd-1", operation: Operation = Operation.SET_LEVEL) -> Command:
    """What is ordered."""
    now = time.time()
    return Command(id, operation, now, "operator", now + 60, level)


class Asking:
    """The driver with all around it."""

    def __init__(self, folder: Path, devices: Collection[Device], profiles: dict[str, str], **settings: Any) -> None:
        own = folder / "coap"
        own.mkdir(exist_ok=True)
        for name, text in ({"test-lamp": LAMP} | profiles).items():
            (own / f"{name}.toml").write_text(text, "utf-8")
        self.city, self.inbox = City(devices=devices), Collected()
        self.held: dict[str, Collection[tuple[str, str]]] = {}
        made = context("", self.inbox, self.city, **QUICK | {"profiles": str(own)} | settings)
        self.driver = CoapDriver(replace(made, conditions=lambda device: self.held.get(device, ())))

    async def until(self, look: Callable[[], object], within: float = 20.0) -> None:
        """Return when `look` says something true."""
        async with asyncio.timeout(within):
            while not look():
                await asyncio.sleep(0.01)

    def levels(self, id: str = "lamp") -> list[float]:
        """What a light said of its level."""
        return [each.level for each in self.inbox.all("lights") if each.device == id]

    def values(self, metric: str) -> list[float]:
        """The readings of one metric."""
        return self.inbox.values(metric)

    def presence(self, id: str = "lamp") -> list[bool]:
        """How a device came and went, without repetitions."""
        said = [each.online for each in self.inbox.all("presence") if each.device == id]
        return [each for place, each in enumerate(said) if place == 0 or said[place - 1] is not each]

    def events(self, id: str = "lamp") -> list[tuple[str, str, bool | None]]:
        """The conditions of a device as they began and ended."""
        return [(each.type, each.point, each.active) for each in self.inbox.all("events") if each.device == id]

    def count(self, name: str) -> float:
        """One of the driver's figures."""
        return self.driver.counters()[name]

    async def order(self, level: float, id: str = "lamp", **more: Any) -> None:
        """Send an order."""
        await self.driver.send(Order(command(level, **more), device=id))


@contextlib.asynccontextmanager
async def asking(
    folder: Path, devices: Collection[Device], profiles: dict[str, str] | None = None, **settings: Any
) -> AsyncIterator[Asking]:
    """The driver, started."""
    all = Asking(folder, devices, profiles or {}, **settings)
    await all.driver.start()
    try:
        yield all
    finally:
        await all.driver.stop()
