"""From the inbox to the disk: nothing is acknowledged before it is durable, and nothing stops the flow for good."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hub.model.commands import Command, Operation, Outcome
from hub.model.devices import DeviceKind
from hub.model.light import Cause, LightReport
from hub.model.readings import Rejected, Row
from hub.model.reports import EventReport, ResultReport
from hub.ports import Delivery, Lane, SeriesQuery
from hub.registry import RegistryUnavailable
from hub.store import DuckDbStore
from tests.telemetry.pipeline import NOW, Pipeline, TroubledStore, no_effects, row


async def until(done: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not done():
            await asyncio.sleep(0.005)


def series(pipeline: Pipeline, device: str, metric: str = "power") -> list[tuple[float, float]]:
    return pipeline.store.series(SeriesQuery({DeviceKind.LIGHT: [device]}, metric, 0, 4e9))


def state(device: str, level: float = 40.0, command: str | None = None) -> LightReport:
    return LightReport(device, level, Cause.PROGRAM, NOW, NOW + 1, command)


def test_readings_are_on_disk_when_their_message_is_acknowledged(tmp_path: Path) -> None:
    async def run() -> None:
        folder = tmp_path / "store"
        found: list[list[tuple[float, float]]] = []
        async with Pipeline(tmp_path, DuckDbStore(folder, lambda: NOW)) as pipeline:
            pipeline.deliver("one", rows=[row(power=61.2)])
            await until(lambda: pipeline.acknowledged)
            found.append(series(pipeline, "lamp-1"))
            pipeline.deliver("the same again", rows=[row(power=61.2)])
            await until(lambda: len(pipeline.acknowledged) == 2)
        reopened = DuckDbStore(folder, lambda: NOW)
        found.append(reopened.series(SeriesQuery({DeviceKind.LIGHT: ["lamp-1"]}, "power", 0, 4e9)))
        reopened.close()
        assert found == [[(NOW, 61.2)]] * 2
        assert pipeline.latest.of("lamp-1") == {"power": (NOW, NOW + 1, 61.2)}

    asyncio.run(run())


def test_while_the_store_is_away_nothing_is_acknowledged_and_then_everything(tmp_path: Path) -> None:
    async def run() -> None:
        store = TroubledStore()
        store.away = True
        async with Pipeline(tmp_path, store) as pipeline:
            for n in range(5):
                pipeline.deliver(f"m{n}", rows=[row(time=NOW + n)])
            await until(lambda: pipeline.ingest.counters.failing)
            assert pipeline.ingest.counters.failing == {"store": "the disk is full"}
            assert (pipeline.acknowledged, pipeline.heard, dict(pipeline.latest.of("lamp-1"))) == ([], [], {})
            store.away = False
            await until(lambda: len(pipeline.acknowledged) == 5)
            assert pipeline.acknowledged == [f"m{n}" for n in range(5)]
            assert pipeline.ingest.counters.failing == {}
            assert len(series(pipeline, "lamp-1")) == 5

    asyncio.run(run())


def test_while_the_registry_is_away_reports_wait_unacknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with Pipeline(tmp_path) as pipeline:
            record, tries = pipeline.registry.reports.record, itertools.count()

            def failing(**said: object) -> object:
                if next(tries) < 2:
                    raise RegistryUnavailable("away")
                return record(**said)  # type: ignore[arg-type]

            monkeypatch.setattr(pipeline.registry.reports, "record", failing)
            pipeline.deliver("state", Lane.URGENT, lights=[state("lamp-1")])
            await until(lambda: pipeline.ingest.counters.failing)
            assert pipeline.acknowledged == []
            await until(lambda: pipeline.acknowledged)
            assert [record.report.level for record in pipeline.registry.lights.all()] == [40.0]

    asyncio.run(run())


def test_a_row_that_cannot_be_stored_is_quarantined_and_the_rest_is_stored(tmp_path: Path) -> None:
    async def run() -> None:
        async with Pipeline(tmp_path, TroubledStore(poison=["lamp-3"])) as pipeline:
            pipeline.deliver("mixed", rows=[row(f"lamp-{n}") for n in range(8)])
            await until(lambda: pipeline.acknowledged)
            assert [n for n in range(8) if series(pipeline, f"lamp-{n}")] == [0, 1, 2, 4, 5, 6, 7]
            (kept,) = pipeline.registry.quarantine.page()
            assert (kept.device, kept.code) == ("lamp-3", "store-refused")
            assert not pipeline.latest.of("lamp-3")
            assert [each.device for each in pipeline.heard[0].rows] == [f"lamp-{n}" for n in (0, 1, 2, 4, 5, 6, 7)]

    asyncio.run(run())


def test_a_report_that_cannot_be_recorded_is_quarantined_and_the_rest_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with Pipeline(tmp_path) as pipeline:
            order = Command("cmd-1", Operation.SET_LEVEL, NOW, "huong", NOW + 60, 40.0)
            pipeline.registry.orders.place(order, ["lamp-1", "lamp-2"])
            record = pipeline.registry.reports.record

            def refusing(*, lights: Sequence[LightReport], **said: object) -> object:
                if any(report.device == "lamp-2" for report in lights):
                    raise ValueError("not in this registry")
                return record(lights=lights, **said)  # type: ignore[arg-type]

            monkeypatch.setattr(pipeline.registry.reports, "record", refusing)
            pipeline.deliver(
                "batch",
                Lane.URGENT,
                lights=[state(f"lamp-{n}", command="cmd-1") for n in range(1, 6)],
                results=[ResultReport("lamp-2", "cmd-1", Outcome.APPLIED, NOW, NOW + 1)],
                events=[EventReport("lamp-4", "lampFailure", True, NOW, NOW + 1)],
                rejected=[Rejected(NOW, "ll/d/lamp-9/up/state", "lamp-9", "bad-json", "send JSON", b"{")],
            )
            await until(lambda: pipeline.acknowledged)
            stored = sorted(each.report.device for each in pipeline.registry.lights.all())
            assert stored == ["lamp-1", "lamp-3", "lamp-4", "lamp-5"]
            assert pipeline.registry.orders.outcomes("cmd-1")[Outcome.APPLIED] == 2
            assert [each.device for each in pipeline.registry.events.active()] == ["lamp-4"]
            assert sorted((each.device, each.code) for each in pipeline.registry.quarantine.page()) == [
                ("lamp-2", "registry-refused"),
                ("lamp-9", "bad-json"),
            ]
            assert {change.device for change in pipeline.heard[0].recorded.changed} == {"lamp-1", "lamp-2"}

    asyncio.run(run())


def test_a_defect_in_what_follows_does_not_stop_the_lane(tmp_path: Path) -> None:
    async def run() -> None:
        def broken(lights: Sequence[LightReport], results: Sequence[ResultReport]) -> Sequence[tuple[str, float]]:
            if any(report.device == "lamp-6" for report in lights):
                raise KeyError("a defect")
            return no_effects(lights, results)

        async with Pipeline(tmp_path, effects=broken, batch_readings=1) as pipeline:
            pipeline.deliver("bad", Lane.URGENT, lights=[state("lamp-6")])
            pipeline.deliver("good", Lane.URGENT, lights=[state("lamp-7")])
            await until(lambda: "good" in pipeline.acknowledged)
            assert [each.report.device for each in pipeline.registry.lights.all()] == ["lamp-7"]
            assert "bad" in pipeline.acknowledged
            (kept,) = pipeline.registry.quarantine.page()
            assert (kept.device, kept.code) == ("lamp-6", "registry-refused")

    asyncio.run(run())


def test_a_batch_that_fails_is_given_back_and_taken_when_it_comes_again(tmp_path: Path) -> None:
    async def run() -> None:
        tries = itertools.count()

        @contextmanager
        def arriving(rows: Sequence[Row]) -> Iterator[None]:
            if next(tries) < 2:
                raise KeyError("a defect")
            yield

        async with Pipeline(tmp_path, arriving=arriving, batch_readings=1) as pipeline:
            with capture_logs() as logs:
                for number in (1, 2):
                    pipeline.deliver("message", rows=[row("lamp-5")])
                    await until(lambda number=number: len(pipeline.given_back) == number)
            assert (pipeline.acknowledged, pipeline.ingest.counters.given_back) == ([], 2)
            assert (logs[0]["log_level"], logs[0]["devices"], logs[0]["exc_info"]) == ("error", ["lamp-5"], True)
            pipeline.deliver("message", rows=[row("lamp-5")])
            await until(lambda: pipeline.acknowledged)
            assert (pipeline.acknowledged, pipeline.given_back) == (["message"], ["message"] * 2)
            assert series(pipeline, "lamp-5") == [(NOW, 60.0)]

    asyncio.run(run())


def test_a_message_whose_acknowledgement_fails_is_given_back(tmp_path: Path) -> None:
    async def run() -> None:
        async with Pipeline(tmp_path) as pipeline:
            given_back: list[bool] = []
            pipeline.inbox.put(Lane.BULK, Delivery(lambda: 1 / 0, [row()], failed=lambda: given_back.append(True)))  # type: ignore[arg-type, return-value]
            await until(lambda: given_back)

    asyncio.run(run())


def test_a_listener_that_fails_loses_no_acknowledgement(tmp_path: Path) -> None:
    async def run() -> None:
        pipeline = Pipeline(tmp_path)
        pipeline.ingest._listen = lambda ingested: 1 / 0
        async with pipeline:
            for n in range(3):
                pipeline.deliver(f"m{n}", rows=[row(time=NOW + n)])
                await until(lambda done=n + 1: len(pipeline.acknowledged) == done)
        assert pipeline.acknowledged == ["m0", "m1", "m2"]

    asyncio.run(run())


def test_urgent_reports_do_not_wait_for_a_slow_store(tmp_path: Path) -> None:
    async def run() -> None:
        store = TroubledStore()
        store.open.clear()
        async with Pipeline(tmp_path, store) as pipeline:
            pipeline.deliver("bulk", rows=[row()])
            await until(store.tried.is_set)
            pipeline.deliver("state", Lane.STATE, rows=[row("lamp-2")], lights=[state("lamp-2")])
            await until(lambda: not pipeline.inbox.depth(Lane.STATE))
            pipeline.deliver("urgent", Lane.URGENT, events=[EventReport("lamp-1", "lampFailure", True, NOW, NOW)])
            await until(lambda: pipeline.acknowledged)
            assert pipeline.acknowledged == ["urgent"]
            store.open.set()
            await until(lambda: len(pipeline.acknowledged) == 3)

    asyncio.run(run())


def test_reports_do_not_wait_for_what_others_ask_of_a_slow_server(tmp_path: Path) -> None:
    async def run() -> None:
        answered = threading.Event()
        async with Pipeline(tmp_path) as pipeline:
            asking = [asyncio.create_task(asyncio.to_thread(answered.wait, 60)) for _ in range(64)]
            try:
                pipeline.deliver("alarm", Lane.URGENT, events=[EventReport("lamp-1", "lampFailure", True, NOW, NOW)])
                async with asyncio.timeout(5):
                    await until(lambda: pipeline.acknowledged)
            finally:
                answered.set()
                await asyncio.gather(*asking)

    asyncio.run(run())


def test_stopping_finishes_the_batch_that_is_being_written(tmp_path: Path) -> None:
    async def run() -> None:
        store = TroubledStore()
        store.open.clear()
        async with Pipeline(tmp_path, store) as pipeline:
            pipeline.deliver("bulk", rows=[row()])
            await until(store.tried.is_set)
            asyncio.get_running_loop().call_later(0.05, store.open.set)
        assert pipeline.acknowledged == ["bulk"]

    asyncio.run(run())


def test_stopping_does_not_wait_for_a_store_that_goes_away_meanwhile(tmp_path: Path) -> None:
    async def run() -> None:
        store = TroubledStore()
        store.open.clear()
        async with asyncio.timeout(10):
            async with Pipeline(tmp_path, store) as pipeline:
                pipeline.deliver("bulk", rows=[row()])
                await until(store.tried.is_set)
                store.away = True
                asyncio.get_running_loop().call_later(0.05, store.open.set)
        assert pipeline.acknowledged == []

    asyncio.run(run())


def test_stopping_does_not_wait_for_a_store_that_is_away(tmp_path: Path) -> None:
    async def run() -> None:
        store = TroubledStore()
        store.away = True
        async with Pipeline(tmp_path, store) as pipeline:
            pipeline.deliver("bulk", rows=[row()])
            await until(lambda: pipeline.ingest.counters.failing)
        assert pipeline.acknowledged == []
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())
