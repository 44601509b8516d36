"""The SQL of the tiers: what their tables hold and how these are made. Pure: text in, text out; on disk: README.md.

What equals the sum is stored as NULL (most quarters hold one reading); `partial` reads it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hub.model.metrics import Behaviour, behaviour_of
from hub.ports import Tier
from hub.store.periods import LENGTHS
from hub.store.queries import between, quoted

SPANS = "spans"
DEVICES = {"device": "VARCHAR", "time": "TIMESTAMP", "newest": "TIMESTAMP"}
ZONES = {"zone": "VARCHAR", "time": "TIMESTAMP"}
_TYPES = {"n": "UINTEGER", "at": "TIMESTAMP"}
_DEVICE_PARTS = ("n", "sum", "min", "max", "last", "at")
_ZONE_PARTS = ("n", "sum", "min", "max", "total")


def zone_table(kind: str) -> str:
    """The name of the table that holds a kind's aggregates by zone."""
    return f"{kind}.zones"


def column(metric: str, part: str) -> str:
    """The quoted column of one part (n, sum, min, max, last, at, total) of a metric's aggregates."""
    return quoted(f"{metric}.{part}")


def metrics_in(columns: Iterable[str]) -> set[str]:
    """The metrics that a table with these columns holds."""
    return {name.removesuffix(".n") for name in columns if name.endswith(".n")}


def partial(metric: str, part: str) -> str:
    """The part of a metric's aggregates as an expression over a row of a tier."""
    match part:
        case "n" | "sum":
            return column(metric, part)
        case "at":
            return f"coalesce({column(metric, 'at')}, newest)"
        case _:
            return f"coalesce({column(metric, part)}, {column(metric, 'sum')})"


def spans(table: str) -> str:
    """(begin, end) in microseconds of what was rolled up into the file, ascending."""
    return f"SELECT epoch_us(begins), epoch_us(ends) FROM {table} ORDER BY begins"


def create_spans(table: str) -> str:
    """Make the file's table of spans."""
    return f"CREATE TABLE IF NOT EXISTS {table} (begins TIMESTAMP, ends TIMESTAMP)"


def replace_spans(table: str, held: Sequence[tuple[int, int]]) -> Iterable[str]:
    """Make `held` all that the table holds."""
    values = ", ".join(f"(make_timestamp({begins}), make_timestamp({ends}))" for begins, ends in held)
    return f"DELETE FROM {table}", f"INSERT INTO {table} VALUES {values}"


def create(table: str, zones: bool) -> str:
    """Make a kind's table; the columns of metrics come as they are needed."""
    return (
        f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in (ZONES if zones else DEVICES).items())})"
    )


def add_metric(table: str, metric: str, zones: bool) -> Iterable[str]:
    """Give the table the columns of one metric."""
    for part in _ZONE_PARTS if zones else _DEVICE_PARTS:
        yield f"ALTER TABLE {table} ADD COLUMN {column(metric, part)} {_TYPES.get(part, 'DOUBLE')}"


def from_readings(sources: Mapping[str, Iterable[str]], metrics: Sequence[str], begins: int, ends: int) -> str:
    """The quarters of a span, a row a device and quarter, from the tables of readings and the metrics each has."""
    parts = ["max(r.time) AS newest"]
    for metric in metrics:
        m = quoted(metric)
        total = f"sum({m})"
        parts += [
            f"nullif(count({m}), 0)::UINTEGER AS {column(metric, 'n')}",
            f"{total} AS {column(metric, 'sum')}",
            f"nullif(min({m}), {total}) AS {column(metric, 'min')}",
            f"nullif(max({m}), {total}) AS {column(metric, 'max')}",
            f"nullif(arg_max({m}, r.time), {total}) AS {column(metric, 'last')}",
            f"nullif(max(r.time) FILTER ({m} IS NOT NULL), max(r.time)) AS {column(metric, 'at')}",
        ]
    interval = _begins(LENGTHS[Tier.QUARTER])
    rows = " UNION ALL ".join(
        f"SELECT device, time, {', '.join(_or_null(metric, held) for metric in metrics)} FROM {table} "
        f"WHERE {between(begins, ends)}"
        for table, held in sources.items()
    )
    return f"SELECT device, {interval} AS time, {', '.join(parts)} FROM ({rows}) r GROUP BY 1, 2"


