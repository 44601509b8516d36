"""Run as a program, because it limits its own file sizes: a spool on a disk that is full for a while."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from hub.model.readings import Row
from hub.ports import StoreUnavailable
from hub.store.spool import Spool
from tests.store.rows import MONDAY, row

QUOTA = 100_000_000


def let_files_grow_to(size: int) -> None:
    """Writes beyond `size` fail from now on."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def batch(number: int) -> list[Row]:
    """Five hundred lamps' readings of one second."""
    return [row(f"lamp-{n}", MONDAY + number, power=n * 1.7 + number) for n in range(500)]


def written(spool: Spool, number: int) -> bool:
    """Try to write a batch."""
    try:
        spool.write(batch(number))
    except StoreUnavailable as error:
        assert "cannot be written" in str(error), error
        return False
    return True


def fill(folder: Path) -> None:
    """In the middle of a record the disk is full, for ten batches."""
    spool = Spool(folder, QUOTA, lambda: MONDAY)
    assert written(spool, 0)
    size = sum(path.stat().st_size for path in folder.glob("*.segment"))
    let_files_grow_to(size * 4 + size // 2)
    taken = [0, *(number for number in range(1, 12) if written(spool, number))]
    let_files_grow_to(60)
    assert not any(written(spool, number) for number in range(12, 20))
    let_files_grow_to(resource.RLIM_INFINITY)
    assert written(spool, 20)
    check(folder, spool, [*taken, 20])


def no_room_for_a_new_segment(folder: Path) -> None:
    """There is not even room for a header."""
    spool = Spool(folder, QUOTA, lambda: MONDAY)
    let_files_grow_to(10)
    assert not any(written(spool, number) for number in range(3))
    assert spool.empty and list(folder.glob("*.segment")) == []
    let_files_grow_to(resource.RLIM_INFINITY)
    assert written(spool, 3)
    check(folder, spool, [3])


def check(folder: Path, spool: Spool, taken: list[int]) -> None:
    """What was taken is there, once, now and after a restart; nothing counts as damaged."""
    assert spool.backlog().batches == len(taken)
    assert spool.backlog().bytes == sum(path.stat().st_size for path in folder.glob("*.segment"))
    for again in range(2):
        chunk = spool.read(spool.released, 1_000_000)
        assert chunk is not None and chunk.rows == [each for number in taken for each in batch(number)], again
        assert spool.damaged() == 0
        spool.close()
        spool = Spool(folder, QUOTA, lambda: MONDAY)
    spool.close()


if __name__ == "__main__":
    {"fill": fill, "no_room_for_a_new_segment": no_room_for_a_new_segment}[sys.argv[1]](Path(sys.argv[2]))
