"""Run as a program, because it limits its own file sizes: a store on a disk that is full for a while."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from hub.model.readings import Row
from hub.ports import StoreUnavailable
from hub.store import DuckDbStore
from tests.store.rows import MONDAY, WEEK, query, row


def let_files_grow_to(size: int) -> None:
    """Writes beyond `size` fail from now on."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def batch(number: int) -> list[Row]:
    """Two thousand lamps' readings of one second."""
    return [row(f"lamp-{n}", MONDAY + number, power=n * 1.7 + number) for n in range(2000)]


def fill(folder: Path) -> None:
    """Nearly full from the tenth append, full from the twentieth to the fortieth."""
    store = DuckDbStore(folder, lambda: MONDAY)
    taken, refused = [], []
    for number in range(60):
        if number == 10:
            let_files_grow_to(max(path.stat().st_size for path in folder.iterdir()) + 400_000)
        if number == 20:
            let_files_grow_to(4096)
        if number == 40:
            let_files_grow_to(resource.RLIM_INFINITY)
        try:
            store.append(batch(number))
            taken.append(number)
        except StoreUnavailable:
            refused.append(number)
            assert not store.health().ok
    assert set(refused) >= {*range(20, 40)} and set(taken) >= {*range(10), *range(40, 60)}, (taken, refused)
    assert store.health().ok
    found = {time - MONDAY for time, _ in store.series(query(["lamp-7"]))}
    assert found >= set(taken)
    for number in refused:
        store.append(batch(number))
    assert store.sizes().rows == 60 * 2000
    store.close()
    again = DuckDbStore(folder, lambda: MONDAY)
    assert again.sizes().rows == 60 * 2000
    assert again.health() == (True, "1 files")
    again.close()


def no_room_for_a_new_file(folder: Path) -> None:
    """Full just when a new week begins."""
    store = DuckDbStore(folder, lambda: MONDAY)
    store.append([row("lamp-1", MONDAY, power=1.0)])
    let_files_grow_to(4096)
    try:
        store.append([row("lamp-1", MONDAY + WEEK, power=2.0)])
        raise AssertionError("there was room")
    except StoreUnavailable:
        let_files_grow_to(resource.RLIM_INFINITY)
    store.append([row("lamp-1", MONDAY + WEEK, power=2.0)])
    assert store.series(query(["lamp-1"])) == [(MONDAY, 1.0), (MONDAY + WEEK, 2.0)]
    assert not list(folder.glob("*damaged*"))
    store.close()


if __name__ == "__main__":
    {"fill": fill, "no_room_for_a_new_file": no_room_for_a_new_file}[sys.argv[1]](Path(sys.argv[2]))
