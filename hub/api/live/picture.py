"""The whole city as one picture: every device's visible state in 20 bytes, and the counts of every zone.

The record format is `GET /map`'s, described byte by byte in docs/api.md.
"""

from __future__ import annotations

import asyncio
import gzip
import math
import secrets
import struct
import time
from collections.abc import Iterable
from typing import NamedTuple

from hub.background import Breath
from hub.control.board import Board, Counts
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause
from hub.model.zones import ZoneTree
from hub.registry.city import City

MAGIC, VERSION = b"LLM1", 1
HEADER = struct.Struct("<4sHHII")
RECORD = struct.Struct("<iiBBBBII")
NO_ZONE = 0xFFFFFFFF
KINDS = {kind: number for number, kind in enumerate(DeviceKind)}
ONLINE, FAULT, OVERRIDE, EMERGENCY, LEVEL_KNOWN, DIFFERS, REQUESTED_KNOWN, LOCAL = (1 << bit for bit in range(8))
_FLAGS, _ACTUAL, _ZONE = 9, 10, 12  # offsets in a record


class Document(NamedTuple):
    """`GET /map`, ready to send; `packed` is the same with gzip."""

    body: bytes
    packed: bytes
    etag: str


class Picture:
    """Keeps the visible state of every device and the counts of every zone, changing only what was touched.

    Lives on the event loop. Long work is done in slices between which the loop goes on.
    """

    def __init__(self, city: City, board: Board) -> None:
        self._city, self._board = city, board
        self._records: dict[str, bytes] = {}
        self._counted: dict[str, tuple[str | None, tuple[int, int, int, int]]] = {}
        self._direct: dict[str | None, list[int]] = {}
        self._touched: set[str] = set()
        self._zone_index: dict[str, int] = {}
        self._tree: ZoneTree | None = None
        self._boot, self._edition = secrets.token_hex(4), 0
        self._layout: tuple[int, list[str], bytes, bytes] | None = None
        self._document: tuple[int, Document] | None = None
        self._behind = False  # somebody was shown an older picture: the next sweep tells what they did not see
        self._sweeping = asyncio.Lock()
        self._drawing = asyncio.Lock()

    def touch(self, devices: Iterable[str]) -> None:
        """These devices may look different now, or were added or deleted."""
        self._touched.update(devices)

    async def sweep(self, pause: float = 0.0) -> list[str]:
        """Look at every device again; returns those that look different although nobody touched them (none at first).

        All other work has `pause` seconds between two pieces of it."""
        async with self._sweeping:
            first = self._tree is None
            touched = set[str]() if self._behind else self._touched.copy()
            self._behind = False
            changed: list[str] = []
            names = list(self._city.devices.keys() | self._records.keys())
            self._tree = self._city.tree
            self._zone_index = {zone: index for index, zone in enumerate(sorted(self._tree.zones))}
            breath = Breath(pause=pause)
            for name in names:
                if breath.due():
                    await breath.take()
                if self._look(name) and name not in touched:
                    changed.append(name)
            return [] if first else changed

    async def current(self, within: float = math.inf) -> None:
        """Bring everything up to date: cheap when little was touched. What is left after `within` seconds is drawn later, and
        told by the next sweep: while a city answers an order, changes come as fast as they are drawn."""
        while self._tree is not self._city.tree:
            await self.sweep()
        breath, ends = Breath(), time.monotonic() + within
        while self._touched:
            self._look(self._touched.pop())
            if breath.due():
                if time.monotonic() >= ends:
                    self._behind = True
                    return
                await breath.take()

    def _look(self, name: str) -> bool:
        """Draw one device again; True when its state looks different (another number of its zone does not count)."""
        self._touched.discard(name)
        device = self._city.devices.get(name)
        record = None if device is None else self._record(device)
        before = self._records.get(name)
        if record == before:
            return False
        self._edition += 1
        self._count(name, device, record)
        if before is None or record is None:
            self._layout = None
        if record is None:
            self._records.pop(name, None)
        else:
            self._records[name] = record
        return before is None or record is None or before[:_ZONE] != record[:_ZONE]

    def _record(self, device: Device) -> bytes:
        flags = actual = requested = 0
        if device.kind is DeviceKind.LIGHT:
            state = self._board.light(device.id)
            online = state.online
            if state.actual is not None:
                flags |= LEVEL_KNOWN
                actual = _percent(state.actual)
            if state.requested is not None:
                flags |= REQUESTED_KNOWN
                requested = _percent(state.requested)
            if state.actual is not None and state.requested is not None and abs(state.actual - state.requested) > 1:
                flags |= DIFFERS
            if state.cause is Cause.OVERRIDE:
                flags |= OVERRIDE
            elif state.cause is Cause.EMERGENCY:
                flags |= EMERGENCY
            elif state.cause is Cause.LOCAL:
                flags |= LOCAL
        else:
            online = self._board.online(device.id)
        if online:
            flags |= ONLINE
        if self._board.conditions(device.id):
            flags |= FAULT
        if self._board.unpowered(device.id) is not None:
            actual = 0
        lat, lon = (device.location.lat, device.location.lon) if device.location else (0.0, 0.0)
        zone = NO_ZONE if device.zone is None else self._zone_index.get(device.zone, NO_ZONE)
        return RECORD.pack(round(lat * 1e7), round(lon * 1e7), KINDS[device.kind], flags, actual, requested, zone, 0)

    # --- counts ------------------------------------------------------------------------------------------------------

    def _count(self, name: str, device: Device | None, record: bytes | None) -> None:
        zone, old = self._counted.pop(name, (None, None))
        if old is not None:
            self._add(zone, old, -1)
        if device is not None and record is not None and device.kind is DeviceKind.LIGHT:
            flags = record[_FLAGS]
            new = (1, int(bool(flags & ONLINE)), int(record[_ACTUAL] > 0), int(bool(flags & FAULT)))
            self._counted[name] = device.zone, new
            self._add(device.zone, new, 1)

    def _add(self, zone: str | None, counts: tuple[int, int, int, int], sign: int) -> None:
        total = self._direct.setdefault(zone, [0, 0, 0, 0])
        for index, value in enumerate(counts):
            total[index] += sign * value

    def counts(self, zone: str) -> Counts:
        """Counts of a zone with everything beneath it, as of the last look."""
        total = [0, 0, 0, 0]
        for each in self._city.tree.below(zone):
            for index, value in enumerate(self._direct.get(each, ())):
                total[index] += value
        return Counts(*total)._replace(by_hub=self._board.by_hub(zone))

    def zoneless(self) -> Counts:
        """Counts of the lights that are in no zone, as of the last look."""
        return Counts(*self._direct.get(None, (0, 0, 0, 0)))

    def was_zoneless(self, name: str) -> bool:
        """True for a light that was in no zone at the last look."""
        return name in self._counted and self._counted[name][0] is None

    def all_counts(self) -> dict[str, Counts]:
        """Counts of every zone, as of the last look."""
        tree = self._city.tree
        totals = {zone: list(self._direct.get(zone, (0, 0, 0, 0))) for zone in tree.zones}
        parents_first = [zone for root in tree.children(None) for zone in tree.below(root)]
        for zone in reversed(parents_first):
            parent = tree.zones[zone].parent
            if parent in totals:
                for index, value in enumerate(totals[zone]):
                    totals[parent][index] += value
        return {zone: Counts(*total)._replace(by_hub=self._board.by_hub(zone)) for zone, total in totals.items()}

    # --- the map -----------------------------------------------------------------------------------------------------

    async def document(self) -> Document:
        """The map as of now."""
        async with self._drawing:
            await self.current()
            if self._document is None or self._document[0] != self._edition:
                edition = self._edition
                body = self._draw()
                packed = await asyncio.to_thread(gzip.compress, body, 1, mtime=0)
                self._document = edition, Document(body, packed, f'"{self._boot}-{edition}"')
            return self._document[1]

    def _draw(self) -> bytes:
        if self._layout is None or self._layout[0] != self._city.version:
            places = self._city.devices.items()
            names = [name for name, device in places if device.location is not None and name in self._records]
            ids = "\n".join(names).encode()
            header = HEADER.pack(MAGIC, VERSION, RECORD.size, len(names), len(ids))
            self._layout = self._city.version, names, header, ids + "\n".join(self._zone_index).encode()
        _, names, header, tail = self._layout
        return b"".join((header, *map(self._records.__getitem__, names), tail))


def _percent(level: float) -> int:
    """0-100; anything above 0 is at least 1, so that a dim light does not look dark."""
    return min(100, max(round(level), 1 if level > 0 else 0))
