"""Latest values, presence and clocks on disk, so that a start need not ask the store for everything. The format: SNAPSHOT.md."""

from __future__ import annotations

import os
import struct
import sys
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from hub.model.presence import ClockError, PresenceCopy
from hub.model.readings import Row
from hub.telemetry.latest import Held, LatestCopy, Reading

MAGIC = b"LLSNAP1\n"
_LENGTH = struct.Struct("<I")
_BLOCK_DEVICES = 400  # encoded in about a millisecond, during which nothing else runs


class DamagedSnapshot(Exception):
    """The file is not whole, or no snapshot at all; the store knows all that it held."""


class Snapshot(NamedTuple):
    """What a file held: all that the store had got by `whole_at` (None: perhaps not even the oldest), and maybe more."""

    whole_at: float | None
    latest: LatestCopy
    presence: PresenceCopy


class _Header(msgspec.Struct, array_like=True):
    whole_at: float | None


class _End(msgspec.Struct, array_like=True):
    devices: int


class _Record(msgspec.Struct, array_like=True, gc=False):
    """One device. `metrics` is the number of the block's list that names `values`; -1 without a row."""

    device: str
    metrics: int
    time: float | None
    received: float | None
    values: list[float]
    elder: dict[str, tuple[float, float | None, float]]
    heard: float | None
    present: bool | None
    left_at: float | None
    clock: tuple[float, float] | None


class _Block(msgspec.Struct, array_like=True):
    metrics: list[list[str]]
    records: list[_Record]


def write_snapshot(path: Path, whole_at: float | None, latest: LatestCopy, presence: PresenceCopy) -> None:
    """Replace the file at `path`, or leave it as it was: raises OSError. Lets other threads run every few milliseconds."""
    temporary = path.with_suffix(".tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(MAGIC)
            _put(file, _Header(whole_at))
            names, devices = _devices(latest, presence), 0
            while part := list(islice(names, _BLOCK_DEVICES)):
                _put(file, _block(part, latest, presence))
                devices += len(part)
                time.sleep(0)
            _put(file, _End(devices))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _devices(latest: LatestCopy, presence: PresenceCopy) -> Iterator[str]:
    """Every device that anything is known of, once; a set of them would be built in one go, during which nothing else runs."""
    parts: tuple[Mapping[str, object], ...] = (latest.rows, *presence)
    for number, part in enumerate(parts):
        yield from (device for device in part if not any(device in before for before in parts[:number]))


def _put(file: BinaryIO, block: msgspec.Struct) -> None:
    packed = zlib.compress(msgspec.msgpack.encode(block), 1)
    file.write(_LENGTH.pack(len(packed)) + packed)


def _block(devices: Iterable[str], latest: LatestCopy, presence: PresenceCopy) -> _Block:
    numbers: dict[tuple[str, ...], int] = {}
    records = []
    for device in devices:
        row = latest.rows.get(device)
        number, values = -1, []
        if row is not None:
            number = numbers.setdefault(tuple(row.values), len(numbers))
            values = list(row.values.values())
        records.append(
            _Record(
                device,
                number,
                None if row is None else row.time,
                None if row is None else row.received,
                values,
                {
                    metric: (reading.time, reading.received, reading.value)
                    for metric, reading in latest.elder.get(device, {}).items()
                    if row is None or metric not in row.values
                },
                presence.heard.get(device),
                presence.present.get(device),
                presence.left_at.get(device),
                presence.clocks.get(device),
            )
        )
    return _Block([list(metrics) for metrics in numbers], records)


def read_snapshot(path: Path, ids: Mapping[str, str]) -> Snapshot | None:
    """What the file at `path` holds of the devices `ids` ({id: the string to use for it}); None without a file.

    Raises DamagedSnapshot, OSError.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    if raw[: len(MAGIC)] != MAGIC:
        raise DamagedSnapshot(f"{path} does not begin as a snapshot does")
    found = _Found(ids)
    try:
        blocks = _blocks(raw)
        header = msgspec.msgpack.decode(next(blocks, b""), type=_Header)
        decode = msgspec.msgpack.Decoder(_Block).decode
        packed = next(blocks, b"")
        for after in blocks:
            found.take(decode(packed))
            packed = after
        end = msgspec.msgpack.decode(packed, type=_End)
    except (msgspec.MsgspecError, zlib.error, ValueError, IndexError) as error:
        raise DamagedSnapshot(f"{path} is damaged: {error}") from error
    if found.count != end.devices:
        raise DamagedSnapshot(f"{path} is damaged: {found.count} devices instead of {end.devices}")
    return Snapshot(header.whole_at, LatestCopy(found.rows, found.elder), found.presence)


class _Found:
    """What blocks held, put together."""

    def __init__(self, ids: Mapping[str, str]) -> None:
        self._ids = ids
        self.count = 0
        self.rows: dict[str, Row | Held] = {}
        self.elder: dict[str, Mapping[str, Reading]] = {}
        self._heard: dict[str, float] = {}
        self._present: dict[str, bool] = {}
        self._left_at: dict[str, float] = {}
        self._clocks: dict[str, ClockError] = {}
        self.presence = PresenceCopy(self._heard, self._present, self._left_at, self._clocks)

    def take(self, block: _Block) -> None:
        """Take in a block; raises ValueError and IndexError when it makes no sense."""
        names = [[sys.intern(name) for name in metrics] for metrics in block.metrics]
        self.count += len(block.records)
        for record in block.records:
            device = self._ids.get(record.device)
            if device is None:
                continue
            if record.time is not None:
                values = dict(zip(names[record.metrics], record.values, strict=True))
                self.rows[device] = Held(record.time, record.received, values)
            if record.elder:
                self.elder[device] = {sys.intern(metric): Reading(*reading) for metric, reading in record.elder.items()}
            if record.heard is not None:
                self._heard[device] = record.heard
            if record.present is not None:
                self._present[device] = record.present
            if record.left_at is not None:
                self._left_at[device] = record.left_at
            if record.clock is not None:
                self._clocks[device] = ClockError(*record.clock)


def _blocks(raw: bytes) -> Iterator[bytes]:
    """The blocks of a file, unpacked; zlib checks each. Raises ValueError and zlib.error."""
    place = len(MAGIC)
    while place < len(raw):
        if place + _LENGTH.size > len(raw):
            raise ValueError("it ends within a length")
        (length,) = _LENGTH.unpack_from(raw, place)
        place += _LENGTH.size
        if place + length > len(raw):
            raise ValueError("it ends within a block")
        yield zlib.decompress(raw[place : place + length])
        place += length
