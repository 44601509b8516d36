"""The files of the store: one DuckDB database a period of readings or of a tier, attached to one in-memory connection
while in use."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import structlog

from hub.ports import StoreUnavailable
from hub.store import blocks, queries, tiers
from hub.store.damage import machine_at_fault, set_aside, sidecars, sync_folder
from hub.store.lock import lock_folder
from hub.store.periods import RAW, Period, file_name, period_of


class Inlet:
    """A relation of DuckDB that is registered once and given new content for each use: to register anew changes the catalogue,
    which costs as much as inserting a thousand rows."""

    def __init__(self) -> None:
        self.content = pa.table({"device": pa.array([], pa.string())})

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.content.__arrow_c_stream__(requested_schema)


class Writer:
    """The cursor of whoever appends, one thread at a time, and the relation `batch` that it inserts from."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self.cursor = cursor
        self.batch = Inlet()
        cursor.register("batch", self.batch)


@dataclass(slots=True)
class PeriodFile:
    """One attached file. `metrics` holds the metrics of each table (named by its kind) that is committed; `newest`, once an
    append needed it, the time of each device's newest row, and `held` its metrics."""

    period: Period
    path: Path
    alias: str
    metrics: dict[str, set[str]]
    has_held: bool = False  # files of older hubs lack that table
    newest: dict[str, dict[str, int]] = field(default_factory=dict)
    held: dict[str, dict[str, frozenset[str]]] = field(default_factory=dict)
    shapes: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)
    pins: int = 0

    def table(self, name: str) -> str:
        """The quoted name of a table."""
        return f"{queries.quoted(self.alias)}.{queries.quoted(name)}"


