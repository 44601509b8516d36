"""The store as the ingest loop sees it, while the real one is away, is back, refuses rows or only promises."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports import RowsRefused, Span, StoreUnavailable
from hub.store.spool import Refused, SpooledStore
from tests.servers.waiting import until
from tests.store.rows import MONDAY, query, row
from tests.store.spool.distant import DistantMemory, drained, spooled

AWAY = "http://influx:8086 does not answer"


def batch(number: int, rows: int = 2) -> list[Row]:
    return [row(f"lamp-{number}-{n}", MONDAY + number, power=float(n)) for n in range(rows)]


def names(numbers: Iterable[int], rows: int = 2) -> set[str]:
    return {f"lamp-{number}-{n}" for number in numbers for n in range(rows)}


def waiting(store: SpooledStore) -> int:
    return store.backlog().batches


def test_while_the_store_works_nothing_goes_to_disk(tmp_path: Path) -> None:
    inner = DistantMemory()
    with spooled(tmp_path, inner) as store:
        store.append(batch(1))
        assert inner.devices() == names([1]) and waiting(store) == 0
        assert list(tmp_path.glob("*.segment")) == []
        assert store.health() == inner.health() and store.spool_health() == (True, "no readings wait on disk")


def test_readings_are_taken_while_the_store_is_away_and_come_to_it_when_it_is_back(tmp_path: Path) -> None:
    inner = DistantMemory()
    with spooled(tmp_path, inner) as store:
        store.append(batch(0))
        inner.away = AWAY
        for number in range(1, 20):
            store.append(batch(number))
        assert waiting(store) == 19 and store.away
        ok, words = store.health()
        assert not ok and AWAY in words and "19 batches (38 rows) wait on disk" in words
        assert store.spool_health().ok
        inner.away = ""
        drained(store)
        assert inner.devices() == names(range(20))
        until("the store to count as back", lambda: not store.away)
        store.append(batch(20))
        assert inner.batches[-1][0] == threading.current_thread().name
        assert store.health() == inner.health()


def test_a_store_that_is_away_is_not_asked_for_every_batch(tmp_path: Path) -> None:
    inner = DistantMemory()
    inner.away = AWAY
    with spooled(tmp_path, inner) as store:
        for number in range(300):
            store.append(batch(number))
        assert inner.tried < 10


def test_batches_are_brought_in_order_and_together(tmp_path: Path) -> None:
    inner = DistantMemory()
    inner.away = AWAY
    with spooled(tmp_path, inner, start=False) as store:
        for number in range(300):
            store.append(batch(number, 50))
        inner.away = ""
        store.start()
        drained(store)
    assert [rows for _, rows in inner.batches] == [5000, 5000, 5000]
    assert [device for _, device, _ in inner.rows] == [each.device for n in range(300) for each in batch(n, 50)]


def test_fresh_batches_go_straight_to_the_store_while_older_ones_are_brought(tmp_path: Path) -> None:
    inner = DistantMemory()
    inner.away = AWAY
    with spooled(tmp_path, inner, start=False) as store:
        for number in range(40):
            store.append(batch(number, 1000))
        inner.away = ""
        store.start()
        until("the store to count as back", lambda: not store.away)
        while waiting(store):
            store.append(batch(1000 + len(inner.batches), 1000))
    threads = [thread for thread, _ in inner.batches]
    assert sum(rows for thread, rows in inner.batches if thread == "spool-drain") == 40_000
    assert threads.count("spool-drain") == 8 and len(threads) > 8, "fresh batches came in between"
    assert inner.devices() >= names(range(40), 1000)


def test_what_waits_survives_a_restart(tmp_path: Path) -> None:
    inner = DistantMemory()
    inner.away = AWAY
    with spooled(tmp_path, inner) as store:
        for number in range(5):
            store.append(batch(number))
    again = DistantMemory()
    with spooled(tmp_path, again) as store:
        drained(store)
    assert again.devices() == names(range(5))


def test_at_the_quota_append_says_so_and_works_again_when_the_store_does(tmp_path: Path) -> None:
    inner = DistantMemory()
    inner.away = AWAY
    with spooled(tmp_path, inner, quota=30_000) as store:
        taken = 0
        with pytest.raises(StoreUnavailable, match=rf"the spool is full: .* \(the store is away: {AWAY}\)"):
            for number in range(1000):
                store.append(batch(number, 50))
                taken += 1
        assert taken > 10
        assert not store.spool_health().ok and waiting(store) == taken
        inner.away = ""
        drained(store)
        until("the store to count as back", lambda: not store.away)
        assert store.spool_health().ok
        store.append(batch(taken, 50))
    assert inner.devices() == names(range(taken + 1), 50)


def test_a_batch_that_has_no_room_at_all_waits_for_the_store_alone(tmp_path: Path) -> None:
    inner = DistantMemory()
    with spooled(tmp_path, inner, quota=120) as store:
        inner.away = AWAY
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="full"):
                store.append(batch(1))
        inner.away = ""
        store.append(batch(1))
        assert inner.devices() == names([1]) and not store.away


def test_rows_that_the_store_refuses_at_once_are_said_at_once(tmp_path: Path) -> None:
    inner = DistantMemory()
    inner.poison = frozenset(["lamp-1-1"])
    with spooled(tmp_path, inner) as store, pytest.raises(RowsRefused) as told:
        store.append(batch(1))
    assert told.value.refused == {1: "no such field"} and inner.devices() == {"lamp-1-0"}


def test_rows_that_are_refused_after_waiting_are_handed_over_and_the_rest_stored(tmp_path: Path) -> None:
    inner = DistantMemory()
    inner.away, inner.poison, inner.bad = AWAY, frozenset(["lamp-1-1"]), frozenset(["lamp-2-0"])
    refused: list[tuple[Row, str]] = []
    failures = ["the registry is away"]

    def keep(rows: Refused) -> None:
        if failures:
            raise RuntimeError(failures.pop())
        refused.extend(rows)

    with spooled(tmp_path, inner, refused=keep) as store:
        for number in range(4):
            store.append(batch(number))
        inner.away = ""
        drained(store)
        assert not failures, "a failure to keep them is tried again"
        assert sorted((each.device, reason) for each, reason in refused) == [
            ("lamp-1-1", "no such field"),
            ("lamp-2-0", "never seen such a row"),
        ]
        assert inner.devices() == names(range(4)) - {"lamp-1-1", "lamp-2-0"}
        assert not store.away


def test_files_that_could_not_be_deleted_are_deleted_later(tmp_path: Path) -> None:
    inner = DistantMemory()
    inner.away = AWAY
    with spooled(tmp_path, inner, start=False) as store:
        store.append(batch(0))
        inner.away = ""
        inner.gate.clear()
        store.start()
        until("the batch to be on its way", lambda: inner.tried == 2)
        (segment,) = tmp_path.glob("*.segment")
        segment.rename(tmp_path / "aside")
        segment.mkdir()  # which no program deletes as a file
        with capture_logs() as logs:
            inner.gate.set()
            until("the failure to be said", lambda: any("cannot be tidied" in str(line.get("error")) for line in logs))
        assert waiting(store) == 1 and inner.devices() == names([0])
        segment.rmdir()
        (tmp_path / "aside").rename(segment)
        drained(store)
        assert store.oldest_waiting() is None and not segment.exists()
    assert len(inner.batches) == 1


def test_a_store_that_hangs_does_not_stop_the_flow(tmp_path: Path) -> None:
    inner = DistantMemory()
    inner.away = AWAY
    with spooled(tmp_path, inner, start=False) as store:
        store.append(batch(0))
        inner.away = ""
        store._drain.found()
        inner.gate.clear()
        before = inner.tried
        store.start()
        until("the drain to hang", lambda: inner.tried > before)
        for number in range(1, 4):
            store.append(batch(number))
        assert waiting(store) == 4
        inner.gate.set()
        drained(store)
    assert inner.devices() == names(range(4))


def test_a_store_that_fails_with_every_row_is_tried_again_and_no_row_is_given_up(tmp_path: Path) -> None:
    inner = DistantMemory()
    inner.away, inner.bad = AWAY, frozenset(names(range(3)))
    with spooled(tmp_path, inner, refused=lambda rows: pytest.fail("given up")) as store:
        for number in range(3):
            store.append(batch(number))
        tried = inner.tried
        inner.away = ""
        until("every row to have been tried", lambda: inner.tried >= tried + 11)
        assert waiting(store) == 3
        inner.bad = frozenset()
        drained(store)
    assert inner.devices() == names(range(3))


# --- a store that only promises -------------------------------------------------------------------------------------


def test_what_is_only_promised_stays_on_disk_until_it_has_settled(tmp_path: Path) -> None:
    inner = DistantMemory(durable=False)
    with spooled(tmp_path, inner, settle_seconds=0.3) as store:
        for number in range(3):
            store.append(batch(number))
        until("the store to have them", lambda: inner.devices() == names(range(3)))
        drained(store)
    assert inner.devices() == names(range(3))


def test_what_is_only_promised_is_not_let_go_before(tmp_path: Path) -> None:
    inner = DistantMemory(durable=False)
    with spooled(tmp_path, inner, settle_seconds=3600) as store:
        store.append(batch(0))
        until("the store to have it", lambda: inner.devices() == names([0]))
        store.append(batch(1))
        until("the store to have it", lambda: inner.devices() == names([0, 1]))
        assert waiting(store) == 2
    with spooled(tmp_path, DistantMemory()) as store:
        drained(store)


def test_what_is_only_promised_is_sent_once_also_right_after_the_start(tmp_path: Path) -> None:
    inner = DistantMemory(durable=False)
    with spooled(tmp_path, inner, settle_seconds=3) as store:
        store.append(batch(0))
        drained(store)
    assert inner.batches == [("spool-drain", 2)]


def test_what_a_restarted_store_forgot_is_sent_again(tmp_path: Path) -> None:
    inner = DistantMemory(durable=False)
    with spooled(tmp_path, inner, settle_seconds=4) as store:
        for number in range(3):
            store.append(batch(number))
        until("the store to have them", lambda: inner.devices() == names(range(3)))
        inner.restart(forgetting=names([1, 2]))
        until("the store to have them again", lambda: inner.devices() == names(range(3)))
        assert waiting(store) == 3, "the time to settle begins anew"
        drained(store)


def test_a_store_that_turns_out_durable_is_believed(tmp_path: Path) -> None:
    inner = DistantMemory(durable=False)
    with spooled(tmp_path, inner, settle_seconds=3600) as store:
        store.append(batch(0))
        until("the store to have it", lambda: inner.devices() == names([0]))
        inner.durable = True
        drained(store)
        store.append(batch(1))
        assert inner.batches[-1][0] == threading.current_thread().name


def test_a_durable_store_in_the_place_of_one_that_promised_gets_what_had_not_settled(tmp_path: Path) -> None:
    inner = DistantMemory(durable=False)
    with spooled(tmp_path, inner, settle_seconds=3600) as store:
        store.append(batch(0))
        until("the store to have it", lambda: inner.devices() == names([0]))
        inner.rows, inner.durable = {}, True
        drained(store)
        assert inner.devices() == names([0])


def test_a_promising_store_that_is_away_is_waited_for(tmp_path: Path) -> None:
    inner = DistantMemory(durable=False)
    inner.away = AWAY
    with spooled(tmp_path, inner, settle_seconds=0) as store:
        store.append(batch(0))
        until("the store to count as away", lambda: store.away)
        assert store.health().detail.startswith("away for ")
        inner.away = ""
        drained(store)
    assert inner.devices() == names([0])


# --- the rest is the store's ------------------------------------------------------------------------------------------


def test_a_store_that_was_away_at_the_start_is_found_without_a_reading(tmp_path: Path) -> None:
    inner = DistantMemory(durable=False)  # nothing is known of it yet
    inner.away = AWAY
    with spooled(tmp_path, inner) as store:
        until("the store to count as away", lambda: store.away)
        inner.away, inner.durable = "", True
        until("the store to count as back", lambda: not store.away)
        assert store.health() == inner.health()


def test_reading_asks_the_store(tmp_path: Path) -> None:
    inner = DistantMemory()
    with spooled(tmp_path, inner) as store:
        store.append([row("lamp-1", MONDAY, power=5.0), row("lamp-1", MONDAY + 60, power=6.0)])
        assert store.series(query(["lamp-1"])) == [(MONDAY, 5.0), (MONDAY + 60, 6.0)]
        assert [value.value for value in store.latest()] == [6.0]
        assert len(store.readings(DeviceKind.LIGHT, "lamp-1", Span(0, 4e9), 1)) == 1
        assert store.sizes() == inner.sizes()
        assert store.oldest_waiting() is None
        inner.away = AWAY
        store.append([row("lamp-1", MONDAY - 60, power=4.0)])
        assert store.oldest_waiting() == MONDAY - 60
        assert len(store.series(query(["lamp-1"]))) == 2
