"""Many rows into one statement: it costs little more over 10,000 rows than over ten, and says which it changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Double,
    FromClause,
    Integer,
    MetaData,
    Table,
    any_,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from hub.registry.columns import Words, clean

T = TypeVar("T")
S = TypeVar("S")
P = ParamSpec("P")
MADE = "batches"  # in a connection's info: the tables that are there. Whoever rolls back forgets them
_SIZES = (500, 100, 20)  # rows a statement, and what is left: SQLite takes 32,766 values at once
_shapes = MetaData()


def _shape(name: str, *columns: Column[Any]) -> Table:
    return Table(f"batch_{name}", _shapes, *columns, prefixes=["TEMPORARY"])


IDS = _shape("ids", Column("id", Words))
CHANGES = _shape(
    "changes",
    Column("command", Words),
    Column("device", Words),
    Column("outcome", Words),
    Column("detail", Words),
    Column("updated", Double),
)
LIGHTS = _shape(
    "lights",
    Column("device", Words),
    Column("level", Double),
    Column("cause", Words),
    Column("time", Double),
    Column("received", Double),
    Column("command", Words),
)
LEVELS = _shape("levels", Column("device", Words), Column("in_effect", Double))
EVENTS = _shape(
    "events",
    Column("seq", Integer),
    Column("device", Words),
    Column("type", Words),
    Column("point", Words),
    Column("time", Double),
    Column("phase", Words),
    Column("received", Double),
    Column("text", Words),
)
ALARMS = _shape(
    "alarms",
    *(Column(name, Words) for name in ("id", "device", "type", "point", "state", "source")),
    Column("revision", BigInteger),
    *(Column(name, Double) for name in ("began", "changed", "told")),
    Column("times", Integer),
    Column("text", Words),
    Column("acknowledged", Double),
    *(Column(name, Words) for name in ("acknowledged_by", "cause", "shelf", "service")),
)
ALARM_LINES = _shape(
    "alarm_lines",
    Column("seq", Integer),
    Column("alarm", Words),
    Column("time", Double),
    *(Column(name, Words) for name in ("what", "who", "text")),
)
STAMPS = _shape(
    "stamps",
    Column("event", BigInteger),
    Column("persisted", Double),
    Column("alarm", Words),
    Column("episode", Integer),
    *(Column(name, Double) for name in ("alarmed", "streamed", "clock_error")),
)
FIRE_KEYS = _shape(
    "fire_keys", Column("seq", Integer), Column("device", Words), Column("type", Words), Column("point", Words)
)
FIRE_POINTS = _shape(
    "fire_points",
    Column("device", Words),
    Column("condition", Words),
    Column("point", Words),
    Column("since", Double),
    Column("received", Double),
    Column("text", Words),
    Column("found", Words),
    Column("ended", Double),
)
FIRE_EVENTS = _shape(
    "fire_events",
    Column("seq", Integer),
    Column("device", Words),
    Column("type", Words),
    Column("point", Words),
    Column("phase", Words),
    Column("time", Double),
    Column("received", Double),
    Column("text", Words),
    Column("found", Words),
)


def batch(connection: Connection, shape: Table, rows: Sequence[Sequence[Any]]) -> FromClause:
    """`rows` as a table with the columns of `shape`, to be selected from within this transaction.

    A second batch of the same shape replaces the first.
    """
    if connection.dialect.name == "postgresql":
        values = list(zip(*rows, strict=True)) or [()] * len(shape.c)
        arrays = [
            bindparam(f"batch_{c.name}", list(listed), ARRAY(c.type), unique=True)
            for c, listed in zip(shape.c, values, strict=True)
        ]
        derived = func.unnest(*arrays).table_valued(*(column(c.name, c.type) for c in shape.c), name="batch")
        return derived.render_derived()
    made = connection.info.setdefault(MADE, set())
    if shape.name not in made:
        connection.exec_driver_sql(_creation(shape))
        made.add(shape.name)
    connection.exec_driver_sql(f"DELETE FROM {shape.name}")
    names, places = ", ".join(c.name for c in shape.c), f"({', '.join('?' * len(shape.c))})"
    # Straight to the driver, many rows a statement: SQLAlchemy's own work on each row costs more than SQLite's, and the driver
    # lets go of the interpreter at each statement; under load it waits some milliseconds until it has it again.
    for some in _by_sizes(rows):
        flat = [clean(each) if isinstance(each, str) else each for row in some for each in row]
        connection.exec_driver_sql(
            f"INSERT INTO {shape.name} ({names}) VALUES {', '.join([places] * len(some))}", tuple(flat)
        )
    return shape


@cache
def _creation(shape: Table) -> str:
    return str(CreateTable(shape, if_not_exists=True).compile(dialect=sqlite.dialect()))


def _by_sizes(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """The same in parts of few different sizes, so that few different statements are prepared and kept."""
    first = 0
    for size in _SIZES:
        while len(rows) - first >= size:
            yield rows[first : first + size]
            first += size
    if first < len(rows):
        yield rows[first:]


def of_batch(make: Callable[P, S]) -> Callable[P, S]:
    """A statement over a batch, made once where that is always one table (SQLite): making it takes longer than running it."""
    kept: dict[tuple[Table, ...], S] = {}

    @wraps(make)
    def statement(*arguments: P.args, **named: P.kwargs) -> S:
        over = [each for each in arguments if isinstance(each, FromClause)]
        tables = tuple(each for each in over if isinstance(each, Table))
        if len(tables) < len(over):
            return make(*arguments, **named)
        if tables not in kept:
            kept[tables] = make(*arguments, **named)
        return kept[tables]

    return statement


def among(connection: Connection, tested: ColumnElement[Any], ids: Iterable[str]) -> ColumnElement[bool]:
    """True where `tested` is one of `ids`, however many they are."""
    postgresql = connection.dialect.name == "postgresql"
    return one_of(
        tested, bindparam("among", listed(connection, ids), ARRAY(Words()) if postgresql else None, unique=True)
    )


def one_of(tested: ColumnElement[Any], ids: BindParameter[Any]) -> ColumnElement[bool]:
    """The same of a parameter that is `listed` when the statement runs: on PostgreSQL its type is an ARRAY."""
    if isinstance(ids.type, ARRAY):
        return tested == any_(ids)
    return tested.in_(select(func.json_each(ids).table_valued("value").c.value))


def listed(connection: Connection, ids: Iterable[str]) -> Any:
    """`ids` as the value of such a parameter."""
    return list(ids) if connection.dialect.name == "postgresql" else json.dumps([clean(each) for each in ids])
