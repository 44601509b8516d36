"""What devices keep while the hub is away: groups, program and report interval, retained at the broker."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from hub.background import Background
from hub.control.arbiter import Arbiter
from hub.model.devices import Device, DeviceStatus
from hub.ports import Clock, DeviceConfig, Unreachable
from hub.registry import Registry
from hub.registry.city import NATIVE, City

log = structlog.get_logger("lamplighter.control")

FACT = "device-configurations"  # {device: digest of the configuration the broker holds for it}
AT_ONCE = 100
BROKER_PAUSE = 1.0  # seconds between tries while the broker is away
LOOK = 0.5  # seconds between looks at the city's version


class Configurator:
    """Keeps every connection's retained configuration as it should be; sends only what changed, and clears what the
    broker keeps of devices that were deleted or lost their connection.

    It notices changes of zones and devices by the city's version; `connected` tells it of a new broker connection.
    """

    def __init__(
        self,
        city: City,
        arbiter: Arbiter,
        registry: Registry,
        clock: Clock,
        configure: Callable[[str, DeviceConfig], Awaitable[None]],
        forget: Callable[[str], Awaitable[None]],
        report_every: int,
    ) -> None:
        self._city, self._arbiter, self._registry, self._clock = city, arbiter, registry, clock
        self._configure, self._forget = configure, forget
        self._report_every = report_every
        self._wake = asyncio.Event()
        self._held: dict[str, str] = {}
        self._seen = -1
        self._background = Background("configurator", self._turn)

    def start(self) -> None:
        """Begin; what is due goes out when the broker is reachable."""
        self._held = json.loads(self._registry.facts.get(FACT) or "{}")
        self._wake.set()
        self._background.start()

    async def stop(self) -> None:
        """Stop sending."""
        await self._background.stop()

    def connected(self, session_present: bool) -> None:
        """The broker is back; without our session it is a new one, or one that lost what it held."""
        if not session_present:
            self._held.clear()
        self._wake.set()

    async def _turn(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), LOOK)
        if not self._wake.is_set() and self._seen == self._city.version:
            return
        self._wake.clear()
        self._seen = self._city.version
        try:
            await self._send_due()
        except Unreachable:
            self._wake.set()
            await asyncio.sleep(BROKER_PAUSE)
        except Exception:
            self._wake.set()
            raise

    async def _send_due(self) -> None:
        due: list[tuple[str, DeviceConfig, str]] = []
        gone = set(self._held)
        for device in list(self._city.devices.values()):
            if (
                device.profile != NATIVE
                or self._city.topic_owner(device.id) != device.id
                or device.status is DeviceStatus.RETIRED
            ):
                continue
            gone.discard(device.id)
            config = self.config(device)
            digest = hashlib.sha256(msgspec.json.encode(config)).hexdigest()[:16]
            if self._held.get(device.id) != digest:
                due.append((device.id, config, digest))
        try:
            for start in range(0, len(due), AT_ONCE):
                portion = due[start : start + AT_ONCE]
                await asyncio.gather(*(self._configure(device, config) for device, config, _ in portion))
                self._held.update({device: digest for device, _, digest in portion})
            for device_id in sorted(gone):
                await self._forget(device_id)
                self._held.pop(device_id, None)
        finally:
            if due or gone:
                await asyncio.to_thread(self._registry.facts.set, FACT, json.dumps(self._held))

    def config(self, device: Device) -> DeviceConfig:
        """What a connection should hold: its own groups, and for a gateway those of its children."""
        return DeviceConfig(
            groups=self._city.groups(device),
            program=self._arbiter.wire(device, self._clock.now()),
            report_every=self._report_every,
            children={child.id: self._city.groups(child) for child in self._city.children(device.id)},
        )
