"""A light that somebody switched on the spot is left alone for a time."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hub.model.light import Cause, LightReport
from hub.model.reports import PresenceReport
from tests.control.street import Street, planned
from tests.control.test_switching import done, request

LAMP = "lamp-0004"
HOUR = 3600.0


def switched(street: Street, level: float = 100) -> float:
    """Somebody stands at the lamp; returns when the hub heard of it."""
    now = street.clock.now()
    street.take(lights=[LightReport(LAMP, level, Cause.LOCAL, now, now)])
    return now


def later(street: Street, hours: float) -> None:
    """Time goes by; the lamps are heard of meanwhile."""
    street.clock.passed(hours * HOUR)
    now = street.clock.now()
    lights = street.city.lights(["city"])
    street.take(presence=[PresenceReport(light, here, now) for light in lights for here in (False, True)])
    under = [light for light in lights if (r := street.board.report(light)) and r.cause is Cause.PROGRAM]
    street.take(lights=[LightReport(light, planned(now), Cause.PROGRAM, now, now) for light in under])


async def ordered(street: Street) -> bool:
    """Whether the hub orders the lamp back."""
    before = len(street.orders)
    for _ in range(3):
        await street.reconciler.look()
        await asyncio.sleep(0.01)
    return any(order.device == LAMP for order in street.orders[before:])


def test_it_is_left_alone_for_its_hold_time_and_then_ordered_back(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        street.online()
        since = switched(street)
        assert street.board.light(LAMP).local_until == since + 4 * HOUR
        assert not await ordered(street)
        later(street, 3.9)
        switched(street)  # it says so again: the time goes on
        assert street.board.light(LAMP).local_until == since + 4 * HOUR
        assert not await ordered(street)
        later(street, 0.2)
        assert street.board.light(LAMP).local_until is None
        assert await ordered(street)
        assert street.board.light(LAMP).cause is Cause.PROGRAM
        await street.dispatcher.stop()

    asyncio.run(run())


def test_another_level_begins_anew_and_automatic_ends_it(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        street.online()
        switched(street)
        later(street, 3)
        again = switched(street, 20)
        assert street.board.light(LAMP).local_until == again + 4 * HOUR
        street.online(LAMP)
        assert street.board.light(LAMP).local_until is None

    asyncio.run(run())


def test_a_restart_does_not_prolong_it(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        street.online()
        since = switched(street)
        await street.reconciler.look()
        later(street, 3)
        switched(street)
        street.registry.close()
        again = Street(tmp_path, clock=street.clock)
        assert again.board.light(LAMP).local_until == since + 4 * HOUR
        again.take(presence=[PresenceReport(LAMP, True, again.clock.now())])
        switched(again)
        assert again.board.light(LAMP).local_until == since + 4 * HOUR
        assert not await ordered(again)

    asyncio.run(run())


def test_an_order_that_begins_later_ends_it_and_one_that_ruled_before_does_not(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, tries=1, deadline=0.05)
        street.online()
        placed = await street.desk.place(request(street, 60))
        await done(street, placed.command.id)
        switched(street)
        assert not await ordered(street)
        street.dead.add(LAMP)  # the switch at the lamp wins over the first order
        newer = await street.desk.place(request(street, 80))
        await done(street, newer.command.id)
        street.dead.clear()
        assert street.board.light(LAMP).local_until is None
        assert await ordered(street)
        assert street.board.light(LAMP).actual == 80
        await street.dispatcher.stop()

    asyncio.run(run())


def test_a_clock_that_is_set_back_does_not_prolong_it(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        street.online()
        await street.ticks.look()
        switched(street)
        street.clock.added -= 24 * HOUR
        await street.ticks.look()
        until = street.board.light(LAMP).local_until
        assert until is not None and until <= street.clock.now() + 4 * HOUR

    asyncio.run(run())


def test_a_light_that_says_only_its_level_is_ordered_back_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, others={"bulb": "stateful"})
        street.take(presence=[PresenceReport("bulb", True, street.clock.now())])
        street.say("bulb", 100)  # after a power cut, or by hand: nobody can know
        assert street.board.light("bulb").local_until is None
        await street.reconciler.look()
        while not street.orders:
            await asyncio.sleep(0.01)
        assert street.orders[-1].device == "bulb"
        await street.dispatcher.stop()

    asyncio.run(run())
