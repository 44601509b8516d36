"""What every TelemetryStore makes of its tiers: series that stay when readings go, restating, retention."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.model.devices import DeviceKind
from hub.ports import Aggregate, SeriesQuery, Span, StoreUnavailable, TelemetryStore, Tier
from tests.store.rows import MONDAY, WEEK, query, row, same

HOUR = 3600.0
DAY = 24 * HOUR
LAMPS = ("lamp-1", "lamp-2", "lamp-3")
ZONES = {"lamp-1": "ward-1", "lamp-2": "ward-1", "lamp-3": "ward-2", "lamp-4": None}
QUARTERS = Span(MONDAY, MONDAY + DAY)
ROLLED = {Tier.QUARTER: QUARTERS, Tier.HOUR: QUARTERS, Tier.DAY: QUARTERS}
GONE = MONDAY + 10 * WEEK


def a_day(lamps: tuple[str, ...] = LAMPS) -> list[tuple[str, float, float]]:
    """(lamp, time, power): a report every ten minutes, each lamp a minute after the one before."""
    return [
        (lamp, MONDAY + n * 600 + place * 60, 50.0 + 7 * place + n % 13)
        for n in range(144)
        for place, lamp in enumerate(lamps)
    ]


def fill(store: TelemetryStore) -> None:
    store.append([row(lamp, time, power=power, energy=time - MONDAY) for lamp, time, power in a_day()])


def roll_all(store: TelemetryStore) -> None:
    store.roll_up(Tier.QUARTER, QUARTERS, ZONES)
    store.roll_up(Tier.HOUR, QUARTERS, ZONES)
    store.roll_up(Tier.DAY, QUARTERS, ZONES)


def test_rolling_up_says_how_many_device_intervals_there_are(store: TelemetryStore) -> None:
    fill(store)
    assert store.roll_up(Tier.QUARTER, QUARTERS, ZONES) == 3 * 96
    assert store.roll_up(Tier.HOUR, Span(MONDAY, MONDAY + 2 * HOUR), ZONES) == 3 * 2
    assert store.roll_up(Tier.DAY, QUARTERS, ZONES) == 3
    assert store.roll_up(Tier.QUARTER, Span(MONDAY + DAY, MONDAY + 2 * DAY), ZONES) == 0


def test_a_series_is_the_same_when_its_readings_are_gone(store: TelemetryStore) -> None:
    fill(store)
    roll_all(store)
    asked = [
        one
        for aggregate in Aggregate
        for every in (HOUR / 4, HOUR, 2 * HOUR, DAY)
        for one in (
            query(LAMPS, every=every, aggregate=aggregate),
            query(LAMPS, every=every, aggregate=aggregate, over_devices=True),
            query(LAMPS, "energy", every=every, aggregate=aggregate, over_devices=True),
            query(LAMPS[:1], every=every, aggregate=aggregate),
        )
    ]
    expected = [store.series(one) for one in asked]
    store.drop_before(GONE)
    assert store.sizes().rows == 0
    for one, points in zip(asked, expected, strict=True):
        assert points, one
        same(store.series(replace(one, rolled=ROLLED)), points, one)


def test_zones_answer_as_their_devices_do(store: TelemetryStore) -> None:
    fill(store)
    roll_all(store)
    for every in (HOUR / 4, HOUR, 3 * HOUR, DAY):
        for aggregate in Aggregate:
            plain = query(LAMPS[:2], every=every, aggregate=aggregate, over_devices=True)
            same(store.series(replace(plain, rolled=ROLLED, zones=("ward-1",))), store.series(plain))
    both = query(LAMPS, every=HOUR, aggregate=Aggregate.SUM, over_devices=True)
    same(store.series(replace(both, rolled=ROLLED, zones=("ward-1", "ward-2"))), store.series(both))


def test_what_a_tier_does_not_hold_comes_from_readings(store: TelemetryStore) -> None:
    fill(store)
    store.roll_up(Tier.QUARTER, Span(MONDAY + HOUR, MONDAY + 9 * HOUR), ZONES)
    store.roll_up(Tier.HOUR, Span(MONDAY + 2 * HOUR, MONDAY + 8 * HOUR), ZONES)
    rolled = {
        Tier.QUARTER: Span(MONDAY + HOUR, MONDAY + 9 * HOUR),
        Tier.HOUR: Span(MONDAY + 2 * HOUR, MONDAY + 8 * HOUR),
    }
    plain = query(LAMPS, every=HOUR, aggregate=Aggregate.COUNT, start=MONDAY + 200, end=MONDAY + 11.3 * HOUR)
    same(store.series(replace(plain, rolled=rolled)), store.series(plain))


def test_intervals_finer_than_what_is_left_have_no_points(store: TelemetryStore) -> None:
    fill(store)
    roll_all(store)
    store.drop_before(GONE)
    assert store.series(replace(query(LAMPS, every=300.0), rolled=ROLLED)) == []
    assert store.series(replace(query(LAMPS), rolled=ROLLED)) == []


def test_late_readings_are_restated(store: TelemetryStore) -> None:
    fill(store)
    roll_all(store)
    store.append([row("lamp-1", MONDAY + 5 * HOUR + 30, power=1000.0), row("lamp-4", MONDAY + 5 * HOUR, power=7.0)])
    hour = Span(MONDAY + 5 * HOUR, MONDAY + 6 * HOUR)
    assert store.roll_up(Tier.QUARTER, hour, ZONES) == 3 * 4 + 1
    store.roll_up(Tier.HOUR, hour, ZONES)
    store.roll_up(Tier.DAY, QUARTERS, ZONES)
    asked = [query([*LAMPS, "lamp-4"], every=every, aggregate=Aggregate.MAX) for every in (HOUR / 4, HOUR, DAY)]
    expected = [store.series(one) for one in asked]
    store.drop_before(GONE)
    for one, points in zip(asked, expected, strict=True):
        same(store.series(replace(one, rolled=ROLLED)), points)
    assert max(value for _, value in store.series(replace(asked[2], rolled=ROLLED))) == 1000.0


def test_to_roll_up_again_changes_nothing(store: TelemetryStore) -> None:
    fill(store)
    roll_all(store)
    before = store.sizes().tiers
    roll_all(store)
    after = store.sizes().tiers
    assert {tier: held.rows for tier, held in after.items()} == {tier: held.rows for tier, held in before.items()}
    plain = query(LAMPS, every=HOUR, aggregate=Aggregate.COUNT)
    same(store.series(replace(plain, rolled=ROLLED)), store.series(plain))


def test_days_are_civil_days(store: TelemetryStore) -> None:
    """A day of 23 hours and one of 24 that begin at 22:00 UTC."""
    start = MONDAY - 2 * HOUR
    store.append([row("lamp-1", start + n * HOUR + 1, power=1.0) for n in range(47)])
    days = [Span(start, start + 23 * HOUR), Span(start + 23 * HOUR, start + 47 * HOUR)]
    store.roll_up(Tier.QUARTER, Span(start, start + 47 * HOUR), {})
    for day in days:
        assert store.roll_up(Tier.DAY, day, {}) == 1
    store.drop_before(GONE)
    store.drop_before(GONE, Tier.QUARTER)
    rolled = {Tier.DAY: Span(start, start + 47 * HOUR)}
    for day, count in zip(days, (23.0, 24.0), strict=True):
        length = day.end - day.start
        one = query(["lamp-1"], every=length, offset=day.start, aggregate=Aggregate.SUM, start=day.start, end=day.end)
        assert store.series(replace(one, rolled=rolled)) == [(day.start, count)]


def test_several_kinds_in_one_zone(store: TelemetryStore) -> None:
    store.append([row("lamp-1", MONDAY, power=60.0), row("meter-1", MONDAY + 1, DeviceKind.METER, power=1000.0)])
    store.roll_up(Tier.QUARTER, QUARTERS, {"lamp-1": "ward-1", "meter-1": "ward-1"})
    devices = {DeviceKind.LIGHT: ["lamp-1"], DeviceKind.METER: ["meter-1"]}
    rolled = {Tier.QUARTER: QUARTERS}
    total = SeriesQuery(devices, "power", 0, 4e9, HOUR / 4, Aggregate.SUM, True, rolled=rolled, zones=("ward-1",))
    assert store.series(total) == [(MONDAY, 1060.0)]
    assert store.series(replace(total, devices={DeviceKind.METER: ["meter-1"]})) == [(MONDAY, 1000.0)]


def test_dropping_a_tier_leaves_the_others(store: TelemetryStore) -> None:
    fill(store)
    roll_all(store)
    store.drop_before(GONE)
    far = MONDAY + 3650 * DAY
    store.drop_before(far, Tier.QUARTER)
    tiers = store.sizes().tiers
    assert [tiers[tier].rows for tier in Tier] == [0, 3 * 24, 3]
    assert store.series(replace(query(LAMPS, every=HOUR / 4), rolled=ROLLED)) == []
    assert len(store.series(replace(query(LAMPS, every=HOUR), rolled=ROLLED))) == 24
    store.drop_before(far, Tier.HOUR)
    assert len(store.series(replace(query(LAMPS, every=DAY), rolled=ROLLED))) == 1


def test_dropping_never_takes_what_is_newer(store: TelemetryStore) -> None:
    fill(store)
    roll_all(store)
    for tier in Tier:
        store.drop_before(MONDAY, tier)
    assert [store.sizes().tiers[tier].rows for tier in Tier] == [3 * 96, 3 * 24, 3]


def test_sizes_of_the_tiers(store: TelemetryStore) -> None:
    empty = store.sizes().tiers
    assert [(empty[tier].rows, empty[tier].oldest, empty[tier].newest) for tier in Tier] == [(0, None, None)] * 3
    fill(store)
    roll_all(store)
    tiers = store.sizes().tiers
    assert [tiers[tier].oldest for tier in Tier] == [MONDAY] * 3
    assert [tiers[tier].newest for tier in Tier] == [MONDAY + 23.75 * HOUR, MONDAY + 23 * HOUR, MONDAY]


def test_part_of_an_interval_is_refused(store: TelemetryStore) -> None:
    for tier, span in (
        (Tier.QUARTER, Span(MONDAY, MONDAY + 1000)),
        (Tier.HOUR, Span(MONDAY + 900, MONDAY + 2 * HOUR)),
        (Tier.DAY, Span(MONDAY + 60, MONDAY + DAY)),
        (Tier.HOUR, Span(MONDAY, MONDAY)),
    ):
        with pytest.raises(ValueError, match="whole"):
            store.roll_up(tier, span, {})


def test_a_closed_store_rolls_nothing_up(store: TelemetryStore) -> None:
    store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        store.roll_up(Tier.QUARTER, QUARTERS, {})
