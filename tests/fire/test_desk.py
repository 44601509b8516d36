"""The desk of fire and its self-test on a real registry: what happens in an unlucky order, or fails on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.fire.desk import FireDesk
from hub.fire.heartbeats import Heartbeats
from hub.fire.self_test import SelfTests
from hub.fire.wire import Account
from hub.model.devices import Device, DeviceKind
from hub.model.reports import EventReport
from hub.ports import Lane, Order
from hub.registry import Registry, Stamp
from hub.registry.city import City
from hub.telemetry.inbox import LaneInbox
from tests.servers.registries import open_registry
from tests.telemetry.replaying import StillClock

NOW = 1_790_000_000.0
PANEL = Device("panel-1", "", DeviceKind.FIRE_PANEL)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    registry = open_registry(tmp_path / "registry.db")
    registry.devices.add_many([PANEL])
    yield registry
    registry.close()


async def send(order: Order) -> None:
    """No wire here."""


def desk_of(registry: Registry, stages: list[str]) -> FireDesk:
    return FireDesk(
        City(devices=[PANEL]), registry, StillClock(), LaneInbox(dict.fromkeys(Lane, 100)), send,
        lambda event, left: None, Heartbeats(60.0, 3, 5.0), can_read=lambda device: False,
        seen=lambda event, stage, took: stages.append(stage),
    )  # fmt: skip


def test_an_event_whose_alarm_was_made_before_it_was_shown_is_followed_all_the_same(registry: Registry) -> None:
    async def scene() -> list[str]:
        stages: list[str] = []
        desk = desk_of(registry, stages)
        fire = registry.reports.record(events=[EventReport("panel-1", "fireAlarm", True, NOW, NOW, "1/23")]).fire
        desk.alarmed([Stamp(fire[0].id, alarm="alarm-1", episode=1, alarmed=NOW)])
        desk.take(fire, [], [])
        return stages

    assert asyncio.run(scene()) == ["persisted", "alarmed"]


def test_a_self_test_that_cannot_be_done_has_failed(registry: Registry) -> None:
    async def prepare() -> Account:
        raise OSError(28, "No space left on device")

    async def watch() -> AsyncGenerator[bytes]:
        yield b": connected"

    async def acknowledge(alarm: str, who: str) -> None:
        raise AssertionError("there is no alarm")

    async def scene() -> SelfTests:
        tests = SelfTests(
            desk_of(registry, []), registry, StillClock(), prepare, watch, acknowledge,
            registry.deliveries.dealt_with, at="", zone=ZoneInfo("UTC"), patience=10.0,
        )  # fmt: skip
        await tests.run("lan")
        return tests

    tests = asyncio.run(scene())
    assert tests.failing
    (kept,) = registry.fire.tests()
    assert kept.outcome == "failed" and "No space left" in kept.detail
