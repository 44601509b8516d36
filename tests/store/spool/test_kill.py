"""What append returned for survives kill -9, whether it was in the store, on its way or on disk."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.servers.programs import Printing
from tests.store.rows import MONDAY, readings
from tests.store.spool.appending import DEVICES, open_store
from tests.store.spool.distant import drained


def kill_rounds(folder: Path, count: int, seed: int, how: str) -> None:
    chance = random.Random(seed)
    taken: list[int] = []
    for _ in range(count):
        first = taken[-1] + 2 if taken else 0
        appending = Printing("tests.store.spool.appending", folder, str(first), how)
        lines = [appending.lines.readline() for _ in range(chance.randint(1, 120))]
        taken += [int(line) for line in (*lines, *appending.killed())]
    inner, store = open_store(folder)
    waited = store.backlog().batches
    store.start()
    try:
        drained(store)
        found = readings(inner, DEVICES)
    finally:
        store.close()
    for device in DEVICES:
        missing = {(MONDAY + number, float(number)) for number in taken} - set(found[device])
        assert not missing, f"{len(missing)} of {len(taken)} acknowledged batches are gone; {waited} waited at the end"


@pytest.mark.parametrize("how", ["durable", "promises"])
def test_appended_batches_survive_kill_9(tmp_path: Path, how: str) -> None:
    kill_rounds(tmp_path, 4, seed=1, how=how)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["durable", "promises"])
def test_appended_batches_survive_kill_9_many_rounds(tmp_path: Path, how: str) -> None:
    kill_rounds(tmp_path, 40, seed=2, how=how)
