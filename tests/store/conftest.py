"""Stores for the contract suite: add a builder to STORES and the whole suite runs on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.ports import TelemetryStore
from hub.store import DuckDbStore, MemoryStore
from tests.store.rows import MONDAY

STORES: dict[str, Callable[[Path], TelemetryStore]] = {
    "memory": lambda folder: MemoryStore(),
    "duckdb": lambda folder: DuckDbStore(folder / "store", lambda: MONDAY),
    "duckdb-one-open-file": lambda folder: DuckDbStore(folder / "store", lambda: MONDAY, open_files=1),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TelemetryStore]:
    built = STORES[request.param](tmp_path)
    yield built
    built.close()
