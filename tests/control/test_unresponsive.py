"""A light that is ordered again and again and does not follow has a condition, until it does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from hub.control.unresponsive import LAMP_UNRESPONSIVE
from hub.model.devices import DeviceStatus
from hub.model.light import Cause, LightReport
from tests.control.street import Street, planned
from tests.control.test_switching import done, request

LAMP = "lamp-0004"


def conditions(street: Street) -> list[str]:
    return [event.type for event in street.board.conditions(LAMP)]


def said(street: Street) -> list[bool | None]:
    return [row.event.active for row in reversed(street.registry.events.list(LAMP))]


async def astray(folder: Path) -> Street:
    """A street under an override that one lamp, deaf from now on, has lost."""
    street = Street(folder, tries=1, deadline=0.05)
    street.online()
    placed = await street.desk.place(request(street))
    await done(street, placed.command.id)
    street.online(LAMP)
    street.dead.add(LAMP)
    return street


async def until_unresponsive(street: Street) -> None:
    for _ in range(400):
        await street.reconciler.look()
        if conditions(street):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the condition never began")


async def until_well(street: Street) -> None:
    for _ in range(400):
        await street.reconciler.look()
        if not conditions(street):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the condition never ended")


def test_it_begins_after_three_orders_in_vain_and_ends_when_the_light_follows(tmp_path: Path) -> None:
    async def run() -> None:
        street = await astray(tmp_path)
        before = len(street.orders)
        await until_unresponsive(street)
        assert 3 <= len(street.orders) - before <= 4  # the look that finds it orders once more
        assert conditions(street) == [LAMP_UNRESPONSIVE]
        assert street.board.all_counts()["city"].faulty == 1
        assert LAMP in street.heard.changed
        street.dead.clear()
        await until_well(street)
        assert street.board.light(LAMP).actual == 60
        assert said(street) == [True, False]
        await street.dispatcher.stop()

    asyncio.run(run())


def test_a_restart_neither_ends_nor_doubles_it(tmp_path: Path) -> None:
    async def run() -> None:
        street = await astray(tmp_path)
        await until_unresponsive(street)
        while street.dispatcher.busy():
            await asyncio.sleep(0.01)
        street.registry.close()
        again = Street(tmp_path, tries=1, deadline=0.05, dead={LAMP})
        again.online(LAMP)
        await again.desk.load()
        assert conditions(again) == [LAMP_UNRESPONSIVE]
        orders = 0
        while orders < 4:
            await again.reconciler.look()
            await asyncio.sleep(0.01)
            orders = len(again.orders)
        assert said(again) == [True]
        again.dead.clear()
        await until_well(again)
        assert said(again) == [True, False]
        await again.dispatcher.stop()

    asyncio.run(run())


def test_one_that_is_only_offline_keeps_it_and_one_that_is_retired_does_not(tmp_path: Path) -> None:
    async def run() -> None:
        street = await astray(tmp_path)
        await until_unresponsive(street)
        street.offline(LAMP)
        await street.reconciler.look()
        assert conditions(street) == [LAMP_UNRESPONSIVE]
        street.city.put_devices([replace(street.city.devices[LAMP], status=DeviceStatus.RETIRED)])
        await until_well(street)
        await street.dispatcher.stop()

    asyncio.run(run())


def test_it_ends_although_the_clock_was_set_back(tmp_path: Path) -> None:
    async def run() -> None:
        street = await astray(tmp_path)
        await until_unresponsive(street)
        began = street.board.conditions(LAMP)[0].time
        street.clock.added -= 600
        level = planned(street.clock.now())
        street.take(lights=[LightReport(LAMP, level, Cause.PROGRAM, began + 1, began + 1)])
        await until_well(street)
        assert said(street) == [True, False]
        await street.dispatcher.stop()

    asyncio.run(run())
