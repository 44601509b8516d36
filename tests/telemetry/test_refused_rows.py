"""Rows that a store refuses by name go to quarantine with its reason; the rest of the batch is stored, in one go."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from hub.model.readings import Rejected, Row
from hub.model.reports import EventReport
from hub.ports import Lane, RowsRefused
from hub.registry import RegistryUnavailable
from hub.store import MemoryStore
from tests.telemetry.pipeline import NOW, Pipeline, row


class Choosy(MemoryStore):
    """Takes the rows of lamp-1 only. `tried` counts its appends."""

    tried = 0

    def append(self, rows: Sequence[Row]) -> None:
        self.tried += 1
        super().append([each for each in rows if each.device == "lamp-1"])
        refused = {n: f"{each.device}: field type conflict" for n, each in enumerate(rows) if each.device != "lamp-1"}
        if refused:
            raise RowsRefused(refused)


def test_refused_rows_are_quarantined_with_the_reason_of_the_store(tmp_path: Path) -> None:
    store = Choosy()
    rows = [row("lamp-2", power=5.0), row("lamp-1"), row("lamp-3")]

    async def run() -> None:
        async with Pipeline(tmp_path, store) as pipeline:
            pipeline.deliver("one", rows=rows)
            async with asyncio.timeout(20):
                while not pipeline.acknowledged:
                    await asyncio.sleep(0.005)
            kept = {each.device: each for each in pipeline.registry.quarantine.page()}
            assert set(kept) == {"lamp-2", "lamp-3"} and store.tried == 1
            assert kept["lamp-2"].code == "store-refused"
            assert kept["lamp-2"].reason == "the store refused it: lamp-2: field type conflict"
            assert msgspec.json.decode(kept["lamp-2"].raw, type=Row) == rows[0]
            assert [each.device for each in pipeline.heard[0].rows] == ["lamp-1"]
            assert pipeline.ingest.counters.refused == 2 and pipeline.ingest.counters.rows == 1

    asyncio.run(run())
    assert {device for _, device, _ in store.rows} == {"lamp-1"}


def test_the_log_says_a_reason_once_and_not_with_every_batch(tmp_path: Path) -> None:
    async def run() -> None:
        async with Pipeline(tmp_path, Choosy(), batch_readings=1) as pipeline:
            with capture_logs() as logs:
                async with asyncio.timeout(20):
                    for n in range(20):
                        pipeline.deliver(f"m{n}", rows=[row("lamp-2", NOW + n), row("lamp-3", NOW + n)])
                    while len(pipeline.acknowledged) < 20:
                        await asyncio.sleep(0.005)
            assert pipeline.ingest.counters.refused == 40
            assert sorted((each["event"], each["count"], each["error"]) for each in logs) == [
                ("the store refused rows", 1, "lamp-2: field type conflict"),
                ("the store refused rows", 1, "lamp-3: field type conflict"),
            ]

    asyncio.run(run())


def test_what_not_even_the_quarantine_takes_is_said_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with Pipeline(tmp_path) as pipeline:
            record = pipeline.registry.reports.record

            def refusing(*, rejected: Sequence[Rejected], **said: object) -> object:
                if any(each.device == "lamp-2" for each in rejected):
                    raise ValueError("not in this registry")
                return record(rejected=rejected, **said)  # type: ignore[arg-type]

            monkeypatch.setattr(pipeline.registry.reports, "record", refusing)
            bad = [Rejected(NOW, f"ll/d/lamp-{n}/up/state", f"lamp-{n}", "bad-json", "send JSON", b"{") for n in (1, 2)]
            with capture_logs() as logs:
                pipeline.deliver("both", Lane.URGENT, rejected=bad)
                async with asyncio.timeout(20):
                    while not pipeline.acknowledged:
                        await asyncio.sleep(0.005)
            assert [each.device for each in pipeline.registry.quarantine.page()] == ["lamp-1"]
            (said,) = logs
            assert (said["device"], said["source"], said["code"]) == ("lamp-2", "ll/d/lamp-2/up/state", "bad-json")

    asyncio.run(run())


def test_what_was_recorded_before_the_registry_went_away_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with Pipeline(tmp_path) as pipeline:
            record, away = pipeline.registry.reports.record, itertools.count()

            def failing(*, events: Sequence[EventReport], **said: object) -> object:
                devices = [each.device for each in events]
                if devices == ["lamp-4"] and next(away) < 1:
                    raise RegistryUnavailable("away")
                if "lamp-3" in devices:
                    raise ValueError("not in this registry")
                return record(events=events, **said)  # type: ignore[arg-type]

            monkeypatch.setattr(pipeline.registry.reports, "record", failing)
            events = [EventReport(f"lamp-{n}", "lampFailure", True, NOW, NOW + 1) for n in (1, 2, 3, 4)]
            pipeline.deliver("all", Lane.URGENT, events=events)
            async with asyncio.timeout(20):
                while not pipeline.acknowledged:
                    await asyncio.sleep(0.005)
            assert [each.device for each in pipeline.heard[0].recorded.new_events] == ["lamp-1", "lamp-2", "lamp-4"]
            (kept,) = pipeline.registry.quarantine.page()
            assert (kept.device, kept.code, next(away)) == ("lamp-3", "registry-refused", 2)

    asyncio.run(run())
