"""While both want to write, five rows from disk go for each fresh one, and no fresh batch waits for more than five chunks."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from hub.store.spool.turns import SHARE, Turns
from tests.servers.waiting import until

CHUNK = 100


def compete(fresh_rows: int, turns: int) -> Sequence[tuple[str, int]]:
    """Both sides write as fast as they may until `turns` turns were taken; who wrote how much, in order."""
    one = Turns(CHUNK)
    taken: list[tuple[str, int]] = []
    over = threading.Event()

    def write(who: str, rows: int) -> None:
        while not over.is_set():
            if who == "fresh":
                with one.fresh(rows, 10) as ours:
                    assert ours
                    taken.append((who, rows))
                    if len(taken) >= turns:
                        over.set()
            else:
                with one.drain(rows):
                    taken.append((who, rows))
                    until("the next fresh batch to wait", lambda: one._fresh or over.is_set(), every=0.0)

    one.draining(True)
    drain = threading.Thread(target=write, args=("drain", CHUNK))
    drain.start()
    write("fresh", fresh_rows)
    one.draining(False)
    drain.join()
    return taken


@pytest.mark.parametrize("fresh_rows", [1, 20, 100, 1000])
def test_both_go_on_while_both_want_to(fresh_rows: int) -> None:
    taken = list(compete(fresh_rows, 600))
    while taken[-1][0] == "drain":
        taken.pop()  # the other side has stopped
    fresh = sum(rows for who, rows in taken if who == "fresh")
    drained = sum(rows for who, rows in taken if who == "drain")
    longest, run = 0, 0
    for who, _ in taken:
        run = run + 1 if who == "drain" else 0
        longest = max(longest, run)
    assert longest <= SHARE
    earned = min(fresh_rows * SHARE, CHUNK * SHARE)
    assert drained >= (fresh // fresh_rows - 1) * earned


def test_a_fresh_batch_does_not_wait_for_a_drain_that_has_nothing() -> None:
    turns = Turns(CHUNK)
    for _ in range(10):
        with turns.fresh(5000, 0) as ours:
            assert ours


def test_a_fresh_batch_that_waited_too_long_is_told_and_later_ones_at_once() -> None:
    turns = Turns(CHUNK)
    turns.draining(True)
    entered, leave = threading.Event(), threading.Event()

    def hang() -> None:
        with turns.drain(CHUNK):
            entered.set()
            leave.wait()

    thread = threading.Thread(target=hang)
    thread.start()
    entered.wait()
    with turns.fresh(10, 0.01) as ours:
        assert not ours
    with turns.fresh(10, 3600) as ours:
        assert not ours, "would have waited an hour"
    leave.set()
    thread.join()
    with turns.fresh(10, 60) as ours:
        assert ours


def test_a_drain_that_gives_up_lets_fresh_batches_go() -> None:
    turns = Turns(CHUNK)
    turns.draining(True)
    with turns.fresh(10, 60) as ours:
        assert ours
    done = threading.Event()

    def fresh() -> None:
        with turns.fresh(10, 60) as ours:
            assert ours
            done.set()

    thread = threading.Thread(target=fresh)
    thread.start()
    until("the fresh batch to wait for the drain's turn", lambda: turns._fresh == 1)
    assert not done.is_set()
    turns.draining(False)
    assert done.wait(60)
    thread.join()
