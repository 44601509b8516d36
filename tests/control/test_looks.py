"""Which lights are looked at, and when: those that something happened to, those whose time has come, all others in turn."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from hub.control.following import Following, Judgement, Standing
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause, LightReport
from hub.model.overrides import Override
from hub.model.reports import EventReport
from hub.registry import RegistryUnavailable
from tests.control.fed_street import CABINET, OTHER, SIDE, FedStreet
from tests.control.street import Street, planned
from tests.control.test_switching import done, request

LAMP = "lamp-0004"


def strays(street: Street, *lights: str, level: float = 77) -> None:
    """These lights say that they do something else: they lost their order."""
    now = street.clock.now()
    street.take(lights=[LightReport(light, level, Cause.OVERRIDE, now, now) for light in lights])


def wanted(street: Street) -> set[str]:
    """The lights that a look would be about now; they stay wanted."""
    found = street.looks.take(street.clock.now())
    street.looks.want(found)
    return set(found)


async def at_rest(street: Street) -> None:
    """Every light does what it should, and has been looked at."""
    street.online()
    await street.reconciler.look()
    await street.reconciler.look()


def test_a_city_at_rest_is_not_looked_at_and_a_stray_is_alone(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, patience=60)
        street.online()
        assert wanted(street) == set(street.city.lights(["city"]))
        await at_rest(street)
        assert wanted(street) == set()
        strays(street, LAMP)
        assert wanted(street) == {LAMP}
        for _ in range(2):
            await street.reconciler.look()
            assert (street.reconciler.strays, wanted(street)) == (1, {LAMP}), "it stays in sight until it follows"
        street.online(LAMP)
        await street.reconciler.look()
        assert (street.reconciler.strays, wanted(street)) == (0, set())

    asyncio.run(run())


def test_the_lights_of_an_order_are_looked_at_until_it_is_over_and_again_at_its_end(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, dead={LAMP}, patience=60, deadline=1.0)
        await at_rest(street)
        placed = await street.desk.place(request(street, zones=["ward-1"]))
        lights = set(street.city.lights(["ward-1"]))
        assert wanted(street) == lights
        await done(street, placed.command.id)
        await street.reconciler.look()
        assert wanted(street) == {LAMP}
        street.clock.passed(placed.override.until - street.clock.now() + 1)
        assert wanted(street) >= lights
        await street.dispatcher.stop()

    asyncio.run(run())


def test_at_a_step_of_the_program_every_light_is_looked_at_until_it_says_that_it_took_it(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        await at_rest(street)
        lights = set(street.city.lights(["city"]))
        step = street.arbiter.planned(street.city.devices[LAMP], street.clock.now()).next
        assert step is not None
        street.clock.passed(step - street.clock.now() - 2)
        await at_rest(street)
        assert wanted(street) == set()
        street.clock.passed(3)
        assert wanted(street) == lights
        await street.reconciler.look()
        assert (street.reconciler.strays, street.orders) == (0, []), "they have a moment to take the step themselves"
        now = street.clock.now()
        level = planned(now)
        street.take(lights=[LightReport(light, level, Cause.PROGRAM, now, now) for light in lights - {LAMP}])
        await street.reconciler.look()
        street.clock.passed(2)
        assert wanted(street) == {LAMP}
        street.clock.passed(10)
        await street.reconciler.look()
        assert street.reconciler.strays == 1

    asyncio.run(run())


def test_a_light_that_was_switched_on_the_spot_is_looked_at_when_its_time_is_over(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, local_hold=600)
        await at_rest(street)
        now = street.clock.now()
        street.take(lights=[LightReport(LAMP, 77, Cause.LOCAL, now, now)])
        await street.reconciler.look()
        assert wanted(street) == set()
        street.clock.passed(602)
        assert LAMP in wanted(street)

    asyncio.run(run())


def test_what_happens_to_a_cabinet_happens_to_the_lights_on_it(tmp_path: Path) -> None:
    street = FedStreet(tmp_path)
    wanted(street)
    street.looks.take(street.clock.now())
    street.looks.devices([CABINET])
    assert wanted(street) == {*SIDE, *OTHER, "lamp-0000"}
    street.registry.close()


def test_the_lights_of_a_gateway_that_was_silent_are_back_when_it_says_a_state(tmp_path: Path) -> None:
    street = FedStreet(tmp_path)
    street.city.put_devices([Device("child", "Child", DeviceKind.LIGHT, zone="le-loi", address=CABINET)])
    street.report()
    street.looks.take(street.clock.now())
    street.report()
    assert "child" not in wanted(street), "a state of one that is there is no news of those that it speaks for"
    street.clock.passed(3600)
    street.report()
    assert "child" in wanted(street)
    street.registry.close()


def test_the_lights_of_an_override_that_begins_or_ends_are_looked_at_whoever_ends_it(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        await at_rest(street)
        now = street.clock.now()
        override = Override("ovr-1", 60, 0, now, now + 60, "", "x", "cmd-1", ("ward-1",), (LAMP,))
        street.looks.override(override)
        assert wanted(street) == {*street.city.lights(["ward-1"]), LAMP}
        assert street.heard.overrides == [override]

    asyncio.run(run())


@pytest.mark.parametrize("change", ["city", "programs", "clock", "store"])
def test_what_may_concern_any_light_has_all_of_them_looked_at(tmp_path: Path, change: str) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        await at_rest(street)
        if change == "city":
            street.city.put_devices([Device("new", "New", DeviceKind.METER)])
        elif change == "programs":
            street.timetable.drop_program("night")
        elif change == "clock":
            await street.reconciler.clock_set()
        else:
            street.board.heard([(LAMP, street.clock.now())])
        assert wanted(street) == set(street.city.lights(["city"]))

    asyncio.run(run())


def test_every_light_has_its_turn_although_nobody_told_of_it(tmp_path: Path) -> None:
    clock = [0.0]

    def passed(seconds: float) -> set[str]:
        clock[0] += seconds
        return set(looks.take(0.0))

    street = Street(tmp_path, lights=100)
    looks = type(street.looks)(
        street.city, street.timetable, street.board, street.heard, round=60, monotonic=lambda: clock[0]
    )
    everything = passed(0)
    assert everything == set(street.city.lights(["city"]))
    assert passed(0) == set()
    seen = [passed(2) for _ in range(31)]
    assert set().union(*seen) == everything
    assert max(map(len, seen)) <= 4
    assert passed(1000) == everything
    street.registry.close()


def test_a_stray_that_nobody_told_of_is_ordered_back_in_its_turn(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, round=0.2)
        await at_rest(street)
        now = street.clock.now()
        street.board.take([], [LightReport(LAMP, 77, Cause.OVERRIDE, now, now)], [], [], [])
        while street.orders == []:
            await street.reconciler.look()
            await asyncio.sleep(0.01)
        assert [order.device for order in street.orders] == [LAMP]
        await street.dispatcher.stop()

    asyncio.run(run())


def test_a_look_that_fails_is_made_up_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        await at_rest(street)
        now = street.clock.now()
        event = EventReport(LAMP, "lampUnresponsive", True, now, now)
        street.registry.reports.record(events=[event])
        street.looks.devices(street.board.take([], [], [], [event], []))

        def away(**reports: Iterable[Any]) -> None:
            raise RegistryUnavailable("away")

        with monkeypatch.context() as patch:
            patch.setattr(street.registry.reports, "record", away)
            with pytest.raises(RegistryUnavailable):
                await street.reconciler.look()
        assert street.board.conditions(LAMP)
        await street.reconciler.look()
        assert not street.board.conditions(LAMP)

    asyncio.run(run())


def test_other_work_goes_on_while_many_lights_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(*_: object) -> Judgement:
        ends = time.perf_counter() + 0.001
        while time.perf_counter() < ends:
            pass
        return Judgement(Standing.UNKNOWN, street.arbiter.desired(street.city.devices[LAMP], 0.0), math.inf)

    async def run() -> int:
        turns = 0
        look = asyncio.create_task(street.reconciler.look())
        while not look.done():
            await asyncio.sleep(0)
            turns += 1
        return turns

    street = Street(tmp_path, lights=60)
    monkeypatch.setattr(Following, "judge", slowly)
    assert asyncio.run(run()) > 15
    street.registry.close()
