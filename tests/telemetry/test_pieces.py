"""A large batch reaches those who listen in pieces: whole, and in the order in which things become known."""

from __future__ import annotations

import asyncio
from itertools import chain
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hub.background import PART
from hub.model.commands import Command, Operation, Outcome
from hub.model.light import Cause, LightReport
from hub.model.reports import ResultReport
from hub.ports import Lane
from hub.registry import Recorded, TargetChange
from hub.telemetry.batch import Ingested, pieces
from tests.telemetry.pipeline import NOW, Pipeline, row
from tests.telemetry.test_ingest import until


def reports(count: int) -> list[LightReport]:
    return [LightReport(f"lamp-{n}", 40.0, Cause.OVERRIDE, NOW, NOW + 1, "cmd-1") for n in range(count)]


def changes(count: int) -> list[TargetChange]:
    return [TargetChange("cmd-1", f"lamp-{n}", Outcome.APPLIED, "", NOW) for n in range(count)]


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(1, 12))
def test_the_pieces_are_the_whole_and_states_come_before_the_outcomes_that_they_bring(
    rows: int, lights: int, effects: int, changed: int, most: int
) -> None:
    whole = Ingested(
        [row(f"lamp-{n}") for n in range(rows)], reports(lights), [(f"lamp-{n}", 1.0) for n in range(effects)], (),
        Recorded(changes(changed), []),
    )  # fmt: skip
    found = list(pieces(whole, most))
    for part in ("rows", "lights", "effects"):
        assert list(chain.from_iterable(getattr(each, part) for each in found)) == list(getattr(whole, part))
    assert [change for each in found for change in each.recorded.changed] == whole.recorded.changed
    if rows + lights + effects + changed > most:
        assert all(len(each.rows) + len(each.lights) + len(each.recorded.changed) <= most for each in found)
        told = [n for n, each in enumerate(found) if each.lights]
        ended = [n for n, each in enumerate(found) if each.recorded.changed]
        assert not told or not ended or max(told) < min(ended)


def test_between_two_pieces_of_a_batch_others_have_their_turn(tmp_path: Path) -> None:
    async def run() -> None:
        turns: list[int] = []

        async def count() -> None:
            while True:
                turns.append(len(pipeline.heard))
                await asyncio.sleep(0)

        async with Pipeline(tmp_path) as pipeline:
            command = Command("cmd-1", Operation.SET_LEVEL, NOW, "operator", NOW + 60, 40.0)
            pipeline.registry.orders.place(command, [f"lamp-{n}" for n in range(10)])
            counting = asyncio.create_task(count())
            pipeline.deliver("states", Lane.STATE, lights=reports(10) * (PART // 4), results=[
                ResultReport(f"lamp-{n}", "cmd-1", Outcome.APPLIED, NOW, NOW) for n in range(10)
            ])  # fmt: skip
            await until(lambda: pipeline.heard and pipeline.heard[-1].recorded.changed)
            counting.cancel()
        assert len(pipeline.heard) > 2
        assert set(turns) >= set(range(1, len(pipeline.heard)))
        assert pipeline.acknowledged == ["states"]

    asyncio.run(run())
