"""The SQL of a series: partial aggregates of readings, tiers and zones put together. Pure: text in, text out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hub.model.metrics import Behaviour, behaviour_of
from hub.ports import Aggregate, SeriesQuery
from hub.store import tiers
from hub.store.periods import RAW
from hub.store.plan import Stretch, adds_own_values, interval
from hub.store.queries import between, quoted

_NEEDED = {
    Aggregate.MEAN: ("n", "sum"),
    Aggregate.MIN: ("min",),
    Aggregate.MAX: ("max",),
    Aggregate.SUM: ("sum",),
    Aggregate.LAST: ("last", "at"),
    Aggregate.COUNT: ("n",),
}
_LAST = 'arg_max("last", "at")'
_LAST_OF_SEVERAL = 'arg_max("last", {t: "at", d: device})'


class Source(NamedTuple):
    """A table, the relation of the devices (zones) wanted in it, and the stretch that it answers for."""

    table: str
    wanted: str
    stretch: Stretch


def sql(query: SeriesQuery, sources: Sequence[Source]) -> str:
    """(time in microseconds, value) as `SeriesQuery` says."""
    limit = f"LIMIT {max(0, query.limit)}"
    if query.every is None:
        rows = _union(_rows(source, query.metric, ("last",), ("device",)) for source in sources)
        return f"SELECT epoch_us(time), value FROM ({rows}) r(time, device, value) ORDER BY time, device, value {limit}"
    value = _own_values(query, sources) if adds_own_values(query) else _pooled(query, sources)
    return f"SELECT begins, value FROM ({value}) ORDER BY begins {limit}"


def _pooled(query: SeriesQuery, sources: Sequence[Source]) -> str:
    """All readings of an interval alike."""
    last = query.aggregate is Aggregate.LAST
    needed = _NEEDED[query.aggregate]
    rows = _union(_rows(source, query.metric, needed, ("device",) if last else ()) for source in sources)
    value = {
        Aggregate.MEAN: 'sum("sum") / sum(n)',
        Aggregate.MIN: 'min("min")',
        Aggregate.MAX: 'max("max")',
        Aggregate.SUM: 'sum("sum")',
        Aggregate.LAST: _LAST_OF_SEVERAL if _several(query) else _LAST,
        Aggregate.COUNT: "sum(n)",
    }[query.aggregate]
    return f"SELECT {_begins(query)} AS begins, {value} AS value FROM ({rows}) GROUP BY 1"


def _own_values(query: SeriesQuery, sources: Sequence[Source]) -> str:
    """Each device's own value of an interval, added up; zones bring theirs added up already."""
    own, needed = {
        Behaviour.GAUGE: ('sum("sum") / sum(n)', ("n", "sum")),
        Behaviour.COUNTER: (_LAST, ("last", "at")),
    }[behaviour_of(query.metric)]
    parts = []
    if devices := [source for source in sources if not source.stretch.zones]:
        rows = _union(_rows(source, query.metric, needed, ("device",)) for source in devices)
        parts.append(f"SELECT {_begins(query)} AS begins, device, {own} AS own FROM ({rows}) GROUP BY 1, 2")
    if zones := [source for source in sources if source.stretch.zones]:
        rows = _union(_rows(source, query.metric, ("total",), ()) for source in zones)
        parts.append(f"SELECT {_begins(query)} AS begins, NULL AS device, total AS own FROM ({rows})")
    return f"SELECT begins, sum(own) AS value FROM ({_union(parts)}) GROUP BY begins"


def _rows(source: Source, metric: str, needed: Sequence[str], keys: Sequence[str]) -> str:
    """The source's rows: time, `keys`, and the `needed` parts of the metric's aggregates; a reading is an aggregate of one."""
    if source.stretch.series == RAW:
        name = quoted(metric)
        single = {"n": "1.0::DOUBLE", "at": "time"}
        parts = [f"{single.get(part, name)} AS {quoted(part)}" for part in needed]
        there = f"{name} IS NOT NULL"
    else:
        parts = [f"{_partial(metric, part)} AS {quoted(part)}" for part in needed]
        there = f"{tiers.column(metric, 'n')} IS NOT NULL"
    key = "zone" if source.stretch.zones else "device"
    return (
        f"SELECT {', '.join(['time', *keys, *parts])} FROM {source.table} "
        f"WHERE {between(source.stretch.begins, source.stretch.ends)} AND {there} "
        f"AND {key} IN (SELECT {key} FROM {source.wanted})"
    )


def _partial(metric: str, part: str) -> str:
    text = tiers.partial(metric, part)
    return f"{text}::DOUBLE" if part == "n" else text


def _begins(query: SeriesQuery) -> str:
    every, offset = interval(query)
    # `%` of SQL keeps the sign of a time before the offset; the second `%` makes it the remainder of floor division.
    return f"epoch_us(time) - (((epoch_us(time) - {offset}) % {every}) + {every}) % {every}"


def _several(query: SeriesQuery) -> bool:
    return sum(len(devices) for devices in query.devices.values()) > 1


def _union(parts: Iterable[str]) -> str:
    return " UNION ALL ".join(parts)
