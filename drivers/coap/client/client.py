"""All registered devices that host resources, and the orders to them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from drivers.burst import Burst
from drivers.coap.client.address import BadAddress, parse_address
from drivers.coap.client.load import SHIPPED, load_hosts
from drivers.coap.client.node import Node, Places
from drivers.coap.client.orders import Refused, switch
from drivers.coap.client.reading import ResourceReader
from drivers.coap.client.wire import Release, Wire
from drivers.coap.settings import Settings
from hub.model.commands import Command, Operation, Outcome
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.readings import Rejected
from hub.model.reports import ResultReport
from hub.ports import CannotCarry, Delivery, DriverContext, Inbox, Lane, Order, ProfileInfo, Unreachable

_LOOK = 0.5  # seconds between looks at which devices there are
_AGAIN = 5.0  # seconds until a device that failed for an unforeseen reason is asked again
_AT_ONCE = 500  # devices that are asked at the same time
_PROBES = 100  # and of those that are away
_GOLDEN = 0.618033988749895  # multiples of it, modulo 1, spread first questions evenly however many there are
_PACE = 0.01  # seconds a device, over which all are asked for the first time
_SPREAD = 60.0  # of at most
_ASKED = (DeviceStatus.ACTIVE, DeviceStatus.MAINTENANCE)

Put = Callable[[Lane, Burst, Callable[[], None], Callable[[], None]], None]


class _Outlet:
    """The inbox, as devices use it: each part of what they say goes to the lane that it belongs to."""

    def __init__(self, inbox: Inbox, put: Put, lanes: Collection[Lane] = tuple(Lane)) -> None:
        """`lanes`: those that must have room before something is asked."""
        self._inbox, self._put, self._lanes = inbox, put, lanes

    def put(self, burst: Burst, release: Release, lost: Callable[[], None]) -> None:
        first = Burst(results=burst.results, events=burst.events, presence=burst.presence, panels=burst.panels)
        rest = Burst(rows=burst.rows, lights=burst.lights, rejected=burst.rejected)
        parts = [(Lane.URGENT, first), (Lane.STATE if rest.lights else Lane.BULK, rest)]
        parts = [(lane, part) for lane, part in parts if part.size()]
        left = len(parts)

        def end(kept: bool) -> None:
            nonlocal left
            left = left - 1 if kept and left > 0 else -1
            if release is not None and left <= 0:
                release(left == 0)
            if not kept:
                lost()

        if not parts and release is not None:
            release(True)
        for lane, part in parts:
            self._put(lane, part, lambda: end(True), lambda: end(False))

    def full(self) -> bool:
        return any(map(self._inbox.full, self._lanes))

    async def room(self) -> None:
        for lane in self._lanes:
            await self._inbox.room(lane)


@dataclass(slots=True)
class _Running:
    node: Node
    task: asyncio.Task[None]


class Client:
    """Reads, observes and orders the devices of the profiles of resources, shipped ones and the city's own.

    `put` delivers, `moment` is the time of receipt of what comes next.
    """

    def __init__(self, context: DriverContext, settings: Settings, put: Put, moment: Callable[[], float]) -> None:
        self._context, self._settings, self._moment = context, settings, moment
        own = [Path(settings.profiles)] if settings.profiles else []
        self._profiles = load_hosts(SHIPPED, *own)
        zone, limits = ZoneInfo(settings.time_zone), settings.limits()
        self._readers = {
            name: tuple(ResourceReader(each, context.directory, limits, zone) for each in profile.resources)
            for name, profile in self._profiles.items()
        }
        self._outlet = _Outlet(context.inbox, put)
        self._fire = _Outlet(context.inbox, put, (Lane.FIRE,))  # a panel is asked also while readings wait
        self._wire = Wire(settings.timeout, settings.repeat, settings.max_message_bytes)
        self._wire.full = self._outlet.full
        self._running: dict[str, _Running] = {}
        self._unreadable: dict[str, Device] = {}
        self._places: Places | None = None
        self._chore: asyncio.Task[None] | None = None
        self._added = 0
        self._counted: Counter[str] = Counter()
        self._log = structlog.get_logger("lamplighter.coap")

    def start(self) -> None:
        """Begin to ask."""
        self._places = Places(_AT_ONCE, _PROBES)
        self._chore = asyncio.create_task(self._follow_city(), name="coap devices")

    async def stop(self) -> None:
        """Ask no more."""
        tasks = [each.task for each in self._running.values()] + ([self._chore] if self._chore is not None else [])
        self._places, self._chore = None, None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in self._running.values():
            each.node.close()
        self._running = {}
        await self._wire.close()

    def profiles(self) -> dict[str, ProfileInfo]:
        """The device types, each with the longest silence of a healthy device."""
        return {
            name: replace(
                profile.info,
                report_every=max(
                    self._settings.life,
                    min(self._settings.every(each.every) + 15.0 * each.observe for each in profile.resources),
                ),
            )
            for name, profile in self._profiles.items()
        }

    async def send(self, order: Order) -> None:
        """Tell a device; returns when it has taken the order. Raises Unreachable and CannotCarry."""
        device = self._context.directory.device(order.device) if order.device is not None else None
        if device is None or device.profile not in self._profiles:
            raise CannotCarry("devices that host resources are ordered one by one")
        running = self._running.get(device.id)
        if running is None or _place(running.node.device) != _place(device):
            await self._look_at_city()
            running = self._running.get(device.id)
        if running is None:
            raise CannotCarry(f"{device.id} is not asked: it is {device.status.value}, or its address is none")
        node, command = running.node, order.command
        if command.operation is Operation.READ:
            for slot in node.slots:
                if not await node.ask(slot):
                    raise Unreachable("it does not answer")
            self._result(device.id, command, Outcome.APPLIED, "")
            return
        try:
            await switch(node, self._wire, command, self._context.clock.rate)
        except Refused as refused:
            self._result(device.id, command, Outcome.REJECTED, str(refused))

    def decode(self, source: str, raw: bytes, received: float, done: Callable[[], None]) -> Delivery | None:
        """Read what a resource held again; None when `source` is none of ours."""
        if not source.startswith("coap://"):
            return None
        burst = Burst()
        for name, profile in self._profiles.items():
            for reader, resource in zip(self._readers[name], profile.resources, strict=True):
                device = self._context.directory.at(name, source.removesuffix(f"/{resource}"))
                if device is not None and source.endswith(f"/{resource}"):
                    reader.read(raw, device, source, received, burst)
                    burst.lights = []  # where a light was then is not where it is
                    return burst.delivery(done)
        text = f"nothing of a registered device is at {source[:120]!r}: register it, and replay this again"
        burst.rejected.append(Rejected(received, source, None, "unknown-device", text, raw))
        return burst.delivery(done)

    def counters(self) -> dict[str, float]:
        """Figures for monitoring: totals since the start, and gauges of now."""
        nodes = [each.node for each in self._running.values()]
        total = sum((Counter(node.counted) for node in nodes), self._counted.copy())
        figures: dict[str, float] = {
            f"asked_{name}_total": total[name] for name in ("polls", "notices", "missed", "renewed", "errors")
        }
        for name in ("datagrams", "sent", "unreadable", "broken"):
            figures[f"asked_{name}_total"] = self._wire.counted.get(name, 0)
        figures["asked_devices"] = len(nodes)
        figures["asked_away"] = sum(node.away for node in nodes)
        figures["asked_observations"] = sum(node.observations for node in nodes)
        return figures

    # --- which devices there are --------------------------------------------------------------------------------------

    async def _follow_city(self) -> None:
        while True:
            await self._look_at_city()
            await asyncio.sleep(_LOOK)

    async def _look_at_city(self) -> None:
        """Ask the devices that are registered, and no others."""
        directory = self._context.directory
        there = self._profiles.keys() & set(directory.profiles())
        wanted = {d.id: d for name in there for d in directory.of_profile(name) if d.status in _ASKED}
        for id, running in list(self._running.items()):
            if _place(running.node.device) != _place(wanted.get(id)):
                await self._drop(id)
        if missing := [device for id, device in wanted.items() if id not in self._running]:
            await self._wire.open()
            spread = min(_SPREAD, _PACE * len(wanted))
            for device in missing:
                self._add(device, spread)

    def _add(self, device: Device, spread: float) -> None:
        try:
            address = parse_address(device.address or "")
        except BadAddress as error:
            if self._unreadable.get(device.id) is not device:
                self._unreadable[device.id] = device
                self._log.warning("a device cannot be asked", device=device.id, reason=str(error))
            return
        if device.id in self._running or self._places is None:
            return
        self._added += 1
        node = Node(
            device, address, self._profiles[device.profile], self._readers[device.profile], self._wire, self._settings,
            self._context.clock.rate, asyncio.get_running_loop().time() + spread * (_GOLDEN * self._added % 1.0),
            self._fire if device.kind is DeviceKind.FIRE_PANEL else self._outlet, self._moment, self._context.conditions,
        )  # fmt: skip
        task = asyncio.create_task(self._run(node, self._places), name=f"coap {address}")
        self._running[device.id] = _Running(node, task)

    async def _drop(self, id: str) -> None:
        running = self._running.pop(id)
        self._counted += Counter(running.node.counted)
        running.node.close()
        running.task.cancel()
        with suppress(asyncio.CancelledError):
            await running.task

    async def _run(self, node: Node, places: Places) -> None:
        while True:
            try:
                await node.run(places)
            except Exception:
                self._log.exception("a device could not be asked; it is asked again", device=node.device.id)
            await asyncio.sleep(_AGAIN)

    def _result(self, device: str, command: Command, outcome: Outcome, detail: str) -> None:
        now = self._moment()
        burst = Burst(results=[ResultReport(device, command.id, outcome, now, now, detail)])
        self._outlet.put(burst, None, lambda: None)


def _place(device: Device | None) -> tuple[object, ...] | None:
    """What of a device must change for it to be another to ask."""
    return None if device is None else (device.profile, device.address, device.kind)
