"""The SQL of the store. Pure: text in, text out; names are quoted here and values go in as numbers or parameters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.model.metrics import METRICS, Behaviour
from hub.ports import Aggregate, SeriesQuery
from hub.store.periods import microseconds

FIXED = {"device": "VARCHAR", "time": "TIMESTAMP", "received": "TIMESTAMP", "quality": "UTINYINT"}


def quoted(name: str) -> str:
    """`name` as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as a string literal."""
    return "'" + text.replace("'", "''") + "'"


def create(table: str) -> str:
    """Make a kind's table; metric columns come as they are needed."""
    return f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in FIXED.items())})"


def add_column(table: str, metric: str) -> str:
    """Give the table a column for `metric`."""
    return f"ALTER TABLE {table} ADD COLUMN {quoted(metric)} DOUBLE"


def insert(table: str, source: str) -> str:
    """Add the rows of `source`, which the table does not hold yet."""
    return f"INSERT INTO {table} BY NAME SELECT * FROM {source}"


def merge(table: str, source: str, metrics: Sequence[str], first: int, last: int) -> str:
    """Add what `source` (times `first` to `last`) brings that is new: whole rows, and metrics that a row lacks."""
    names = [quoted(metric) for metric in metrics]
    lacking = " OR ".join(f"(t.{name} IS NULL AND s.{name} IS NOT NULL)" for name in names)
    filled = ", ".join(f"{name} = coalesce(t.{name}, s.{name})" for name in names)
    return (
        f"MERGE INTO {table} t USING {source} s ON t.device = s.device AND t.time = s.time "
        f"AND t.time BETWEEN make_timestamp({first}) AND make_timestamp({last}) "
        f"WHEN MATCHED AND ({lacking}) THEN UPDATE SET {filled} WHEN NOT MATCHED THEN INSERT BY NAME"
    )


def newest(table: str) -> str:
    """(device, time of its newest row in microseconds)."""
    return f"SELECT device, epoch_us(max(time)) FROM {table} GROUP BY device"


def latest(table: str, metrics: Sequence[str], complete: str | None) -> str:
    """One row a device: its id, then for each metric the time (microseconds) and value of the newest reading or NULL.

    Devices in the relation `complete` are left out.
    """
    pairs = "".join(
        f", epoch_us(max(time) FILTER ({name} IS NOT NULL)), arg_max({name}, time)" for name in map(quoted, metrics)
    )
    where = f" WHERE device NOT IN (SELECT device FROM {complete})" if complete else ""
    return f"SELECT device{pairs} FROM {table}{where} GROUP BY device"


def summary(table: str) -> str:
    """(rows, oldest time, newest time), times in microseconds."""
    return f"SELECT count(*), epoch_us(min(time)), epoch_us(max(time)) FROM {table}"


def read_all(table: str, columns: Iterable[str]) -> str:
    """Read every block of the table, so that a damaged one shows."""
    return f"SELECT {', '.join(f'bit_xor(hash({name}))' for name in map(quoted, columns))} FROM {table}"


def series(query: SeriesQuery, sources: Sequence[tuple[str, str]]) -> str:
    """(time in microseconds, value) as `SeriesQuery` says, from pairs of a table and the relation of devices wanted in it."""
    name = quoted(query.metric)
    bounds = f"time >= make_timestamp({microseconds(query.start)}) AND time < make_timestamp({microseconds(query.end)})"
    readings = " UNION ALL ".join(
        f"SELECT device, time, {name} AS value FROM {table} WHERE {bounds} AND {name} IS NOT NULL "
        f"AND device IN (SELECT device FROM {wanted})"
        for table, wanted in sources
    )
    limit = f"LIMIT {max(0, query.limit)}"
    if query.every is None:
        return f"SELECT epoch_us(time), value FROM ({readings}) ORDER BY time, device, value {limit}"
    if query.every <= 0:
        raise ValueError(f"every={query.every}: an interval is longer than 0 s")
    every = max(1, microseconds(query.every))
    offset = microseconds(query.offset) % every
    # `%` of SQL keeps the sign of a time before the offset; the second `%` makes it the remainder of floor division.
    interval = f"epoch_us(time) - (((epoch_us(time) - {offset}) % {every}) + {every}) % {every}"
    own = _own_value(query)
    if own is not None:
        devices = f"SELECT {interval} AS begins, device, {own} AS value FROM ({readings}) GROUP BY begins, device"
        return f"SELECT begins, sum(value) FROM ({devices}) GROUP BY begins ORDER BY begins {limit}"
    several = sum(len(devices) for devices in query.devices.values()) > 1
    return f"SELECT {interval} AS begins, {_pooled(query, several)} FROM ({readings}) GROUP BY begins ORDER BY begins {limit}"


def _own_value(query: SeriesQuery) -> str | None:
    """A device's own value of an interval where a sum over devices adds these up; None where readings are taken alike."""
    if query.aggregate is not Aggregate.SUM or not query.over_devices:
        return None
    behaviour = METRICS[query.metric].behaviour if query.metric in METRICS else Behaviour.GAUGE
    return {Behaviour.GAUGE: "avg(value)", Behaviour.COUNTER: "arg_max(value, time)", Behaviour.DELTA: None}[behaviour]


def _pooled(query: SeriesQuery, several: bool) -> str:
    match query.aggregate:
        case Aggregate.LAST:
            return "arg_max(value, {t: time, d: device})" if several else "arg_max(value, time)"
        case Aggregate.COUNT:
            return "count(value)::DOUBLE"
        case Aggregate.MEAN:
            return "avg(value)"
        case _:
            return f"{query.aggregate.value}(value)"
