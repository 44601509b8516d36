"""Batches on disk: in order, within the quota, found again, and the rest goes on where something is damaged."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks._scenarios import small_disk
from hub.model.readings import Row
from hub.ports import StoreUnavailable
from hub.store.spool import Spool, layout
from hub.store.spool.files import segment_path, segments_in
from hub.store.spool.spool import Place
from tests.store.rows import MONDAY, row

QUOTA = 4_000_000


def batch(number: int, rows: int = 3) -> list[Row]:
    return [row(f"lamp-{number}-{n}", MONDAY + number, power=number + n / 8) for n in range(rows)]


@contextmanager
def opened(folder: Path, quota: int = QUOTA, now: float = MONDAY) -> Iterator[Spool]:
    spool = Spool(folder, quota, lambda: now)
    try:
        yield spool
    finally:
        spool.close()


def take(spool: Spool, rows: int = 1, *, release: bool = True) -> list[list[Row]]:
    """Everything that waits, in chunks of at most `rows`."""
    chunks, place = [], spool.released
    while (chunk := spool.read(place, rows)) is not None:
        place = chunk.place
        chunks.append(chunk.rows)
        if release:
            spool.release(chunk)
    return chunks


def files(folder: Path) -> list[Path]:
    return [segment_path(folder, first) for first in segments_in(folder)]


def aside(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.damaged-*"))


def test_what_was_written_is_synced_and_so_is_a_new_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: dict[int, int] = {}  # {inode: its size when it was last synced}
    folder, fsync = tmp_path.stat().st_ino, os.fsync

    def noted(handle: int) -> None:
        fsync(handle)
        synced[os.fstat(handle).st_ino] = os.fstat(handle).st_size

    with opened(tmp_path) as spool:
        monkeypatch.setattr(os, "fsync", noted)
        for number in range(3):
            spool.write(batch(number))
            (segment,) = files(tmp_path)
            assert synced.get(segment.stat().st_ino) == segment.stat().st_size
            assert (folder in synced) is (number == 0)
            synced.clear()


def test_batches_come_out_in_order_and_leave_nothing_behind(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        for number in range(10):
            spool.write(batch(number))
        assert take(spool) == [batch(number) for number in range(10)]
        assert spool.empty and files(tmp_path) == []
        spool.write(batch(10))
        assert take(spool) == [batch(10)]


def test_small_batches_are_read_together(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        for number in range(10):
            spool.write(batch(number))
        chunks = take(spool, rows=7)
        assert [len(rows) for rows in chunks] == [6] * 5
        assert [each for rows in chunks for each in rows] == [each for number in range(10) for each in batch(number)]


def test_a_batch_larger_than_asked_for_comes_whole(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        spool.write(batch(0, 50))
        spool.write(batch(1, 3))
        assert [len(rows) for rows in take(spool, rows=10)] == [50, 3]


def test_a_very_large_batch_is_several_records(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        spool.write(batch(0, 45_000))
        assert spool.backlog().batches == 3
        assert [each for rows in take(spool, 1) for each in rows] == batch(0, 45_000)


def test_what_waits_is_found_again_and_what_was_released_is_not(tmp_path: Path) -> None:
    quota = 100_000  # several segments
    with opened(tmp_path, quota) as spool:
        for number in range(60):
            spool.write(batch(number, 40))
        count = len(files(tmp_path))
        assert count > 2
        place = spool.released
        for _ in range(40):
            chunk = spool.read(place, 1)
            assert chunk is not None
            place = chunk.place
            spool.release(chunk)
        backlog = spool.backlog()
        assert (backlog.batches, backlog.rows) == (20, 800)
        assert len(files(tmp_path)) < count
    with opened(tmp_path, quota) as spool:
        found = spool.backlog()
        assert 20 <= found.batches < 60 and found.rows == 40 * found.batches
        assert found.bytes == sum(path.stat().st_size for path in files(tmp_path))
        spool.write(batch(60, 40))
        assert take(spool) == [batch(number, 40) for number in range(60 - found.batches, 61)]


def test_figures_say_how_much_waits_and_since_when(tmp_path: Path) -> None:
    now = MONDAY + 1000
    spool = Spool(tmp_path, QUOTA, lambda: now)
    assert spool.backlog() == (0, 0, 0, QUOTA, None, None)
    spool.write([row("lamp-1", MONDAY + 7, power=1.0), row("lamp-2", MONDAY + 5, power=1.0)])
    now += 600
    spool.write(batch(8))
    backlog = spool.backlog()
    assert backlog[:2] == (2, 5) and backlog.since == MONDAY + 1000 and backlog.reading == MONDAY + 5
    assert backlog.age(now) == 600
    assert backlog.words(now + 120) == (
        f"2 batches (5 rows) wait on disk, 0.0 MB ({backlog.share:.0%} of the quota), the oldest 12 min"
    )
    chunk = spool.read(spool.released, 1)
    assert chunk is not None
    spool.release(chunk)
    assert spool.backlog().since == now
    spool.close()
    with opened(tmp_path) as again:
        assert again.backlog().since == MONDAY + 1000, "after a start the last segment is brought whole"
        take(again)
        assert again.backlog() == (0, 0, 0, QUOTA, None, None)


def test_the_oldest_reading_is_known_after_a_restart_for_every_segment(tmp_path: Path) -> None:
    quota = 100_000
    with opened(tmp_path, quota) as spool:
        spool.write([row("late", 5.0, power=1.0)])
        for number in range(40):
            spool.write(batch(number, 40))
        assert len(files(tmp_path)) > 2
    with opened(tmp_path, quota) as spool:
        assert spool.backlog().reading == 5.0
        place = spool.released
        while Path(segment_path(tmp_path, 1)).exists():
            chunk = spool.read(place, 1)
            assert chunk is not None
            place = chunk.place
            spool.release(chunk)
        reading = spool.backlog().reading
        assert reading is not None and MONDAY <= reading < MONDAY + 40


def test_at_the_quota_nothing_more_is_taken_until_there_is_room(tmp_path: Path) -> None:
    with opened(tmp_path, 50_000) as spool:
        taken = 0
        with pytest.raises(
            StoreUnavailable, match=r"the spool is full: 0\.0 of 0\.1 MB; bring the store back, or raise"
        ):
            for number in range(1000):
                spool.write(batch(number, 30))
                taken += 1
        assert 45_000 < sum(path.stat().st_size for path in files(tmp_path)) <= 50_000
        place = spool.released
        for _ in range(taken // 2):
            chunk = spool.read(place, 1)
            assert chunk is not None
            place = chunk.place
            spool.release(chunk)
        spool.write(batch(taken, 30))
        assert len(take(spool)) == taken - taken // 2 + 1


@pytest.mark.parametrize("garbage", [b"", b"\0" * 300, b"\xff" * 300, layout.MARK * 20])
def test_a_torn_tail_is_cut_wherever_it_was_torn(tmp_path: Path, garbage: bytes) -> None:
    with opened(tmp_path) as spool:
        for number in range(3):
            spool.write(batch(number))
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    ends = [record.end for record in records(whole)]
    for size in range(0, len(whole), 7):
        path.write_bytes(whole[:size] + garbage)
        complete = sum(end <= size for end in ends)
        with opened(tmp_path) as spool:
            assert spool.backlog().batches == complete
            spool.write(batch(99))
            assert take(spool) == [*(batch(number) for number in range(complete)), batch(99)]
            assert aside(tmp_path) == []


def records(data: bytes) -> list[layout.Record]:
    found = []
    at = layout.HEADER_SIZE
    while (record := layout.record_at(data, at)) is not None:
        found.append(record)
        at = record.end
    return found


@pytest.mark.parametrize("field", ["mark", "checksum", "length", "number", "body"])
def test_a_damaged_record_is_kept_aside_and_the_rest_goes_on(tmp_path: Path, field: str) -> None:
    with opened(tmp_path) as spool:
        for number in range(5):
            spool.write(batch(number))
    (path,) = files(tmp_path)
    data = bytearray(path.read_bytes())
    hurt = records(bytes(data))[2]
    at = hurt.start + {"mark": 0, "checksum": 4, "length": 11, "number": 12, "body": layout.RECORD_SIZE + 3}[field]
    data[at] ^= 0x41
    path.write_bytes(data)
    with opened(tmp_path) as spool:
        assert spool.backlog().batches == 5
        assert take(spool) == [batch(0), batch(1), batch(3), batch(4)]
        assert spool.empty and spool.damaged() == 1
        (kept,) = aside(tmp_path)
        assert kept.read_bytes() == bytes(data[hurt.start : hurt.end])


def test_damage_that_is_read_again_is_told_once_and_kept_once(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        for number in range(3):
            spool.write(batch(number))
        (path,) = files(tmp_path)
        data = bytearray(path.read_bytes())
        data[layout.HEADER_SIZE + 50] ^= 1
        path.write_bytes(data)
        for _ in range(3):
            assert [each for rows in take(spool, 100, release=False) for each in rows] == batch(1) + batch(2)
        assert spool.damaged() == 1


def test_a_segment_that_is_all_damage_is_passed_over(tmp_path: Path) -> None:
    quota = 60_000
    with opened(tmp_path, quota) as spool:
        for number in range(40):
            spool.write(batch(number, 40))
    paths = files(tmp_path)
    assert len(paths) > 3
    paths[0].write_bytes(b"x" * paths[0].stat().st_size)
    paths[1].write_bytes(paths[1].read_bytes()[: layout.HEADER_SIZE] + b"\0" * 5000)
    paths[2].unlink()
    (first_left,) = {int(path.name[:16]) for path in paths[3:4]}
    with opened(tmp_path, quota) as spool:
        assert [rows for rows in take(spool) if rows] == [batch(number, 40) for number in range(first_left - 1, 40)]
        assert spool.empty and spool.backlog().rows == 0
        assert len(aside(tmp_path)) == 2


def test_a_header_that_is_damaged_costs_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        for number in range(3):
            spool.write(batch(number))
    (path,) = files(tmp_path)
    data = bytearray(path.read_bytes())
    data[: layout.HEADER_SIZE] = b"?" * layout.HEADER_SIZE
    path.write_bytes(data)
    with opened(tmp_path) as spool:
        assert spool.backlog().reading == MONDAY
        assert take(spool) == [batch(number) for number in range(3)]


def test_rows_that_this_program_does_not_know_are_kept_aside(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        spool.write(batch(0))
    (path,) = files(tmp_path)
    strange = layout.encode_record(2, 4, MONDAY, MONDAY, b"a body of another kind")
    path.write_bytes(path.read_bytes() + strange)
    with opened(tmp_path) as spool:
        assert [rows for rows in take(spool) if rows] == [batch(0)]
        assert spool.empty
        (kept,) = aside(tmp_path)
        assert kept.read_bytes() == strange


def test_a_spool_of_a_newer_program_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "VERSION", 2)
    with opened(tmp_path) as spool:
        spool.write(batch(0))
    before = files(tmp_path)[0].read_bytes()
    monkeypatch.undo()
    with pytest.raises(StoreUnavailable, match="version 2, and this program knows version 1; start the program that"):
        Spool(tmp_path, QUOTA, lambda: MONDAY)
    assert files(tmp_path)[0].read_bytes() == before


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(StoreUnavailable, match=r"in use by another process \(pid \d+\)"):
        Spool(tmp_path, QUOTA, lambda: MONDAY)
    with opened(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match=r"file/spool cannot be used"):
        Spool(tmp_path / "file" / "spool", QUOTA, lambda: MONDAY)


def test_a_closed_spool_takes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        pass
    with pytest.raises(StoreUnavailable, match="closed"):
        spool.write(batch(0))


def test_reading_where_nothing_is_gives_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as spool:
        assert spool.read(spool.released, 10) is None
        assert spool.read(Place(17, 5), 10) is None
        assert spool.backlog().reading is None and math.isclose(spool.backlog().share, 0)


@pytest.mark.parametrize("story", ["fill", "no_room_for_a_new_segment"])
def test_a_full_disk_loses_nothing_and_tears_nothing(tmp_path: Path, story: str) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "tests.store.spool.filling", story, str(tmp_path)],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr


def test_the_last_of_the_disk_is_left_to_others(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 10) as disk, opened(disk / "spool", 100_000_000) as spool:
        spool.write(batch(0))
        assert spool.backlog().quota < 10_000_000 and spool.share < 0.01
        filler = disk / "filler"
        filler.write_bytes(b"\0" * 9_700_000)
        with pytest.raises(StoreUnavailable, match=r"is full: .* or free space on the disk of .*/disk/spool"):
            for number in range(1, 1000):
                spool.write(batch(number, 500))
        assert spool.share > 0.9
        assert disk_free(disk) > 300_000, "there is room for the registry"
        filler.unlink()
        spool.write(batch(1000))
        chunks = take(spool)
        assert chunks[0] == batch(0) and chunks[-1] == batch(1000)


def disk_free(path: Path) -> int:
    return shutil.disk_usage(path).free
