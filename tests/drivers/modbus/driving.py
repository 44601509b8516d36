"""A running driver whose hub is in memory: some devices, an inbox that keeps what comes."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import time
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from pathlib import Path
from typing import Any

import uvloop

from drivers.modbus import ModbusDriver
from hub.model.commands import Command, Operation
from hub.model.devices import Device, DeviceKind
from hub.ports import BrokerAddress, DriverContext, Order
from hub.registry.city import City
from tests.drivers.mqtt.hub import Collected, WallClock

METER = """
title = "Test meter"
kinds = ["meter"]
source = "this test"
[poll]
normal = 0.05
[[registers]]
address = 0
type = "float32"
metric = "power"
[[registers]]
address = 2
type = "uint32"
metric = "energy"
counter = { width = 32 }
"""
CABINET = """
title = "Test cabinet"
kinds = ["cabinet"]
source = "this test"
[poll]
fast = 0.05
[[registers]]
function = 1
address = 0
state = "segments.a"
poll = "fast"
[[registers]]
function = 2
address = 0
state = "feedback.a"
poll = "fast"
[[registers]]
function = 2
address = 10
state = "remote"
poll = "fast"
[[writes]]
segment = "a"
function = 5
address = 0
values = [0, 1]
read_back = { function = 2, address = 0 }
within = 0.5
"""


def play(scene: Coroutine[Any, Any, None]) -> None:
    """Run a scene on the event loop that the hub runs on."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scene)


def float32(value: float) -> bytes:
    """A number as most meters send it."""
    return struct.pack(">f", value)


def device(id: str, address: str, profile: str = "test-meter", kind: DeviceKind = DeviceKind.METER) -> Device:
    """A registered device."""
    return Device(id, id, kind, profile, address=address)


def command(level: float = 100.0, id: str = "cmd-1/a", operation: Operation = Operation.SET_LEVEL) -> Command:
    """What is ordered."""
    now = time.time()
    return Command(id, operation, now, "operator", now + 60, level)


class Driving:
    """The driver with all around it."""

    def __init__(self, folder: Path, devices: Collection[Device], maps: dict[str, str] | None, **settings: Any) -> None:
        own = folder / "maps"
        own.mkdir(exist_ok=True)
        for name, text in ({"test-meter": METER, "test-cabinet": CABINET} if maps is None else maps).items():
            (own / f"{name}.toml").write_text(text, "utf-8")
        self.city, self.inbox = City(devices=devices), Collected()
        self.held: dict[str, Collection[tuple[str, str]]] = {}
        given = {
            "maps": str(own),
            "timeout": 0.5,
            "counters": str(folder / "counters.json"),
            "probe_least": 0.2,
            "life": 0.05,
        } | settings
        self.driver = ModbusDriver(
            DriverContext(
                self.inbox,
                self.city,
                WallClock(),
                BrokerAddress("mqtt://nowhere", None, None, "x"),
                given,
                lambda *_: None,
                lambda device: self.held.get(device, ()),
            )
        )

    async def until(self, look: Callable[[], object], within: float = 20.0) -> None:
        """Return when `look` says something true."""
        async with asyncio.timeout(within):
            while not look():
                await asyncio.sleep(0.01)

    def rows(self, id: str) -> list[dict[str, float]]:
        """The readings of a device."""
        return [row.values for row in self.inbox.all("rows") if row.device == id]

    def presence(self, id: str) -> list[bool]:
        """How a device came and went, without repetitions."""
        said = [each.online for each in self.inbox.all("presence") if each.device == id]
        return [each for place, each in enumerate(said) if place == 0 or said[place - 1] is not each]

    def events(self, id: str) -> list[tuple[str, str, bool | None]]:
        """The conditions of a device as they began and ended."""
        return [(each.type, each.point, each.active) for each in self.inbox.all("events") if each.device == id]

    async def switch(self, id: str, segment: str = "a", level: float = 100.0, command_id: str = "cmd-1/a") -> None:
        """Send an order to a contactor."""
        await self.driver.send(Order(command(level, command_id), device=id, segment=segment))


@contextlib.asynccontextmanager
async def driving(
    folder: Path, devices: Collection[Device], maps: dict[str, str] | None = None, **settings: Any
) -> AsyncIterator[Driving]:
    """The driver, started."""
    all = Driving(folder, devices, maps, **settings)
    await all.driver.start()
    try:
        yield all
    finally:
        await all.driver.stop()
