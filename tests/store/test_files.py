"""Files by period: retention frees disk, few files stay open, readers and the writer do not disturb each other."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hub.ports import Aggregate, RowsRefused, Tier
from hub.store import DuckDbStore
from hub.store.periods import FILES, RAW, Period, file_name, period_of
from tests.store.rows import MONDAY, WEEK, query, readings, row


def on_disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.name != "lock")


def test_dropping_gives_the_disk_back(tmp_path: Path) -> None:
    store = DuckDbStore(tmp_path, lambda: MONDAY)
    for week in range(4):
        store.append([row(f"lamp-{n}", MONDAY + week * WEEK, power=n * 1.3) for n in range(20_000)])
    (tmp_path / "raw-20251113.duckdb.damaged-20251113T000000Z").write_bytes(b"x" * 1000)
    before = on_disk(tmp_path)
    assert store.sizes().bytes == before - 1000
    freed = store.drop_before(MONDAY + 2 * WEEK)
    assert freed > 100_000
    assert on_disk(tmp_path) == before - freed
    assert [path.name for path in sorted(tmp_path.glob("raw-*.duckdb"))] == [
        "raw-20251127.duckdb",
        "raw-20251204.duckdb",
    ]
    assert not list(tmp_path.glob("*damaged*"))
    assert store.sizes().rows == 40_000
    store.close()


@pytest.mark.parametrize("series", [RAW, *Tier])
@pytest.mark.parametrize("number", [-190, -1, 0, 1, 700])
def test_a_file_is_named_by_its_first_day(series: str, number: int) -> None:
    assert period_of(file_name(Period(series, number))) == Period(series, number)


@pytest.mark.parametrize(
    "name", ["lock", "raw-20251114.duckdb", "raw-20251113.duckdb.wal", "raw-2025111x.duckdb", "new-20251113.duckdb"]
)
def test_other_names_are_left_alone(name: str) -> None:
    assert period_of(name) is None


def test_times_beyond_the_calendar_are_refused_and_the_others_stored(tmp_path: Path) -> None:
    store = DuckDbStore(tmp_path, lambda: MONDAY)
    with pytest.raises(RowsRefused, match="check the device's clock") as refusal:
        store.append(
            [row("lamp-1", 1e13, power=1.0), row("lamp-1", MONDAY, power=2.0), row("lamp-2", float("nan"), power=3.0)]
        )
    assert refusal.value.refused.keys() == {0, 2}
    assert readings(store, ["lamp-1", "lamp-2"]) == {"lamp-1": [(MONDAY, 2.0)], "lamp-2": []}
    store.close()


def test_half_a_new_file_from_a_crash_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "new-20251113.duckdb").write_bytes(b"half")
    store = DuckDbStore(tmp_path, lambda: MONDAY)
    store.append([row("lamp-1", MONDAY, power=1.0)])
    assert not list(tmp_path.glob("new-*")) and not list(tmp_path.glob("*damaged*"))
    store.close()


def test_no_more_files_stay_open_than_allowed(tmp_path: Path) -> None:
    store = DuckDbStore(tmp_path, lambda: MONDAY, open_files=3)
    store.append([row("lamp-1", MONDAY + n * WEEK, power=float(n)) for n in range(8)])
    assert len(store.series(query(["lamp-1"]))) == 8
    held = [path.readlink().name for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    assert sum(name.endswith(".duckdb") and period_of(name) is not None for name in held) <= 3
    store.close()


def test_readers_and_dropping_beside_a_writer(tmp_path: Path) -> None:
    store = DuckDbStore(tmp_path, lambda: MONDAY, open_files=2)
    lamps = [f"lamp-{n}" for n in range(50)]
    ended = threading.Event()
    errors: list[BaseException] = []

    def read() -> None:
        try:
            while not ended.is_set():
                total = query(lamps, every=60.0, aggregate=Aggregate.COUNT)
                assert all(value % 50 == 0 for _, value in store.series(total)), "a batch is seen whole or not at all"
                store.latest()
                store.sizes()
        except BaseException as error:
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(40):
        store.append([row(lamp, MONDAY + number % 5 * WEEK + number * 60, power=1.0) for lamp in lamps])
        if number == 30:
            store.drop_before(MONDAY + WEEK)
    ended.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert len(readings(store, ["lamp-3"])["lamp-3"]) == 40 - 7
    store.close()


def test_a_period_is_seven_days() -> None:
    assert FILES[RAW] == 7 * 86_400 * 10**6
