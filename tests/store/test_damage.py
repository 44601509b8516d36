"""Damaged files and logs: the store opens, keeps what is whole, sets the rest aside and says so."""

from __future__ import annotations

import random
import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from structlog.testing import capture_logs

from hub.store import DuckDbStore
from tests.store.rows import MONDAY, WEEK, readings, row

LAMPS = [f"lamp-{n}" for n in range(40)]


def opened(folder: Path) -> DuckDbStore:
    return DuckDbStore(folder, lambda: MONDAY)


def filled(folder: Path) -> dict[str, list[tuple[float, float]]]:
    """Three weeks of readings: each file has a checkpointed part and a copy of its log from before the checkpoint of closing."""
    files, expected = _three_weeks()
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return expected


@cache
def _three_weeks(weeks: int = 3) -> tuple[dict[str, bytes], dict[str, list[tuple[float, float]]]]:
    with TemporaryDirectory() as home:
        folder = Path(home) / "store"
        expected = _fill(folder, weeks)
        return {path.name: path.read_bytes() for path in folder.iterdir()}, expected


def _fill(folder: Path, weeks: int) -> dict[str, list[tuple[float, float]]]:
    store = opened(folder)
    for week in range(weeks):
        for part in range(10):
            store.append(
                [row(lamp, MONDAY + week * WEEK + part * 60, power=float(n + part)) for n, lamp in enumerate(LAMPS)]
            )
    store.close()
    store = opened(folder)
    for week in range(weeks):
        store.append([row(lamp, MONDAY + week * WEEK + 9000, power=1.0) for lamp in LAMPS])
    logs = sorted(folder.glob("*.wal"))
    assert len(logs) == weeks
    kept = folder.with_name(folder.name + "-live")
    shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("lock"))
    expected = readings(store, LAMPS)
    store.close()
    shutil.rmtree(folder)
    kept.rename(folder)
    return expected


def in_week(points: dict[str, list[tuple[float, float]]], week: int) -> dict[str, list[tuple[float, float]]]:
    low = MONDAY - 4 * 86_400 + week * WEEK  # files begin on Thursdays
    return {device: [point for point in held if low <= point[0] < low + WEEK] for device, held in points.items()}


def test_a_copy_taken_alive_holds_everything(tmp_path: Path) -> None:
    expected = filled(tmp_path / "store")
    store = opened(tmp_path / "store")
    assert readings(store, LAMPS) == expected
    assert store.health() == (True, "3 files")
    store.close()


def test_a_log_that_cannot_be_replayed_is_set_aside_alone(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    expected = filled(folder)
    log = sorted(folder.glob("*.wal"))[1]
    held = bytearray(log.read_bytes())
    held[len(held) // 2] ^= 0xFF
    log.write_bytes(held)
    with capture_logs() as logs:
        store = opened(folder)
    found = readings(store, LAMPS)
    assert in_week(found, 0) == in_week(expected, 0)
    assert in_week(found, 2) == in_week(expected, 2)
    assert all(len(points) == 10 for points in in_week(found, 1).values()), "the checkpointed part is kept"
    (aside,) = folder.glob("*.damaged-*")
    assert aside.read_bytes() == bytes(held)
    assert ".wal.damaged-20251117T000000Z" in aside.name
    (entry,) = logs
    assert entry["now_at"] == [str(aside)] and entry["lost"] and entry["to_do"]
    assert store.health().ok and "1 damaged file set aside" in store.health().detail
    store.append([row("lamp-0", MONDAY + WEEK + 9000, power=1.0)])
    assert readings(store, ["lamp-0"])["lamp-0"] == expected["lamp-0"]
    store.close()
    again = opened(folder)
    assert "1 damaged file" in again.health().detail
    again.close()


@pytest.mark.parametrize("content", [b"", b"abc", b"\0" * 12_288, b"not a database" * 1000])
def test_a_file_that_is_none_is_set_aside(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "store"
    expected = filled(folder)
    files = sorted(folder.glob("raw-*.duckdb"))
    files[0].write_bytes(content)
    store = opened(folder)
    found = readings(store, LAMPS)
    assert in_week(found, 1) == in_week(expected, 1)
    assert in_week(found, 2) == in_week(expected, 2)
    assert not any(in_week(found, 0).values())
    assert next(folder.glob("raw-*.duckdb.damaged-*")).read_bytes() == content
    store.append([row("lamp-0", MONDAY, power=5.0)])
    assert readings(store, ["lamp-0"])["lamp-0"][0] == (MONDAY, 5.0)
    store.close()


def harm(path: Path, chance: random.Random) -> None:
    """Cut the file, overwrite a stretch of it, or turn one bit."""
    held = bytearray(path.read_bytes())
    at = chance.randrange(len(held))
    match chance.randrange(3):
        case 0:
            del held[at:]
        case 1:
            held[at : at + 4096] = chance.randbytes(len(held[at : at + 4096]))
        case _:
            held[at] ^= 1 << chance.randrange(8)
    path.write_bytes(held)


def rounds(folder: Path, seeds: range) -> None:
    expected = filled(folder / "whole")
    for seed in seeds:
        chance = random.Random(seed)
        hurt = folder / f"hurt-{seed}"
        shutil.copytree(folder / "whole", hurt)
        week = chance.randrange(3)
        path = sorted(hurt.glob("raw-*.duckdb"))[week]
        harm(path if chance.random() < 0.5 else path.with_name(path.name + ".wal"), chance)
        store = opened(hurt)
        found = readings(store, LAMPS)
        for whole in {0, 1, 2} - {week}:
            assert in_week(found, whole) == in_week(expected, whole), f"seed {seed}"
        for device, points in in_week(found, week).items():
            assert set(points) <= set(expected[device]), f"seed {seed}: {device} has readings that nobody sent"
        list(store.latest())
        store.append([row("lamp-0", MONDAY + n * WEEK + 20_000, power=3.0) for n in range(3)])
        assert [
            value for time, value in readings(store, ["lamp-0"])["lamp-0"] if time % WEEK == (MONDAY + 20_000) % WEEK
        ] == [3.0] * 3
        assert store.health().ok
        store.close()
        shutil.rmtree(hurt)


def test_any_damage_to_one_file_leaves_the_others_whole(tmp_path: Path) -> None:
    rounds(tmp_path, range(16))


@pytest.mark.slow
def test_any_damage_to_one_file_leaves_the_others_whole_many_rounds(tmp_path: Path) -> None:
    rounds(tmp_path, range(1000, 1400))
