"""Stores for the contract suite: add a builder to STORES and the whole suite runs on it.

What a store does otherwise than the suite says stands in DIFFERENT, by test: there it must fail, and the module named in the
reason shows what the store does instead. VictoriaMetrics takes readings in and cannot be asked, so that it has a suite of
its own: tests/store/influx/test_victoria.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.ports import TelemetryStore
from hub.store import DuckDbStore, MemoryStore
from hub.store.influx import InfluxAccess, InfluxStore
from tests.servers.influxd import Influxd, influxd
from tests.servers.victoria import Victoria, victoria
from tests.store.rows import MONDAY

STORES: dict[str, Callable[[pytest.FixtureRequest, Path], TelemetryStore]] = {
    "memory": lambda request, folder: MemoryStore(),
    "duckdb": lambda request, folder: DuckDbStore(folder / "store", lambda: MONDAY),
    "duckdb-one-open-file": lambda request, folder: DuckDbStore(folder / "store", lambda: MONDAY, open_files=1),
    "influxdb-1": lambda request, folder: on_influxd(request.getfixturevalue("influxd_server")),
}

_LAST = "InfluxDB keeps the last value of a reading that comes twice: tests/store/influx/test_identity.py"
DIFFERENT: dict[str, dict[str, str]] = {
    "influxdb-1": {
        "test_a_later_value_does_not_replace_an_earlier_one": _LAST,
        "test_a_second_row_of_the_same_time_adds_the_metrics_that_are_missing": _LAST,
    }
}

_numbers = itertools.count()


def on_influxd(server: Influxd) -> InfluxStore:
    """A store in a database of its own."""
    access = InfluxAccess(server.url, f"test{next(_numbers)}", gzip=True)
    return InfluxStore(access, lambda device: None, lambda: MONDAY)


@pytest.fixture(scope="session")
def influxd_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """An InfluxDB 1.x for all tests of a worker, each with a database of its own."""
    with influxd(tmp_path_factory.mktemp("influxd")) as server:
        yield server


@pytest.fixture(scope="session")
def victoria_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victoria]:
    """A VictoriaMetrics for all tests of a worker, each with devices of its own."""
    with victoria(tmp_path_factory.mktemp("victoria")) as server:
        yield server


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TelemetryStore]:
    different = DIFFERENT.get(request.param, {}).get(request.node.originalname)
    if different:
        request.applymarker(pytest.mark.xfail(strict=True, reason=different, raises=AssertionError))
    built = STORES[request.param](request, tmp_path)
    yield built
    built.close()
