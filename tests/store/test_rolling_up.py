"""Rolling up on disk: kill -9 at any moment, only what differs is written, dropping frees the disk, a lost file is no hole."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from hub.ports import Aggregate, Span, Tier
from hub.store import DuckDbStore
from hub.store.rolling import joined, pieces
from tests.servers.programs import Printing
from tests.store.rolling_up import HOUR, LAMPS, ZONES, reports
from tests.store.rows import MONDAY, WEEK, query, row, same

SUM = replace(
    query(LAMPS, every=HOUR, aggregate=Aggregate.SUM, over_devices=True), zones=("ward-0", "ward-1", "ward-2")
)
DAY = Span(MONDAY, MONDAY + 24 * HOUR)


def opened(folder: Path) -> DuckDbStore:
    return DuckDbStore(folder, lambda: MONDAY)


def filled(folder: Path) -> DuckDbStore:
    store = opened(folder)
    store.append([row(lamp, time, power=power) for hour in range(24) for lamp, time, power in reports(hour)])
    for tier in (Tier.QUARTER, Tier.HOUR):
        store.roll_up(tier, DAY, ZONES)
    return store


def test_tiers_are_whole_after_kill_9(tmp_path: Path) -> None:
    chance = random.Random(5)
    hour = 0
    for _ in range(6):
        rolling = Printing("tests.store.rolling_up", tmp_path, str(hour))
        lines = [rolling.lines.readline() for _ in range(chance.choice([1, 3, 5]))]
        hour = int([*lines, *rolling.killed()][-1])
        store = opened(tmp_path)
        store.append([row(lamp, time, power=power) for lamp, time, power in reports(hour)])
        restated = Span(MONDAY + (hour - 2) * HOUR, MONDAY + (hour + 1) * HOUR)
        for tier in (Tier.QUARTER, Tier.HOUR):
            store.roll_up(tier, restated, ZONES)
        span = Span(MONDAY - 2 * HOUR, MONDAY + (hour + 1) * HOUR)
        plain = replace(SUM, end=span.end)
        for every in (900.0, HOUR):
            from_raw = store.series(replace(plain, every=every))
            same(store.series(replace(plain, every=every, rolled={Tier.QUARTER: span, Tier.HOUR: span})), from_raw)
        assert store.health().ok
        store.close()
        hour += 1


def test_rolling_up_again_writes_nothing(tmp_path: Path) -> None:
    filled(tmp_path).close()
    store = opened(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("1*")}
    for tier in (Tier.QUARTER, Tier.HOUR):
        assert store.roll_up(tier, DAY, ZONES) > 0
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.glob("1*")}
    store.close()


def test_dropping_a_tier_gives_the_disk_back(tmp_path: Path) -> None:
    store = filled(tmp_path)
    quarters = sum(path.stat().st_size for path in tmp_path.glob("15m-*"))
    assert store.sizes().tiers[Tier.QUARTER].bytes == quarters > 0
    assert store.drop_before(MONDAY + 10 * WEEK, Tier.QUARTER) == quarters
    assert not list(tmp_path.glob("15m-*")) and list(tmp_path.glob("1h-*")) and list(tmp_path.glob("raw-*"))
    store.close()


def test_where_a_tiers_file_was_lost_readings_answer(tmp_path: Path) -> None:
    store = filled(tmp_path)
    rolled = replace(SUM, rolled={Tier.QUARTER: DAY, Tier.HOUR: DAY})
    expected = store.series(SUM)
    store.close()
    for number, path in enumerate(sorted(tmp_path.glob("1*.duckdb"))):
        path.write_bytes(b"not a database" * 1000)
        store = opened(tmp_path)
        same(store.series(rolled), expected)
        assert f"{number + 1} damaged file" in store.health().detail
        store.close()


def test_a_tiers_file_that_a_query_finds_damaged_is_set_aside(tmp_path: Path) -> None:
    store = filled(tmp_path)
    expected = store.series(SUM)
    store.close()
    store = opened(tmp_path)
    (path,) = tmp_path.glob("1h-*.duckdb")
    held = bytearray(path.read_bytes())
    held[12_288:] = random.Random(1).randbytes(len(held) - 12_288)
    path.write_bytes(held)
    same(store.series(replace(SUM, rolled={Tier.HOUR: DAY})), expected)
    assert "1 damaged file set aside" in store.health().detail
    store.close()


def test_a_metric_that_comes_later_gets_its_columns(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.append([row(LAMPS[1], MONDAY + HOUR + 1, temperature=31.0)])
    store.roll_up(Tier.QUARTER, DAY, ZONES)
    store.drop_before(MONDAY + 10 * WEEK)
    rolled = {Tier.QUARTER: DAY}
    assert store.series(query(LAMPS, "temperature", every=900.0, rolled=rolled)) == [(MONDAY + HOUR, 31.0)]
    assert len(store.series(query(LAMPS, "power", every=900.0, rolled=rolled))) == 96
    store.close()


def test_a_span_over_two_files_is_rolled_up_whole(tmp_path: Path) -> None:
    store = opened(tmp_path)
    border = MONDAY + 3 * 86_400  # 2025-11-20, when a file of quarters begins
    store.append([row("lamp-1", border + n * 900, power=1.0) for n in range(-4, 4)])
    assert store.roll_up(Tier.QUARTER, Span(border - HOUR, border + HOUR), {}) == 8
    assert len(list(tmp_path.glob("15m-*.duckdb"))) == 2
    store.close()


def test_spans_that_touch_are_one_but_each_day_is_itself() -> None:
    assert joined([(0, 10), (20, 30)], (10, 20), Tier.HOUR) == [(0, 30)]
    assert joined([(0, 10)], (20, 30), Tier.HOUR) == [(0, 10), (20, 30)]
    assert joined([(0, 10), (10, 20)], (20, 30), Tier.DAY) == [(0, 10), (10, 20), (20, 30)]
    assert joined([(0, 10), (10, 20)], (5, 15), Tier.DAY) == [(5, 15)]


def test_a_big_citys_span_is_rolled_up_in_pieces() -> None:
    hour = 3_600_000_000
    assert list(pieces(Tier.QUARTER, 0, 3 * hour, 100_000)) == [(0, hour), (hour, 2 * hour), (2 * hour, 3 * hour)]
    assert list(pieces(Tier.QUARTER, 0, 3 * hour, 500)) == [(0, 3 * hour)]
    assert list(pieces(Tier.HOUR, 0, 3 * hour, 1_000_000)) == [(0, hour), (hour, 2 * hour), (2 * hour, 3 * hour)]
    assert list(pieces(Tier.DAY, 0, 23 * hour, 1_000_000)) == [(0, 23 * hour)]
