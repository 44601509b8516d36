"""What devices keep while the hub is away: groups, programs, plans and report interval, retained at the broker."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import math
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from hub.background import Background
from hub.control.holdings import Holdings
from hub.control.plans import Plans, Stamp
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.reports import OWN
from hub.ports import Clock, DeviceConfig, Unreachable
from hub.registry import Registry
from hub.registry.city import NATIVE, City

log = structlog.get_logger("lamplighter.control")

FACT = "device-configurations"  # {device: digest of the configuration the broker holds for it}
AT_ONCE = 100
BROKER_PAUSE = 1.0  # seconds between tries while the broker is away
LOOK = 0.5  # seconds between looks at what configurations follow from


class Configurator:
    """Keeps every connection's retained configuration as it should be; sends only what changed, and what a device says that it
    does not hold, and clears what the broker keeps of devices that were deleted or lost their connection.

    It notices changes of zones, devices, programs and calendars, and a new program day, by the stamp of `plans`; `connected`
    tells it of a new broker connection.
    """

    def __init__(
        self,
        city: City,
        plans: Plans,
        holdings: Holdings,
        registry: Registry,
        clock: Clock,
        configure: Callable[[str, DeviceConfig], Awaitable[None]],
        forget: Callable[[str], Awaitable[None]],
        report_every: int,
    ) -> None:
        self._city, self._plans, self._holdings = city, plans, holdings
        self._registry, self._clock = registry, clock
        self._configure, self._forget = configure, forget
        self._report_every = report_every
        self._wake = asyncio.Event()
        self._held: dict[str, str] = {}
        self._sent: dict[str, float] = {}  # {connection: when its configuration last changed}, in this run
        self._seen: Stamp | None = None
        self._sending = True
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

    def clock_set(self) -> None:
        """The clock jumped: nothing can have changed later than now."""
        now = self._clock.now()
        self._sent = {name: min(time, now) for name, time in self._sent.items()}

    def changed(self, device: str) -> float:
        """When the configuration that `device` follows last changed; infinity while it may be on its way, minus infinity
        when it is as it was at the start."""
        if self._sending or self._wake.is_set() or self._seen != self._plans.stamp():
            return math.inf
        return self._sent.get(self._city.topic_owner(device), -math.inf)

    async def _turn(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK):  # wait_for would swallow a stop that comes together with a wake
                await self._wake.wait()
        for connection in self._holdings.due():
            if self._held.pop(connection, None) is not None:
                self._wake.set()
        stamp = self._plans.stamp()
        if not self._wake.is_set() and self._seen == stamp:
            return
        self._wake.clear()
        self._sending, self._seen = True, stamp
        try:
            await self._send_due()
        except Unreachable:
            self._wake.set()
            await asyncio.sleep(BROKER_PAUSE)
        except Exception:
            self._wake.set()
            raise
        else:
            self._sending = False

    async def _send_due(self) -> None:
        connections = [device.id for device in self._city.devices.values() if self._configured(device)]
        gone = set(self._held) - set(connections)
        changed = bool(gone)
        try:
            for start in range(0, len(connections), AT_ONCE):
                portion: list[tuple[str, DeviceConfig]] = []
                for id in connections[start : start + AT_ONCE]:
                    device = self._city.device(id)  # as it is by now
                    if device is not None and self._configured(device):
                        portion.append((id, self.config(device)))
                        if portion[-1][1].child_plans or len(portion) == AT_ONCE:
                            await asyncio.sleep(0)  # other work gets its turn in a large city
                digests = {id: hashlib.sha256(msgspec.json.encode(config)).hexdigest()[:16] for id, config in portion}
                due = [(id, config) for id, config in portion if self._held.get(id) != digests[id]]
                await asyncio.gather(*(self._configure(id, config) for id, config in due))
                now = self._clock.now()
                self._sent.update({id: now for id, _ in due})
                self._held.update({id: digests[id] for id, _ in due})
                changed = changed or bool(due)
                for id, config in portion:
                    self._holdings.sent(id, _versions(config), self._sent.get(id, -math.inf))
            for id in sorted(gone):
                await self._forget(id)
                for kept in (self._held, self._sent):
                    kept.pop(id, None)
                self._holdings.forget(id)
        finally:
            if changed:
                await asyncio.to_thread(self._registry.facts.set, FACT, json.dumps(self._held))

    def _configured(self, device: Device) -> bool:
        return (
            device.profile == NATIVE
            and self._city.topic_owner(device.id) == device.id
            and device.status is not DeviceStatus.RETIRED
        )

    def config(self, device: Device) -> DeviceConfig:
        """What a connection should hold: its own groups and plan, and for a gateway those of its children."""
        own = self._plans.of(device) if device.kind is DeviceKind.LIGHT else None
        lamps = {each.id: self._plans.of(each) for each in self._plans.lamps(device)}
        return DeviceConfig(
            groups=self._city.groups(device),
            program=self._plans.program(device),
            report_every=self._report_every,
            children={child.id: self._city.groups(child) for child in self._city.children(device.id)},
            plans={held.name: held.plan.wire for held in ([own] if own else []) + list(lamps.values())},
            plan=own.name if own else None,
            position=own.position if own else 0,
            child_plans={id: (held.name, held.position) for id, held in lamps.items()},
        )


def _versions(config: DeviceConfig) -> dict[str, str]:
    """What a connection says when it holds its configuration: the versions by name."""
    own = {OWN: config.plans[config.plan]["version"]} if config.plan is not None else {}
    return own | {name: config.plans[name]["version"] for name, _ in config.child_plans.values()}
