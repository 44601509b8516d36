"""A city that needs longer than the pause before lights are asked alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hub.model.commands import Outcome
from hub.ports import Order
from tests.control.street import Street
from tests.control.test_switching import done, request


class SlowStreet(Street):
    """Its lights answer an order to their zone one after the other, several of them within each pause of the hub."""

    async def send(self, order: Order) -> None:
        self.orders.append(order)
        names = self.city.lights([order.zone]) if order.zone else [str(order.device)]
        self.replies = asyncio.create_task(self._reply([name for name in names if name not in self.dead], order))

    async def _reply(self, names: list[str], order: Order) -> None:
        for name in names:
            await asyncio.sleep(0.1)
            self.answer([name], order)


def test_while_lights_still_answer_nobody_is_asked_alone(tmp_path: Path) -> None:
    async def run() -> None:
        street = SlowStreet(tmp_path, deadline=20, retry_after=0.6)
        street.online()
        placed = await street.desk.place(request(street))
        await done(street, placed.command.id)
        assert street.outcomes(placed.command.id) == {Outcome.APPLIED: 12}
        assert [order.device for order in street.orders] == [None]

    asyncio.run(run())


def test_when_the_others_have_answered_the_silent_one_is_asked_alone(tmp_path: Path) -> None:
    async def run() -> None:
        street = SlowStreet(tmp_path, deadline=20, retry_after=0.6, dead={"lamp-0003"})
        street.online()
        placed = await street.desk.place(request(street))
        while len(street.orders) < 2:
            await asyncio.sleep(0.01)
        assert (street.orders[1].device, street.dispatcher.busy()) == ("lamp-0003", {"lamp-0003"})
        street.dead.clear()
        await done(street, placed.command.id)
        assert street.outcomes(placed.command.id) == {Outcome.APPLIED: 12}

    asyncio.run(run())


def test_when_very_many_are_silent_their_zones_are_asked_once_more_and_then_each_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.control.dispatch.MANY", 3)

    async def run() -> None:
        street = Street(tmp_path, tries=4, deadline=20, retry_after=0.2, dead={f"lamp-{n:04}" for n in range(12)})
        street.online()
        placed = await street.desk.place(request(street))
        while len(street.orders) < 2:
            await asyncio.sleep(0.01)
        assert [(order.zone, order.device) for order in street.orders] == [("city", None)] * 2
        street.dead = {"lamp-0001", "lamp-0003"}
        street.answer([light for light in street.city.lights(["city"]) if light not in street.dead], street.orders[0])
        while len(street.orders) < 4:
            await asyncio.sleep(0.01)
        assert {order.device for order in street.orders[2:4]} == street.dead
        street.dead.clear()
        await done(street, placed.command.id)
        assert street.outcomes(placed.command.id) == {Outcome.APPLIED: 12}

    asyncio.run(run())
