"""The driver in a hub that is in memory: inbox, directory, clock."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

from drivers.coap import CoapDriver
from hub.ports import DeviceConfig
from hub.registry.city import City
from tests.drivers.mqtt.hub import Collected, context

Config = DeviceConfig | Callable[[str], DeviceConfig | None] | None


@contextlib.asynccontextmanager
async def serving(
    inbox: Collected, devices: City | None = None, config: Config = None, **settings: Any
) -> AsyncIterator[CoapDriver]:
    """The driver, listening on a free port."""
    made = context("", inbox, devices, **{"port": 0, **settings})
    driver = CoapDriver(replace(made, config=config if callable(config) else lambda device: config))
    await driver.start()
    try:
        yield driver
    finally:
        await driver.stop()
