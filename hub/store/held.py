"""Which metrics each device has in a file of readings: kept in its table `held`, so that nobody has to look through the readings.

A row of `held` is (kind, device, metrics joined by commas); several rows of one device add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa

from hub.store.files import PeriodFile
from hub.store.queries import HELD, quoted

Metrics = frozenset[str]


def load(
    cursor: duckdb.DuckDBPyConnection,
    file: PeriodFile,
    kind: str,
    shapes: dict[Metrics, Metrics],
    but: PeriodFile | None = None,
) -> dict[str, Metrics]:
    """{device: its metrics in the file}; from the readings themselves where an older hub wrote the file.

    Equal sets are one object, which `shapes` keeps. What the table of the file `but` says in the same words may be left out.
    """
    found: dict[str, Metrics] = {}
    for names, devices in _shapes(cursor, file, kind, but):
        metrics = shapes.setdefault(names, names)
        if found.keys().isdisjoint(devices) and len(set(devices)) == len(devices):
            found |= dict.fromkeys(devices, metrics)
        else:
            for device in devices:
                both = found.get(device, metrics) | metrics
                found[device] = shapes.setdefault(both, both)
    return found


def create(cursor: duckdb.DuckDBPyConnection, file: PeriodFile) -> list[tuple[str, str, Metrics]]:
    """Make the file's table; returns what must go in: (kind, device, metrics) of all readings that are there already."""
    cursor.execute(f"CREATE TABLE {file.table(HELD)} (kind VARCHAR, device VARCHAR, metrics VARCHAR)")
    return [
        (kind, device, metrics)
        for kind in file.metrics
        for metrics, devices in _from_readings(cursor, file, kind)
        for device in devices
    ]


def table(rows: Iterable[tuple[str, str, Metrics]]) -> pa.Table:
    """Rows for the table, as Arrow."""
    kinds, devices, metrics = zip(*rows, strict=True)
    names = [",".join(sorted(one)) for one in metrics]
    return pa.table({"kind": list(map(str, kinds)), "device": list(devices), "metrics": names})


def added(before: Mapping[str, Metrics], now: Mapping[str, Metrics]) -> dict[str, Metrics]:
    """The devices of `now` that have more metrics than `before`, with all that they have. Pure."""
    found = {}
    for device, metrics in now.items():
        known = before.get(device)
        if known is None:
            found[device] = metrics
        elif known is not metrics and not metrics <= known:
            found[device] = known | metrics
    return found


def _shapes(
    cursor: duckdb.DuckDBPyConnection, file: PeriodFile, kind: str, but: PeriodFile | None
) -> list[tuple[Metrics, list[str]]]:
    if not file.has_held:
        return _from_readings(cursor, file, kind)
    known = f"ANTI JOIN {but.table(HELD)} USING (kind, device, metrics) " if but and but.has_held else ""
    text = f"SELECT metrics, list(device) FROM {file.table(HELD)} {known}WHERE kind = ? GROUP BY metrics"
    return [(frozenset(names.split(",")), devices) for names, devices in cursor.execute(text, [kind]).fetchall()]


def _from_readings(cursor: duckdb.DuckDBPyConnection, file: PeriodFile, kind: str) -> list[tuple[Metrics, list[str]]]:
    names = sorted(file.metrics[kind])
    there = ", ".join(f"count({quoted(name)}) > 0 AS {quoted(name)}" for name in names)
    text = (
        f"SELECT list(device), {', '.join(map(quoted, names))} "
        f"FROM (SELECT device, {there} FROM {file.table(kind)} GROUP BY device) GROUP BY ALL"
    )
    return [
        (frozenset(name for name, held in zip(names, flags, strict=True) if held), devices)
        for devices, *flags in cursor.execute(text).fetchall()
    ]