def from_quarters(
    sources: Mapping[str, Iterable[str]], metrics: Sequence[str], tier: Tier, begins: int, ends: int
) -> str:
    """The hours of a span, or its one day, a row a device and interval, from tables of quarters and the metrics each has."""
    parts = ["max(newest) AS newest"]
    for metric in metrics:
        total = f"sum({column(metric, 'sum')})"
        parts += [
            f"sum({column(metric, 'n')})::UINTEGER AS {column(metric, 'n')}",
            f"{total} AS {column(metric, 'sum')}",
            f"nullif(min({partial(metric, 'min')}), {total}) AS {column(metric, 'min')}",
            f"nullif(max({partial(metric, 'max')}), {total}) AS {column(metric, 'max')}",
            f"nullif(arg_max({partial(metric, 'last')}, r.time), {total}) AS {column(metric, 'last')}",
            f"nullif(max({partial(metric, 'at')}) FILTER ({column(metric, 'n')} IS NOT NULL), max(newest)) "
            f"AS {column(metric, 'at')}",
        ]
    interval = f"make_timestamp({begins})" if tier is Tier.DAY else _begins(LENGTHS[tier])
    rows = " UNION ALL BY NAME ".join(
        f"SELECT device, time, newest, {', '.join(_parts_or_null(metric, held) for metric in metrics)} FROM {table} "
        f"WHERE {between(begins, ends)}"
        for table, held in sources.items()
    )
    return f"SELECT device, {interval} AS time, {', '.join(parts)} FROM ({rows}) r GROUP BY 1, 2"


def by_zone(devices: str, places: str, metrics: Sequence[str]) -> str:
    """A row a zone and interval, from the rows of devices in `devices` and the relation `places` (device, zone)."""
    parts = []
    for metric in metrics:
        total = f"sum({column(metric, 'sum')})"
        own = {
            Behaviour.GAUGE: f"{column(metric, 'sum')} / {column(metric, 'n')}",
            Behaviour.COUNTER: partial(metric, "last"),
            Behaviour.DELTA: column(metric, "sum"),
        }[behaviour_of(metric)]
        parts += [
            f"sum({column(metric, 'n')})::UINTEGER AS {column(metric, 'n')}",
            f"{total} AS {column(metric, 'sum')}",
            f"nullif(min({partial(metric, 'min')}), {total}) AS {column(metric, 'min')}",
            f"nullif(max({partial(metric, 'max')}), {total}) AS {column(metric, 'max')}",
            f"nullif(sum({own}), {total}) AS {column(metric, 'total')}",
        ]
    return f"SELECT zone, time, {', '.join(parts)} FROM {devices} JOIN {places} USING (device) GROUP BY zone, time"


def unchanged(
    table: str, made: str, key: str, columns: Sequence[str], held: Sequence[str], begins: int, ends: int
) -> str:
    """(key, time) of the rows of `made`, which has the columns `held`, that `table` holds just so with all its `columns`."""
    new = ", ".join(quoted(name) if name in held else f"NULL AS {quoted(name)}" for name in columns)
    old = ", ".join(map(quoted, columns))
    return f"SELECT {key}, time FROM (SELECT {new} FROM {made} INTERSECT SELECT {old} FROM {table} WHERE {between(begins, ends)})"


def delete(table: str, key: str, same: str, begins: int, ends: int) -> str:
    """Remove the span's rows but those of `same`."""
    kept = f"SELECT 1 FROM {same} s WHERE s.{key} = t.{key} AND s.time = t.time"
    return f"DELETE FROM {table} t WHERE {between(begins, ends)} AND NOT EXISTS ({kept})"


def insert(table: str, made: str, key: str, same: str) -> str:
    """Add the rows of `made` but those of `same`."""
    return f"INSERT INTO {table} BY NAME SELECT m.* FROM {made} m ANTI JOIN {same} s ON m.{key} = s.{key} AND m.time = s.time"


def _begins(length: int) -> str:
    return f"time_bucket(INTERVAL {length} MICROSECOND, r.time)"


def _or_null(metric: str, held: Iterable[str]) -> str:
    return quoted(metric) if metric in held else f"NULL::DOUBLE AS {quoted(metric)}"


def _parts_or_null(metric: str, held: Iterable[str]) -> str:
    return ", ".join(
        column(metric, part) if metric in held else f"NULL::{_TYPES.get(part, 'DOUBLE')} AS {column(metric, part)}"
        for part in _DEVICE_PARTS
    )
