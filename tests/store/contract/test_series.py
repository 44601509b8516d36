"""What every TelemetryStore answers to a SeriesQuery."""

from __future__ import annotations

import pytest

from hub.model.devices import DeviceKind
from hub.ports import Aggregate, SeriesQuery, TelemetryStore
from tests.store.rows import MONDAY, query, row

HOUR = 3600.0


def test_start_is_in_and_end_is_out(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY + n, power=float(n)) for n in range(4)])
    assert store.series(query(["lamp-1"], start=MONDAY + 1, end=MONDAY + 3)) == [(MONDAY + 1, 1.0), (MONDAY + 2, 2.0)]
    assert store.series(query(["lamp-1"], start=MONDAY + 3, end=MONDAY + 1)) == []
    assert len(store.series(query(["lamp-1"], start=float("-inf"), end=float("inf")))) == 4


@pytest.mark.parametrize(
    ("aggregate", "value"),
    [
        (Aggregate.MEAN, 5.0),
        (Aggregate.MIN, 2.0),
        (Aggregate.MAX, 10.0),
        (Aggregate.SUM, 20.0),
        (Aggregate.LAST, 3.0),
        (Aggregate.COUNT, 4.0),
    ],
)
def test_each_aggregate_of_an_interval(store: TelemetryStore, aggregate: Aggregate, value: float) -> None:
    store.append([row("lamp-1", MONDAY + n * 60, power=p) for n, p in enumerate((10.0, 2.0, 5.0, 3.0))])
    store.append(
        [
            row("lamp-1", MONDAY + 5 * HOUR, power=77.0 if aggregate is not Aggregate.COUNT else 1.0),
            row("lamp-1", MONDAY + 1, level=1.0),
        ]
    )
    points = store.series(query(["lamp-1"], every=HOUR, aggregate=aggregate))
    assert points == [(MONDAY, value), (MONDAY + 5 * HOUR, 77.0 if aggregate is not Aggregate.COUNT else 1.0)]


def test_intervals_are_aligned_to_the_epoch_plus_the_offset(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY + n * HOUR, power=1.0) for n in range(48)])
    local = query(["lamp-1"], every=24 * HOUR, offset=-7 * HOUR, aggregate=Aggregate.SUM)
    assert store.series(local) == [(MONDAY - 7 * HOUR, 17.0), (MONDAY + 17 * HOUR, 24.0), (MONDAY + 41 * HOUR, 7.0)]
    shifted = query(["lamp-1"], every=24 * HOUR, offset=17 * HOUR + 240 * HOUR, aggregate=Aggregate.SUM)
    assert store.series(shifted) == store.series(local)


def test_a_first_interval_holds_only_what_is_after_start(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY + n * 600, power=1.0) for n in range(12)])
    points = store.series(query(["lamp-1"], start=MONDAY + 1800, every=HOUR, aggregate=Aggregate.COUNT))
    assert points == [(MONDAY, 3.0), (MONDAY + HOUR, 6.0)]


@pytest.mark.parametrize(
    ("metric", "total"),
    [("power", 20.0 + 100.0), ("energy", 30.0 + 100.0), ("traffic_count", 10.0 + 20.0 + 30.0 + 100.0)],
)
def test_sum_over_devices_follows_the_metric(store: TelemetryStore, metric: str, total: float) -> None:
    store.append([row("lamp-1", MONDAY + n, **{metric: v}) for n, v in enumerate((10.0, 20.0, 30.0))])
    store.append([row("lamp-2", MONDAY + 3, **{metric: 100.0})])
    both = query(["lamp-1", "lamp-2"], metric, every=HOUR, aggregate=Aggregate.SUM, over_devices=True)
    assert store.series(both) == [(MONDAY, total)]


def test_other_aggregates_over_devices_take_all_readings_alike(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY + n, power=v) for n, v in enumerate((10.0, 20.0, 30.0))])
    store.append([row("lamp-2", MONDAY + 3, power=100.0)])

    def value(aggregate: Aggregate) -> float:
        ((_, found),) = store.series(query(["lamp-1", "lamp-2"], every=HOUR, aggregate=aggregate, over_devices=True))
        return found

    assert value(Aggregate.MEAN) == 40.0
    assert value(Aggregate.COUNT) == 4.0
    assert value(Aggregate.LAST) == 100.0
    assert (value(Aggregate.MIN), value(Aggregate.MAX)) == (10.0, 100.0)


def test_the_last_of_two_devices_at_one_time_is_always_the_same(store: TelemetryStore) -> None:
    store.append([row("lamp-2", MONDAY, power=2.0), row("lamp-1", MONDAY, power=1.0)])
    assert store.series(query(["lamp-1", "lamp-2"], every=HOUR, aggregate=Aggregate.LAST)) == [(MONDAY, 2.0)]


def test_several_kinds_in_one_query(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY, power=60.0), row("meter-1", MONDAY + 1, DeviceKind.METER, power=1000.0)])
    devices = {DeviceKind.LIGHT: ["lamp-1"], DeviceKind.METER: ["meter-1"], DeviceKind.JUNCTION: ["j-1"]}
    assert store.series(SeriesQuery(devices, "power", 0, 4e9)) == [(MONDAY, 60.0), (MONDAY + 1, 1000.0)]


def test_what_was_never_stored_is_empty(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY, power=60.0)])
    assert store.series(query(["lamp-9"])) == []
    assert store.series(query([])) == []
    assert store.series(query(["lamp-1"], "humidity")) == []
    assert store.series(query(["lamp-1"], kind=DeviceKind.METER)) == []
    assert store.series(SeriesQuery({}, "power", 0, 4e9)) == []


def test_the_limit_keeps_the_first_points(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY + n * HOUR, power=float(n)) for n in range(10)])
    assert [v for _, v in store.series(query(["lamp-1"], limit=3))] == [0.0, 1.0, 2.0]
    assert [v for _, v in store.series(query(["lamp-1"], every=HOUR, limit=3))] == [0.0, 1.0, 2.0]
    assert store.series(query(["lamp-1"], limit=0)) == []


def test_twenty_five_thousand_devices(store: TelemetryStore) -> None:
    names = [f"lamp-{n}" for n in range(25_000)]
    store.append([row(name, MONDAY, power=2.0) for name in names])
    total = query(names, every=HOUR, aggregate=Aggregate.SUM, over_devices=True)
    assert store.series(total) == [(MONDAY, 50_000.0)]


def test_an_interval_of_nothing_is_refused(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY, power=60.0)])
    with pytest.raises(ValueError, match="every"):
        store.series(query(["lamp-1"], every=0.0))
