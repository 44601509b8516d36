"""Writing one batch's rows of one file, inside a transaction that the caller begins and ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from hub.store import held, queries
from hub.store.batch import Portion, tell_apart
from hub.store.files import PeriodFile, Writer
from hub.store.held import Metrics


@dataclass(frozen=True, slots=True)
class Written:
    """What an append changes of what is known of a file, once it is committed."""

    kind: str
    metrics: set[str]
    newest: Mapping[str, int]
    held: Mapping[str, Metrics]


def write(writer: Writer, file: PeriodFile, kind: str, portion: Portion) -> Written:
    """Insert the rows that cannot be there yet, and merge the others."""
    metrics = _fit(writer.cursor, file, kind, portion.metrics())
    parts = tell_apart(portion, _newest(writer.cursor, file, kind))
    before = _held(writer.cursor, file, kind)
    if parts.new.rows:
        writer.batch.content = parts.new.table()
        writer.cursor.execute(queries.insert(file.table(kind), "batch"))
    if parts.late.rows:
        writer.batch.content = parts.late.table()
        times = parts.late.times
        writer.cursor.execute(queries.merge(file.table(kind), "batch", parts.late.metrics(), min(times), max(times)))
    return Written(kind, metrics, parts.newest, held.added(before, portion.held()))


def write_held(writer: Writer, file: PeriodFile, written: Sequence[Written]) -> None:
    """Add to the file's table of metrics by device what the batch brought."""
    rows = [(one.kind, device, metrics) for one in written for device, metrics in one.held.items()]
    if not file.has_held:
        rows += held.create(writer.cursor, file)
    if rows:
        writer.batch.content = held.table(rows)
        writer.cursor.execute(queries.insert(file.table(queries.HELD), "batch"))


def remember(file: PeriodFile, written: Sequence[Written]) -> None:
    """Take in what is committed now."""
    file.has_held = True
    for one in written:
        file.metrics[one.kind] = one.metrics
        file.newest[one.kind].update(one.newest)
        file.held[one.kind].update({d: file.shapes.setdefault(m, m) for d, m in one.held.items()})


def _fit(cursor: duckdb.DuckDBPyConnection, file: PeriodFile, kind: str, metrics: Sequence[str]) -> set[str]:
    """Give the kind a table with columns for `metrics`; returns all its metrics."""
    there = file.metrics.get(kind)
    if there is None:
        cursor.execute(queries.create(file.table(kind)))
    missing = [metric for metric in metrics if metric not in (there or ())]
    for metric in missing:
        cursor.execute(queries.add_column(file.table(kind), metric))
    return (there or set()) | set(missing)


def _newest(cursor: duckdb.DuckDBPyConnection, file: PeriodFile, kind: str) -> Mapping[str, int]:
    """The newest time of each device in the file; read once while the file is open."""
    if kind not in file.newest:
        known = cursor.execute(queries.newest(file.table(kind))).fetchall() if kind in file.metrics else []
        file.newest[kind] = dict(known)
    return file.newest[kind]


def _held(cursor: duckdb.DuckDBPyConnection, file: PeriodFile, kind: str) -> Mapping[str, Metrics]:
    """The metrics of each device in the file; read once while the file is open."""
    if kind not in file.held:
        file.held[kind] = held.load(cursor, file, kind, file.shapes) if kind in file.metrics else {}
    return file.held[kind]
