"""What a sensor rule orders, at lamps that hold a program and at those that the hub switches."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hub.control.arbiter import rank
from hub.control.desk import OverrideRequest
from hub.model.light import Cause
from hub.model.overrides import Override
from tests.control.street import Street
from tests.control.test_switching import done


def asked(street: Street, level: float, seconds: float = 900) -> OverrideRequest:
    until = street.clock.now() + seconds
    return OverrideRequest(("city",), (), level, until, "rain", "sensing:rain", ramp=0, cause=Cause.SENSOR)


def test_lamps_of_every_type_follow_and_are_not_ordered_again(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, others={"other-1": "stateful"})
        street.online()
        placed = await street.desk.sense(asked(street, 80))
        await done(street, placed.command.id)
        states = {name: street.board.light(name) for name in ("lamp-0001", "other-1")}
        assert {name: state.cause for name, state in states.items()} == dict.fromkeys(states, Cause.SENSOR)
        assert all(abs((state.actual or 0) - 80) < 1 for state in states.values())
        await street.reconciler.look()
        assert street.reconciler.strays == 0
        await street.dispatcher.stop()

    asyncio.run(run())


def test_a_renewed_order_takes_the_place_of_the_old_one_and_lamps_are_told_once(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        street.online()
        first = await street.desk.sense(asked(street, 80))
        await done(street, first.command.id)
        second = await street.desk.sense(asked(street, 50), first.override.id)
        await done(street, second.command.id)
        assert [(order.zone, order.command.level) for order in street.orders] == [("city", 80), ("city", 50)]
        assert [each.id for each in street.registry.orders.overrides(active_at=street.clock.now())] == [
            second.override.id
        ]
        assert street.board.light("lamp-0003").actual == 50
        await street.dispatcher.stop()

    asyncio.run(run())


def test_sensors_are_below_everybody_and_the_brighter_one_wins() -> None:
    def order(cause: Cause, level: float, start: float) -> Override:
        return Override(f"o-{start}", level, 0, start, 100, "", "", "c", cause=cause)

    dim, bright = order(Cause.SENSOR, 50, 3), order(Cause.SENSOR, 80, 1)
    incident, person, alarm = order(Cause.INCIDENT, 5, 0), order(Cause.OVERRIDE, 5, 0), order(Cause.EMERGENCY, 5, 0)
    assert sorted([alarm, bright, person, dim, incident], key=rank) == [dim, bright, incident, person, alarm]
