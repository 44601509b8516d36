"""What rules when an override ends is the next in line then, not what ruled when it began."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hub.control.desk import OverrideRequest
from hub.model.light import Cause
from tests.control.street import Street, planned
from tests.control.test_switching import done

LAMP = "lamp-0000"


def ask(street: Street, level: float, cause: Cause = Cause.OVERRIDE, seconds: float = 3600) -> OverrideRequest:
    until = street.clock.now() + seconds
    return OverrideRequest(("le-loi",), (), level, until, "test", "operator", ramp=0, cause=cause)


def actual(street: Street) -> float | None:
    return street.board.light(LAMP).actual


def test_ending_the_winner_gives_the_light_to_the_strongest_that_is_left(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, lights=3)
        street.online()
        top = await street.desk.place(ask(street, 90, Cause.EMERGENCY))
        await done(street, top.command.id)
        assert street.board.light(LAMP).cause is Cause.EMERGENCY  # the lamp itself only says "override"
        for level, cause in ((10, Cause.SENSOR), (20, Cause.INCIDENT)):  # they began while it held
            await street.desk.place(ask(street, level, cause))
        assert actual(street) == 90
        await street.desk.end(top.override.id, "operator")
        await asyncio.sleep(0)
        street.desk.expire(street.clock.now())
        assert street.board.light(LAMP).requested == 20
        assert await settled(street, 20)

    asyncio.run(run())


def test_what_ended_meanwhile_does_not_come_back(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, lights=3)
        street.online()
        below = await street.desk.place(ask(street, 20))
        top = await street.desk.place(ask(street, 90))
        await done(street, top.command.id)
        await street.desk.end(below.override.id, "operator")
        assert actual(street) == 90
        await street.desk.end(top.override.id, "operator")
        assert await settled(street, planned(street.clock.now()))

    asyncio.run(run())


def test_when_the_winner_runs_out_the_reconciler_orders_the_next_in_line(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, lights=3)
        street.online()
        await street.desk.place(ask(street, 20))
        top = await street.desk.place(ask(street, 90, seconds=600))
        await done(street, top.command.id)
        street.clock.added += 601
        street.online(LAMP)  # at its own end of the order the lamp goes back to its program
        for _ in range(200):
            await street.reconciler.look()
            if actual(street) == 20:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"{actual(street)} %")

    asyncio.run(run())


def test_an_emergency_that_a_lamp_holds_is_not_ordered_again(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, lights=3)
        street.online()
        placed = await street.desk.place(ask(street, 90, Cause.EMERGENCY))
        await done(street, placed.command.id)
        before = len(street.orders)
        for _ in range(3):
            await street.reconciler.look()
        assert street.reconciler.strays == 0 and len(street.orders) == before

    asyncio.run(run())


async def settled(street: Street, level: float) -> bool:
    for _ in range(400):
        if actual(street) == level:
            return True
        await asyncio.sleep(0.01)
    return False
