"""The short way of fire: what cannot be written is tried again, nothing overtakes it, and others write little meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.model.commands import Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.reports import EventReport, ResultReport
from hub.ports import Lane
from hub.registry import RegistryUnavailable
from hub.telemetry.ingest import FEW, PORTION
from tests.telemetry.pipeline import NOW, Pipeline, row

FIRE = EventReport("panel-1", "fireAlarm", True, NOW, NOW, "1/23")


def furnished(pipeline: Pipeline) -> Pipeline:
    pipeline.registry.devices.add_many([Device("panel-1", "", DeviceKind.FIRE_PANEL)])
    return pipeline


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.001)


def test_what_cannot_be_written_now_is_shown_when_it_can_before_what_came_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> Pipeline:
        pipeline = furnished(Pipeline(tmp_path))
        record, tried = pipeline.registry.reports.record, []

        def away(**said: Any) -> Any:
            tried.append(said)
            if len(tried) < 3:
                raise RegistryUnavailable("the disk is full")
            return record(**said)

        monkeypatch.setattr(pipeline.registry.reports, "record", away)
        async with pipeline:
            pipeline.deliver("first", Lane.FIRE, events=[FIRE])
            await until(lambda: len(tried) > 0)
            pipeline.deliver("second", Lane.FIRE, events=[replace(FIRE, point="1/24")])
            assert pipeline.acknowledged == []
            await until(lambda: len(pipeline.acknowledged) == 2)
        return pipeline

    pipeline = asyncio.run(scene())
    assert pipeline.acknowledged == ["first", "second"]
    assert [event.point for each in pipeline.heard for event in each.recorded.fire] == ["1/23", "1/24"]
    assert pipeline.ingest.counters.failing == {}


def test_what_holds_readings_too_waits_for_the_store(tmp_path: Path) -> None:
    async def scene() -> Pipeline:
        pipeline = furnished(Pipeline(tmp_path))
        async with pipeline:
            pipeline.deliver("readings", Lane.FIRE, rows=[row()])
            pipeline.deliver("fire", Lane.FIRE, events=[FIRE])
            await until(lambda: len(pipeline.acknowledged) == 2)
        return pipeline

    assert asyncio.run(scene()).acknowledged == ["readings", "fire"]


def test_what_waits_at_the_end_is_not_acknowledged_and_what_is_written_is(tmp_path: Path) -> None:
    async def scene() -> Pipeline:
        pipeline = furnished(Pipeline(tmp_path))
        async with pipeline:
            pipeline.deliver("first", Lane.FIRE, events=[FIRE])
            pipeline.deliver("second", Lane.FIRE, events=[replace(FIRE, point="1/24")])
        return pipeline

    assert asyncio.run(scene()).acknowledged == ["first"]


def test_others_write_little_at_a_time_while_fire_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(*, fire: bool) -> list[int]:
        pipeline = furnished(Pipeline(tmp_path / str(fire), batch_readings=30_000, bound=30_000))
        record, sizes = pipeline.registry.reports.record, []

        def watched(**said: Any) -> Any:
            sizes.append(len(said["results"]))
            return record(**said)

        monkeypatch.setattr(pipeline.registry.reports, "record", watched)
        results = [ResultReport(f"lamp-{n}", "order-1", Outcome.APPLIED, NOW, NOW) for n in range(2_500)]
        async with pipeline:
            if fire:
                pipeline.deliver("fire", Lane.FIRE, events=[FIRE])
            pipeline.deliver("results", Lane.URGENT, results=results)
            await until(lambda: "results" in pipeline.acknowledged)
        return [size for size in sizes if size]

    for folder in ("True", "False"):
        (tmp_path / folder).mkdir()
    calm, hurried = asyncio.run(scene(fire=False)), asyncio.run(scene(fire=True))
    assert calm == [PORTION, PORTION, 500]
    assert sum(hurried) == 2_500
    assert hurried[0] == FEW
