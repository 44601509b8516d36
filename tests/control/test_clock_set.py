"""The hub's clock is set forth and back: what holds goes on, and nothing waits for a time that has been."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hub.control.cabinet_watch import PATIENCE
from hub.control.limits import Bounds, Limits, TooSoon
from hub.model.light import Cause
from hub.registry import RegistryUnavailable
from tests.control.fed_street import CABINET
from tests.control.living_street import LivingStreet
from tests.control.street import Street
from tests.control.test_cabinets import ready
from tests.control.test_switching import done, request

HOUR = 3600.0


async def set_clock(street: Street, *seconds: float) -> None:
    """The clock is set so, and the hub looks at it each time."""
    for each in seconds:
        street.clock.added += each
        await street.ticks.look()
        await street.reconciler.look()


@pytest.mark.parametrize("jumps", [(-HOUR,), (-3.0,), (3 * HOUR, -3 * HOUR), (-HOUR, HOUR)])
def test_an_override_holds_until_its_end_however_the_clock_is_set(tmp_path: Path, jumps: tuple[float, ...]) -> None:
    async def run() -> None:
        street = Street(tmp_path, lights=3)
        street.online()
        await street.ticks.look()
        placed = await street.desk.place(request(street, 60, seconds=2 * HOUR))
        await done(street, placed.command.id)
        await set_clock(street, *jumps)
        street.clock.passed(4)
        await street.reconciler.look()
        light = street.city.devices["lamp-0001"]
        assert street.arbiter.desired(light, street.clock.now()).override == placed.override.id
        assert [each.id for each in street.registry.orders.overrides(active_at=street.clock.now())] == [
            placed.override.id
        ]
        street.clock.passed(placed.override.until - street.clock.now())
        assert street.arbiter.desired(light, street.clock.now()).override is None
        await street.dispatcher.stop()

    asyncio.run(run())


def test_overrides_that_began_before_the_clock_was_set_back_keep_their_order(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, lights=3)
        street.online()
        await street.ticks.look()
        for level in (10.0, 20.0, 30.0):
            await done(street, (await street.desk.place(request(street, level))).command.id)
        await set_clock(street, -HOUR)
        light = street.city.devices["lamp-0001"]
        ranked = street.arbiter.ranked(light, street.clock.now())
        assert [each.level for each in ranked] == [30, 20, 10]
        placed = await street.desk.place(request(street, 40))
        await done(street, placed.command.id)
        assert street.arbiter.desired(light, street.clock.now()).level == 40

    asyncio.run(run())


def test_a_hub_that_starts_with_a_clock_set_back_takes_up_what_holds_and_not_what_was_ended(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, lights=3)
        street.online()
        ended = await street.desk.place(request(street, 20, zones=("le-loi",)))
        await street.desk.end(ended.override.id, "operator")
        placed = await street.desk.place(request(street, 60, zones=("dong-ba",)))
        await done(street, placed.command.id)
        await street.dispatcher.stop()
        street.registry.close()
        street.clock.added -= HOUR
        again = Street(tmp_path, lights=3, clock=street.clock)
        await again.desk.load()
        assert [each.id for each in again.arbiter.overrides()] == [placed.override.id]
        light = again.city.devices[again.city.lights(["dong-ba"])[0]]
        assert again.arbiter.desired(light, again.clock.now()).level == 60
        await again.dispatcher.stop()

    asyncio.run(run())


def test_a_clock_that_is_set_between_a_start_and_the_first_look_is_noticed(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, lights=3)
        street.online()
        placed = await street.desk.place(request(street, 60, seconds=HOUR))
        await done(street, placed.command.id)
        await set_clock(street, -HOUR)
        street.clock.passed(4)
        light = street.city.devices["lamp-0001"]
        assert street.arbiter.desired(light, street.clock.now()).override == placed.override.id
        assert street.ticks.jumps == 1
        await street.dispatcher.stop()

    asyncio.run(run())


def test_a_jump_that_the_registry_could_not_be_asked_about_is_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        street = Street(tmp_path, lights=3)
        street.online()
        await street.ticks.look()
        placed = await street.desk.place(request(street, 60))
        await done(street, placed.command.id)
        street.clock.added -= HOUR

        def away(now: float) -> None:
            raise RegistryUnavailable("disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(street.registry.orders, "take_up", away)
            with pytest.raises(RegistryUnavailable):
                await street.ticks.look()
        await street.ticks.look()
        light = street.city.devices["lamp-0001"]
        assert street.arbiter.desired(light, street.clock.now()).level == 60
        assert street.ticks.jumps == 1

    asyncio.run(run())


def test_nobody_waits_longer_to_switch_a_light_again_than_the_limit_says(tmp_path: Path) -> None:
    street = Street(tmp_path, lights=3)
    limits = Limits(street.city, street.arbiter, street.clock, Bounds(seconds_between_flips=60))
    limits.flipped(["lamp-0001"], street.clock.now())
    street.clock.added -= HOUR
    limits.clock_set()
    off = request(street, 0)
    with pytest.raises(TooSoon) as refused:
        limits.check(off, ["lamp-0001"], street.clock.now(), approved=True)
    assert refused.value.wait <= 60


def test_what_a_cabinet_says_after_the_clock_was_set_back_is_believed(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path)
        street.clock.added -= HOUR
        street.report(breaker=False)
        assert street.board.cabinets.report(CABINET).breaker is False  # type: ignore[union-attr]
        assert street.board.light("lamp-0000").online is False

    asyncio.run(run())


def test_a_contactor_has_its_time_to_follow_also_when_the_clock_is_set(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path, dead={CABINET}, deadline=0.2)
        await street.ticks.look()
        street.report(segments={"a": True, "b": True, "c": False})
        await set_clock(street, HOUR)
        await street.watch.look()
        assert street.board.conditions(CABINET) == []
        street.clock.passed(PATIENCE + 1)
        await set_clock(street, -HOUR)
        street.clock.passed(PATIENCE + 1)
        await street.watch.look()
        assert [each.type for each in street.board.conditions(CABINET)] == ["relayFailure"]
        await street.dispatcher.stop()

    asyncio.run(run())


def test_rain_of_before_the_clock_was_set_back_does_not_last_and_new_rain_counts(tmp_path: Path) -> None:
    async def run() -> None:
        street = LivingStreet(tmp_path)
        street.arrive()
        await street.settle()

        def raised() -> bool:
            now = street.clock.now()
            return any(each.cause is Cause.SENSOR and each.active(now) for each in street.arbiter.overrides())

        street.rain(5)
        await street.sensing.look()
        assert raised()
        street.clock.added -= HOUR
        await street.ticks.look()
        street.clock.passed(5)
        street.rain(0)
        street.clock.passed(601)
        street.rain(0)
        await street.sensing.look()
        assert not raised()
        street.rain(5)
        await street.sensing.look()
        assert raised()
        await street.dispatcher.stop()

    asyncio.run(run())
