"""What fire panels say is taken out of a delivery, acknowledged with the rest of it, and never behind it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.model.devices import Device, DeviceKind
from hub.model.fire import PanelReport
from hub.model.reports import EventReport
from hub.ports import Delivery, Lane
from hub.registry import RegistryUnavailable
from hub.telemetry.fire_first import split
from hub.telemetry.inbox import LaneInbox
from hub.telemetry.ingest import PORTION
from tests.telemetry.pipeline import Pipeline

FIRE = EventReport("panel-1", "fireAlarm", True, 1.0, 1.0, "1/23")
LAMP = EventReport("lamp-1", "lampFailure", True, 1.0, 1.0)
STATE = PanelReport("panel-1", 1.0, 1.0)


class Said:
    """Counts what a driver is told."""

    def __init__(self) -> None:
        self.done = self.failed = 0

    def delivery(self, *events: EventReport, panels: tuple[PanelReport, ...] = ()) -> Delivery:
        def done() -> None:
            self.done += 1

        def failed() -> None:
            self.failed += 1

        return Delivery(done, events=events, panels=panels, failed=failed, size=len(events) + len(panels))


def test_a_panel_that_floods_keeps_no_other_waiting_for_the_whole_of_it(tmp_path: Path) -> None:
    async def scene() -> Pipeline:
        pipeline = Pipeline(tmp_path, batch_readings=30_000, bound=30_000)
        pipeline.registry.devices.add_many([Device("panel-1", "", DeviceKind.FIRE_PANEL)])
        for n in range(20):
            events = [replace(FIRE, point=f"{n}/{m}") for m in range(200)]
            delivery = Delivery(lambda: pipeline.acknowledged.append(""), events=events, size=len(events))
            pipeline.inbox.put(Lane.FIRE, delivery)
        async with pipeline:
            while len(pipeline.acknowledged) < 20:
                await asyncio.sleep(0.001)
        return pipeline

    shown = [len(each.recorded.fire) for each in asyncio.run(scene()).heard]
    assert sum(shown) == 4_000
    assert max(shown) <= PORTION


def test_what_is_of_one_kind_stays_as_it_is() -> None:
    fire, lamp = Said().delivery(FIRE, panels=(STATE,)), Said().delivery(LAMP)
    assert split(fire) == (fire, None)
    assert split(lamp) == (None, lamp)


def test_a_mixed_delivery_is_acknowledged_once_when_both_parts_are_durable() -> None:
    said = Said()
    fire, rest = split(said.delivery(LAMP, FIRE, panels=(STATE,)))
    assert fire is not None and rest is not None
    assert (list(fire.events), list(fire.panels), list(rest.events), list(rest.panels)) == ([FIRE], [STATE], [LAMP], [])
    fire.done()
    assert said.done == 0
    rest.done()
    assert (said.done, said.failed) == (1, 0)


def test_a_part_that_fails_has_the_whole_sent_again_once() -> None:
    said = Said()
    fire, rest = split(said.delivery(LAMP, FIRE))
    assert fire is not None and rest is not None
    fire.done()
    rest.failed()
    rest.failed()
    assert (said.done, said.failed) == (0, 1)


def test_fire_has_its_lane_and_a_full_one_stops_the_drivers_that_bring_fire() -> None:
    async def scene() -> None:
        inbox = LaneInbox({Lane.FIRE: 2, Lane.URGENT: 100, Lane.BULK: 100})
        for _ in range(3):
            inbox.put(Lane.URGENT, Said().delivery(LAMP))
        inbox.put(Lane.URGENT, Said().delivery(FIRE))
        assert (inbox.depth(Lane.FIRE), inbox.depth(Lane.URGENT)) == (1, 3)
        assert [each.events for each in await inbox.take(Lane.FIRE, 10, 0.0)] == [(FIRE,)]
        inbox.put(Lane.URGENT, Said().delivery(FIRE, FIRE))
        assert inbox.full(Lane.FIRE) and inbox.full(Lane.URGENT) and not inbox.full(Lane.BULK)
        waiting = asyncio.create_task(inbox.room(Lane.URGENT))
        await inbox.take(Lane.FIRE, 10, 0.0)
        await asyncio.wait_for(waiting, 10)

    asyncio.run(scene())


def test_fire_is_tried_again_sooner_than_the_rest_while_the_registry_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it is written as soon as the registry is back, not up to five seconds later."""
    tries: Counter[str] = Counter()

    async def scene() -> None:
        pipeline = Pipeline(tmp_path)
        pipeline.registry.devices.add_many([Device("panel-1", "", DeviceKind.FIRE_PANEL)])
        record, away = pipeline.registry.reports.record, True

        def failing(*, events: Sequence[EventReport], **said: Any) -> object:
            tries[events[0].device] += 1
            if away:
                raise RegistryUnavailable("away")
            return record(events=events, **said)

        monkeypatch.setattr(pipeline.registry.reports, "record", failing)
        async with pipeline:
            for lane, event in ((Lane.FIRE, FIRE), (Lane.URGENT, LAMP)):
                said = Delivery(lambda name=event.device: pipeline.acknowledged.append(name), events=[event], size=1)
                pipeline.inbox.put(lane, said)
            while tries.total() < 30:
                await asyncio.sleep(0.01)
            assert pipeline.acknowledged == []
            away = False
            while len(pipeline.acknowledged) < 2:
                await asyncio.sleep(0.01)
        assert sorted(pipeline.acknowledged) == ["lamp-1", "panel-1"]

    asyncio.run(scene())
    assert tries["panel-1"] > 2 * tries["lamp-1"]
