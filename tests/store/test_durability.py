"""What append returned for survives kill -9; a full disk loses nothing that was taken; one process at a time."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from hub.ports import StoreUnavailable
from hub.store import DuckDbStore
from tests.servers.programs import Printing
from tests.store.appending import DEVICES, batch
from tests.store.rows import MONDAY, query, readings, row


def program(module: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def kill_rounds(folder: Path, count: int, seed: int) -> None:
    chance = random.Random(seed)
    taken: list[int] = []
    for _ in range(count):
        first = taken[-1] + 1 if taken else 0
        appending = Printing("tests.store.appending", folder, str(first))
        lines = [appending.lines.readline() for _ in range(chance.randint(1, 25))]
        taken += [int(line) for line in (*lines, *appending.killed())]
        store = DuckDbStore(folder, lambda: MONDAY)
        assert store.health() == (True, "2 files")
        found = readings(store, DEVICES)
        for number in taken:
            for device, time in batch(number):
                assert found[device].count((time, float(number))) == 1, f"batch {number} of {device} was acknowledged"
        unconfirmed = len(found["lamp-0"]) - len(taken)
        assert unconfirmed in (0, 1)
        store.append([row(device, time, power=float(n)) for n in taken[-5:] for device, time in batch(n)])
        assert readings(store, DEVICES) == found, "appending again what is there changes nothing"
        store.close()
        taken += [taken[-1] + 1] * unconfirmed


def test_appended_batches_survive_kill_9(tmp_path: Path) -> None:
    kill_rounds(tmp_path, 5, seed=1)


@pytest.mark.slow
def test_appended_batches_survive_kill_9_many_rounds(tmp_path: Path) -> None:
    kill_rounds(tmp_path, 60, seed=2)


def test_a_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    process = program("tests.store.appending", str(tmp_path), "0")
    try:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(StoreUnavailable, match=rf"in use by another process \(pid {process.pid}\)"):
            DuckDbStore(tmp_path, lambda: MONDAY)
    finally:
        process.kill()
        process.communicate()
    DuckDbStore(tmp_path, lambda: MONDAY).close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match=r"file/store cannot be used"):
        DuckDbStore(tmp_path / "file" / "store", lambda: MONDAY)


def test_a_file_that_may_not_be_read_is_not_taken_for_damaged(tmp_path: Path) -> None:
    store = DuckDbStore(tmp_path, lambda: MONDAY)
    store.append([row("lamp-1", MONDAY, power=1.0)])
    store.close()
    (file,) = tmp_path.glob("raw-*.duckdb")
    script = f"import duckdb; c = duckdb.connect({str(file)!r}); print(1, flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(StoreUnavailable, match=r"raw-20251113.duckdb cannot be opened.*lock"):
            DuckDbStore(tmp_path, lambda: MONDAY)
    finally:
        other.communicate("\n")
    assert duckdb.connect(str(file)).execute("SELECT count(*) FROM light").fetchone() == (1,)
    store = DuckDbStore(tmp_path, lambda: MONDAY)
    assert len(store.series(query(["lamp-1"]))) == 1
    store.close()


@pytest.mark.parametrize("story", ["fill", "no_room_for_a_new_file"])
def test_a_full_disk_loses_nothing_and_the_store_works_when_space_returns(tmp_path: Path, story: str) -> None:
    process = program("tests.store.filling", story, str(tmp_path))
    _, errors = process.communicate()
    assert process.returncode == 0, errors
