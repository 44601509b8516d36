"""What is special about tiers in InfluxDB: devices that move, many rows, disk that is freed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.model.devices import DeviceKind
from hub.ports import Aggregate, Span, Tier
from hub.store.influx import InfluxAccess, InfluxStore
from hub.store.influx.rolling import Roller, Summaries
from hub.store.periods import microseconds
from tests.servers.influxd import Influxd, influxd
from tests.store.conftest import on_influxd
from tests.store.rows import MONDAY, WEEK, query, row

HOUR = 3600.0
SPAN = Span(MONDAY, MONDAY + HOUR)


@pytest.fixture
def store(influxd_server: Influxd) -> Iterator[InfluxStore]:
    built = on_influxd(influxd_server)
    yield built
    built.close()


def total(store: InfluxStore, zone: str, devices: list[str]) -> list[tuple[float, float]]:
    """The zone's power by the hour, as its aggregates say."""
    asked = query(devices, every=HOUR, aggregate=Aggregate.SUM, over_devices=True)
    return store.series(replace(asked, rolled={Tier.HOUR: SPAN}, zones=(zone,)))


def test_a_device_that_moves_is_counted_once_when_its_past_is_restated(store: InfluxStore) -> None:
    store.append([row("lamp-1", MONDAY, power=60.0), row("lamp-2", MONDAY, power=40.0)])

    def roll(zones: dict[str, str | None]) -> None:
        store.roll_up(Tier.QUARTER, SPAN, zones)
        store.roll_up(Tier.HOUR, SPAN, zones)

    roll({"lamp-1": "ward-1", "lamp-2": "ward-2"})
    assert (total(store, "ward-1", ["lamp-1"]), total(store, "ward-2", ["lamp-2"])) == (
        [(MONDAY, 60.0)],
        [(MONDAY, 40.0)],
    )
    roll({"lamp-1": "ward-2", "lamp-2": "ward-2"})
    assert total(store, "ward-1", ["lamp-9"]) == []
    assert total(store, "ward-2", ["lamp-1", "lamp-2"]) == [(MONDAY, 100.0)]
    both = query(["lamp-1", "lamp-2"], every=HOUR, aggregate=Aggregate.COUNT, over_devices=True)
    assert store.series(replace(both, rolled={Tier.HOUR: SPAN})) == [(MONDAY, 2.0)]
    assert store.sizes().tiers[Tier.HOUR].rows == 2


@pytest.mark.parametrize("tier", [Tier.QUARTER, Tier.HOUR])
def test_many_rows_are_aggregated_by_the_server_to_the_same(store: InfluxStore, tier: Tier) -> None:
    store.append(
        [
            row(f"lamp-{n % 3}", MONDAY + n * 7, power=n % 11 + n / 8, **({"energy": n * 3.5} if n % 4 else {}))
            for n in range(120)
        ]
    )
    store.roll_up(Tier.QUARTER, SPAN, {})
    bounds = microseconds(MONDAY), microseconds(MONDAY + 900)

    def found(few: int) -> Summaries:
        roller = Roller(store._asker, store._access, few)
        return roller.summaries(tier, DeviceKind.LIGHT, ["energy", "power"], *bounds)

    by_row, by_device = found(1000), found(0)
    assert by_row.keys() == by_device.keys() == {"lamp-0", "lamp-1", "lamp-2"}
    for device, held in by_row.items():
        for metric, summary in held.items():
            other = by_device[device][metric]
            assert (summary.count, summary.min, summary.max) == (other.count, other.min, other.max)
            assert (summary.last, summary.at) == (other.last, other.at)
            assert summary.sum == pytest.approx(other.sum, rel=1e-12)


def test_aggregates_can_be_asked_for_by_anybody(store: InfluxStore, influxd_server: Influxd) -> None:
    """The layout that docs/influxdb.md shows."""
    store.append([row("lamp-1", MONDAY + n * 300, power=60.0 + n) for n in range(12)])
    store.roll_up(Tier.QUARTER, SPAN, {"lamp-1": "ward-1"})
    store.roll_up(Tier.HOUR, SPAN, {"lamp-1": "ward-1"})
    statement = 'SELECT "power_sum" / "power_count" AS mean FROM "zone_light" WHERE "zone" = \'ward-1\''
    (series,) = json.loads(influxd_server.ask(statement, store._access.home(Tier.HOUR)))["results"][0]["series"]
    assert series["values"] == [[round(MONDAY * 1e6), 65.5]]


def used(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_dropping_frees_disk(tmp_path: Path) -> None:
    with influxd(tmp_path / "influxd") as server:
        store = InfluxStore(InfluxAccess(server.url), lambda device: "ward-1", lambda: MONDAY)
        for week in range(3):
            at = MONDAY + week * WEEK
            store.append([row(f"lamp-{n % 50}", at + n, power=n * 1.7, energy=n / 7) for n in range(20_000)])
        homes = [server.folder / part / "lamplighter" / "lamplighter" for part in ("data", "wal")]  # database / policy
        before = sum(map(used, homes))
        told = store.sizes().bytes
        freed = store.drop_before(MONDAY + 2 * WEEK)
        after = sum(map(used, homes))
        assert before - after > before / 2
        assert freed == pytest.approx(before - after, rel=0.2)
        assert told == pytest.approx(before, rel=0.2)
        assert [time for time, _ in store.series(query(["lamp-0"], every=WEEK, aggregate=Aggregate.COUNT))][
            -1
        ] > MONDAY + WEEK
        assert store.sizes().rows == 20_000
        store.close()


def test_what_came_late_is_among_the_newest(store: InfluxStore) -> None:
    """`latest(received_after)` finds a reading of weeks ago that came in after then, whatever else the device has sent."""
    late = row("lamp-1", MONDAY - 3 * WEEK, power=1.0)
    store.append([row("lamp-1", MONDAY - 2 * WEEK, power=5.0), row("lamp-2", MONDAY - 2 * WEEK, power=6.0)])
    store.append([type(late)(late.device, late.kind, late.time, MONDAY + 10, late.values)])
    assert store.latest(MONDAY) == [("lamp-1", "power", MONDAY - 3 * WEEK, 1.0)]
    store.append([row("lamp-1", MONDAY + 60, power=7.0), row("lamp-2", MONDAY + 60, level=8.0)])
    assert sorted(store.latest(MONDAY)) == [
        ("lamp-1", "power", MONDAY + 60, 7.0),
        ("lamp-2", "level", MONDAY + 60, 8.0),
    ]
    assert store.latest(MONDAY + 62) == []
