"""The newest value of every metric of every device: a cache of the store, kept over a restart by hub.telemetry.snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from hub.model.readings import Row
from hub.ports import LatestValue


class Reading(NamedTuple):
    """One value with both its times; `received` is None when only the store remembers it."""

    time: float
    received: float | None
    value: float


class Held(msgspec.Struct, frozen=True, gc=False):
    """The part of a row that is kept, of a row that came from elsewhere than the wire."""

    time: float
    received: float | None
    values: dict[str, float]


class LatestCopy(NamedTuple):
    """The cache at one moment. Nothing in it changes any more, so any thread may read it."""

    rows: Mapping[str, Row | Held]
    elder: Mapping[str, Mapping[str, Reading]]


_NOTHING: Mapping[str, Reading] = {}
_SAME = 1e-6  # seconds


class LatestValues:
    """{device: {metric: Reading}}; a reading replaces only one of an older source time, as in the store.

    A source time in the future counts as the time of receipt, so that the readings of a clock that was ahead give way
    to those that come after it was set right.

    Of each device the newest row is kept as it came, and beside it the readings of metrics that this row lacks
    (`elder`, which may also hold some that are superseded). A row of all the device's metrics costs one comparison.
    """

    def __init__(self) -> None:
        self.version = 0
        self._rows: dict[str, Row | Held] = {}
        self._elder: dict[str, Mapping[str, Reading]] = {}  # the inner mappings are replaced, never changed

    def load(self, rows: Mapping[str, Held]) -> None:
        """Take in one row a device of what the store gave (see `rows_of`)."""
        for device, row in rows.items():
            self._take(device, row)

    def restore(self, known: LatestCopy) -> None:
        """Put back what a snapshot holds, before anything newer is taken in."""
        self._rows.update(known.rows)
        self._elder.update(known.elder)

    def update(self, rows: Iterable[Row]) -> None:
        """Take in rows that are durable."""
        self.version += 1
        newest = self._rows
        for row in rows:
            device = row.device
            before = newest.get(device)
            if before is not None and row.time > before.time and before.values.keys() <= row.values.keys():
                newest[device] = row
            else:
                self._take(device, row)

    def _take(self, device: str, row: Row | Held) -> None:
        if not row.values:
            return
        before = self._rows.get(device)
        if before is None:
            self._rows[device] = row
        elif _newer(row, before):
            lacking = before.values.keys() - row.values.keys()
            if lacking:
                elder = {metric: Reading(before.time, before.received, before.values[metric]) for metric in lacking}
                self._elder[device] = {**self._elder.get(device, _NOTHING), **elder}
            self._rows[device] = row
        else:
            self._late(device, row, before)

    def _late(self, device: str, row: Row | Held, newest: Row | Held) -> None:
        """A row that is not newer than the newest may still be the newest of some metrics."""
        elder = self._elder.get(device, _NOTHING)
        news = {
            metric: Reading(row.time, row.received, value)
            for metric, value in row.values.items()
            if metric not in newest.values and (metric not in elder or _newer(row, elder[metric]))
        }
        if news:
            self._elder[device] = {**elder, **news}

    def of(self, device: str) -> Mapping[str, Reading]:
        """{metric: reading} of one device; empty when it never reported."""
        row = self._rows.get(device)
        if row is None:
            return _NOTHING
        own = {metric: Reading(row.time, row.received, value) for metric, value in row.values.items()}
        return {**self._elder.get(device, _NOTHING), **own}

    def forget(self, device: str) -> None:
        """Drop a device that was deleted."""
        self.version += 1
        self._rows.pop(device, None)
        self._elder.pop(device, None)

    def copy(self) -> LatestCopy:
        """The cache as it is now, within a few milliseconds."""
        return LatestCopy(self._rows.copy(), self._elder.copy())

    def __len__(self) -> int:
        return len(self._rows)


def rows_of(values: Iterable[LatestValue], now: float) -> Iterator[dict[str, Held]]:
    """What `TelemetryStore.latest` gives as rows, at most one a device in each portion.

    A source time after `now` is of a clock that is ahead; `now` then stands for its receipt.
    """
    left: Iterable[LatestValue] | None = values
    while left:
        found: dict[str, Held] = {}
        others: list[LatestValue] = []
        for each in left:
            device, metric, time, value = each
            row = found.get(device)
            if row is None:
                found[device] = Held(time, now if time > now else None, {metric: value})
            elif row.time == time:
                row.values[metric] = value
            else:
                others.append(each)
        yield found
        left = others


def _newer(one: Row | Held | Reading, other: Row | Held | Reading) -> bool:
    """Of the same source time, as exactly as stores keep it, is the same reading, whenever it came."""
    return abs(one.time - other.time) > _SAME and _rank(one) > _rank(other)


def _rank(row: Row | Held | Reading) -> float:
    """What readings are ordered by: none is newer than its receipt."""
    return row.time if row.received is None or row.time <= row.received else row.received
