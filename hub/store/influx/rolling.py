"""Aggregates of one interval, per device and per zone: asked for in InfluxQL, put together here, written as lines.

A tier's database holds a measurement a device kind (tags device, kind) and `zone_<kind>` (tags kind, zone). Fields of each
metric: `<metric>_count`, `_sum`, `_min`, `_max`, `_last`, and `_at`, when the last was measured (Unix seconds); a zone's
have also `_total`: each device's own value of the interval (mean of a gauge, last of a counter, sum of a delta), added up.
`span` is the interval's length in seconds. Times are the starts of intervals. A zone's metric with a count of 0 has been
taken back: its devices have moved since.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hub.model.devices import DeviceKind
from hub.model.metrics import Behaviour, behaviour_of
from hub.ports import Span, Tier
from hub.store.influx.access import InfluxAccess
from hub.store.influx.asking import Asker
from hub.store.influx.influxql import bounds, quoted
from hub.store.influx.lines import line, rolled_series, zone_series
from hub.store.periods import LENGTHS, whole

PARTS = ("count", "sum", "min", "max", "last", "at")
_PATIENCE = 300.0  # s that the server may take
OWN = ("received", "quality", "span")  # fields that are no metrics


@dataclass(slots=True)
class Summary:
    """The readings of one metric of one device in one interval; `at` is when `last` was measured, Unix seconds."""

    count: float
    sum: float
    min: float
    max: float
    last: float
    at: float

    def add(self, count: float, total: float, least: float, most: float, last: float, at: float) -> None:
        """Take in a part of the interval."""
        self.count += count
        self.sum += total
        if least < self.min:
            self.min = least
        if most > self.max:
            self.max = most
        if at >= self.at:
            self.last, self.at = last, at

    def own(self, behaviour: Behaviour) -> float:
        """The device's own value of the interval."""
        match behaviour:
            case Behaviour.GAUGE:
                return self.sum / self.count
            case Behaviour.COUNTER:
                return self.last
            case Behaviour.DELTA:
                return self.sum

    def fields(self, metric: str) -> dict[str, float]:
        """As they are stored."""
        return {f"{metric}_{part}": float(getattr(self, part)) for part in PARTS}


Summaries = dict[str, dict[str, Summary]]  # {device: {metric: summary}}


@dataclass(slots=True)
class Pool:
    """The summaries of one metric of the devices of one zone, as one."""

    held: list[tuple[str, Summary]] = field(default_factory=list)

    def fields(self, metric: str) -> dict[str, float]:
        """As they are stored; of two last values of one time that of the device that sorts last counts."""
        parts = [summary for _, summary in self.held]
        _, newest = max(self.held, key=lambda pair: (pair[1].at, pair[0]))
        pooled = Summary(
            sum(part.count for part in parts), math.fsum(part.sum for part in parts),
            min(part.min for part in parts), max(part.max for part in parts), newest.last, newest.at,
        )  # fmt: skip
        total = math.fsum(part.own(behaviour_of(metric)) for part in parts)
        return pooled.fields(metric) | {f"{metric}_total": total}


def intervals(tier: Tier, span: Span) -> Iterator[tuple[int, int]]:
    """The tier's intervals in `span`, in microseconds; ValueError when these are not whole."""
    start, end = whole(tier, span)
    length = LENGTHS.get(tier, end - start)
    for at in range(start, end, length):
        yield at, at + length


