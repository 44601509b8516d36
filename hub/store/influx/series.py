"""`TelemetryStore.series` by InfluxQL, from readings and tiers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from hub.model.metrics import Behaviour, behaviour_of
from hub.ports import Aggregate, SeriesQuery, Tier
from hub.store.influx.access import InfluxAccess
from hub.store.influx.asking import Asker
from hub.store.influx.influxql import among, bounds, by_interval, chunks, quoted
from hub.store.influx.parts import core, shared
from hub.store.periods import DAY, LENGTHS, RAW, interval_start, microseconds
from hub.store.plan import Bounds, Stretch, adds_own_values, interval, plan

_PATIENCE = 60.0  # s that the server may take
_SHORT = 2 * 86_400.0  # s; up to here readings answer as fast as aggregates
_SHORTEST_DAY = DAY - 2 * LENGTHS[Tier.HOUR]  # us; no civil day is shorter

# What is asked of each interval: of readings, of a tier, and how parts of one interval join.
_FROM_READINGS = {"n": ("count", ""), "s": ("sum", ""), "lo": ("min", ""), "hi": ("max", "")}
_FROM_TIER = {"n": ("sum", "_count"), "s": ("sum", "_sum"), "lo": ("min", "_min"), "hi": ("max", "_max")}
_JOIN: dict[str, Callable[[float, float], float]] = {"n": float.__add__, "s": float.__add__, "lo": min, "hi": max}
_NEEDED = {
    Aggregate.COUNT: ("n",),
    Aggregate.SUM: ("s",),
    Aggregate.MEAN: ("n", "s"),
    Aggregate.MIN: ("lo",),
    Aggregate.MAX: ("hi",),
}


class SeriesReader:
    """Answers SeriesQuery. `raw_from` says since when (Unix seconds) readings are still there."""

    def __init__(self, asker: Asker, access: InfluxAccess, raw_from: Callable[[], float]) -> None:
        self._asker, self._access, self._raw_from = asker, access, raw_from

    def series(self, query: SeriesQuery) -> list[tuple[float, float]]:
        """As the port says. Raises StoreUnavailable, and ValueError for an interval of no length."""
        if query.every is not None:
            interval(query)
        query = replace(query, devices={kind: devices for kind, devices in query.devices.items() if devices})
        if query.start >= query.end or query.limit <= 0 or not query.devices:
            return []
        if query.every is None:
            points = self._readings(query)
        else:
            if query.start >= self._raw_from() and query.end - query.start <= _SHORT:
                query = replace(query, rolled={})
            stretches = sorted(plan(query, self._held(query)), key=lambda part: part.begins)
            points = sorted(_Question(self._asker, self._access, query, stretches).answer().items())
        return [(time / 1e6, value) for time, value in points[: query.limit]]

    def _readings(self, query: SeriesQuery) -> list[tuple[int, float]]:
        span = bounds(microseconds(query.start), microseconds(query.end))
        found: list[tuple[int, str, float]] = []
        for kind, devices in query.devices.items():
            for some in chunks(devices):
                statement = (
                    f'SELECT {quoted(query.metric)}, "device" FROM {quoted(kind.value)} '
                    f"WHERE {among(some)} AND {span} ORDER BY time ASC LIMIT {query.limit}"
                )
                for series in self._asker.ask(statement, self._access.database, _PATIENCE):
                    found += [(time, device, float(value)) for time, value, device in series.values]
        return [(time, value) for time, _, value in sorted(found)]

    def _held(self, query: SeriesQuery) -> dict[Tier, list[Bounds]]:
        """What the tiers hold for the question: all that was rolled, of the days each day by itself."""
        held: dict[Tier, list[Bounds]] = {
            tier: [(microseconds(span.start), microseconds(span.end))]
            for tier, span in query.rolled.items()
            if tier is not Tier.DAY
        }
        if Tier.DAY in query.rolled and microseconds(query.every or 0) >= _SHORTEST_DAY:
            held[Tier.DAY] = self._days(query)
        return held

    def _days(self, query: SeriesQuery) -> list[Bounds]:
        """The civil days stored within the question's span, ascending."""
        span = query.rolled[Tier.DAY]
        low, high = microseconds(max(query.start, span.start)), microseconds(min(query.end, span.end))
        if low >= high:
            return []
        kinds = ", ".join(quoted(kind.value) for kind in query.devices)
        statement = (
            f'SELECT max("span") FROM {kinds} WHERE {bounds(low, high)} '
            f"GROUP BY {by_interval(LENGTHS[Tier.QUARTER], 0)} fill(none)"
        )
        answer = self._asker.ask(statement, self._access.home(Tier.DAY), _PATIENCE)
        return sorted({(time, time + microseconds(length)) for one in answer for time, length in one.values})


