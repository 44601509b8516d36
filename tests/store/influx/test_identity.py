"""What InfluxDB does with a reading that comes twice: it keeps the last value (the embedded store keeps the first)."""

from __future__ import annotations

import pytest

from hub.model.devices import DeviceKind
from hub.ports import Span
from hub.store.influx import InfluxStore
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
