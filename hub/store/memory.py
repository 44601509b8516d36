"""The store in memory: what `TelemetryStore` means, in the plainest words. For tests and for trying things out."""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub.model.devices import DeviceKind
from hub.model.metrics import METRICS, Behaviour
from hub.model.readings import Row
from hub.ports import Aggregate, Health, LatestValue, SeriesQuery, StoreSizes, StoreUnavailable
from hub.store.periods import PERIOD, interval_start, microseconds

_Reading = tuple[int, str, float]  # time, device, value


@dataclass(slots=True)
class StoredRow:
    """The readings of one device at one time, with what was said of the first row that brought them."""

    received: float
    quality: int
    values: dict[str, float]


class MemoryStore:
    """A TelemetryStore that keeps nothing beyond its own life."""

    def __init__(self) -> None:
        self.rows: dict[tuple[DeviceKind, str, int], StoredRow] = {}
        self._lock = threading.Lock()
        self._closed = False

    def append(self, rows: Sequence[Row]) -> None:
        with self._open():
            for row in rows:
                if row.values:
                    key = (row.kind, row.device, microseconds(row.time))
                    stored = self.rows.setdefault(key, StoredRow(row.received, row.quality, {}))
                    stored.values = {**row.values, **stored.values}

    def latest(self) -> Iterable[LatestValue]:
        newest: dict[tuple[DeviceKind, str, str], tuple[int, float]] = {}
        with self._open():
            for (kind, device, time), row in self.rows.items():
                for metric, value in row.values.items():
                    if time > newest.get((kind, device, metric), (-math.inf, 0.0))[0]:
                        newest[kind, device, metric] = (time, value)
        return [LatestValue(device, metric, time / 1e6, value) for (_, device, metric), (time, value) in newest.items()]

    def series(self, query: SeriesQuery) -> list[tuple[float, float]]:
        start, end = microseconds(query.start), microseconds(query.end)
        wanted = {kind: frozenset(devices) for kind, devices in query.devices.items()}
        with self._open():
            readings: list[_Reading] = sorted(
                (time, device, row.values[query.metric])
                for (kind, device, time), row in self.rows.items()
                if start <= time < end and query.metric in row.values and device in wanted.get(kind, ())
            )
        if query.every is None:
            points = [(time, value) for time, _, value in readings]
        else:
            if query.every <= 0:
                raise ValueError(f"every={query.every}: an interval is longer than 0 s")
            every, offset = max(1, microseconds(query.every)), microseconds(query.offset)
            intervals: dict[int, list[_Reading]] = defaultdict(list)
            for reading in readings:
                intervals[interval_start(reading[0], every, offset)].append(reading)
            points = [(at, _value(held, query)) for at, held in sorted(intervals.items())]
        return [(time / 1e6, value) for time, value in points[: max(0, query.limit)]]

    def drop_before(self, time: float) -> int:
        with self._open():
            first = microseconds(time) // PERIOD
            self.rows = {key: row for key, row in self.rows.items() if key[2] // PERIOD >= first}
        return 0

    def sizes(self) -> StoreSizes:
        with self._open():
            times = [time / 1e6 for _, _, time in self.rows]
        return StoreSizes(len(times), 0, min(times, default=None), max(times, default=None))

    def health(self) -> Health:
        return Health(not self._closed, "closed" if self._closed else f"in memory, {len(self.rows)} rows")

    def close(self) -> None:
        self._closed = True

    def _open(self) -> threading.Lock:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        return self._lock


def _value(readings: Sequence[_Reading], query: SeriesQuery) -> float:
    """One interval's value; `readings` ascend by time, then device."""
    behaviour = METRICS[query.metric].behaviour if query.metric in METRICS else Behaviour.GAUGE
    values = [value for _, _, value in readings]
    if query.aggregate is Aggregate.SUM and query.over_devices and behaviour is not Behaviour.DELTA:
        own: dict[str, list[float]] = defaultdict(list)
        for _, device, value in readings:
            own[device].append(value)
        if behaviour is Behaviour.COUNTER:
            return math.fsum(held[-1] for held in own.values())
        return math.fsum(math.fsum(held) / len(held) for held in own.values())
    match query.aggregate:
        case Aggregate.MEAN:
            return math.fsum(values) / len(values)
        case Aggregate.MIN:
            return min(values)
        case Aggregate.MAX:
            return max(values)
        case Aggregate.SUM:
            return math.fsum(values)
        case Aggregate.LAST:
            return values[-1]
        case Aggregate.COUNT:
            return float(len(values))
