"""The store in memory: what `TelemetryStore` means, in the plainest words. For tests and for trying things out."""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hub.model.devices import DeviceKind
from hub.model.metrics import Behaviour, behaviour_of
from hub.model.readings import Row
from hub.ports import Aggregate, Health, LatestValue, SeriesQuery, Span, StoreSizes, StoreUnavailable, Tier
from hub.store.periods import LENGTHS, RAW, Period, fits, interval_start, microseconds, period_at, whole
from hub.store.together import together

_Reading = tuple[int, str, float]  # time, device, value
_Key = tuple[DeviceKind, str, int]  # kind, device, time


@dataclass(slots=True)
class StoredRow:
    """The readings of one device at one time, with what was said of the first row that brought them."""

    received: float
    quality: int
    values: dict[str, float]


@dataclass(slots=True)
class Interval:
    """One interval of a tier: the readings that its aggregates were made of."""

    ends: int
    values: dict[_Key, dict[str, float]] = field(default_factory=dict)


class MemoryStore:
    """A TelemetryStore that keeps nothing beyond its own life.

    A tier's intervals keep a copy of their readings, so a series from tiers is a series of readings that may be gone.
    """

    def __init__(self) -> None:
        self.rows: dict[_Key, StoredRow] = {}
        self.rolled: dict[Tier, dict[int, Interval]] = {tier: {} for tier in Tier}
        self._lock = threading.Lock()
        self._closed = False

    def append(self, rows: Sequence[Row]) -> None:
        with self._open():
            for row in rows:
                if row.values:
                    key = (row.kind, row.device, microseconds(row.time))
                    stored = self.rows.setdefault(key, StoredRow(row.received, row.quality, {}))
                    stored.values = {**row.values, **stored.values}

    def latest(self, received_after: float | None = None) -> Iterable[LatestValue]:
        newest: dict[tuple[DeviceKind, str, str], tuple[int, float]] = {}
        with self._open():
            for (kind, device, time), row in self.rows.items():
                if received_after is None or row.received > received_after:
                    for metric, value in row.values.items():
                        if time > newest.get((kind, device, metric), (-math.inf, 0.0))[0]:
                            newest[kind, device, metric] = (time, value)
        return [LatestValue(device, metric, time / 1e6, value) for (_, device, metric), (time, value) in newest.items()]

    def readings(self, kind: DeviceKind, device: str, span: Span, limit: int) -> list[Row]:
        start, end = microseconds(span.start), microseconds(span.end)
        with self._open():
            found = sorted(
                (key[2], row) for key, row in self.rows.items() if key[:2] == (kind, device) and start <= key[2] < end
            )
        rows = [Row(device, kind, time / 1e6, row.received, dict(row.values), row.quality) for time, row in found]
        return rows[: max(0, limit)]

    def series(self, query: SeriesQuery) -> list[tuple[float, float]]:
        with self._open():
            found = self._visible(query)
        wanted = {kind: frozenset(devices) for kind, devices in query.devices.items()}
        readings: list[_Reading] = sorted(
            (time, device, values[query.metric])
            for (kind, device, time), values in found.items()
            if query.metric in values and device in wanted.get(kind, ())
        )
        if query.every is None:
            points = [(time, value) for time, _, value in readings]
        else:
            every, offset = _interval(query)
            intervals: dict[int, list[_Reading]] = defaultdict(list)
            for reading in readings:
                intervals[interval_start(reading[0], every, offset)].append(reading)
            points = [(at, _value(held, query)) for at, held in sorted(intervals.items())]
        return [(time / 1e6, value) for time, value in points[: max(0, query.limit)]]

    def roll_up(self, tier: Tier, span: Span, zones: Mapping[str, str | None]) -> int:
        start, end = whole(tier, span)
        with self._open():
            values = self._rows() if tier is Tier.QUARTER else self._quarters()
            intervals = {start: Interval(end)} if tier is Tier.DAY else _intervals(start, end, LENGTHS[tier])
            for key, held in values:
                if start <= key[2] < end:
                    at = start if tier is Tier.DAY else interval_start(key[2], LENGTHS[tier], 0)
                    intervals[at].values[key] = dict(held)
            kept = {at: held for at, held in self.rolled[tier].items() if held.ends <= start or at >= end}
            self.rolled[tier] = kept | intervals
        return sum(len({key[:2] for key in interval.values}) for interval in intervals.values())

    def drop_before(self, time: float, tier: Tier | None = None) -> int:
        first = period_at(tier or RAW, microseconds(time))
        with self._open():
            if tier is None:
                self.rows = {key: row for key, row in self.rows.items() if period_at(RAW, key[2]) >= first}
            else:
                kept = {at: interval for at, interval in self.rolled[tier].items() if period_at(tier, at) >= first}
                self.rolled[tier] = kept
        return 0

    def sizes(self) -> StoreSizes:
        with self._open():
            tiers = {
                tier: _sizes(tier, [at for at, one in held.items() for _ in {key[:2] for key in one.values}])
                for tier, held in self.rolled.items()
            }
            return _sizes(RAW, [time for _, _, time in self.rows])._replace(tiers=tiers)

    def health(self) -> Health:
        return Health(not self._closed, "closed" if self._closed else f"in memory, {len(self.rows)} rows")

    def close(self) -> None:
        self._closed = True

    def _open(self) -> threading.Lock:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        return self._lock

    def _rows(self) -> Iterator[tuple[_Key, dict[str, float]]]:
        return ((key, row.values) for key, row in self.rows.items())

    def _quarters(self) -> Iterator[tuple[_Key, dict[str, float]]]:
        return (item for interval in self.rolled[Tier.QUARTER].values() for item in interval.values.items())

    def _visible(self, query: SeriesQuery) -> dict[_Key, dict[str, float]]:
        """The readings of the query's time that are there, or were when an interval that may answer was rolled up."""
        start, end = microseconds(query.start), microseconds(query.end)
        found: dict[_Key, dict[str, float]] = {}
        if query.every is not None:
            every, offset = _interval(query)
            for tier, span in query.rolled.items():
                low, high = max(start, microseconds(span.start)), min(end, microseconds(span.end))
                for at, interval in self.rolled[tier].items():
                    if low <= at and interval.ends <= high and fits(tier, at, interval.ends, every, offset):
                        found.update(interval.values)
        found.update((key, values) for key, values in self._rows() if start <= key[2] < end)
        return found


def _interval(query: SeriesQuery) -> tuple[int, int]:
    """(length, offset) of the query's intervals in microseconds; raises ValueError for a length that is none."""
    assert query.every is not None
    if query.every <= 0:
        raise ValueError(f"every={query.every}: an interval is longer than 0 s")
    return max(1, microseconds(query.every)), microseconds(query.offset)


def _intervals(start: int, end: int, length: int) -> dict[int, Interval]:
    """The intervals that begin in the span."""
    return {at: Interval(at + length) for at in range(interval_start(start, length, 0), end, length)}


def _sizes(series: str, times: Sequence[int]) -> StoreSizes:
    """Of rows of these times, by the periods of files."""
    held: dict[Period, list[float]] = defaultdict(list)
    for time in times:
        held[period_at(series, time)].append(time / 1e6)
    return together([StoreSizes(len(some), 0, min(some), max(some)) for _, some in sorted(held.items())])


def _value(readings: Sequence[_Reading], query: SeriesQuery) -> float:
    """One interval's value; `readings` ascend by time, then device."""
    behaviour = behaviour_of(query.metric)
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
