"""From an order to an outcome for every light."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.control.cover import cover
from hub.control.desk import NoLights, OverrideRequest
from hub.model.commands import CommandState, Operation, Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause, LightReport
from hub.model.zones import Zone
from hub.registry.city import City
from hub.registry.errors import KeyTaken
from tests.control.street import Street


def request(street: Street, level: float = 60, *, zones: tuple[str, ...] = ("city",), devices: tuple[str, ...] = (),
            seconds: float = 3600) -> OverrideRequest:  # fmt: skip
    return OverrideRequest(zones, devices, level, street.clock.now() + seconds, "test", "operator", ramp=0)


async def done(street: Street, command: str) -> None:
    for _ in range(400):
        found = street.registry.orders.command(command)
        if found is not None and found.state is CommandState.DONE:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{command} did not end: {street.outcomes(command)}")


def test_one_call_switches_the_city_with_one_group_command_and_every_light_confirms(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        street.online()
        placed = await street.desk.place(request(street))
        await done(street, placed.command.id)
        assert [(order.zone, order.device) for order in street.orders] == [("city", None)]
        assert street.outcomes(placed.command.id) == {Outcome.APPLIED: 12}
        state = street.board.light("lamp-0003")
        assert (state.requested, state.in_effect, state.actual, state.cause) == (60, 60, 60, Cause.OVERRIDE)

    asyncio.run(run())


def test_a_silent_light_is_asked_alone_and_ends_timed_out_with_the_reason(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, dead={"lamp-0004", "lamp-0007"})
        street.online(*(light for light in street.city.lights(["city"]) if light != "lamp-0007"))
        placed = await street.desk.place(request(street))
        await done(street, placed.command.id)
        assert street.outcomes(placed.command.id) == {Outcome.APPLIED: 10, Outcome.TIMED_OUT: 2}
        late = {
            t.device: t.detail for t in street.registry.orders.targets(placed.command.id, Outcome.TIMED_OUT, None, 10)
        }
        assert late == {
            "lamp-0004": "no answer although it is online",
            "lamp-0007": "no answer: it has never been heard of",
        }
        assert [order.device for order in street.orders if order.device] == ["lamp-0004"] * 2

    asyncio.run(run())


def test_a_repeat_with_the_same_key_does_nothing_twice(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        street.online()
        asked = request(street)
        first = await street.desk.place(asked, ("key-1", "digest"))
        again = await street.desk.place(asked, ("key-1", "digest"))
        assert again.replayed
        assert (again.override, again.command, again.targets) == (first.override, first.command, first.targets)
        with pytest.raises(KeyTaken):
            await street.desk.place(asked, ("key-1", "another digest"))
        both = await asyncio.gather(*(street.desk.place(asked, ("key-2", "digest")) for _ in range(5)))
        assert len({each.command.id for each in both}) == 1
        await done(street, first.command.id)
        assert len(street.registry.orders.overrides(active_at=street.clock.now())) == 2

    asyncio.run(run())


def test_a_newer_order_supersedes_what_the_older_still_waits_for(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, dead={"lamp-0000"}, deadline=30)
        street.online()
        older = await street.desk.place(request(street, 20))
        while not street.orders:
            await asyncio.sleep(0)
        street.dead.clear()
        newer = await street.desk.place(request(street, 80, zones=("le-loi",)))
        await done(street, newer.command.id)
        await done(street, older.command.id)
        assert street.outcomes(older.command.id)[Outcome.SUPERSEDED] >= 1
        assert Outcome.TIMED_OUT not in street.outcomes(older.command.id)
        assert street.board.light("lamp-0000").actual == 80
        assert street.board.light("lamp-0001").actual == 20

    asyncio.run(run())


def test_an_order_survives_the_end_of_the_hub_between_acceptance_and_confirmation(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, broker=False, deadline=30)
        placed = await street.desk.place(request(street))
        await street.dispatcher.stop()
        street.registry.close()
        assert street.orders == []
        reborn = Street(tmp_path)
        reborn.online()
        await reborn.desk.load()
        await done(reborn, placed.command.id)
        assert reborn.outcomes(placed.command.id) == {Outcome.APPLIED: 12}
        assert reborn.board.light("lamp-0001").requested == 60

    asyncio.run(run())


def test_orders_wait_for_a_broker_that_is_away(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, broker=False, deadline=30)
        street.online()
        placed = await street.desk.place(request(street))
        await asyncio.sleep(0.05)
        assert street.outcomes(placed.command.id) == {Outcome.PENDING: 12}
        street.broker = True
        await done(street, placed.command.id)
        assert street.outcomes(placed.command.id) == {Outcome.APPLIED: 12}

    asyncio.run(run())


def test_ending_an_override_resumes_the_program_except_where_another_still_holds(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        street.online()
        await street.desk.place(request(street, 20, zones=("le-loi",)))
        wide = await street.desk.place(request(street, 80))
        await done(street, wide.command.id)
        ended = await street.desk.end(wide.override.id, "operator")
        assert ended is not None
        assert ended.command.operation is Operation.RESUME
        await done(street, ended.command.id)
        assert ended.targets == 8
        for _ in range(100):
            if street.board.light("lamp-0000").actual == 20:
                break
            await asyncio.sleep(0.01)
        assert street.board.light("lamp-0000").actual == 20
        assert street.board.light("lamp-0001").cause is Cause.PROGRAM
        assert await street.desk.end(wide.override.id, "operator") is None
        await street.dispatcher.stop()

    asyncio.run(run())


def test_an_order_that_touches_no_light_is_refused(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        with pytest.raises(NoLights):
            await street.desk.place(request(street, zones=()))

    asyncio.run(run())


def test_a_light_that_lost_its_order_is_ordered_again(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        street.online()
        placed = await street.desk.place(request(street))
        await done(street, placed.command.id)
        street.online("lamp-0005")  # a power cut: it starts again with its program
        assert street.board.light("lamp-0005").actual != 60
        await street.reconciler.look()
        for _ in range(100):
            await street.reconciler.look()
            if street.board.light("lamp-0005").actual == 60:
                break
            await asyncio.sleep(0.01)
        assert street.board.light("lamp-0005").actual == 60
        assert street.orders[-1].device == "lamp-0005"
        await street.dispatcher.stop()

    asyncio.run(run())


def test_a_light_that_stays_at_an_ended_override_is_sent_back_and_a_local_one_is_left_alone(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        street.online()
        placed = await street.desk.place(request(street, seconds=600))
        await done(street, placed.command.id)
        now = street.clock.now()
        street.take(lights=[LightReport("lamp-0002", 100, Cause.LOCAL, now + 1, now + 1)])
        street.clock.added += 700
        for _ in range(200):
            await street.reconciler.look()
            if street.reconciler.strays == 0:
                break
            await asyncio.sleep(0.01)
        assert street.board.light("lamp-0001").cause is Cause.PROGRAM
        assert street.board.light("lamp-0002").cause is Cause.LOCAL
        assert list(street.arbiter.overrides()) == []
        await street.dispatcher.stop()

    asyncio.run(run())


def test_what_was_switched_on_the_spot_is_no_order_that_a_light_confirmed(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        street.online()
        now = street.clock.now()
        street.registry.devices.add_many([Device("new", "New", DeviceKind.LIGHT, zone="le-loi")])
        street.city.put_devices(street.registry.devices.all())
        street.take(lights=[LightReport("new", 100, Cause.LOCAL, now, now)])
        assert (street.board.light("new").in_effect, street.board.light("new").actual) == (None, 100)
        placed = await street.desk.place(request(street))
        await done(street, placed.command.id)
        now = street.clock.now()
        street.take(lights=[LightReport("lamp-0002", 100, Cause.LOCAL, now, now)])
        state = street.board.light("lamp-0002")
        assert (state.requested, state.in_effect, state.actual, state.cause) == (60, 60, 100, Cause.LOCAL)
        street.take(lights=[LightReport("lamp-0002", 30, Cause.PROGRAM, now + 1, now + 1)])
        assert street.board.light("lamp-0002").in_effect == 30
        await street.dispatcher.stop()

    asyncio.run(run())


@given(
    parents=st.lists(st.integers(0, 30), min_size=1, max_size=12),
    homes=st.lists(st.integers(0, 11), min_size=1, max_size=40),
    wanted=st.sets(st.integers(0, 39)),
    hearing_no_groups=st.sets(st.integers(0, 39)),
)
def test_zones_and_singles_reach_exactly_the_wanted_lights_once(
    parents: list[int], homes: list[int], wanted: set[int], hearing_no_groups: set[int]
) -> None:
    zones = [
        Zone(f"z{n}", "", "zone", f"z{parent % n}" if n and parent % (n + 1) else None)
        for n, parent in enumerate(parents)
    ]
    lights = [Device(f"l{n}", "", DeviceKind.LIGHT, zone=f"z{home % len(zones)}") for n, home in enumerate(homes)]
    city = City(zones, lights)
    asked = {f"l{n}" for n in wanted if n < len(lights)}
    deaf = {f"l{n}" for n in hearing_no_groups}
    groups, singles = asyncio.run(cover(city, asked, lambda light: light not in deaf))
    reached = [light for members in groups.values() for light in members] + singles
    assert sorted(reached) == sorted(asked)
    assert all(sorted(set(city.lights([zone])) - deaf) == sorted(members) for zone, members in groups.items())
