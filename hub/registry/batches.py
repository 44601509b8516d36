"""Many rows into one statement: it costs little more over 10,000 rows than over ten, and says which it changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
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
    delete,
    func,
    select,
)
from sqlalchemy.schema import CreateTable

from hub.registry.columns import Words, clean

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
    connection.execute(CreateTable(shape, if_not_exists=True))
    connection.execute(delete(shape))
    if rows:
        names, places = ", ".join(c.name for c in shape.c), ", ".join("?" * len(shape.c))
        # Straight to the driver: SQLAlchemy's own work on each row costs more than SQLite's.
        connection.exec_driver_sql(
            f"INSERT INTO {shape.name} ({names}) VALUES ({places})",
            [tuple(clean(each) if isinstance(each, str) else each for each in row) for row in rows],
        )
    return shape


def among(connection: Connection, tested: ColumnElement[Any], ids: Iterable[str]) -> ColumnElement[bool]:
    """True where `tested` is one of `ids`, however many they are."""
    if connection.dialect.name == "postgresql":
        return tested == any_(bindparam("among", list(ids), ARRAY(Words()), unique=True))
    listed = func.json_each(bindparam("among", json.dumps([clean(i) for i in ids]), unique=True)).table_valued("value")
    return tested.in_(select(listed.c.value))
