"""Steps that the hub carries out: at their time, once, whatever happens around them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.control.ticks import LOOK
from hub.model.light import Cause
from hub.model.reports import PresenceReport
from hub.model.zones import Location
from hub.registry import RegistryUnavailable
from hub.registry.records import Written
from schedules.program_reader import parse_program
from tests.control.street import STEPS, SteppedClock, Street, planned
from tests.control.test_switching import done, request

HOUR = 3600.0


def opened(folder: Path, clock: SteppedClock | None = None, **options: Any) -> Street:
    """A street with a lamp that keeps no program."""
    return Street(folder, others={"bulb": "stateful"}, clock=clock or SteppedClock(), deadline=5, **options)


def say(street: Street, level: float | None = None) -> None:
    """The lamp is here, at the level it has by its program."""
    now = street.clock.now()
    street.take(presence=[PresenceReport("bulb", here, now) for here in (False, True)])
    street.say("bulb", planned(now) if level is None else level)


def next_step(street: Street) -> float:
    found = street.arbiter.planned(street.city.devices["bulb"], street.clock.now()).next
    assert found is not None
    return found


def go_before_step(street: Street, seconds: float) -> float:
    """Time goes by until so long before the next step, which is returned."""
    step = next_step(street)
    street.clock.passed(step - seconds - street.clock.now())
    say(street)
    return step


async def settled(street: Street) -> list[float | None]:
    """The levels that were ordered, when nothing is under way."""
    for _ in range(400):
        if not street.dispatcher.busy():
            return [order.command.level for order in street.orders]
        await asyncio.sleep(0.01)
    raise AssertionError("an order is still under way")


async def look(street: Street) -> list[float | None]:
    await street.ticks.look()
    return await settled(street)


def test_a_lamp_without_a_program_is_switched_when_its_step_comes_and_not_before(tmp_path: Path) -> None:
    async def run() -> None:
        street = opened(tmp_path)
        step = go_before_step(street, 60)
        before = planned(step - 60)
        assert await look(street) == []
        street.clock.passed(59)
        left = await street.ticks.look()
        assert 0 < left < 1 and left <= LOOK
        assert await settled(street) == []
        street.clock.passed(step - street.clock.now())
        assert await look(street) == [planned(step)] != [before]
        assert street.board.light("bulb").cause is Cause.PROGRAM
        assert await look(street) == [planned(step)]
        assert sum(street.ticks.lateness.counts) == 1

    asyncio.run(run())


@pytest.mark.parametrize(
    "down", [(-1.0, -0.5), (-1.0, 0.0), (0.0, 0.5), (-1.0, 1.0), (1.0, 2.0), (-HOUR / 2, HOUR / 2)]
)
def test_a_restart_around_a_step_changes_nothing(tmp_path: Path, down: tuple[float, float]) -> None:
    """`down`: the hub ends and is back so many seconds after the step."""

    async def run() -> None:
        street = opened(tmp_path)
        step = go_before_step(street, HOUR)
        await look(street)
        street.clock.passed(step + down[0] - street.clock.now())
        say(street, street.board.light("bulb").actual)
        ordered = await look(street)
        await street.dispatcher.stop()
        street.registry.close()
        street.clock.passed(step + down[1] - street.clock.now())
        again = opened(tmp_path, street.clock)
        again.take(presence=[PresenceReport("bulb", True, again.clock.now())])
        await again.desk.load()
        ordered += await look(again)
        again.clock.passed(max(0.0, step + 3 - again.clock.now()))
        ordered += (await look(again))[len(again.orders) - 1 :] if not ordered else []
        assert ordered == [planned(step)]
        assert again.board.light("bulb").actual == pytest.approx(planned(step), abs=0.5)

    asyncio.run(run())


def test_a_step_back_to_a_level_overtakes_the_order_away_from_it_that_is_not_answered_yet(tmp_path: Path) -> None:
    """By its last report the lamp does already what the second step asks for; it was told otherwise since."""

    async def run() -> None:
        street = opened(tmp_path)
        step = go_before_step(street, 60)
        await street.ticks.look()
        street.dead.add("bulb")
        street.clock.passed(60)
        await street.ticks.look()
        for _ in range(400):
            if street.dispatcher.expected("bulb"):
                break
            await asyncio.sleep(0.01)
        assert [order.command.level for order in street.orders] == [planned(step)]
        street.dead.clear()
        back = next_step(street)
        street.clock.passed(back - street.clock.now())
        street.take(presence=[PresenceReport("bulb", here, street.clock.now()) for here in (False, True)])
        assert await look(street) == [planned(step), planned(back)]
        assert street.board.light("bulb").actual == pytest.approx(planned(back), abs=0.5)

    asyncio.run(run())


def test_a_restart_while_a_steps_order_is_under_way_does_not_give_it_twice(tmp_path: Path) -> None:
    async def run() -> None:
        street = opened(tmp_path, broker=False)
        step = go_before_step(street, 60)
        await street.ticks.look()
        street.clock.passed(60)
        await street.ticks.look()
        assert street.dispatcher.busy() == {"bulb"}
        await street.dispatcher.stop()
        street.registry.close()
        again = opened(tmp_path, street.clock)
        again.take(presence=[PresenceReport("bulb", True, again.clock.now())])
        await again.desk.load()
        assert await look(again) == [planned(step)]
        assert len(again.registry.orders.commands(limit=10)) == 1

    asyncio.run(run())


def test_the_end_of_an_override_is_a_step_too(tmp_path: Path) -> None:
    async def run() -> None:
        street = opened(tmp_path)
        say(street)
        below = await street.desk.place(request(street, 10, seconds=3000, devices=("bulb",), zones=()))
        placed = await street.desk.place(request(street, 60, seconds=600, devices=("bulb",), zones=()))
        await done(street, below.command.id)
        await done(street, placed.command.id)
        await street.ticks.look()
        street.orders.clear()
        street.clock.passed(601)
        street.desk.expire(street.clock.now())  # the reconciler may be first to see it
        assert await look(street) == [10]
        street.clock.passed(2400)
        say(street, street.board.light("bulb").actual)
        assert await look(street) == [10, planned(street.clock.now())]
        assert sum(street.ticks.lateness.counts) == 2

    asyncio.run(run())


def test_a_step_under_an_override_orders_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        street = opened(tmp_path)
        go_before_step(street, 60)
        placed = await street.desk.place(request(street, 60, devices=("bulb",), zones=()))
        await done(street, placed.command.id)
        await street.ticks.look()
        street.clock.passed(61)
        assert await look(street) == [60]

    asyncio.run(run())


def test_a_step_takes_over_from_an_order_of_the_step_before(tmp_path: Path) -> None:
    async def run() -> None:
        street = opened(tmp_path)
        street.dead.add("bulb")
        step = go_before_step(street, 60)
        say(street, 77)
        await street.ticks.look()
        while not street.orders:
            await asyncio.sleep(0.01)
        street.dead.clear()
        street.clock.passed(61)
        assert (await look(street))[-1] == planned(step)
        assert street.board.light("bulb").actual == pytest.approx(planned(step), abs=0.5)

    asyncio.run(run())


def test_what_could_not_be_written_at_the_step_is_still_owed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        street = opened(tmp_path)
        step = go_before_step(street, 60)
        await street.ticks.look()
        street.clock.passed(60)

        def full(*_: object, **__: object) -> None:
            raise RegistryUnavailable("disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(street.registry.orders, "place", full)
            with pytest.raises(RegistryUnavailable):
                await street.ticks.look()
        assert street.orders == []
        assert await look(street) == [planned(step)]
        assert sum(street.ticks.lateness.counts) == 1

    asyncio.run(run())


@pytest.mark.parametrize("hours", [13.0, -13.0])
def test_a_clock_that_jumps_is_noticed_and_every_lamp_is_taken_to_its_level_of_then(
    tmp_path: Path, hours: float
) -> None:
    async def run() -> None:
        street = opened(tmp_path)
        say(street)
        await look(street)
        before, now = planned(street.clock.now()), street.clock.now()
        street.clock.added += next_step(street) + HOUR - now if hours > 0 else hours * HOUR
        if hours < 0:
            while planned(street.clock.now()) == before:
                street.clock.added -= HOUR
        say(street, before)
        assert await look(street) == [planned(street.clock.now())]
        assert street.ticks.jumps == 1
        assert await look(street) == [planned(street.clock.now())]
        assert street.ticks.jumps == 1
        step = go_before_step(street, 30)
        await street.ticks.look()
        street.clock.passed(31)
        assert (await look(street))[-1] == planned(step)

    asyncio.run(run())


def test_time_that_passes_is_no_jump(tmp_path: Path) -> None:
    async def run() -> None:
        street = opened(tmp_path)
        await street.ticks.look()
        for seconds in (0.5, 100, HOUR):
            street.clock.passed(seconds)
            await street.ticks.look()
        assert street.ticks.jumps == 0

    asyncio.run(run())


def test_a_program_that_is_changed_is_in_force_at_once(tmp_path: Path) -> None:
    async def run() -> None:
        street = opened(tmp_path)
        say(street)
        await look(street)
        body = {"id": "night", "steps": [step | {"level": 85} for step in STEPS]}
        street.timetable.put_program(Written("night", body, 0.0, "admin"), parse_program(body))
        assert await look(street) == [85]

    asyncio.run(run())


def test_lamps_at_several_places_of_one_calendar_step_together(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, others={"bulb": "stateful", "spot": "stateful"}, clock=SteppedClock(), deadline=5)
        street.city.put_devices([replace(street.city.devices["spot"], location=Location(21.03, 105.85))])
        for _ in range(3):
            step = go_before_step(street, 60)
            now = street.clock.now()
            street.take(presence=[PresenceReport("spot", here, now) for here in (False, True)])
            street.say("spot", planned(now))
            await street.ticks.look()
            street.orders.clear()
            street.clock.passed(61)
            assert await look(street) == [planned(step)] * 2

    asyncio.run(run())


def test_a_step_that_comes_while_the_city_changes_is_a_step_all_the_same(tmp_path: Path) -> None:
    async def run() -> None:
        street = opened(tmp_path)
        step = go_before_step(street, 60)
        await street.ticks.look()
        street.clock.passed(61)
        street.city.put_devices([street.city.devices["lamp-0001"]])
        assert await look(street) == [planned(step)]
        assert sum(street.ticks.lateness.counts) == 1

    asyncio.run(run())


def test_lamps_that_hold_their_program_are_left_to_it(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, clock=SteppedClock())
        street.online()
        await street.ticks.look()
        street.clock.passed(13 * HOUR)
        assert await look(street) == []
        assert sum(street.ticks.lateness.counts) == 0

    asyncio.run(run())
