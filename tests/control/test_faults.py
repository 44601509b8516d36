"""What an order survives: a registry that is away, a driver with a defect, clocks that jump, orders that cross."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import pytest

from hub.control import patience
from hub.model.commands import Command, CommandState, Operation, Outcome
from hub.model.light import Cause, LightReport
from hub.ports import Order
from hub.registry import RegistryUnavailable
from tests.control.street import Street
from tests.control.test_switching import done, request


def test_outcomes_are_written_when_the_registry_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        monkeypatch.setattr(patience, "REGISTRY_RETRY", 0.01)
        street = Street(tmp_path, dead={"lamp-0004"}, deadline=0.5)
        street.online()
        for name in ("mark_sent", "mark", "finish"):
            whole, tries = getattr(street.registry.orders, name), itertools.count()

            def failing(*said: Any, whole: Any = whole, tries: Any = tries) -> Any:
                if next(tries) < 2:
                    raise RegistryUnavailable("disk is full")
                return whole(*said)

            monkeypatch.setattr(street.registry.orders, name, failing)
        placed = await street.desk.place(request(street))
        await done(street, placed.command.id)
        assert street.outcomes(placed.command.id) == {Outcome.APPLIED: 11, Outcome.TIMED_OUT: 1}
        assert street.dispatcher.busy() == set()

    asyncio.run(run())


def test_a_defect_while_sending_ends_the_command_instead_of_holding_its_lights(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        street.online()

        async def broken(order: Order) -> None:
            raise ValueError("a defect")

        street.dispatcher._send = broken
        placed = await street.desk.place(request(street))
        await done(street, placed.command.id)
        assert street.outcomes(placed.command.id) == {Outcome.TIMED_OUT: 12}
        assert street.dispatcher.busy() == set()

    asyncio.run(run())


@pytest.mark.parametrize("jump", [-86400.0, 3600.0])
def test_a_clock_that_is_set_neither_hurries_nor_prolongs_a_command(tmp_path: Path, jump: float) -> None:
    async def run() -> None:
        street = Street(tmp_path, dead={"lamp-0001"}, deadline=1.0)
        street.online()
        began = asyncio.get_running_loop().time()
        placed = await street.desk.place(request(street, seconds=7200))
        while not street.orders:
            await asyncio.sleep(0)
        street.clock.added += jump
        await done(street, placed.command.id)
        assert asyncio.get_running_loop().time() - began >= 1.0
        assert street.outcomes(placed.command.id) == {Outcome.APPLIED: 11, Outcome.TIMED_OUT: 1}

    asyncio.run(run())


def test_what_a_newer_order_took_over_while_the_broker_was_away_is_not_told_the_older_one(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, broker=False, deadline=30)
        street.online()
        older = await street.desk.place(request(street, 20))
        newer = await street.desk.place(request(street, 80, zones=("le-loi",)))
        street.broker = True
        await done(street, older.command.id)
        await done(street, newer.command.id)
        told = {
            light
            for order in street.orders
            if order.command.id == older.command.id
            for light in (street.city.lights([order.zone]) if order.zone else [str(order.device)])
        }
        assert told == set(street.city.lights(["city"])) - set(street.city.lights(["le-loi"]))
        assert street.outcomes(newer.command.id) == {Outcome.APPLIED: 4}

    asyncio.run(run())


def test_ending_an_override_leaves_an_order_alone_that_ruled_its_lights_already(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, dead={"lamp-0000"}, deadline=1.0)
        street.online()
        wide = await street.desk.place(request(street, 80))
        narrow = await street.desk.place(request(street, 20, zones=("le-loi",)))
        ended = await street.desk.end(wide.override.id, "operator")
        assert ended is not None
        assert ended.targets == 8
        await done(street, narrow.command.id)
        assert street.outcomes(narrow.command.id) == {Outcome.APPLIED: 3, Outcome.TIMED_OUT: 1}
        assert len(street.registry.orders.commands(limit=10)) == 3
        await street.dispatcher.stop()

    asyncio.run(run())


def test_straightening_out_does_not_take_over_from_an_order_that_came_meanwhile(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, dead={"lamp-0000"}, deadline=1.0)
        street.online()
        old = await street.desk.place(request(street, 80))
        new = await street.desk.place(request(street, 20))
        await street.desk.hold(old.override.id, ["lamp-0000", "lamp-0001"], "reconciler")
        await street.desk.resume(["lamp-0000", "lamp-0002"], "reconciler")
        await done(street, new.command.id)
        assert street.outcomes(new.command.id) == {Outcome.APPLIED: 11, Outcome.TIMED_OUT: 1}
        await street.dispatcher.stop()

    asyncio.run(run())


def test_an_order_is_given_up_at_its_end_even_before_the_deadline(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, dead={"lamp-0000"}, deadline=60)
        street.online()
        placed = await street.desk.place(request(street, seconds=0.4))
        assert placed.command.expires == placed.override.until
        await done(street, placed.command.id)
        assert street.outcomes(placed.command.id) == {Outcome.APPLIED: 11, Outcome.TIMED_OUT: 1}

    asyncio.run(run())


def test_an_answer_that_the_broker_kept_while_the_hub_was_away_still_counts(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, broker=False)
        now = street.clock.now()
        late = Command("cmd-late", Operation.SET_LEVEL, now - 600, "operator", now - 540, 60.0, override="ovr-1")
        street.registry.orders.place(late, ["lamp-0001"])
        await street.desk.load()
        await asyncio.sleep(0.05)
        street.take(lights=[LightReport("lamp-0001", 60, Cause.OVERRIDE, now - 590, now, "cmd-late")])
        await done(street, "cmd-late")
        assert street.outcomes("cmd-late") == {Outcome.APPLIED: 1}
        assert street.orders == []
        assert street.registry.orders.command("cmd-late").state is CommandState.DONE  # type: ignore[union-attr]

    asyncio.run(run())


def test_a_deleted_light_leaves_nothing_behind_in_the_reconciler(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        street.online()
        now = street.clock.now() + 1
        street.take(lights=[LightReport("lamp-0003", 100, Cause.OVERRIDE, now, now)])
        await street.reconciler.look()
        assert "lamp-0003" in street.reconciler._tries
        street.city.drop_device("lamp-0003")
        await street.reconciler.look()
        assert "lamp-0003" not in street.reconciler._tries
        await street.dispatcher.stop()

    asyncio.run(run())
