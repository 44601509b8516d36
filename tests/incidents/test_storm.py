"""Thousands of alarms at once, each with its incident: everything is recorded, and the event loop stays free."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from hub.background import Breath
from hub.model.devices import Device, DeviceKind
from hub.model.reports import EventReport
from hub.registry import IncidentChoice, Written
from tests.control.street import Street
from tests.incidents.test_killed import Process

PANELS = 1000
DRY = {
    "name": "Fire", "trigger": {"types": ["fireAlarm"]}, "light": [{"level": 100, "zones": ["city"]}], "dry_run": True,
}  # fmt: skip


def test_a_storm_is_recorded_whole_and_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[None] = []  # that others had

    async def take(breath: Breath) -> None:
        turns.append(None)
        await asyncio.sleep(0)

    monkeypatch.setattr(Breath, "due", lambda breath: True)
    monkeypatch.setattr(Breath, "take", take)
    street = Street(tmp_path)
    panels = [Device(f"panel-{n}", "Panel", DeviceKind.FIRE_PANEL, zone="le-loi") for n in range(PANELS)]
    street.registry.devices.add_many(panels)
    street.registry.plans.playbooks.add(Written("fire", DRY, 0.0, "lan"))
    process = Process(tmp_path, street.clock)
    now = street.clock.now()
    events = [EventReport(panel.id, "fireAlarm", True, now, now) for panel in panels]

    async def storm() -> None:
        await process.alarms.load()
        await process.incidents.load()
        process.street.registry.reports.record(events=events)
        await process.alarms.catch_up()
        turns.clear()
        await process.incidents.look()
        await process.street.dispatcher.stop()

    with closing(street.registry), closing(process.street.registry):
        asyncio.run(storm())
        found = process.street.registry.incidents.page(IncidentChoice(), limit=PANELS + 1)
        assert len(found) == PANELS
        assert sum(not any(each.refused) for each in found) == 100, "the rest is recorded and does nothing"
    assert len(turns) >= PANELS, "others have their turn after each"
