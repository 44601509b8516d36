"""What the embedded store keeps in memory of its files does not grow with them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import inf
from pathlib import Path

import pytest

from hub.model.readings import Row
from hub.store import DuckDbStore
from hub.store.blocks import STAYS
from tests.store.rows import MONDAY, query, row

METRICS = [f"metric_{n}" for n in range(60)]
LAMPS = [f"lamp-{n}" for n in range(5000)]


def batches() -> Iterator[list[Row]]:
    """Fifty thousand rows of numbers that cannot be packed: 24 MB."""
    chance = random.Random(1)
    for second in range(10):
        yield [row(lamp, MONDAY + second, power=1.0, **{m: chance.random() for m in METRICS}) for lamp in LAMPS]


@pytest.mark.parametrize(("release_every", "grows"), [(0, False), (inf, True)])
def test_memory_is_given_back(tmp_path: Path, release_every: float, grows: bool) -> None:
    store = DuckDbStore(tmp_path, lambda: MONDAY, release_every=release_every)
    with ThreadPoolExecutor(1) as others:
        for second, rows in enumerate(batches()):
            appended = others.submit(store.append, rows)
            assert len(store.series(query(LAMPS[:1]))) in (second, second + 1)
            appended.result()
    assert (store.in_memory() > STAYS) is grows
    assert store.series(query(LAMPS[:1])) == [(MONDAY + second, 1.0) for second in range(10)]
    store.close()
