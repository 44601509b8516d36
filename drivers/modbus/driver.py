"""The driver: a bus for each line that registered devices hang on."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from drivers.burst import Burst
from drivers.modbus.address import BadAddress, LineAddress, Scheme, parse_address
from drivers.modbus.bus import Bus
from drivers.modbus.counters import Counters
from drivers.modbus.line import Line
from drivers.modbus.load import SHIPPED, load_maps
from drivers.modbus.model import Block, Poll, RegisterMap
from drivers.modbus.panel import BadTexts, point_texts
from drivers.modbus.reader import BlockReader, Found
from drivers.modbus.settings import read_settings
from drivers.modbus.unit import Unit
from drivers.reporting import only_read
from hub.model.commands import Command, Operation
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.readings import Quality, Rejected, Row
from hub.model.reasons import sentence
from hub.ports import (
    BrokerAccess,
    CannotCarry,
    Delivery,
    DeviceConfig,
    DriverContext,
    Health,
    Inbox,
    Lane,
    Order,
    ProfileInfo,
)

_LOOK = 0.5  # seconds between looks at which devices there are
_KEEP = 300.0  # seconds between notes of where counters stand
_FASTEST = 0.25  # seconds between reads while the hub's clock runs faster than the wall's: lines do not
_AGAIN = 5.0  # seconds until a bus that failed for an unforeseen reason is run again
_SOURCE = re.compile(r"modbus (\S+) ([1-4]):([0-9]{1,5})\+([0-9]{1,4})")
_READ = (DeviceStatus.ACTIVE, DeviceStatus.MAINTENANCE)


class _Outlet:
    """The inbox, as buses use it: each burst goes to the lanes that its parts belong to."""

    def __init__(self, inbox: Inbox, counted: Counter[str]) -> None:
        self._inbox, self._counted = inbox, counted

    def put(self, burst: Burst, failed: Callable[[], None]) -> None:
        counted = self._counted
        if burst.only_rows:
            size = sum([len(row.values) for row in burst.rows])
            counted["readings"] += size
            self._inbox.put(Lane.BULK, Delivery(_nothing, burst.rows, size=size, failed=failed))
            return
        counted["readings"] += sum([len(row.values) for row in burst.rows])
        counted["rejected"] += len(burst.rejected)
        if burst.rows:
            self._put(Lane.BULK, Burst(rows=burst.rows, rejected=burst.rejected), failed)
        if burst.cabinets:
            self._put(Lane.STATE, Burst(cabinets=burst.cabinets), failed)
        if burst.junctions:
            self._put(Lane.STATE, Burst(junctions=burst.junctions), failed)
        rest = Burst(results=burst.results, events=burst.events, presence=burst.presence, panels=burst.panels)
        if not burst.rows:
            rest.rejected = burst.rejected
        if rest.size():
            self._put(Lane.URGENT, rest, failed)

    def full(self, *, panels: bool = False) -> bool:
        full = self._inbox.full
        return full(Lane.FIRE) if panels else full(Lane.BULK) or full(Lane.STATE) or full(Lane.URGENT)

    async def room(self) -> None:
        for lane in Lane:
            await self._inbox.room(lane)

    def _put(self, lane: Lane, burst: Burst, failed: Callable[[], None]) -> None:
        self._inbox.put(lane, burst.delivery(_nothing, failed))


@dataclass(slots=True)
class _Running:
    bus: Bus
    task: asyncio.Task[None]


class ModbusDriver:
    """Devices that are asked: meters, cabinets, fire panels and junctions whose registers a map describes.

    Lines are opened when a registered device needs them, and closed with the last one.
    """

    def __init__(self, context: DriverContext) -> None:
        self._settings = settings = read_settings(context.settings)
        self._context = context
        own = [Path(settings.maps)] if settings.maps else []
        self._maps = load_maps(SHIPPED, *own)
        self._counters = Counters(settings.file)
        self._counted: Counter[str] = Counter()
        self._outlet = _Outlet(context.inbox, self._counted)
        self._buses: dict[LineAddress, _Running] = {}
        self._devices: dict[str, tuple[Device, LineAddress]] = {}
        self._unreadable: dict[str, Device] = {}
        self._chores: list[asyncio.Task[None]] = []
        self._log = structlog.get_logger("lamplighter.modbus")

    @property
    def name(self) -> str:
        """The entry point's name."""
        return "modbus"

    async def start(self) -> None:
        """Begin; returns at once and keeps trying while lines are down."""
        self._chores = [
            asyncio.create_task(self._follow_city(), name="modbus devices"),
            asyncio.create_task(self._keep_counters(), name="modbus counters"),
        ]

    async def stop(self) -> None:
        """Leave in good order."""
        tasks = [*self._chores, *(running.task for running in self._buses.values())]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._chores, self._buses, self._devices = [], {}, {}
        await asyncio.to_thread(self._counters.keep, self._counters.copy())

    async def send(self, order: Order) -> None:
        """Write an order to its device; returns when that has taken it, and the result follows when it shows. Raises Unreachable
        and CannotCarry."""
        device = self._context.directory.device(order.device) if order.device is not None else None
        if device is None:
            raise CannotCarry("Modbus devices are ordered one by one")
        only_read(device, order.command)
        map = self._maps.get(device.profile)
        if map is None:
            raise CannotCarry(sentence("no-profile", profile=repr(device.profile), profiles=", ".join(self._maps)))
        command = order.command
        known = self._devices.get(device.id)
        if known is None or known[0] is not device:  # the registry changed since the last look
            self._look_at_city()
            known = self._devices.get(device.id)
        if known is None and device.status not in _READ:
            raise CannotCarry(sentence("not-asked", status=device.status.value))
        if known is None:
            raise CannotCarry(sentence("bad-line", address=repr(device.address or "")))
        bus = self._buses[known[1]].bus
        within = max(0.1, (command.expires - self._context.clock.now()) / self._context.clock.rate)
        if command.operation is Operation.READ:
            bus.watch(device.id, *_watched(command))
            bus.poll_now(device.id)
            return
        if map.signals and command.operation in (Operation.SIGNAL_PLAN, Operation.SIGNAL_MODE):
            await bus.signal(device.id, command, within)
            return
        if command.operation is not Operation.SET_LEVEL or command.level is None:
            able = ", ".join(sorted(map.info.operations))
            raise CannotCarry(sentence("cannot", type=map.title, operation=command.operation.value, able=able))
        write = map.writes.get(order.segment or "")
        if write is None:
            able = ", ".join(map.writes) or "none"
            raise CannotCarry(sentence("no-contactor", type=map.title, segment=repr(order.segment), able=able))
        await bus.order(device.id, write, command.level > 0, command.id, within)

    async def configure(self, device: str, config: DeviceConfig) -> None:
        """Nothing: such devices keep no configuration of the hub's."""

    async def forget(self, device: str) -> None:
        """Nothing: there is no other side that keeps something."""

    def profiles(self) -> dict[str, ProfileInfo]:
        """The shipped register maps and the city's own."""
        return {
            name: replace(map.info, report_every=max(self._settings.life, min(self._every(map).values())))
            for name, map in self._maps.items()
        }

    def access(self, device: Device) -> BrokerAccess | None:
        """None: they have no account at the MQTT broker."""
        return None

    def decode(self, source: str, raw: bytes, received: float, done: Callable[[], None]) -> Delivery | None:
        """Read the bytes of a block again; None when `source` is none of this driver."""
        found = _SOURCE.fullmatch(source)
        if found is None:
            return None
        address, function, start, count = found[1], int(found[2]), int(found[3]), int(found[4])
        burst = Burst()
        for map in self._maps.values():
            device = self._context.directory.at(map.name, address)
            if device is not None:
                points = [
                    p for p in map.points if p.function == function and start <= p.first and p.end <= start + count
                ]
                self._again(device, Block(function, start, count, tuple(points)), source, raw, received, burst)
                return burst.delivery(done)
        text = f"no device has the address {address[:80]!r}: register it, and replay this again"
        burst.rejected.append(Rejected(received, source, None, "unknown-device", text, raw))
        return burst.delivery(done)

    def health(self) -> Health:
        """Which lines are down, and then which are too slow. A driver without devices is well."""
        down = {line: running.bus.down_reason or running.bus.pace.too_slow for line, running in self._buses.items()}
        said = sorted((f"{line}: {why}" for line, why in down.items() if why), key=lambda each: "too slow" in each)
        some = "; ".join(said[:3]) + (f" and {len(said) - 3} more lines" if len(said) > 3 else "")
        return Health(True, some or f"{len(self._buses)} lines, {len(self._devices)} devices")

    def counters(self) -> dict[str, float]:
        """Figures for monitoring: totals since the start, and gauges (`lines`, `lines_down`, `devices`, `devices_away`)."""
        buses = [running.bus for running in self._buses.values()]
        total = self._counted + sum((bus.counted for bus in buses), Counter())
        names = ("requests", "polls", "late", "left_out", "missed", "exceptions", "reconnects", "readings", "rejected")
        figures: dict[str, float] = {f"{name}_total": total[name] for name in names}
        figures["writes_total"] = self._counted["writes"] + sum(bus.orders.written for bus in buses)
        figures["strays_total"] = self._counted["strays"] + sum(bus.line.strays for bus in buses)
        figures["lines"], figures["devices"] = len(buses), len(self._devices)
        figures["lines_down"] = sum(bus.down_reason is not None for bus in buses)
        figures["lines_slow"] = sum(bus.pace.too_slow is not None for bus in buses)
        figures["devices_away"] = sum(unit.health.away for bus in buses for unit in bus.units.values())
        return figures

    # --- which devices there are ----------------------------------------------------------------------------------------

    async def _follow_city(self) -> None:
        while True:
            self._look_at_city()
            await asyncio.sleep(_LOOK)

    def _look_at_city(self) -> None:
        """Read the devices that are registered, and no others."""
        directory = self._context.directory
        wanted = {
            device.id: device
            for name in self._maps.keys() & set(directory.profiles())
            for device in directory.of_profile(name)
            if device.status in _READ
        }
        for id, (device, line) in list(self._devices.items()):
            now = wanted.get(id)
            if now is device:
                continue
            if now is None or (now.profile, now.address, now.kind) != (device.profile, device.address, device.kind):
                self._drop(id, changed=directory.device(id) is not None)
                if directory.device(id) is None:
                    self._counters.forget(id)
            else:
                self._devices[id] = now, line
        for id, device in wanted.items():
            if id not in self._devices:
                self._add(device)
        for line in [line for line, running in self._buses.items() if not running.bus.units]:
            self._close(line)

    def _add(self, device: Device) -> None:
        try:
            address = parse_address(device.address or "")
        except BadAddress as error:
            if self._unreadable.get(device.id) is not device:
                self._unreadable[device.id] = device
                self._log.warning("a device cannot be read", device=device.id, reason=str(error))
            return
        map = self._maps[device.profile]
        running = self._buses.get(address.line)
        if running is None:
            running = self._buses[address.line] = self._open(address.line)
        rate = self._context.clock.rate
        every = {
            poll: seconds if rate == 1 else max(seconds / rate, _FASTEST) for poll, seconds in self._every(map).items()
        }
        life = max(self._settings.life / rate, min(every.values()))
        counts, texts = self._counters.of(device.id), self._texts(device)
        running.bus.add(Unit(device, address, map, every, life, counts, texts))
        self._devices[device.id] = device, address.line

    def _texts(self, device: Device) -> dict[str, str]:
        """What a fire panel's points are called; a file that is wrong is logged, and the panel is read without it."""
        if device.kind is not DeviceKind.FIRE_PANEL or not self._settings.maps:
            return {}
        try:
            return point_texts(Path(self._settings.maps), device.id)
        except BadTexts as error:
            self._log.warning("texts of points cannot be used", device=device.id, reason=str(error))
            return {}

    def _drop(self, id: str, *, changed: bool) -> None:
        _, line = self._devices.pop(id)
        self._buses[line].bus.remove(id, changed=changed)

    def _close(self, line: LineAddress) -> None:
        """Leave a line on which no device is left."""
        running = self._buses.pop(line)
        running.task.cancel()
        self._counted += running.bus.counted
        self._counted["writes"] += running.bus.orders.written
        self._counted["strays"] += running.bus.line.strays

    def _open(self, address: LineAddress) -> _Running:
        settings, context = self._settings, self._context
        serial = settings.port(address.host) if address.scheme is Scheme.RTU else None
        bus = Bus(Line(address, settings.timeout, serial), settings, context.clock, self._outlet, context.conditions)
        return _Running(bus, asyncio.create_task(self._run(bus), name=f"modbus {address}"))

    async def _run(self, bus: Bus) -> None:
        while True:
            try:
                await bus.run()
            except Exception:
                self._log.exception("a line failed; it is run again", line=str(bus.address))
            await asyncio.sleep(_AGAIN)

    def _every(self, map: RegisterMap) -> dict[Poll, float]:
        used = {point.poll for point in map.points}
        return {poll: map.every.get(poll, self._settings.every(poll)) for poll in Poll if poll in used}

    # --- odds and ends --------------------------------------------------------------------------------------------------

    async def _keep_counters(self) -> None:
        while True:
            await asyncio.sleep(_KEEP)
            if self._counters.changed:
                await asyncio.to_thread(self._counters.keep, self._counters.copy())

    def _again(self, device: Device, block: Block, source: str, raw: bytes, received: float, burst: Burst) -> None:
        if len(raw) != block.size:
            text = f"{len(raw)} bytes are not the {block.size} of {block.count} registers or bits"
            burst.rejected.append(Rejected(received, source, device.id, "bad-length", text, raw))
            return
        found = Found()
        BlockReader(block).read(raw, found, lambda point, number, wrap: number)
        if found.values:
            burst.rows.append(
                Row(device.id, device.kind, received, received, found.values, int(Quality.NO_SOURCE_TIME))
            )
        for code, reason in found.wrong.values():
            burst.rejected.append(Rejected(received, source, device.id, code, reason, raw))


def _watched(command: Command) -> tuple[float, float]:
    """How often, and for how many seconds, a controller is to tell its state (`read` with every and for)."""
    said = command.signal or {}
    return float(said.get("every") or 1.0), float(said.get("for") or 0.0)


def _nothing() -> None:
    """A poll needs no acknowledgement: what is lost on the way is read again."""
