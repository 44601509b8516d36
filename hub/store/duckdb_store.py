"""TelemetryStore on DuckDB, in the hub's own process. What is on disk, and what happens when it is damaged: README.md."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports import (
    Health,
    LatestValue,
    RowsRefused,
    SeriesQuery,
    Span,
    StoreSizes,
    StoreUnavailable,
    Tier,
    TooMuchAsked,
)
from hub.store import queries
from hub.store.appending import remember, write, write_held
from hub.store.batch import Portion, split, unstorable
from hub.store.damage import damage_suspected
from hub.store.files import PeriodFile, PeriodFiles
from hub.store.newest import Newest
from hub.store.periods import RAW, Period, file_name, microseconds, period_at, whole
from hub.store.plan import Bounds, Stretch, plan
from hub.store.rolling import pieces, places, roll_up
from hub.store.series import Source, sql
from hub.store.tiers import zone_table
from hub.store.together import together

_T = TypeVar("_T")
_SPILL = 4_000_000_000  # bytes on disk for questions that do not fit into memory, where there is room
_TOO_MUCH = (
    "the answer takes more memory than the store has: ask for less time at once, for a smaller zone or with a longer every, "
    "or try again when others have their answers"
)


class DuckDbStore:
    """Readings in files of seven days under `folder`, and the tiers in longer ones. One process at a time may open a folder.

    An append over several files is one transaction a file: when it fails, some files may hold their part, and to
    repeat it whole is safe. Raises StoreUnavailable when the folder cannot be used, here and in every call.
    """

    def __init__(
        self,
        folder: Path,
        now: Callable[[], float],
        *,
        threads: int = 2,
        memory_limit: str = "512MB",
        spill_bytes: int | None = None,
        open_files: int = 32,
        release_every: float = 30,
    ) -> None:
        """`spill_bytes` on disk are for questions that do not fit into `memory_limit`; None: at most 4 GB, and a quarter of what
        is free now. Each `release_every` seconds, what DuckDB keeps in memory of the files is let go."""
        self._files = PeriodFiles(
            folder,
            now,
            {
                "threads": threads,
                "memory_limit": memory_limit,
                "temp_directory": str(folder / "spill"),
                "max_temp_directory_size": f"{_spill(folder) if spill_bytes is None else spill_bytes}B",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "python_enable_replacements": False,
            },
            open_files,
            release_every,
        )
        self._writing = threading.Lock()
        self._rolling = threading.Lock()
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
        refused: dict[int, str] = {}
        try:
            parts = split(rows)
            for period in parts:
                file_name(period)
        except (ValueError, OverflowError):
            refused = unstorable(rows)
            parts = split([row for index, row in enumerate(rows) if index not in refused])
        with self._writing:
            for period, portions in sorted(parts.items()):
                self._rescued([period], lambda period=period, portions=portions: self._append(period, portions))  # type: ignore[misc]
        if refused:
            raise RowsRefused(refused)

    def latest(self, received_after: float | None = None) -> Iterable[LatestValue]:
        self._check_open()
        periods = self._all(RAW)
        return self._answered(periods, lambda: self._latest(periods, received_after))

    def readings(self, kind: DeviceKind, device: str, span: Span, limit: int) -> list[Row]:
        self._check_open()
        begins, ends = microseconds(span.start), microseconds(span.end)
        found: list[Row] = []
        for period in self._files.holding(RAW, begins, ends):
            left = limit - len(found)
            if left > 0:
                found += self._answered(
                    [period],
                    lambda period=period, left=left: self._readings(period, kind, device, begins, ends, left),  # type: ignore[misc]
                )
        return found

    def series(self, query: SeriesQuery) -> list[tuple[float, float]]:
        periods = [period for stretch in self._plan(query) for period in self._files.holding(*stretch[:3])]
        return self._answered(periods, lambda: self._series(query))

    def roll_up(self, tier: Tier, span: Span, zones: Mapping[str, str | None]) -> int:
        self._check_open()
        begins, ends = whole(tier, span)
        placed, count = places(zones), 0
        with self._rolling:
            for part in pieces(tier, begins, ends, len(zones)):
                target = period_at(tier, part[0])
                sources = self._files.holding(RAW if tier is Tier.QUARTER else Tier.QUARTER, *part)
                if sources or target in self._files.periods:
                    count += self._rescued(
                        [target, *sources],
                        lambda target=target, sources=sources, part=part: self._roll_up(  # type: ignore[misc]
                            tier, target, sources, part, placed
                        ),
                    )
        return count

    def drop_before(self, time: float, tier: Tier | None = None) -> int:
        series = tier or RAW
        self._check_open()
        first = period_at(series, microseconds(time))
        try:
            return sum(self._files.drop(period) for period in self._all(series) if period < first)
        except OSError as error:
            raise StoreUnavailable(f"what is past its time could not be deleted: {error}") from error

    def sizes(self) -> StoreSizes:
        self._check_open()
        return self._sizes(RAW)._replace(tiers={tier: self._sizes(tier) for tier in Tier})

    def health(self) -> Health:
        if self._closed:
            return Health(False, "closed")
        aside = self._files.set_aside_count()
        damage = f"; {aside} damaged file{'s' if aside > 1 else ''} set aside in {self._files.folder}" if aside else ""
        return Health(self._failure is None, (self._failure or f"{len(self._files.periods)} files") + damage)

    def in_memory(self) -> int:
        """Bytes of the files that are kept in memory."""
        return self._files.in_memory()

    def close(self) -> None:
        with self._writing, self._rolling:
            if not self._closed:
                self._closed = True
                with suppress(duckdb.Error):
                    self._files.close()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed")

    def _answered(self, periods: Sequence[Period], question: Callable[[], _T]) -> _T:
        """The answer to a question; one that takes too much memory is refused, and says nothing against the store."""

        def answer() -> _T:
            try:
                return question()
            except duckdb.OutOfMemoryException as error:
                raise TooMuchAsked(_TOO_MUCH) from error

        return self._rescued(periods, answer)

    def _rescued(self, periods: Sequence[Period], work: Callable[[], _T]) -> _T:
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
        except TooMuchAsked:
            raise
        except duckdb.Error as error:
            self._files.distrust()
            self._failure = f"DuckDB: {error}"
            raise StoreUnavailable(f"the store in {self._files.folder} failed: {error}") from error
        except StoreUnavailable as error:
            self._failure = str(error)
            raise
        self._failure = None
        return result

    def _append(self, period: Period, portions: Mapping[DeviceKind, Portion]) -> None:
        with self._files.pinned([period], make=[period]) as (file,):
            writer = self._files.writer()
            writer.cursor.execute("BEGIN")
            try:
                kept = [write(writer, file, kind, portion) for kind, portion in portions.items()]
                write_held(writer, file, kept)
                writer.cursor.execute("COMMIT")
            except BaseException:
                with suppress(duckdb.Error):
                    writer.cursor.execute("ROLLBACK")
                raise
            remember(file, kept)

    def _latest(self, periods: Sequence[Period], received_after: float | None) -> Iterable[LatestValue]:
        newest = Newest()
        with self._files.pinned(periods) as files, self._files.cursor() as cursor:
            cursor.execute("BEGIN")
            newer: PeriodFile | None = None
            for file in sorted(files, key=lambda file: file.period, reverse=True):
                for kind in list(file.metrics):
                    if received_after is None:
                        newest.look_through(cursor, file, kind, newer)
                    else:
                        newest.look_through_received(cursor, file, kind, microseconds(received_after))
                newer = file
        return newest.values()

    def _readings(self, period: Period, kind: DeviceKind, device: str, begins: int, ends: int, limit: int) -> list[Row]:
        with self._files.pinned([period]) as files, self._files.cursor() as cursor:
            names = sorted(files[0].metrics.get(kind, ())) if files else []
            if not names:
                return []
            text = queries.readings(files[0].table(kind), names, begins, ends)
            return [
                Row(
                    device,
                    kind,
                    time / 1e6,
                    received / 1e6,
                    {name: value for name, value in zip(names, values, strict=True) if value is not None},
                    quality,
                )
                for time, received, quality, *values in cursor.execute(text, [device, limit]).fetchall()
            ]

    def _plan(self, query: SeriesQuery) -> list[Stretch]:
        held: dict[Tier, list[Bounds]] = {tier: [] for tier in Tier}
        for period, spans in sorted(self._files.rolled.copy().items()):
            if period.series != RAW:
                held[Tier(period.series)] += spans
        return plan(query, held)

    def _series(self, query: SeriesQuery) -> list[tuple[float, float]]:
        stretches = self._plan(query)
        periods = {period for stretch in stretches for period in self._files.holding(*stretch[:3])}
        with self._files.pinned(sorted(periods)) as files, self._files.cursor() as cursor:
            sources = []
            cursor.register("zones", pa.table({"zone": pa.array(query.zones, pa.string())}))
            for kind, devices in query.devices.items():
                cursor.register(f"wanted_{kind.value}", _devices(devices))
            for stretch, file in product(stretches, files):
                for kind in query.devices if file.period in self._files.holding(*stretch[:3]) else ():
                    name = zone_table(kind) if stretch.zones else kind.value
                    if query.metric in file.metrics.get(name, ()):
                        wanted = "zones" if stretch.zones else f"wanted_{kind.value}"
                        sources.append(Source(file.table(name), wanted, stretch))
            if not sources:
                return []
            return [(time / 1e6, value) for time, value in cursor.execute(sql(query, sources)).fetchall()]

    def _roll_up(self, tier: Tier, target: Period, sources: Sequence[Period], span: Bounds, placed: pa.Table) -> int:
        with (
            self._files.pinned([target, *sources], make=[target]) as (file, *there),
            self._files.cursor() as cursor,
        ):
            held = self._files.rolled.get(target, [])
            count, self._files.rolled[target] = roll_up(cursor, tier, file, there, span, placed, held)
        return count

    def _all(self, series: str) -> list[Period]:
        return sorted(period for period in list(self._files.periods) if period.series == series)

    def _sizes(self, series: str) -> StoreSizes:
        periods = self._all(series)
        parts = [self._rescued([period], lambda period=period: self._summary(period)) for period in periods]  # type: ignore[misc]
        return together(parts)._replace(bytes=sum(map(self._files.bytes, periods)))

    def _summary(self, period: Period) -> StoreSizes:
        rows, times = 0, []
        with self._files.pinned([period]) as files, self._files.cursor() as cursor:
            for file in files:
                for kind in [kind for kind in DeviceKind if kind in file.metrics]:
                    count, *ends = cursor.execute(queries.summary(file.table(kind))).fetchall()[0]
                    rows += count
                    times += [end / 1e6 for end in ends if end is not None]
        return StoreSizes(rows, 0, min(times, default=None), max(times, default=None))


def _devices(devices: Sequence[str]) -> pa.Table:
    return pa.table({"device": pa.array(list(devices), pa.string())})


def _spill(folder: Path) -> int:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return min(_SPILL, shutil.disk_usage(there).free // 4)
