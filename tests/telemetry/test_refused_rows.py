"""Rows that a store refuses by name go to quarantine with its reason; the rest of the batch is stored, in one go."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec

from hub.model.readings import Row
from hub.ports import RowsRefused
from hub.store import MemoryStore
from tests.telemetry.pipeline import Pipeline, row


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