class PeriodFiles:
    """Opens, shares and closes the files of a folder, and sets damaged ones aside. Safe for any thread.

    A file is used only inside `pinned`, which keeps it attached. Beyond `open_files` attached files, the ones that were
    not used for longest are detached (and checkpointed).
    """

    def __init__(
        self,
        folder: Path,
        now: Callable[[], float],
        settings: dict[str, str | bool | int | float | list[str]],
        open_files: int,
        release_every: float,
    ) -> None:
        self.folder = folder
        self._now = now
        self._settings = settings
        self._open_files = open_files
        self._release_every = release_every
        self._released = time.monotonic()
        self._changed = threading.Condition()
        self._attached: dict[Period, PeriodFile] = {}  # the least recently used first
        self._trusted: set[Period] = set()  # opened without an error in this life
        self._broken = False
        self._closed = False
        self._writer: Writer | None = None
        self._log = structlog.get_logger("lamplighter.store")
        self._lock = lock_folder(folder, "the store")
        try:
            self._connection, self._second = self._connect(), self._connect()
            for leftover in folder.glob("new-*.duckdb*"):
                leftover.unlink()
            self.rolled: dict[Period, list[tuple[int, int]]] = {}
            self.periods = {p for p in map(period_of, (path.name for path in folder.iterdir())) if p is not None}
        except (OSError, duckdb.Error) as error:
            os.close(self._lock)
            raise StoreUnavailable(f"the store's folder {folder} cannot be used: {error}") from error

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor for one thread; take it inside `pinned` and close it there."""
        return self._connection.cursor()

    def writer(self) -> Writer:
        """The writer's cursor; take it inside `pinned`, and leave no transaction open."""
        if self._writer is None:
            self._writer = Writer(self._connection.cursor())
        return self._writer

    def holding(self, series: str, begins: int, ends: int) -> list[Period]:
        """The periods of `series` that have a file and a part in the span, ascending."""
        return sorted(p for p in list(self.periods) if p.series == series and p.begins < ends and begins < p.ends)

    def set_aside_count(self) -> int:
        """How many files lie set aside in the folder."""
        return sum(1 for _ in self.folder.glob("*-*.duckdb*.damaged-*"))

    def bytes(self, period: Period) -> int:
        """What the period's file and its write-ahead log take on disk."""
        path = self.folder / file_name(period)
        total = 0
        for part in (path, *sidecars(path)):
            with suppress(FileNotFoundError):
                total += part.stat().st_size
        return total

    @contextmanager
    def pinned(self, periods: Sequence[Period], make: Collection[Period] = ()) -> Iterator[list[PeriodFile]]:
        """The files of `periods`, attached until the block ends; missing ones are left out, but those of `make` made.

        Raises StoreUnavailable when the machine does not let a file be opened.
        """
        held: list[PeriodFile] = []
        try:
            with self._changed:
                self._restart_if_broken()
                for period in periods:
                    if period in make or period in self.periods:
                        file = self._attach(period)
                        file.pins += 1
                        held.append(file)
            yield held
        finally:
            with self._changed:
                for file in held:
                    file.pins -= 1
                self._trim()
                self._release()
                self._changed.notify_all()

    def in_memory(self) -> int:
        """Bytes that DuckDB keeps in memory of the files."""
        with self._changed:
            return blocks.in_memory(self._connection)

    def distrust(self) -> None:
        """Reopen everything before the next use: after an error nothing in memory is believed."""
        with self._changed:
            self._broken = True

    def examine(self, periods: Sequence[Period]) -> bool:
        """Read these files from end to end and set aside those that cannot be read; True when there was one.

        Call it outside `pinned`.
        """
        found = False
        with self._changed:
            self._broken = True
            self._restart_if_broken()
            for period in periods:
                path = self.folder / file_name(period)
                error = self._probe(path, whole=True) if path.exists() else None
                if error is not None:
                    if machine_at_fault(error):
                        raise StoreUnavailable(f"{path} cannot be read: {error}") from error
                    self._give_up(period, path, error)
                    self._forget(period)
                    found = True
        return found

    def drop(self, period: Period) -> int:
        """Delete a period's file once nobody reads it, with its set-aside parts; returns the bytes freed."""
        path = self.folder / file_name(period)
        with self._changed:
            self._restart_if_broken()
            while (file := self._attached.get(period)) is not None and file.pins:
                self._changed.wait()
                self._restart_if_broken()
            parts = [*sidecars(path), path, *self.folder.glob(path.name + ".*damaged-*")]
            freed = sum(part.stat().st_size for part in parts if part.exists())
            if period in self._attached:
                self._detach(self._attached[period])
            self._forget(period)
            for part in (*parts, *sidecars(path)):
                part.unlink(missing_ok=True)
            sync_folder(self.folder)
        return freed

    def close(self) -> None:
        """Checkpoint and let go of all files, once nobody reads them."""
        with self._changed:
            self._changed.wait_for(self._unused)
            try:
                self._closed = True
                self._trim(keep=0)
                self._writer = None
                self._connection.close()
                self._second.close()
            finally:
                self._attached.clear()
                os.close(self._lock)

    def _connect(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(":memory:", config=self._settings)

    def _unused(self) -> bool:
        return not any(file.pins for file in self._attached.values())

    def _release(self) -> None:
        """With the lock held: now and then, when nobody uses a file, let go of what is in memory of them."""
        now = time.monotonic()
        if now >= self._released + self._release_every and self._unused() and not (self._broken or self._closed):
            self._released = now
            try:
                blocks.let_go(self._connection, self._settings["memory_limit"])
            except duckdb.Error as error:
                self._log.warning("DuckDB does not give memory back", error=str(error))

    def _restart_if_broken(self) -> None:
        """With the lock held: refuse when closed, begin anew when something failed.

        Two DuckDB instances must never share a file, so readers end first.
        """
        if self._closed:
            raise StoreUnavailable("the store is closed")
        while self._broken:
            if not self._unused():
                self._changed.wait()
                continue
            self._writer = None
            with suppress(duckdb.Error):
                self._connection.close()
            self._attached.clear()
            self._trusted.clear()
            try:
                self._connection = self._connect()
            except duckdb.Error as error:
                raise StoreUnavailable(f"DuckDB does not start: {error}") from error
            self._broken = False

    def _attach(self, period: Period) -> PeriodFile:
        file = self._attached.pop(period, None)
        if file is None:
            path = self.folder / file_name(period)
            try:
                if not path.exists():
                    self._make(path)
                elif period not in self._trusted:
                    self._sound(period, path)
                file, self.rolled[period] = self._open(period, path)
            except (OSError, duckdb.Error) as error:
                self._broken = True
                raise StoreUnavailable(f"{path} cannot be opened: {error}") from error
        self._attached[period] = file
        self._trusted.add(period)
        self.periods.add(period)
        return file

    def _make(self, path: Path) -> None:
        """Make an empty file under another name first, so that a kill never leaves half a file under the true one."""
        new = path.with_name("new-" + path.name)
        for leftover in (new, *sidecars(new)):
            leftover.unlink(missing_ok=True)
        with self._beside(new, "READ_WRITE"):
            pass
        for orphan in sidecars(path):
            set_aside(orphan, self._now())
        new.rename(path)
        sync_folder(self.folder)

    def _sound(self, period: Period, path: Path) -> None:
        """Make sure that `path` can be attached: when it is damaged, without its write-ahead log; when that does not help,
        as an empty file in its place."""
        error = self._probe(path)
        if error is not None and not machine_at_fault(error) and (logs := sidecars(path)):
            places = [str(set_aside(log, self._now())) for log in logs]
            self._log.error(
                "the write-ahead log of a telemetry file cannot be replayed and was set aside",
                file=str(path),
                now_at=places,
                lost="what came since the file's last checkpoint",
                to_do="keep the named files for recovery or delete them; see hub/store/README.md",
                error=str(error),
            )
            error = self._probe(path)
        if error is None:
            return
        if machine_at_fault(error):
            raise error
        self._give_up(period, path, error)
        self._make(path)

    def _probe(self, path: Path, whole: bool = False) -> duckdb.Error | None:
        """What DuckDB says against a file that is not attached: when it opens it, or when it reads it `whole`.

        In a second instance, because damage can make an instance unusable as a whole.
        """
        try:
            with self._beside(path, "READ_ONLY") as alone:
                found = alone.execute(
                    "SELECT table_name, list(column_name) FROM duckdb_columns() "
                    "WHERE database_name = 'probed' AND schema_name = 'main' GROUP BY ALL"
                ).fetchall()
                for table, columns in found if whole else ():
                    alone.execute(queries.read_all(f"probed.{queries.quoted(table)}", columns)).fetchall()
        except duckdb.Error as error:
            return error
        return None

    @contextmanager
    def _beside(self, path: Path, access: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """The second instance with `path` attached as `probed`; after an error it is replaced."""
        try:
            self._second.execute(f"ATTACH {queries.literal(str(path))} AS probed ({access})")
            yield self._second
            self._second.execute("DETACH probed")
        except duckdb.Error:
            with suppress(duckdb.Error):
                self._second.close()
            self._second = self._connect()
            raise

    def _give_up(self, period: Period, path: Path, error: Exception) -> None:
        places = [str(set_aside(part, self._now())) for part in (path, *sidecars(path))]
        self._log.error(
            "a telemetry file is damaged and was set aside",
            file=str(path),
            now_at=places,
            lost=(
                "the readings of the seven days that the file's name begins"
                if period.series == RAW
                else f"the {period.series} aggregates of the time that the file's name begins"
            ),
            to_do="restore the file from a backup while the hub is stopped, or delete the named files; see hub/store/README.md",
            error=str(error),
        )

    def _open(self, period: Period, path: Path) -> tuple[PeriodFile, list[tuple[int, int]]]:
        """Attach the file; returns it and, of a tier, the spans it holds."""
        alias = path.stem
        file = PeriodFile(period, path, alias, {})
        with self.cursor() as cursor:
            cursor.execute(f"ATTACH {queries.literal(str(path))} AS {queries.quoted(alias)}")
            found: dict[str, set[str]] = dict(
                cursor.execute(
                    "SELECT table_name, list(column_name) FROM duckdb_columns() "
                    "WHERE database_name = ? AND schema_name = 'main' GROUP BY ALL",
                    [alias],
                ).fetchall()
            )
            rolled = cursor.execute(tiers.spans(file.table(tiers.SPANS))).fetchall() if tiers.SPANS in found else []
        metrics_in = queries.metrics_in if period.series == RAW else tiers.metrics_in
        file.has_held = queries.HELD in found
        own = {tiers.SPANS, queries.HELD}
        file.metrics = {table: metrics_in(columns) for table, columns in found.items() if table not in own}
        return file, rolled

    def _forget(self, period: Period) -> None:
        self.periods.discard(period)
        self.rolled.pop(period, None)

    def _detach(self, file: PeriodFile) -> None:
        try:
            with self.cursor() as cursor:
                cursor.execute(f"DETACH {queries.quoted(file.alias)}")
            del self._attached[file.period]
        except duckdb.Error as error:
            self._broken = True
            self._log.warning(
                "a telemetry file could not be checkpointed; it is opened anew", file=str(file.path), error=str(error)
            )

    def _trim(self, keep: int | None = None) -> None:
        surplus = len(self._attached) - (self._open_files if keep is None else keep)
        for file in [file for file in self._attached.values() if not file.pins]:
            if surplus <= 0 or self._broken:
                return
            self._detach(file)
            surplus -= 1
