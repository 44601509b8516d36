"""Replaying the quarantine: what is understood now is stored as if it came fresh, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path

import msgspec
import pytest

from hub.model.devices import DeviceKind
from hub.model.readings import Rejected, Row
from hub.model.reports import EventReport
from hub.ports import Lane, SeriesQuery
from hub.registry import Held, Registry, RegistryUnavailable, Selection
from hub.store import DuckDbStore
from hub.telemetry.bounds import QuarantineBounds, QuarantineKeeper
from hub.telemetry.replay import ReplayState, ReplayUnderWay
from tests.registry.examples import rejected
from tests.servers.programs import Printing
from tests.servers.programs import run as run_to_end
from tests.telemetry.pipeline import NOW, TroubledStore, row
from tests.telemetry.replaying import Replaying, StillClock
from tests.telemetry.test_ingest import series, until

UP = "ll/d/gate/up/telemetry"


def power(device: str, value: float, time: float | None = NOW - 5) -> list[dict[str, object]]:
    record: dict[str, object] = {"bn": f"{device}/", "n": "power", "u": "W", "v": value}
    return [record | ({} if time is None else {"t": time})]


def test_a_message_is_understood_once_its_device_is_registered(tmp_path: Path) -> None:
    async def run() -> None:
        async with Replaying(tmp_path) as pipeline:
            pipeline.refuse(UP, power("new-1", 61.2))
            pipeline.refuse(UP, power("new-1", 62.5, None), received=NOW + 7)
            pipeline.refuse(UP, power("new-2", 1.0))
            before = await pipeline.replay()
            assert (before.total, before.done, before.understood, before.refused) == (3, 3, 0, 3)
            pipeline.register("new-1")
            after = await pipeline.replay()
            assert (after.state, after.done, after.understood, after.refused) == (ReplayState.DONE, 3, 2, 1)
            assert after.reasons["unknown-device"][0] == 1 and "new-2" in after.reasons["unknown-device"][1]
            assert series(pipeline, "new-1") == [(NOW - 5, 61.2), (NOW + 7, 62.5)]
            (kept,) = pipeline.registry.quarantine.page()
            assert (kept.tries, kept.tried, kept.received) == (2, NOW + 3600, NOW)
            assert pipeline.registry.quarantine.counts()[0].count == 3

    asyncio.run(run())


def test_a_dry_run_says_the_same_and_changes_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with Replaying(tmp_path) as pipeline:
            pipeline.refuse(UP, power("new-1", 61.2))
            pipeline.refuse(UP, b"{", code="bad-json")
            pipeline.register("new-1")
            before = pipeline.registry.quarantine.page()
            replay = await pipeline.replay(dry_run=True)
            assert (replay.understood, replay.refused, list(replay.reasons)) == (1, 1, ["bad-json"])
            assert pipeline.registry.quarantine.page() == before
            assert series(pipeline, "new-1") == []
            assert (pipeline.replays.understood, pipeline.replays.refused) == (0, 0)

    asyncio.run(run())


def test_only_what_is_selected_and_was_there_is_replayed(tmp_path: Path) -> None:
    async def run() -> None:
        async with Replaying(tmp_path, batch=2) as pipeline:
            for number in range(7):
                pipeline.refuse(UP, power("new-1", number, NOW + number), received=NOW + number)
            pipeline.register("new-1")
            replay = await pipeline.replay(Selection(after=NOW + 2, before=NOW + 6))
            assert (replay.total, replay.understood) == (4, 4)
            assert [value for _, value in series(pipeline, "new-1")] == [2, 3, 4, 5]
            assert len(pipeline.registry.quarantine.page()) == 3

    asyncio.run(run())


def test_what_nobody_reads_stays_as_it_was(tmp_path: Path) -> None:
    async def run() -> None:
        async with Replaying(tmp_path) as pipeline:
            pipeline.refuse("coap/t/lamp-1", power("lamp-1", 1.0), code="bad-json")
            pipeline.refuse("store", b"not a row", code="store-refused")
            replay = await pipeline.replay()
            assert (replay.refused, set(replay.reasons)) == (2, {"no-reader", "decoder-fault"})
            kept = pipeline.registry.quarantine.page()
            assert [(each.code, each.reason, each.tries) for each in kept] == [
                ("store-refused", "register it", 1),
                ("bad-json", "register it", 1),
            ]

    asyncio.run(run())


def test_rows_that_the_store_refused_are_tried_again(tmp_path: Path) -> None:
    async def run() -> None:
        store = TroubledStore(poison=["lamp-3"])
        async with Replaying(tmp_path, store) as pipeline:
            pipeline.deliver("mixed", rows=[row("lamp-3", power=7.0), row("lamp-4")])
            await until(lambda: pipeline.acknowledged)
            refused = await pipeline.replay()
            assert (refused.understood, refused.refused, list(refused.reasons)) == (0, 1, ["store-refused"])
            assert [each.tries for each in pipeline.registry.quarantine.page()] == [1]
            store.poison = frozenset()
            understood = await pipeline.replay()
            assert (understood.understood, understood.refused) == (1, 0)
            assert series(pipeline, "lamp-3") == [(NOW, 7.0)]
            assert pipeline.registry.quarantine.page() == []

    asyncio.run(run())


def test_reports_that_the_registry_refused_are_tried_again(tmp_path: Path) -> None:
    async def run() -> None:
        async with Replaying(tmp_path) as pipeline:
            event = EventReport("lamp-1", "lampFailure", True, NOW, NOW + 1, "", "đèn")
            raw = msgspec.json.encode(event)
            pipeline.registry.reports.record(
                rejected=[Rejected(NOW + 1, "registry", "lamp-1", "registry-refused", "no", raw)]
            )
            assert (await pipeline.replay()).understood == 1
            assert pipeline.registry.events.active() == [event]

    asyncio.run(run())


def test_what_was_so_then_is_not_taken_for_what_is_so_now(tmp_path: Path) -> None:
    async def run() -> None:
        async with Replaying(tmp_path) as pipeline:
            pipeline.registry.reports.record(events=[EventReport("lamp-1", "doorOpen", False, NOW, NOW)])
            pipeline.states["lamp-1"] = NOW
            for lamp in ("lamp-1", "lamp-2"):
                state = {"t": NOW - 60, "level": 40, "cause": "program"}
                opened = {"t": NOW - 60, "type": "doorOpen", "active": True}
                pipeline.refuse(f"ll/d/{lamp}/up/state", state)
                pipeline.refuse(f"ll/d/{lamp}/up/event", opened)
                pipeline.refuse(f"ll/d/{lamp}/up/presence", b"offline")
            assert (await pipeline.replay()).understood == 6
            heard = pipeline.heard
            assert [each.device for batch in heard for each in batch.lights] == ["lamp-2"]
            assert [each.device for batch in heard for each in batch.recorded.new_events] == ["lamp-2"]
            assert [each for batch in heard for each in batch.presence] == []
            assert series(pipeline, "lamp-1", "level") == series(pipeline, "lamp-2", "level") == [(NOW - 60, 40.0)]
            times = [each.event.time for each in pipeline.registry.events.list("lamp-1")]
            assert sorted(times) == [NOW - 60, NOW]

    asyncio.run(run())


def test_one_replay_at_a_time_and_none_crowds_out_fresh_messages(tmp_path: Path) -> None:
    async def run() -> None:
        store = TroubledStore()
        store.open.clear()
        async with Replaying(tmp_path, store, bound=10, batch_readings=1) as pipeline:
            for number in range(40):
                pipeline.refuse(UP, power("new-1", number, NOW + number))
            pipeline.register("new-1")
            replay = await pipeline.replays.begin(Selection(), "huong")
            try:
                with pytest.raises(ReplayUnderWay, match=replay.id):
                    await pipeline.replays.begin(Selection(), "lan")
                await until(lambda: pipeline.inbox.full(Lane.BULK))
                assert 0 < pipeline.inbox.depth(Lane.BULK) <= 10
            finally:
                store.open.set()
            assert (await pipeline.ended(replay)).understood == 40
            assert (await pipeline.replay()).total == 0
            assert [each.by for each in pipeline.replays.recent()] == ["huong", "huong"]

    asyncio.run(run())


def test_while_the_registry_is_away_a_replay_waits_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with Replaying(tmp_path) as pipeline:
            pipeline.refuse(UP, power("new-1", 1.0))
            pipeline.register("new-1")
            settle, away = pipeline.registry.quarantine.settle, [True]

            def failing(*arguments: object) -> object:
                if away[0]:
                    raise RegistryUnavailable("away")
                return settle(*arguments)  # type: ignore[arg-type]

            monkeypatch.setattr(pipeline.registry.quarantine, "settle", failing)
            replay = await pipeline.replays.begin(Selection(), "huong")
            await until(lambda: replay.waits_for)
            assert (replay.waits_for, replay.done) == ("away", 0)
            away[0] = False
            assert (await pipeline.ended(replay)).understood == 1
            assert replay.waits_for == ""

    asyncio.run(run())


def test_a_replay_that_the_hub_fails_on_ends_and_says_so(tmp_path: Path) -> None:
    async def run() -> None:
        def broken(rows: Sequence[Row]) -> AbstractContextManager[None]:
            raise KeyError("a defect")

        async with Replaying(tmp_path, arriving=broken) as pipeline:
            pipeline.refuse(UP, power("new-1", 1.0))
            pipeline.register("new-1")
            replay = await pipeline.replay()
            assert (replay.state, replay.understood, replay.done) == (ReplayState.FAILED, 0, 0)
            assert [each.code for each in pipeline.registry.quarantine.page()] == ["unknown-device"]

    asyncio.run(run())


def test_kill_9_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    rounds, messages = 4, 2000
    chance = random.Random(5)

    async def fill() -> None:
        async with Replaying(tmp_path) as pipeline:
            pipeline.registry.reports.record(
                rejected=[
                    Rejected(
                        NOW + n / 1e3,
                        UP,
                        "gate",
                        "unknown-device",
                        "x",
                        msgspec.json.encode(power("new-1", n, NOW - n)),
                    )
                    for n in range(messages)
                ]
            )
            pipeline.register("new-1")

    asyncio.run(fill())
    left = messages
    for _ in range(rounds):
        goal = chance.randrange(20, left // 4)
        replaying = Printing("tests.telemetry.replaying", tmp_path)
        lines = (line.split() for line in replaying.lines)
        assert next(words[1] for words in lines if words[0] == "total") == str(left)
        assert next(int(words[1]) for words in lines if words[0] == "done" and int(words[1]) >= goal)
        replaying.killed()
        with closing(Registry(f"sqlite:///{tmp_path / 'registry.db'}")) as registry:
            waiting = {each.received for each in registry.quarantine.page(limit=messages)}
        with closing(DuckDbStore(tmp_path / "store", lambda: NOW)) as store:
            query = SeriesQuery({DeviceKind.LIGHT: ["new-1"]}, "power", 0, 4e9)
            stored = [int(value) for _, value in store.series(query)]
        assert len(stored) == len(set(stored)), "a reading is stored twice"
        assert {n for n in range(messages) if NOW + n / 1e3 not in waiting} <= set(stored)
        assert len(waiting) <= left - goal
        left = len(waiting)
    last = run_to_end(tmp_path, module="tests.telemetry.replaying")
    assert "ended" in last.stdout.split(), last.stderr
    with closing(DuckDbStore(tmp_path / "store", lambda: NOW)) as store:
        assert sorted(value for _, value in store.series(query)) == list(range(messages))


def test_the_quarantine_keeps_within_its_bounds_under_a_flood(tmp_path: Path) -> None:
    with closing(Registry(f"sqlite:///{tmp_path / 'registry.db'}")) as registry:
        keeper = QuarantineKeeper(registry, StillClock(), QuarantineBounds(1000, 10**9, 30))
        registry.reports.record(rejected=[rejected("quiet") for _ in range(20)])
        registry.reports.record(rejected=[rejected("old", received=NOW - 31 * 86400) for _ in range(5)])
        keeper.look()
        assert registry.quarantine.held()["bad-json"].rows == 20
        for _ in range(6):
            registry.reports.record(rejected=[rejected("flood") for _ in range(400)])
            keeper.look()
            held = registry.quarantine.held()["bad-json"]
            assert 420 <= held.rows <= 1000
        assert len(registry.quarantine.page(Selection(device="quiet"), limit=1000)) == 20
        registry.quarantine.delete(Selection(device="flood"))
        registry.reports.record(rejected=[rejected("late") for _ in range(900)])
        keeper.look()
        assert registry.quarantine.held() == {"bad-json": Held(920, 920 * 3)}
