"""Questions that are long or large, and what they leave to the others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.ports import TooMuchAsked
from hub.store import DuckDbStore
from hub.store.periods import RAW, microseconds, period_at
from tests.store.rows import MONDAY, WEEK, query, row

LAMPS = [f"lamp-{n}" for n in range(2000)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDbStore]:
    built = DuckDbStore(tmp_path, lambda: MONDAY, memory_limit="16MB", spill_bytes=0)
    yield built
    built.close()


def test_a_question_that_takes_too_much_memory_is_its_own_fault_alone(store: DuckDbStore) -> None:
    for part in range(8):
        times = [MONDAY + part * 50 + n for n in range(50)]
        store.append([row(lamp, time, power=n * 1.7) for time in times for n, lamp in enumerate(LAMPS)])
    held = store._files._connection
    with pytest.raises(TooMuchAsked, match="ask for less time at once"):
        store.series(query(LAMPS, limit=10**6))
    assert store.health() == (True, "1 files")
    assert len(store.series(query(["lamp-1"]))) == 400
    assert store._files._connection is held, "nothing was opened anew"


def test_what_is_read_for_long_is_dropped_afterwards_and_holds_up_no_append(
    store: DuckDbStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append([row("lamp-1", MONDAY, power=1.0)])
    dropping, drop = threading.Event(), store._files.drop
    monkeypatch.setattr(store._files, "drop", lambda period: dropping.set() or drop(period))
    with ThreadPoolExecutor(2) as others:
        with store._files.pinned([period_at(RAW, microseconds(MONDAY))]):
            freed = others.submit(store.drop_before, MONDAY + 2 * WEEK)
            assert dropping.wait(20)
            others.submit(store.append, [row("lamp-1", MONDAY + 2 * WEEK, power=2.0)]).result(20)
            assert not freed.done()
        assert freed.result(20) > 0
    assert store.series(query(["lamp-1"])) == [(MONDAY + 2 * WEEK, 2.0)]
