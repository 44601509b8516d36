"""Looking into the embedded store's files while no hub runs, changing nothing: for `lamplighter check`."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from hub.model.devices import DeviceKind
from hub.ports import StoreSizes, StoreUnavailable, Tier
from hub.store import queries
from hub.store.damage import sidecars
from hub.store.periods import RAW, period_of
from hub.store.together import together


class InUse(StoreUnavailable):
    """A running hub has the files."""


def look_into(folder: Path) -> StoreSizes:
    """What the files in `folder` hold. Raises InUse while a hub has them, StoreUnavailable for one that cannot be read."""
    found: dict[str, list[StoreSizes]] = {}
    with _nobody_else(folder), duckdb.connect(":memory:") as connection:
        for path in sorted(folder.glob("*.duckdb")):
            period = period_of(path.name)
            if period is not None:
                found.setdefault(period.series, []).append(_look(connection, path))
    return together(found.get(RAW, []))._replace(tiers={tier: together(found.get(tier, [])) for tier in Tier})


def _look(connection: duckdb.DuckDBPyConnection, path: Path) -> StoreSizes:
    rows, times = 0, list[float]()
    try:
        connection.execute(f"ATTACH {queries.literal(str(path))} AS file (READ_ONLY)")
        tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'file'").fetchall()
        for kind in DeviceKind:
            if (kind.value,) in tables:
                count, *ends = connection.execute(queries.summary(f"file.{queries.quoted(kind.value)}")).fetchall()[0]
                rows += count
                times += [end / 1e6 for end in ends if end is not None]
        connection.execute("DETACH file")
    except duckdb.Error as error:
        raise StoreUnavailable(f"{path}: {error}") from error
    size = sum(part.stat().st_size for part in (path, *sidecars(path)))
    return StoreSizes(rows, size, min(times, default=None), max(times, default=None))


@contextmanager
def _nobody_else(folder: Path) -> Iterator[None]:
    """Hold the folder as a reader; it is not made when it is not there."""
    handle = None
    with suppress(FileNotFoundError):
        handle = os.open(folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if handle is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError as error:
                raise InUse(f"the store in {folder} is in use by a running hub") from error
        yield
    finally:
        if handle is not None:
            os.close(handle)
