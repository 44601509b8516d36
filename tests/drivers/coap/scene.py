"""The driver in a hub that is in memory: inbox, directory, clock."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any

from drivers.coap import CoapDriver
from hub.ports import DeviceConfig
from hub.registry.city import City
from tests.drivers.mqtt.hub import Collected, context

Config = DeviceConfig | Callable[[str], DeviceConfig | None] | None


@contextlib.asynccontextmanager
async def serving(
    inbox: Collected,
    devices: City | None = None,
    config: Config = None,
    keys: Mapping[str, bytes] | None = None,
    **settings: Any,
) -> AsyncIterator[CoapDriver]:
    """The driver, listening on a free port. `keys` are those of devices now."""
    made = context("", inbox, devices, **{"port": 0, **settings})
    given = config if callable(config) else lambda device: config
    driver = CoapDriver(replace(made, config=given, key=({} if keys is None else keys).get))
    await driver.start()
    try:
        yield driver
    finally:
        await driver.stop()
