"""What every TelemetryStore does with rows: identity, late rows, retention, closing."""

from __future__ import annotations

import pytest

from hub.model.devices import DeviceKind
from hub.ports import StoreUnavailable, TelemetryStore
from tests.store.rows import MONDAY, WEEK, query, readings, row


def test_an_empty_store_answers_everything(store: TelemetryStore) -> None:
    assert list(store.latest()) == []
    assert store.series(query(["lamp-1"])) == []
    assert store.drop_before(MONDAY) == 0
    sizes = store.sizes()
    assert (sizes.rows, sizes.oldest, sizes.newest) == (0, None, None)
    assert store.health().ok


def test_rows_come_back_with_their_times(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY + 0.25, power=61.5, level=70), row("lamp-2", MONDAY + 1, power=50.0)])
    assert readings(store, ["lamp-1", "lamp-2"]) == {"lamp-1": [(MONDAY + 0.25, 61.5)], "lamp-2": [(MONDAY + 1, 50.0)]}
    assert readings(store, ["lamp-1"], "level") == {"lamp-1": [(MONDAY + 0.25, 70.0)]}


def test_an_empty_batch_and_a_row_without_values_leave_nothing(store: TelemetryStore) -> None:
    store.append([])
    store.append([row("lamp-1", MONDAY)])
    assert store.sizes().rows == 0


def test_a_repeat_changes_nothing(store: TelemetryStore) -> None:
    batch = [row("lamp-1", MONDAY + n, power=float(n)) for n in range(5)]
    for _ in range(3):
        store.append(batch)
    store.append(list(reversed(batch)))
    assert readings(store, ["lamp-1"]) == {"lamp-1": [(MONDAY + n, float(n)) for n in range(5)]}
    assert store.sizes().rows == 5


def test_a_later_value_does_not_replace_an_earlier_one(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY, power=1.0), row("lamp-1", MONDAY, power=2.0)])
    store.append([row("lamp-1", MONDAY, power=3.0)])
    assert readings(store, ["lamp-1"]) == {"lamp-1": [(MONDAY, 1.0)]}


def test_a_second_row_of_the_same_time_adds_the_metrics_that_are_missing(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY, power=1.0), row("lamp-1", MONDAY, level=40.0, power=9.0)])
    store.append([row("lamp-1", MONDAY, voltage=230.0, level=99.0)])
    assert sorted((v.metric, v.value) for v in store.latest()) == [("level", 40.0), ("power", 1.0), ("voltage", 230.0)]
    assert store.sizes().rows == 1


def test_late_rows_find_their_place(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY + 100, power=3.0)])
    store.append(
        [row("lamp-1", MONDAY + 50, power=2.0), row("lamp-1", MONDAY, power=1.0), row("lamp-1", MONDAY + 50, level=5.0)]
    )
    assert readings(store, ["lamp-1"]) == {"lamp-1": [(MONDAY, 1.0), (MONDAY + 50, 2.0), (MONDAY + 100, 3.0)]}
    assert [v.value for v in store.latest() if v.metric == "power"] == [3.0]


def test_times_closer_than_a_microsecond_are_one(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY + 0.1, power=1.0), row("lamp-1", MONDAY + 0.1 + 2.4e-7, power=2.0)])
    assert store.sizes().rows == 1


def test_a_batch_over_kinds_and_months(store: TelemetryStore) -> None:
    store.append(
        [row("lamp-1", MONDAY + n * WEEK, power=float(n)) for n in (3, 0, 2, 1)]
        + [row("air-1", MONDAY - n * WEEK, DeviceKind.ENVIRONMENT, pm2_5=float(n)) for n in range(3)]
    )
    assert readings(store, ["lamp-1"])["lamp-1"] == [(MONDAY + n * WEEK, float(n)) for n in range(4)]
    air = store.series(query(["air-1"], "pm2_5", DeviceKind.ENVIRONMENT))
    assert air == [(MONDAY - n * WEEK, float(n)) for n in (2, 1, 0)]
    sizes = store.sizes()
    assert (sizes.rows, sizes.oldest, sizes.newest) == (7, MONDAY - 2 * WEEK, MONDAY + 3 * WEEK)


def test_latest_is_the_newest_of_each_metric_wherever_it_lies(store: TelemetryStore) -> None:
    store.append(
        [row("lamp-1", MONDAY - 5 * WEEK, power=1.0, energy=10.0), row("lamp-2", MONDAY - 9 * WEEK, power=7.0)]
    )
    store.append([row("lamp-1", MONDAY, power=2.0)])
    store.append([row("lamp-1", MONDAY - 1, power=3.0, level=1.0)])
    assert sorted(store.latest()) == [
        ("lamp-1", "energy", MONDAY - 5 * WEEK, 10.0),
        ("lamp-1", "level", MONDAY - 1, 1.0),
        ("lamp-1", "power", MONDAY, 2.0),
        ("lamp-2", "power", MONDAY - 9 * WEEK, 7.0),
    ]


def test_dropping_takes_whole_periods_and_never_newer_readings(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY + n * WEEK, power=float(n)) for n in range(6)])
    store.drop_before(MONDAY + 3 * WEEK)
    left = [value for _, value in readings(store, ["lamp-1"])["lamp-1"]]
    assert left[-3:] == [3.0, 4.0, 5.0]
    assert 0.0 not in left
    store.append([row("lamp-1", MONDAY, power=8.0)])
    assert readings(store, ["lamp-1"])["lamp-1"][0] == (MONDAY, 8.0)


def test_a_closed_store_says_so(store: TelemetryStore) -> None:
    store.close()
    store.close()
    assert not store.health().ok
    with pytest.raises(StoreUnavailable, match="closed"):
        store.append([row("lamp-1", MONDAY, power=1.0)])
    with pytest.raises(StoreUnavailable, match="closed"):
        store.series(query(["lamp-1"]))
    with pytest.raises(StoreUnavailable, match="closed"):
        store.latest()
