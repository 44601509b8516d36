"""The supply of a district comes back: many lamps start with their program while an override holds."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hub.model.light import Cause, LightReport
from tests.control.street import Street
from tests.control.test_switching import done, request

LAMPS = 1500


async def lit(folder: Path, **options: object) -> Street:
    """A district of three streets under an override."""
    street = Street(folder, lights=LAMPS, gateway="gate", **options)  # type: ignore[arg-type]
    street.online()
    placed = await street.desk.place(request(street))
    await done(street, placed.command.id)
    street.orders.clear()
    return street


def astray(street: Street) -> int:
    """Lamps that are online and not at the override's level."""
    lights = (street.board.light(light) for light in street.city.lights(["city"]))
    return sum(light.online and light.actual != 60 for light in lights)


async def until_right(street: Street) -> int:
    """Look until every lamp is right; returns in how many looks."""
    for looks in range(200):
        if not astray(street):
            return looks
        await street.reconciler.look()
        while street.dispatcher.busy():
            await asyncio.sleep(0.01)
    raise AssertionError(f"{astray(street)} lamps are still astray")


def test_a_whole_district_is_right_again_by_as_many_messages_as_portions(tmp_path: Path) -> None:
    async def run() -> None:
        street = await lit(tmp_path, portion=500)
        street.online()
        assert astray(street) == LAMPS
        assert await until_right(street) == 2
        assert [order.zone for order in street.orders] == ["ward-1", "ward-2"]  # a half of a ward is told as the whole

    asyncio.run(run())


def test_lamps_that_are_dead_away_or_right_do_not_make_single_orders_of_a_streets_one(tmp_path: Path) -> None:
    async def run() -> None:
        street = await lit(tmp_path, deadline=1.0, tries=2, gateway_rate=10)
        names = street.city.lights(["city"])
        dead, away, right = set(names[0:3]), set(names[10:13]), set(names[20:23])
        street.dead |= dead | away
        street.online(*(light for light in names if light not in away | right))
        now = street.clock.now()
        street.take(lights=[LightReport(light, 60, Cause.OVERRIDE, now, now) for light in right])
        for _ in range(20):
            await street.reconciler.look()
            while street.dispatcher.busy() - dead:
                await asyncio.sleep(0.01)
            if astray(street) <= len(dead):
                break
        assert astray(street) == len(dead)
        zones = [order.zone for order in street.orders if order.zone]
        assert zones == ["city"]
        assert {order.device for order in street.orders if order.device} <= dead
        await street.dispatcher.stop()

    asyncio.run(run())


def test_lamps_that_come_back_a_little_later_go_with_their_street(tmp_path: Path) -> None:
    async def run() -> None:
        street = await lit(tmp_path, patience=0.3)
        street.online(*street.city.lights(["dong-ba"])[::2])
        await street.reconciler.look()
        street.online(*street.city.lights(["dong-ba"])[1::2])
        for _ in range(400):
            await street.reconciler.look()
            if not astray(street):
                break
            await asyncio.sleep(0.01)
        assert [order.zone for order in street.orders] == ["ward-2"]

    asyncio.run(run())


def test_a_street_that_a_higher_order_holds_in_part_is_not_told_as_a_whole(tmp_path: Path) -> None:
    async def run() -> None:
        street = await lit(tmp_path)
        one = street.city.lights(["le-loi"])[7]
        placed = await street.desk.place(request(street, 20, zones=(), devices=(one,)))
        await done(street, placed.command.id)
        street.orders.clear()
        street.online(*(light for light in street.city.lights(["le-loi"])[:20] if light != one))
        street.online(*street.city.lights(["dong-ba"]))
        for _ in range(400):
            await street.reconciler.look()
            if astray(street) == 1:
                break
            await asyncio.sleep(0.01)
        assert street.board.light(one).actual == 20
        assert sorted(order.zone for order in street.orders if order.zone) == ["ward-2"]
        assert len(street.orders) == 20

    asyncio.run(run())
