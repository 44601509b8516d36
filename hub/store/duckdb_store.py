"""TelemetryStore on DuckDB, in the hub's own process. What is on disk, and what happens when it is damaged: README.md."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports import Health, LatestValue, SeriesQuery, StoreSizes, StoreUnavailable
from hub.store import queries
from hub.store.batch import Portion, split, tell_apart
from hub.store.damage import damage_suspected
from hub.store.files import PeriodFile, PeriodFiles
from hub.store.periods import PERIOD, microseconds

_T = TypeVar("_T")


class DuckDbStore:
    """Readings in files of seven days under `folder`. One process at a time may open a folder.

    An append over several files is one transaction a file: when it fails, some files may hold their part, and to
    repeat it whole is safe. Raises StoreUnavailable when the folder cannot be used, here and in every call.
    """

    def __init__(
        self,
        folder: Path,
        now: Callable[[], float],
        *,
        threads: int = 2,
        memory_limit: str = "1GB",
        open_files: int = 32,
    ) -> None:
        self._files = PeriodFiles(
            folder,
            now,
            {
                "threads": threads,
                "memory_limit": memory_limit,
                "temp_directory": str(folder / "spill"),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "python_enable_replacements": False,
            },
            open_files,
        )
        self._writing = threading.Lock()
        self._failure: str | None = None
        self._closed = False
        try:
            for period in sorted(self._files.periods):
                with self._files.pinned([period]):
                    pass
        except BaseException:
            self._files.close()
            raise

    def append(self, rows: Sequence[Row]) -> None:
        with self._writing:
            for period, portions in sorted(split(rows).items()):
                self._rescued([period], lambda period=period, portions=portions: self._append(period, portions))  # type: ignore[misc]

    def latest(self) -> list[LatestValue]:
        self._check_open()
        found: list[LatestValue] = []
        known: dict[DeviceKind, dict[str, set[str]]] = {kind: {} for kind in DeviceKind}
        for period in sorted(self._files.periods, reverse=True):
            found += self._rescued([period], lambda period=period: self._latest(period, known))  # type: ignore[misc]
        return found

    def series(self, query: SeriesQuery) -> list[tuple[float, float]]:
        first, last = microseconds(query.start) // PERIOD, microseconds(query.end) // PERIOD
        periods = [period for period in sorted(self._files.periods) if first <= period <= last]
        return self._rescued(periods, lambda: self._series(periods, query))

    def drop_before(self, time: float) -> int:
        with self._writing:
            self._check_open()
            first = microseconds(time) // PERIOD
            try:
                freed = sum(self._files.drop(period) for period in sorted(self._files.periods) if period < first)
            except OSError as error:
                raise StoreUnavailable(f"old readings could not be deleted: {error}") from error
            return freed

    def sizes(self) -> StoreSizes:
        self._check_open()
        periods = sorted(self._files.periods)
        parts = [self._rescued([period], lambda period=period: self._summary(period)) for period in periods]  # type: ignore[misc]
        return StoreSizes(
            sum(part.rows for part in parts),
            sum(map(self._files.bytes, periods)),
            min((part.oldest for part in parts if part.oldest is not None), default=None),
            max((part.newest for part in parts if part.newest is not None), default=None),
        )

    def health(self) -> Health:
        if self._closed:
            return Health(False, "closed")
        aside = self._files.set_aside_count()
        damage = f"; {aside} damaged file{'s' if aside > 1 else ''} set aside in {self._files.folder}" if aside else ""
        return Health(self._failure is None, (self._failure or f"{len(self._files.periods)} files") + damage)

    def close(self) -> None:
        with self._writing:
            if not self._closed:
                self._closed = True
                with suppress(duckdb.Error):
                    self._files.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed")

    def _rescued(self, periods: list[int], work: Callable[[], _T]) -> _T:
        """Do `work`; when a damaged file stops it, set that aside and do it once more. Errors become StoreUnavailable."""
        try:
            result = self._reported(work)
        except StoreUnavailable as error:
            cause = error.__cause__
            if not (isinstance(cause, duckdb.Error) and damage_suspected(cause) and self._files.examine(periods)):
                raise
            result = self._reported(work)
        return result

    def _reported(self, work: Callable[[], _T]) -> _T:
        self._check_open()
        try:
            result = work()
        except duckdb.Error as error:
            self._files.distrust()
            self._failure = f"DuckDB: {error}"
            raise StoreUnavailable(f"the store in {self._files.folder} failed: {error}") from error
        except StoreUnavailable as error:
            self._failure = str(error)
            raise
        self._failure = None
        return result

    def _append(self, period: int, portions: Mapping[DeviceKind, Portion]) -> None:
        with self._files.pinned([period], make=True) as (file,), self._files.cursor() as cursor:
            columns: dict[DeviceKind, set[str]] = {}
            newest: dict[DeviceKind, dict[str, int]] = {}
            cursor.execute("BEGIN")
            for kind, portion in portions.items():
                columns[kind] = _fit(cursor, file, kind, portion.metrics())
                sorted_ = tell_apart(portion, _newest(cursor, file, kind))
                newest[kind] = sorted_.newest
                _insert(cursor, file.table(kind), sorted_.new)
                _merge(cursor, file.table(kind), sorted_.late)
            cursor.execute("COMMIT")
            file.columns.update(columns)
            for kind, times in newest.items():
                file.newest[kind].update(times)

    def _latest(self, period: int, known: dict[DeviceKind, dict[str, set[str]]]) -> list[LatestValue]:
        found: list[LatestValue] = []
        with self._files.pinned([period]) as files, self._files.cursor() as cursor:
            for file in files:
                for kind, metrics in list(file.columns.items()):
                    names = sorted(metrics)
                    complete = [device for device, held in known[kind].items() if metrics <= held]
                    with _registered(cursor, "complete", complete):
                        rows = cursor.execute(
                            queries.latest(file.table(kind), names, "complete" if complete else None)
                        ).fetchall()
                    for device, *pairs in rows:
                        held = known[kind].setdefault(device, set())
                        for metric, time, value in zip(names, pairs[::2], pairs[1::2], strict=True):
                            if time is not None and metric not in held:
                                held.add(metric)
                                found.append(LatestValue(device, metric, time / 1e6, value))
        return found

    def _series(self, periods: list[int], query: SeriesQuery) -> list[tuple[float, float]]:
        with self._files.pinned(periods) as files, self._files.cursor() as cursor:
            sources = []
            for kind, devices in query.devices.items():
                cursor.register(f"wanted_{kind.value}", _devices(devices))
                tables = [file.table(kind) for file in files if query.metric in file.columns.get(kind, ())]
                sources += [(table, f"wanted_{kind.value}") for table in tables]
            if not sources:
                return []
            return [(time / 1e6, value) for time, value in cursor.execute(queries.series(query, sources)).fetchall()]

    def _summary(self, period: int) -> StoreSizes:
        rows, times = 0, []
        with self._files.pinned([period]) as files, self._files.cursor() as cursor:
            for file in files:
                for kind in list(file.columns):
                    count, *ends = cursor.execute(queries.summary(file.table(kind))).fetchall()[0]
                    rows += count
                    times += [end / 1e6 for end in ends if end is not None]
        return StoreSizes(rows, 0, min(times, default=None), max(times, default=None))


def _devices(devices: Sequence[str]) -> pa.Table:
    return pa.table({"device": pa.array(list(devices), pa.string())})


@contextmanager
def _registered(cursor: duckdb.DuckDBPyConnection, name: str, devices: Sequence[str]) -> Iterator[None]:
    cursor.register(name, _devices(devices))
    try:
        yield
    finally:
        cursor.unregister(name)


def _fit(cursor: duckdb.DuckDBPyConnection, file: PeriodFile, kind: DeviceKind, metrics: Sequence[str]) -> set[str]:
    """Give the kind a table with columns for `metrics`; returns all its metrics."""
    there = file.columns.get(kind)
    if there is None:
        cursor.execute(queries.create(file.table(kind)))
    missing = [metric for metric in metrics if metric not in (there or ())]
    for metric in missing:
        cursor.execute(queries.add_column(file.table(kind), metric))
    return (there or set()) | set(missing)


def _newest(cursor: duckdb.DuckDBPyConnection, file: PeriodFile, kind: DeviceKind) -> Mapping[str, int]:
    """The newest time of each device in the file; read once while the file is open."""
    if kind not in file.newest:
        known = cursor.execute(queries.newest(file.table(kind))).fetchall() if kind in file.columns else []
        file.newest[kind] = dict(known)
    return file.newest[kind]


def _insert(cursor: duckdb.DuckDBPyConnection, table: str, portion: Portion) -> None:
    if portion.rows:
        cursor.register("batch", portion.table())
        cursor.execute(queries.insert(table, "batch"))
        cursor.unregister("batch")


def _merge(cursor: duckdb.DuckDBPyConnection, table: str, portion: Portion) -> None:
    if portion.rows:
        cursor.register("late", portion.table())
        cursor.execute(queries.merge(table, "late", portion.metrics(), min(portion.times), max(portion.times)))
        cursor.unregister("late")
