"""What InfluxDB does with a reading that comes twice: it keeps the last value (the embedded store keeps the first)."""

from __future__ import annotations

import pytest

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports import Span
from hub.store.influx import InfluxAccess, InfluxStore
from tests.servers.influxd import Influxd
from tests.store.conftest import on_influxd
from tests.store.rows import MONDAY, readings, row


@pytest.fixture
def store(influxd_server: Influxd) -> InfluxStore:
    return on_influxd(influxd_server)


def test_the_last_value_stays(store: InfluxStore) -> None:
    store.append([row("lamp-1", MONDAY, power=1.0), row("lamp-1", MONDAY, power=2.0)])
    store.append([row("lamp-1", MONDAY, power=3.0)])
    assert readings(store, ["lamp-1"]) == {"lamp-1": [(MONDAY, 3.0)]}


def test_a_second_row_of_the_same_time_adds_its_metrics_and_replaces_those_that_are_there(store: InfluxStore) -> None:
    store.append([row("lamp-1", MONDAY, quality=1, power=1.0, level=40.0)])
    store.append([row("lamp-1", MONDAY, voltage=230.0, level=99.0)])
    (held,) = store.readings(DeviceKind.LIGHT, "lamp-1", Span(0, 4e9), 10)
    assert held.values == {"power": 1.0, "level": 99.0, "voltage": 230.0}
    assert (held.received, held.quality) == (MONDAY + 2, 1)
    assert store.sizes().rows == 1


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 7, 100])
def test_pages_of_rows_that_are_there_several_times_are_full_until_the_last(
    influxd_server: Influxd, limit: int
) -> None:
    zones = ["ward-1"]
    store = InfluxStore(InfluxAccess(influxd_server.url, f"moved{limit}"), lambda device: zones[-1], lambda: MONDAY)
    sent = [row("lamp-1", MONDAY + n, power=float(n)) for n in range(12)]
    store.append(sent)
    for zone in ("ward-2", "ward-3", "ward-4"):
        zones.append(zone)
        store.append([row("lamp-1", MONDAY + n, power=float(n), level=40.0) for n in range(6)])
    whole = [row("lamp-1", one.time, **one.values, **({"level": 40.0} if n < 6 else {})) for n, one in enumerate(sent)]
    found: list[Row] = []
    while True:
        after = found[-1].time + 1e-6 if found else MONDAY
        some = store.readings(DeviceKind.LIGHT, "lamp-1", Span(after, MONDAY + 3600), limit)
        found += some
        if len(some) < limit:
            break
    store.close()
    assert found == whole