class _Question:
    """One SeriesQuery with intervals, and from where the stretches of its time are answered."""

    def __init__(self, asker: Asker, access: InfluxAccess, query: SeriesQuery, parts: Sequence[Stretch]) -> None:
        self._asker, self._access, self._query, self._parts = asker, access, query, parts
        self._every, self._offset = interval(query)

    def answer(self) -> dict[int, float]:
        """{start of the interval: value}."""
        query = self._query
        if query.aggregate is Aggregate.LAST:
            one = sum(map(len, query.devices.values())) == 1
            return self._last_of_one() if one else self._last_of_many()
        return self._own_sums() if adds_own_values(query) else self._pooled()

    def _pooled(self) -> dict[int, float]:
        needed = _NEEDED[self._query.aggregate]
        held: dict[int, list[float]] = {}
        for part in self._parts:
            what = ", ".join(self._call(part, name) for name in needed)
            for time, *found in self._ask(part, what, self._grouped()):
                values = [float(value) for value in found]
                before = held.get(time)
                if before is not None:
                    values = [_JOIN[name](old, new) for name, old, new in zip(needed, before, values, strict=True)]
                held[time] = values
        if self._query.aggregate is Aggregate.MEAN:
            return {at: total / count for at, (count, total) in held.items()}
        return {at: values[0] for at, values in held.items()}

    def _last_of_one(self) -> dict[int, float]:
        found: dict[int, float] = {}
        for part in self._parts:
            what = f"last({self._field(part, '_last')})"
            found.update({time: float(value) for time, value in self._ask(part, what, self._grouped())})
        return found

    def _last_of_many(self) -> dict[int, float]:
        """Every value is looked at: grouped by time, InfluxQL does not tell when a last value was measured."""
        newest: dict[int, tuple[float, str, float]] = {}
        for part in self._parts:
            raw = part.series == RAW
            fields = self._field(part, "_last") if raw else f"{self._field(part, '_last')}, {self._field(part, '_at')}"
            for time, value, *at, device in self._ask(part, f'{fields}, "device"', ""):
                measured = time / 1e6 if raw else at[0]
                begins = interval_start(time, self._every, self._offset)
                if begins not in newest or (measured, device) > newest[begins][:2]:
                    newest[begins] = (measured, device, float(value))
        return {begins: value for begins, (_, _, value) in newest.items()}

    def _own_sums(self) -> dict[int, float]:
        """Each device's own value of the interval (mean of a gauge, last of a counter), added up by the server.

        Intervals of which two stretches hold a part are asked for by device and put together here.
        """
        every, offset = self._every, self._offset
        common = shared(self._parts, every, offset)
        totals: dict[int, float] = {}
        for part in self._parts:
            inside = core(part, common, every, offset)
            if inside.begins < inside.ends:
                for time, value in self._summed(inside):
                    totals[time] = totals.get(time, 0.0) + float(value)
        for begins in common:
            own: dict[tuple[str, str], tuple[float, float]] = {}
            for part in self._parts:
                low, high = max(part.begins, begins), min(part.ends, begins + every)
                if low < high:
                    self._own_parts(part._replace(begins=low, ends=high), own)
            if own:
                totals[begins] = math.fsum(total / count for total, count in own.values())
        return totals

    def _summed(self, part: Stretch) -> Iterator[Sequence[Any]]:
        if part.zones:
            yield from self._ask(part, f"sum({self._field(part, '_total')})", self._grouped())
            return
        whole = bounds(interval_start(part.begins, self._every, self._offset), part.ends)
        for source, condition in self._sources(part):
            inner = (
                f"SELECT {self._own(part)} AS own FROM {source} WHERE {condition} "
                f'GROUP BY {by_interval(self._every, self._offset)}, "device" fill(none)'
            )
            statement = f"SELECT sum(own) FROM ({inner}) WHERE {whole} {self._grouped()}"
            for series in self._asker.ask(statement, self._home(part), _PATIENCE):
                yield from series.values

    def _own_parts(self, part: Stretch, own: dict[tuple[str, str], tuple[float, float]]) -> None:
        """Add (sum, count) of each device; of a counter it is (last value, 1)."""
        counter = self._counter()
        what = self._own(part) if counter else f"{self._call(part, 's')}, {self._call(part, 'n')}"
        for source, condition in self._sources(part):
            statement = f'SELECT {what} FROM {source} WHERE {condition} GROUP BY "device"'
            for series in self._asker.ask(statement, self._home(part), _PATIENCE):
                key = (source, series.tags["device"])
                for _, *values in series.values:
                    total, count = (values[0], 1.0) if counter else values
                    before = (0.0, 0.0) if counter else own.get(key, (0.0, 0.0))
                    own[key] = (before[0] + float(total), before[1] + float(count))

    # --- parts of statements ---------------------------------------------------------------------------------------

    def _counter(self) -> bool:
        return behaviour_of(self._query.metric) is Behaviour.COUNTER

    def _own(self, part: Stretch) -> str:
        if self._counter():
            return f"last({self._field(part, '_last')})"
        if part.series == RAW:
            return f"mean({quoted(self._query.metric)})"
        return f"{self._call(part, 's')} / {self._call(part, 'n')}"

    def _call(self, part: Stretch, name: str) -> str:
        function, field = (_FROM_READINGS if part.series == RAW else _FROM_TIER)[name]
        return f"{function}({self._field(part, field)})"

    def _field(self, part: Stretch, suffix: str) -> str:
        return quoted(self._query.metric if part.series == RAW else self._query.metric + suffix)

    def _grouped(self) -> str:
        return f"GROUP BY {by_interval(self._every, self._offset)} fill(none)"

    def _home(self, part: Stretch) -> str:
        return self._access.home(None if part.series == RAW else Tier(part.series))

    def _sources(self, part: Stretch) -> Iterator[tuple[str, str]]:
        """(measurement, condition) of each statement that the stretch takes."""
        span = bounds(part.begins, part.ends)
        for kind, devices in self._query.devices.items():
            if part.zones:
                there = f"{quoted(self._query.metric + '_count')} > 0"
                yield quoted(f"zone_{kind.value}"), f"{among(self._query.zones, 'zone')} AND {there} AND {span}"
            else:
                for some in chunks(devices):
                    yield quoted(kind.value), f"{among(some)} AND {span}"

    def _ask(self, part: Stretch, what: str, how: str) -> Iterator[Sequence[Any]]:
        for source, condition in self._sources(part):
            for series in self._asker.ask(
                f"SELECT {what} FROM {source} WHERE {condition} {how}", self._home(part), _PATIENCE
            ):
                yield from series.values
