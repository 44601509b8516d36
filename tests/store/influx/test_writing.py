"""Writing to a real InfluxDB 1.x: refused rows alone, large requests in parts, a server that goes away and comes back."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.ports import RowsRefused, StoreUnavailable
from hub.store.influx import InfluxAccess, InfluxStore
from tests.servers.influxd import Influxd, influxd
from tests.servers.ports import free_port
from tests.store.conftest import on_influxd
from tests.store.rows import MONDAY, readings, row


@pytest.fixture
def store(influxd_server: Influxd) -> InfluxStore:
    return on_influxd(influxd_server)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Influxd]:
    with influxd(tmp_path / "influxd") as server:
        yield server


def test_a_field_of_another_type_takes_only_its_own_rows(store: InfluxStore, influxd_server: Influxd) -> None:
    database = store._access.database
    store._connection.write_v1(database, f"light,device=other power=1i {round(MONDAY * 1e6)}".encode())
    batch = [row(f"lamp-{n}", MONDAY + n, level=1.0, **({"power": 2.0} if n % 10 == 3 else {})) for n in range(100)]
    with pytest.raises(RowsRefused) as refused:
        store.append(batch)
    assert sorted(refused.value.refused) == list(range(3, 100, 10))
    assert all("field type conflict" in reason and "power" in reason for reason in refused.value.refused.values())
    assert store.sizes().rows == 90
    assert readings(store, ["lamp-42"], "level") == {"lamp-42": [(MONDAY + 42, 1.0)]}


def test_two_fields_of_other_types(store: InfluxStore) -> None:
    at = round(MONDAY * 1e6)
    store._connection.write_v1(store._access.database, f"light,device=other power=1i,level=2i {at}".encode())
    store._connection.write_v1(store._access.database, f'environment,device=other noise="loud" {at}'.encode())
    fields = ("power", "level", "voltage")
    with pytest.raises(RowsRefused) as refused:
        store.append([row(f"lamp-{n}", MONDAY + n, **{fields[n % 3]: 1.0}) for n in range(60)])
    assert sorted(refused.value.refused) == [n for n in range(60) if n % 3 != 2]
    assert store.sizes().rows == 20


def test_a_number_that_is_none(store: InfluxStore) -> None:
    with pytest.raises(RowsRefused) as refused:
        store.append([row("lamp-1", MONDAY, power=1.0), row("lamp-2", MONDAY, power=math.nan), row("lamp-3", MONDAY)])
    assert list(refused.value.refused) == [1]
    assert [value.device for value in store.latest()] == ["lamp-1"]


def test_rows_older_than_the_retention_are_refused_alone(own_server: Influxd) -> None:
    now = time.time()
    store = InfluxStore(InfluxAccess(own_server.url, keep={None: 30}), lambda device: None, time.time)
    batch = [row(f"lamp-{n}", now - 60 - 86_400.0 * (40 if n % 7 == 0 else n % 20), power=1.0) for n in range(200)]
    with pytest.raises(RowsRefused) as refused:
        store.append(batch)
    assert sorted(refused.value.refused) == list(range(0, 200, 7))
    assert set(refused.value.refused.values()) == {"points beyond retention policy"}
    assert store.sizes().rows == 200 - len(refused.value.refused)
    store.close()


def test_what_is_too_large_for_one_request_goes_in_parts(tmp_path: Path) -> None:
    with influxd(tmp_path / "influxd", body=3000) as server:
        store = InfluxStore(InfluxAccess(server.url), lambda device: None, lambda: MONDAY)
        store.append([row(f"lamp-{n}", MONDAY + n / 7, power=n / 3) for n in range(500)])
        assert store.sizes().rows == 500
        with pytest.raises(RowsRefused, match="max-body-size") as refused:
            store.append(
                [row("lamp-1", MONDAY, **{f"m{n}": n / 7 for n in range(2000)}), row("lamp-2", MONDAY + 1, power=1.0)]
            )
        assert list(refused.value.refused) == [0]
        store.close()


def test_nothing_fails_while_the_server_is_away(tmp_path: Path) -> None:
    store = InfluxStore(InfluxAccess(f"http://127.0.0.1:{free_port()}"), lambda device: None, lambda: MONDAY)
    assert not store.health().ok and "cannot be reached" in store.health().detail
    assert not store.durable, "nobody knows what it is"
    for call in (store.latest, store.sizes, lambda: store.append([row("lamp-1", MONDAY, power=1.0)])):
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            call()
    store.close()


def test_a_server_that_comes_later_goes_and_comes_back(tmp_path: Path) -> None:
    with influxd(tmp_path / "influxd") as server:
        server.stop()
        store = InfluxStore(InfluxAccess(server.url), lambda device: None, lambda: MONDAY)
        with pytest.raises(StoreUnavailable):
            store.append([row("lamp-1", MONDAY, power=1.0)])
        server.start()
        store.append([row("lamp-1", MONDAY, power=1.0)])
        assert store.health().ok and "InfluxDB 1." in store.health().detail
        server.kill()
        with pytest.raises(StoreUnavailable):
            store.append([row("lamp-1", MONDAY + 1, power=2.0)])
        assert not store.health().ok
        server.start()
        store.append([row("lamp-1", MONDAY + 1, power=2.0)])
        assert readings(store, ["lamp-1"]) == {"lamp-1": [(MONDAY, 1.0), (MONDAY + 1, 2.0)]}
        assert store.health().ok
        store.close()


def test_a_database_that_was_dropped_is_made_again(store: InfluxStore, influxd_server: Influxd) -> None:
    store.append([row("lamp-1", MONDAY, power=1.0)])
    influxd_server.ask(f"DROP DATABASE {store._access.database}")
    assert list(store.latest()) == []
    store.append([row("lamp-1", MONDAY + 1, power=2.0)])
    assert readings(store, ["lamp-1"]) == {"lamp-1": [(MONDAY + 1, 2.0)]}


def test_accounts(tmp_path: Path) -> None:
    with influxd(tmp_path / "influxd", auth=True) as server:
        nobody = InfluxStore(InfluxAccess(server.url), lambda device: None, lambda: MONDAY)
        server.ask("CREATE USER hub WITH PASSWORD 'secret' WITH ALL PRIVILEGES")
        with pytest.raises(StoreUnavailable, match=r"influx\.username"):
            nobody.append([row("lamp-1", MONDAY, power=1.0)])
        wrong = InfluxAccess(server.url, username="hub", password="wrong")
        with pytest.raises(StoreUnavailable, match=r"influx\.password"):
            InfluxStore(wrong, lambda device: None, lambda: MONDAY).latest()
        store = InfluxStore(
            InfluxAccess(server.url, username="hub", password="secret"), lambda device: None, lambda: MONDAY
        )
        store.append([row("lamp-1", MONDAY, power=1.0)])
        assert readings(store, ["lamp-1"]) == {"lamp-1": [(MONDAY, 1.0)]}


def test_the_way_that_2_and_3_are_signed_in_to_reads_from_1_as_well(tmp_path: Path) -> None:
    """`Authorization: Token user:password` is how 1.8 and 2.x take old accounts; 1.6 takes it where accounts are off."""
    with influxd(tmp_path / "influxd") as server:
        access = InfluxAccess(server.url, token="hub:secret")
        store = InfluxStore(access, lambda device: None, lambda: MONDAY)
        store.append([row("lamp-1", MONDAY, power=1.0)])
        assert readings(store, ["lamp-1"]) == {"lamp-1": [(MONDAY, 1.0)]}
