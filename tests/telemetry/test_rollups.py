"""The rollup job on real stores and a real registry: what the tiers say once the readings are gone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.ports import Aggregate, Span, StoreUnavailable, Tier
from hub.registry import RegistryUnavailable
from hub.store import MemoryStore
from tests.servers.missing import need
from tests.servers.postgres import binaries, empty_database, postgres
from tests.telemetry.city_of_lamps import LAMPS, Works, row

MIDNIGHT = 1_763_744_400.0  # 2025-11-22 00:00 in Huế
NOON = MIDNIGHT + 12 * 3600.0
NOW = NOON + 120  # what ended at noon has just been rolled up
HOUR, DAY = 3600.0, 86400.0


@pytest.fixture(params=["memory", "duckdb"])
def works(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Works]:
    """The job just after noon, on either store."""
    made = Works(tmp_path, NOW, MemoryStore() if request.param == "memory" else None)
    yield made
    made.close()


def minutes(works: Works, start: float, end: float, step: float = 300.0) -> None:
    """A reading of the first lamp each `step` seconds."""
    count = int((end - start) // step)
    works.put(*(row("lamp-0", start + n * step, float(n)) for n in range(count)))


def test_what_has_ended_is_rolled_up_quarter_by_quarter(works: Works) -> None:
    works.turn()
    minutes(works, NOON, NOON + HOUR)
    works.clock.time = NOON + HOUR + 119
    works.turn()
    assert works.rollups.spans[Tier.QUARTER].end == NOON + 2700
    assert works.rollups.spans[Tier.HOUR].end == NOON
    works.clock.time = NOON + HOUR + 120
    works.turn()
    assert {tier: span.end for tier, span in works.rollups.spans.items()} == {
        Tier.QUARTER: NOON + HOUR, Tier.HOUR: NOON + HOUR, Tier.DAY: MIDNIGHT,
    }  # fmt: skip
    found = works.by_tiers_alone()
    assert found[Tier.QUARTER] == {NOON + n * 900: 3 for n in range(4)}
    assert found[Tier.HOUR] == {NOON: 12}


def test_the_first_start_fills_in_what_is_already_stored_in_bounded_turns(tmp_path: Path) -> None:
    works = Works(tmp_path, NOW, MemoryStore(), steps=7)
    works.store.append([row("lamp-0", MIDNIGHT - n * HOUR) for n in range(1, 96)])
    behind = 0
    while works.rollups.turn(works.rollups.where()):
        behind += 1
    assert behind > 3
    assert works.rollups.spans[Tier.DAY] == Span(MIDNIGHT - 4 * DAY, MIDNIGHT)
    found = works.by_tiers_alone()
    assert list(found[Tier.DAY].values()) == [23, 24, 24, 24]
    assert sum(found[Tier.HOUR].values()) == sum(found[Tier.QUARTER].values()) == 95
    works.close()


def test_late_readings_are_restated_in_their_quarter_hour_and_day(works: Works) -> None:
    minutes(works, MIDNIGHT - 3 * HOUR, MIDNIGHT)
    works.turn()
    works.put(row("lamp-1", MIDNIGHT - 2 * HOUR + 60), row("lamp-1", NOON - HOUR))
    assert works.rollups.lateness.waiting == 2
    works.turn()
    assert works.rollups.lateness.waiting == 0 and works.registry.rollups.late() == {}
    assert works.rollups.lateness.counters.restated == 2
    found = works.by_tiers_alone()
    assert found[Tier.QUARTER][MIDNIGHT - 2 * HOUR] == 4
    assert found[Tier.HOUR][MIDNIGHT - 2 * HOUR] == 13
    assert found[Tier.HOUR][NOON - HOUR] == 1
    assert found[Tier.DAY] == {MIDNIGHT - DAY: 37}


def test_an_hour_counts_as_waiting_until_all_that_hold_it_are_restated(tmp_path: Path) -> None:
    seen: list[tuple[Tier, int]] = []

    class Watched(MemoryStore):
        def roll_up(self, tier: Tier, span: Span, zones: Mapping[str, str | None]) -> int:
            seen.append((tier, works.rollups.lateness.waiting))
            return super().roll_up(tier, span, zones)

    works = Works(tmp_path, NOW, Watched())
    works.turn()
    works.put(row("lamp-0", MIDNIGHT - HOUR))
    seen.clear()
    works.turn()
    assert seen == [(tier, 1) for tier in Tier]
    assert works.rollups.lateness.waiting == 0
    works.close()


def test_a_backlog_of_many_hours_is_worked_off_turn_by_turn_without_a_pause(tmp_path: Path) -> None:
    works = Works(tmp_path, NOW, MemoryStore(), late_days=20)
    works.turn()
    works.put(*(row("lamp-0", NOON - n * HOUR) for n in range(1, 451)))
    behind = [works.rollups.turn(works.rollups.where()) for _ in range(3)]
    assert behind == [True, True, False] and works.rollups.lateness.waiting == 0
    works.waiting = -float("inf")
    works.put(*(row("lamp-1", NOON - n * HOUR) for n in range(1, 301)))
    assert not works.rollups.turn(works.rollups.where()), "what may not be restated yet is waited for"
    assert works.rollups.lateness.waiting == 300
    works.close()


def test_a_late_reading_in_the_hour_under_way_is_restated_at_once(works: Works) -> None:
    works.clock.time = NOON + 1920
    works.turn()
    assert works.rollups.spans[Tier.QUARTER].end == NOON + 1800
    works.put(row("lamp-0", NOON + 10))
    works.turn()
    assert works.by_tiers_alone()[Tier.QUARTER] == {NOON: 1}


def test_a_late_reading_survives_kill_9_before_it_is_restated(works: Works) -> None:
    works.turn()
    works.put(row("lamp-0", MIDNIGHT - HOUR))
    works.reopen()
    assert works.rollups.lateness.waiting == 1
    works.turn()
    assert works.by_tiers_alone()[Tier.DAY] == {MIDNIGHT - DAY: 1}


def test_a_late_row_that_cannot_be_marked_is_not_stored(tmp_path: Path) -> None:
    works = Works(tmp_path, NOW, MemoryStore())
    works.turn()
    with closing(sqlite3.connect(tmp_path / "registry.db")) as outside:
        outside.execute("ALTER TABLE late_hours RENAME TO away")
        with pytest.raises(RegistryUnavailable):
            works.put(row("lamp-0", MIDNIGHT), row("lamp-0", NOW))
        assert works.store.sizes().rows == 0
        works.put(row("lamp-0", NOW))
        outside.execute("ALTER TABLE away RENAME TO late_hours")
    works.put(row("lamp-0", MIDNIGHT), row("lamp-0", NOW))
    assert list(works.registry.rollups.late()) == [MIDNIGHT]
    works.turn()
    assert works.by_tiers_alone()[Tier.HOUR] == {MIDNIGHT: 1}
    works.close()


class Troubled(MemoryStore):
    """A store that fails at a tier, or hears a late reading while it rolls up."""

    def __init__(self) -> None:
        super().__init__()
        self.failing: Tier | None = None
        self.works: Works | None = None

    def roll_up(self, tier: Tier, span: Span, zones: Mapping[str, str | None]) -> int:
        if tier is self.failing:
            raise StoreUnavailable("the disk is full")
        done = super().roll_up(tier, span, zones)
        if self.works is not None:
            works, self.works = self.works, None
            works.put(row("lamp-1", span.start + 1))
        return done


@pytest.mark.parametrize("failing", list(Tier))
def test_a_restatement_that_fails_halfway_is_done_again(tmp_path: Path, failing: Tier) -> None:
    store = Troubled()
    works = Works(tmp_path, NOW, store)
    works.turn()
    works.put(row("lamp-0", MIDNIGHT - HOUR))
    store.failing = failing
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            works.turn()
        assert works.rollups.lateness.waiting == 1
        works.reopen()
    store.failing = None
    works.turn()
    found = works.by_tiers_alone()
    assert found == {
        Tier.QUARTER: {MIDNIGHT - HOUR: 1}, Tier.HOUR: {MIDNIGHT - HOUR: 1}, Tier.DAY: {MIDNIGHT - DAY: 1},
    }  # fmt: skip
    works.close()


def test_a_roll_up_whose_progress_was_not_noted_is_repeated(tmp_path: Path) -> None:
    store = Troubled()
    works = Works(tmp_path, NOW, store)
    works.turn()
    minutes(works, NOON, NOON + HOUR)
    works.clock.time += 2 * HOUR
    store.failing = Tier.HOUR  # quarters are rolled up, hours are not
    with pytest.raises(StoreUnavailable):
        works.turn()
    store.failing = None
    works.reopen()
    works.turn()
    assert works.by_tiers_alone()[Tier.HOUR] == {NOON: 12}
    works.close()


@pytest.mark.parametrize("late", [False, True], ids=["first time", "restating"])
def test_a_reading_that_comes_while_its_quarter_is_rolled_up_is_not_forgotten(tmp_path: Path, late: bool) -> None:
    store = Troubled()
    works = Works(tmp_path, NOW, store)
    works.turn()
    if late:
        works.put(row("lamp-0", NOON - HOUR))
    else:
        works.put(row("lamp-0", NOON))
        works.clock.time += HOUR
    store.works = works
    works.turn()
    assert works.rollups.lateness.waiting == 1
    works.turn()
    start = NOON - HOUR if late else NOON
    assert works.by_tiers_alone()[Tier.QUARTER] == {start: 2}
    works.close()


def test_nothing_is_rolled_up_past_rows_that_are_on_their_way_into_the_store(works: Works) -> None:
    works.turn()
    works.clock.time = NOON + 2 * HOUR
    with works.rollups.lateness.arriving([row("lamp-0", NOON + 1000)]):
        works.turn()
        assert works.rollups.spans[Tier.QUARTER].end == NOON + 900
        with works.rollups.lateness.arriving([row("lamp-1", NOON + 100)]):  # late, and still on its way
            works.turn()
            assert works.rollups.lateness.waiting == 1
        works.turn()
        assert works.rollups.lateness.waiting == 0
    works.turn()
    assert works.rollups.spans[Tier.QUARTER].end == NOON + 2 * HOUR - 900


def test_nothing_is_rolled_up_or_restated_past_what_waits_in_a_spool(works: Works) -> None:
    works.turn()
    works.clock.time = NOON + 2 * HOUR
    works.put(row("lamp-0", NOON - 2 * HOUR))
    works.waiting = NOON - 1.5 * HOUR
    works.turn()
    assert works.rollups.spans[Tier.QUARTER].end == NOON and works.rollups.lateness.waiting == 1
    works.waiting = NOON - 0.5 * HOUR
    works.turn()
    assert works.rollups.lateness.waiting == 0


def test_readings_too_late_are_stored_and_leave_the_aggregates(works: Works) -> None:
    works.turn()
    works.put(row("lamp-0", MIDNIGHT - 2 * DAY - 1), row("lamp-0", MIDNIGHT - 2 * DAY))
    counters = works.rollups.lateness.counters
    assert (counters.restated, counters.beyond) == (1, 1)
    assert works.store.sizes().rows == 2
    works.turn()
    assert sum(works.by_tiers_alone()[Tier.QUARTER].values()) == 1


def test_a_backlog_of_before_the_first_start_is_one_figure_by_readings_and_by_aggregates(works: Works) -> None:
    works.turn()
    minutes(works, NOON - 5 * DAY, NOON)
    works.turn()
    days = [MIDNIGHT - n * DAY for n in range(4, 0, -1)]
    for every in (900.0, 3600.0, DAY):
        found = [sum(n for _, n in works.series(day, day + DAY, every, Aggregate.COUNT)) for day in days]
        assert found == [288] * 4, every


@pytest.mark.parametrize(("date", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_days_are_civil_days(tmp_path: Path, date: str, hours: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = datetime.fromisoformat(date).replace(tzinfo=zone).timestamp()
    works = Works(tmp_path, start - HOUR, MemoryStore(), time_zone=zone.key, late_days=1)
    works.turn()
    minutes(works, start - HOUR, start + 30 * HOUR, 900)
    works.clock.time = start + 3 * DAY
    works.turn()
    found = works.by_tiers_alone()
    assert found[Tier.DAY][start] == hours * 4
    assert found[Tier.DAY][start - DAY] == 4 and found[Tier.DAY][start + hours * HOUR] == (30 - hours) * 4
    works.close()


def test_days_are_made_anew_when_the_citys_time_zone_is_corrected(works: Works) -> None:
    minutes(works, MIDNIGHT - 30 * HOUR, MIDNIGHT)
    works.turn()
    works.reopen("Asia/Kathmandu")
    works.turn()
    midnight = datetime(2025, 11, 21, tzinfo=ZoneInfo("Asia/Kathmandu")).timestamp()
    days = works.by_tiers_alone()[Tier.DAY]
    assert days[midnight] == (MIDNIGHT - midnight) / 300
    assert sum(days.values()) == 30 * 12


def test_figures_from_tiers_equal_figures_from_readings(works: Works) -> None:
    works.put(*(row(lamp, NOON - n * 421.7 - k, n % 17 + k) for n in range(300) for k, lamp in enumerate(LAMPS)))
    start, end = NOON - 1.4 * DAY, NOON
    works.turn()
    works.put(*(row("lamp-2", NOON - n * 1000.0, 3.0) for n in range(9, 40)))
    works.turn()
    for every in (900.0, 3600.0, DAY):
        for aggregate in (Aggregate.SUM, Aggregate.MEAN, Aggregate.MIN, Aggregate.MAX, Aggregate.COUNT):
            through_tiers = works.series(start, end, every, aggregate)
            spans, works.rollups.spans = works.rollups.spans, {}
            raw = works.series(start, end, every, aggregate)
            works.rollups.spans = spans
            assert [time for time, _ in through_tiers] == [time for time, _ in raw]
            assert [value for _, value in through_tiers] == pytest.approx([value for _, value in raw])


def test_readings_and_quarters_are_kept_until_they_are_rolled_up(works: Works) -> None:
    assert works.rollups.release(None, NOON) < 0
    minutes(works, MIDNIGHT - HOUR, MIDNIGHT)
    works.turn()
    assert works.rollups.release(None, NOON + DAY) == works.rollups.spans[Tier.QUARTER].end
    assert works.rollups.release(Tier.QUARTER, NOON + DAY) == works.rollups.spans[Tier.DAY].end == MIDNIGHT
    works.put(row("lamp-0", MIDNIGHT - DAY - HOUR))
    assert works.rollups.release(None, NOON) == MIDNIGHT - DAY - HOUR, "what is late is not restated yet"
    assert works.rollups.release(Tier.QUARTER, NOON) == MIDNIGHT - 2 * DAY
    works.turn()
    assert works.rollups.release(None, NOON - 100) == NOON - 100


def test_a_tier_holds_only_what_was_not_dropped(works: Works) -> None:
    works.turn()
    first = NOON - DAY + 100
    assert works.rollups.release(Tier.HOUR, first) == first
    assert works.rollups.spans[Tier.HOUR].start == NOON - DAY + HOUR
    works.rollups.release(Tier.DAY, MIDNIGHT - DAY)
    assert works.rollups.spans[Tier.DAY] == Span(MIDNIGHT - DAY, MIDNIGHT)
    works.reopen()
    assert works.rollups.spans[Tier.HOUR].start == NOON - DAY + HOUR
    assert works.rollups.release(Tier.HOUR, first - DAY) == first - DAY
    assert works.rollups.spans[Tier.HOUR].start == NOON - DAY + HOUR


def test_what_is_said_to_be_kept_is_what_answers(works: Works) -> None:
    minutes(works, MIDNIGHT - 10 * DAY, NOON, 600.0)
    works.turn()
    works.rollups.look()
    assert works.rollups.kept[Tier.QUARTER] == MIDNIGHT - 10 * DAY
    until = works.rollups.release(Tier.QUARTER, MIDNIGHT - DAY)
    works.store.drop_before(until, Tier.QUARTER)  # the file has younger quarters too: it stays
    works.rollups.look()
    assert works.rollups.kept[Tier.QUARTER] == MIDNIGHT - DAY
    assert works.rollups.kept[Tier.HOUR] == MIDNIGHT - 10 * DAY


def test_zones_answer_only_from_when_they_had_the_devices_that_they_have_now(works: Works) -> None:
    works.turn()
    assert works.rollups.zones_hold(["west"], 0.0)
    assert not works.rollups.zones_hold(["west", "east"], 0.0), "there is no device in the east"
    lamp = works.city.devices["lamp-2"]
    works.city.put_devices([replace(lamp, name="renamed")])
    assert not works.rollups.zones_hold(["west"], 0.0), "nobody has looked yet"
    works.turn()
    assert works.rollups.zones_hold(["west"], 0.0)
    works.city.put_devices([replace(lamp, zone="east")])
    works.turn()
    for zone in ("west", "east"):
        assert not works.rollups.zones_hold([zone], MIDNIGHT)
        assert works.rollups.zones_hold([zone], MIDNIGHT + DAY)
    works.reopen()
    works.turn()
    assert not works.rollups.zones_hold(["west"], MIDNIGHT)
    works.city.drop_device("lamp-2")
    works.turn()
    assert not works.rollups.zones_hold(["east"], NOON + 100 * DAY)


def test_progress_and_marks_live_in_postgresql_too(tmp_path: Path) -> None:
    need("PostgreSQL", binaries() is not None, "apt-get install postgresql")
    with postgres(tmp_path / "postgres") as url:
        empty_database(url)
        works = Works(tmp_path, NOW, url=url)
        works.turn()
        works.put(row("lamp-0", MIDNIGHT - HOUR))
        works.reopen()
        works.turn()
        assert works.by_tiers_alone()[Tier.DAY] == {MIDNIGHT - DAY: 1}
        works.close()
