"""The databases of a real InfluxDB 1.x: made with their retention, kept to the settings, other people's left alone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hub.ports import StoreUnavailable, Tier
from hub.store.influx import InfluxAccess, InfluxStore
from tests.servers.influxd import Influxd, influxd
from tests.store.rows import MONDAY, row


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Influxd]:
    with influxd(tmp_path / "influxd") as running:
        yield running


def store_on(server: Influxd, days: int = 90, **account: str) -> InfluxStore:
    keep = {None: days, Tier.QUARTER: 400, Tier.HOUR: 1826, Tier.DAY: 0}
    return InfluxStore(InfluxAccess(server.url, "city", keep=keep, **account), lambda device: None, lambda: MONDAY)


def policies(server: Influxd, database: str) -> list[list[object]]:
    answer = json.loads(server.ask(f'SHOW RETENTION POLICIES ON "{database}"'))
    return [row[:3] for row in answer["results"][0]["series"][0]["values"]]


def test_each_database_is_made_with_its_retention(server: Influxd) -> None:
    store_on(server)
    assert policies(server, "city") == [["lamplighter", "2160h0m0s", "168h0m0s"]]
    assert policies(server, "city-15m") == [["lamplighter", "9600h0m0s", "672h0m0s"]]
    assert policies(server, "city-1h") == [["lamplighter", "43824h0m0s", "8736h0m0s"]]
    assert policies(server, "city-1d") == [["lamplighter", "0s", "87360h0m0s"]]


def test_a_retention_that_differs_is_changed(server: Influxd) -> None:
    store_on(server)
    with capture_logs() as logs:
        store_on(server, days=30)
    assert policies(server, "city") == [["lamplighter", "720h0m0s", "168h0m0s"]]
    assert [entry["database"] for entry in logs if "changed the retention" in entry["event"]] == ["city"]
    with capture_logs() as logs:
        store_on(server, days=30)
    assert [entry for entry in logs if "retention" in entry["event"]] == []


def test_a_database_of_a_persons_own_stays_as_it_is(server: Influxd) -> None:
    server.ask("CREATE DATABASE city")
    with capture_logs() as logs:
        store = store_on(server)
    assert policies(server, "city") == [["autogen", "0s", "168h0m0s"]]
    (said,) = [entry for entry in logs if entry["log_level"] == "warning"]
    assert (said["database"], said["days"], said["settings"]) == ("city", "for ever", 90.0)
    store.append([row("lamp-1", MONDAY, power=1.0)])
    assert store.sizes().rows == 1


def test_an_account_that_may_not_make_databases_is_told_what_to_do(tmp_path: Path) -> None:
    with influxd(tmp_path / "closed", auth=True) as server:
        server.ask("CREATE USER root WITH PASSWORD 'secret' WITH ALL PRIVILEGES")
        admin = store_on(server, username="root", password="secret")
        for statement in ("CREATE USER hub WITH PASSWORD 'secret'", 'DROP DATABASE "city-1d"'):
            admin._asker.do(statement)
        for name in ("city", "city-15m", "city-1h"):
            admin._asker.do(f'GRANT ALL ON "{name}" TO hub')
        with pytest.raises(StoreUnavailable, match=r"city-1d does not exist.*make it yourself"):
            store_on(server, username="hub", password="secret").latest()
        admin._asker.do('CREATE DATABASE "city-1d"')
        admin._asker.do('GRANT ALL ON "city-1d" TO hub')
        hub = store_on(server, username="hub", password="secret")
        hub.append([row("lamp-1", time.time() - 60, power=1.0)])
        assert [value.device for value in hub.latest()] == ["lamp-1"]
        assert hub.drop_before(MONDAY) == 0, "it may not, and the server's own retention does it"
        assert hub.sizes().rows == 1
