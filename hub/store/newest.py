"""The newest value of every metric of every device, file by file from the newest back.

Most devices report all they have every hour: a look at the last hour of a file answers for them. The file's table `held` says
who is missing; these are looked for in the file's last day and then in all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, repeat

import duckdb
import pyarrow as pa

from hub.ports import LatestValue
from hub.store import held, queries
from hub.store.files import PeriodFile
from hub.store.held import Metrics
from hub.store.periods import SECOND

_LOOKS = (3600 * SECOND, 86_400 * SECOND, None)
_NOTHING: Metrics = frozenset()
_make = partial(tuple.__new__, LatestValue)  # what LatestValue._make does, without a call of Python for each


class Newest:
    """Collects over files, inside one transaction; take the newest file first."""

    def __init__(self) -> None:
        self._values: list[Iterable[LatestValue]] = []
        self._found: dict[str, dict[str, Metrics]] = {}
        self._shapes: dict[Metrics, Metrics] = {}  # equal sets are one object, so that `is` tells most of them

    def values(self) -> Iterator[LatestValue]:
        """What was found, once; made while it is taken, because keeping so many at a time costs twice as much."""
        return chain.from_iterable(self._values)

    def look_through(
        self, cursor: duckdb.DuckDBPyConnection, file: PeriodFile, kind: str, newer: PeriodFile | None
    ) -> None:
        """Add what the file's table of `kind` has of metrics that no newer file had; `newer` was looked through before."""
        found = self._found.setdefault(kind, {})
        wanted = held.load(cursor, file, kind, self._shapes, newer)
        left = list(wanted)
        newest: int | None = None
        for look in _LOOKS:
            if found:
                left = [device for device in left if not _covers(found.get(device), wanted[device])]
            if left:
                if newest is None:
                    ((newest,),) = cursor.execute(queries.newest_time(file.table(kind))).fetchall()
                names = sorted(_NOTHING.union(*{wanted[device] for device in left}))
                where = "" if look is None else f" WHERE time > make_timestamp({newest - look})"
                everybody = newer is None and len(left) == len(wanted)
                self._take(cursor, file.table(kind), kind, names, where, None if everybody else left)

    def look_through_received(self, cursor: duckdb.DuckDBPyConnection, file: PeriodFile, kind: str, after: int) -> None:
        """The same among the readings received after then (microseconds)."""
        where = f" WHERE received > make_timestamp({after})"
        self._take(cursor, file.table(kind), kind, sorted(file.metrics[kind]), where, None)

    def _take(
        self,
        cursor: duckdb.DuckDBPyConnection,
        table: str,
        kind: str,
        names: Sequence[str],
        where: str,
        only: Sequence[str] | None,
    ) -> None:
        if only is not None:
            cursor.register("missing", pa.table({"device": pa.array(only, pa.string())}))
            where += f"{' AND' if where else ' WHERE'} device IN (SELECT device FROM missing)"
        rows, *counts = cursor.execute(queries.counts(table, names, where)).fetchall()[0]
        if rows:
            always = {name for name, count in zip(names, counts, strict=True) if count == rows}
            there = cursor.sql(queries.latest(table, names, always, where)).to_arrow_table()
            devices = there.column(0).to_pylist()
            columns = [_numbers(column) for column in there.columns[1:]]
            self._add(kind, names, devices, columns[::2], columns[1::2])

    def _add(
        self,
        kind: str,
        names: Sequence[str],
        devices: Sequence[str],
        times: Sequence[Sequence[float | None]],
        values: Sequence[Sequence[float | None]],
    ) -> None:
        found = self._found.setdefault(kind, {})
        fresh = not found or found.keys().isdisjoint(devices)
        before = None if fresh else [found.get(device, _NOTHING) for device in devices]
        for name, at, value in zip(names, times, values, strict=True):
            if before is not None:
                self._values.append(
                    [
                        LatestValue(device, name, t, v)
                        for device, had, t, v in zip(devices, before, at, value, strict=True)
                        if t is not None and v is not None and name not in had
                    ]
                )
            elif None in value:
                self._values.append(
                    [
                        LatestValue(device, name, t, v)
                        for device, t, v in zip(devices, at, value, strict=True)
                        if t is not None and v is not None
                    ]
                )
            else:
                self._values.append(map(_make, zip(devices, repeat(name, len(devices)), at, value, strict=True)))
        if before is None and not any(None in value for value in values):
            shape = frozenset(names)
            found |= dict.fromkeys(devices, self._shapes.setdefault(shape, shape))
            return
        known: dict[tuple[bool, ...], Metrics] = {}
        for place, flags in enumerate(zip(*[[v is not None for v in value] for value in values], strict=True)):
            if flags not in known:
                known[flags] = frozenset(name for name, there in zip(names, flags, strict=True) if there)
            shape = known[flags] if before is None else before[place] | known[flags]
            found[devices[place]] = self._shapes.setdefault(shape, shape)


def _covers(found: Metrics | None, wanted: Metrics) -> bool:
    return found is wanted or (found is not None and wanted <= found)


def _numbers(column: pa.ChunkedArray) -> list[float | None]:
    """The column's doubles as Python's; by way of the memory when none is NULL, which takes a tenth of the time."""
    found: list[float | None] = []
    for chunk in column.chunks:
        if chunk.null_count:
            found += chunk.to_pylist()
        else:
            found += memoryview(chunk.buffers()[1]).cast("d")[chunk.offset : chunk.offset + len(chunk)].tolist()
    return found
