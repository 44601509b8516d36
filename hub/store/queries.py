"""The SQL of readings. Pure: text in, text out; names are quoted here and values go in as numbers or parameters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

HELD = "held"
FIXED = {"device": "VARCHAR", "time": "TIMESTAMP", "received": "TIMESTAMP", "quality": "UTINYINT"}


def quoted(name: str) -> str:
    """`name` as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as a string literal."""
    return "'" + text.replace("'", "''") + "'"


def between(begins: int, ends: int) -> str:
    """True for rows of the span, given in microseconds."""
    return f"time >= make_timestamp({begins}) AND time < make_timestamp({ends})"


def metrics_in(columns: Iterable[str]) -> set[str]:
    """The metrics that a table with these columns holds."""
    return set(columns) - FIXED.keys()


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


def readings(table: str, metrics: Sequence[str], begins: int, ends: int) -> str:
    """Rows of one device (parameters: device, limit): time and received in microseconds, quality, then the metrics."""
    names = "".join(f", {quoted(metric)}" for metric in metrics)
    return (
        f"SELECT epoch_us(time), epoch_us(received), quality{names} FROM {table} "
        f"WHERE device = ? AND {between(begins, ends)} ORDER BY time LIMIT ?"
    )


def newest(table: str) -> str:
    """(device, time of its newest row in microseconds)."""
    return f"SELECT device, epoch_us(max(time)) FROM {table} GROUP BY device"


def newest_time(table: str) -> str:
    """The newest time of all, in microseconds."""
    return f"SELECT epoch_us(max(time)) FROM {table}"


def counts(table: str, metrics: Sequence[str], where: str) -> str:
    """How many rows there are, and how many of them have each metric."""
    return f"SELECT count(*){''.join(f', count({quoted(name)})' for name in metrics)} FROM {table}{where}"


def latest(table: str, metrics: Sequence[str], always: Collection[str], where: str) -> str:
    """One row a device: its id, then for each metric the time (Unix seconds) and value of the newest reading or NULL.

    Every row has the metrics of `always`.
    """
    pairs = "".join(
        f", epoch_us(max(time){'' if metric in always else f' FILTER ({name} IS NOT NULL)'}) / 1e6, arg_max({name}, time)"
        for metric, name in zip(metrics, map(quoted, metrics), strict=True)
    )
    return f"SELECT device{pairs} FROM {table}{where} GROUP BY device"


def summary(table: str) -> str:
    """(rows, oldest time, newest time), times in microseconds."""
    return f"SELECT count(*), epoch_us(min(time)), epoch_us(max(time)) FROM {table}"


def read_all(table: str, columns: Iterable[str]) -> str:
    """Read every block of the table, so that a damaged one shows."""
    return f"SELECT {', '.join(f'bit_xor(hash({name}))' for name in map(quoted, columns))} FROM {table}"