class Roller:
    """Computes summaries: quarters from readings, hours and days from quarters.

    Up to `few` rows of an interval are read one by one, which is faster than to have them aggregated by device.
    """

    def __init__(self, asker: Asker, access: InfluxAccess, few: int = 250_000) -> None:
        self._asker, self._access, self._few = asker, access, few

    def metrics(self, tier: Tier) -> dict[DeviceKind, list[str]]:
        """The metrics that there are to aggregate for the tier, by kind."""
        found: dict[DeviceKind, list[str]] = {}
        for kind in DeviceKind:
            names = field_names(self._asker, self._access.home(_source(tier)), kind.value)
            if tier is not Tier.QUARTER:
                names = [name.removesuffix("_count") for name in names if name.endswith("_count")]
            if names:
                found[kind] = names
        return found

    def summaries(self, tier: Tier, kind: DeviceKind, metrics: Sequence[str], start: int, end: int) -> Summaries:
        """Of each device and metric that has readings in the interval."""
        source = _source(tier)
        span = f"FROM {quoted(kind.value)} WHERE {bounds(start, end)}"
        counted = f"SELECT count({quoted('received' if source is None else 'span')}) {span}"
        rows = sum(one.values[0][1] for one in self._asker.ask(counted, self._access.home(source), _PATIENCE))
        if not rows:
            return {}
        if rows <= self._few:
            return self._by_row(source, metrics, span)
        return self._from_readings(metrics, span) if source is None else self._from_tier(source, metrics, span)

    def zones(self, tier: Tier, kind: DeviceKind, start: int, end: int) -> dict[str, set[str]]:
        """{zone: its metrics} that are stored of the interval."""
        statement = f"SELECT * FROM {quoted('zone_' + kind.value)} WHERE {bounds(start, start + 1)}"
        return {
            row["zone"]: {
                name.removesuffix("_count") for name, value in row.items() if name.endswith("_count") and value
            }
            for row in self._asker.rows(statement, self._access.home(tier))
        }

    def _by_row(self, source: Tier | None, metrics: Sequence[str], span: str) -> Summaries:
        width = 1 if source is None else len(PARTS)
        names = metrics if source is None else [f"{metric}_{part}" for metric in metrics for part in PARTS]
        statement = f'SELECT "device", {", ".join(map(quoted, names))} {span}'
        found: Summaries = {}
        for one in self._asker.ask(statement, self._access.home(source), _PATIENCE):
            for time, device, *values in one.values:
                held = found.setdefault(device, {})
                for n, metric in enumerate(metrics):
                    first = values[n * width]
                    if first is None:
                        continue
                    if source is None:
                        parts: Sequence[float] = (1, first, first, first, first, time / 1e6)
                    else:
                        parts = values[n * width : (n + 1) * width]
                    known = held.get(metric)
                    if known is None:
                        held[metric] = Summary(*parts)
                    else:
                        known.add(*parts)
        return found

    def _from_readings(self, metrics: Sequence[str], span: str) -> Summaries:
        found = self._by_device(None, metrics, ("count({})", "sum({})", "min({})", "max({})", "last({})"), span)
        for metric in metrics:
            statement = f'SELECT last({quoted(metric)}) {span} GROUP BY "device"'
            for one in self._asker.ask(statement, self._access.database, _PATIENCE):
                for time, _ in one.values:
                    found[one.tags["device"]][metric].at = time / 1e6
        return found

    def _from_tier(self, source: Tier, metrics: Sequence[str], span: str) -> Summaries:
        functions = ("sum({}_count)", "sum({}_sum)", "min({}_min)", "max({}_max)", "last({}_last)", "max({}_at)")
        return self._by_device(source, metrics, functions, span)

    def _by_device(self, source: Tier | None, metrics: Sequence[str], functions: Sequence[str], span: str) -> Summaries:
        split = [function.rstrip(")").split("(") for function in functions]
        what = ", ".join(f"{name}({quoted(part.format(metric))})" for metric in metrics for name, part in split)
        found: Summaries = {}
        for one in self._asker.ask(f'SELECT {what} {span} GROUP BY "device"', self._access.home(source), _PATIENCE):
            held = found.setdefault(one.tags["device"], {})
            for _time, *values in one.values:
                for n, metric in enumerate(metrics):
                    parts = values[n * len(split) : (n + 1) * len(split)]
                    if parts[0]:
                        held[metric] = Summary(*parts, *([math.nan] * (len(PARTS) - len(split))))
        return found


def _source(tier: Tier) -> Tier | None:
    return None if tier is Tier.QUARTER else Tier.QUARTER


def field_names(asker: Asker, database: str, measurement: str) -> list[str]:
    """The metrics' fields of a measurement, sorted; none when it does not exist."""
    rows = asker.rows(f"SHOW FIELD KEYS FROM {quoted(measurement)}", database)
    return sorted({row["fieldKey"] for row in rows} - {*OWN})


def device_lines(kind: DeviceKind, found: Summaries, start: int, end: int) -> Iterator[str]:
    """The lines of an interval, one a device."""
    for device, held in found.items():
        if held:
            fields = {"span": (end - start) / 1e6}
            for metric, summary in held.items():
                fields |= summary.fields(metric)
            yield line(rolled_series(kind, device), fields, start)


def zone_lines(
    kind: DeviceKind,
    found: Summaries,
    zones: Mapping[str, str | None],
    stored: Mapping[str, Iterable[str]],
    start: int,
    end: int,
) -> Iterator[str]:
    """The lines of an interval, one a zone; of what is `stored` ({zone: metrics}) and is no more, the count is 0."""
    pooled: dict[str, dict[str, Pool]] = {}
    for device, held in found.items():
        zone = zones.get(device)
        if zone is not None:
            for metric, summary in held.items():
                pooled.setdefault(zone, {}).setdefault(metric, Pool()).held.append((device, summary))
    for zone in sorted({*pooled, *stored}):
        pools = pooled.get(zone, {})
        fields = {"span": (end - start) / 1e6}
        for metric, pool in pools.items():
            fields |= pool.fields(metric)
        for metric in stored.get(zone, ()):
            if metric not in pools:
                fields[f"{metric}_count"] = 0.0
        yield line(zone_series(kind, zone), fields, start)
