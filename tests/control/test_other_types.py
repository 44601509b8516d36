"""Lights that know neither command ids nor programs: what an order to them means, and how it ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hub.model.commands import Command, Operation, Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause
from hub.model.reports import PresenceReport, ResultReport
from hub.registry import SignalChanges
from tests.control.street import Street
from tests.control.test_switching import done, request


def street_with(folder: Path, **others: str) -> Street:
    """A street whose lights of other types are online, at 30 % (a program level) if they say so."""
    street = Street(folder, deadline=0.6, others=others)
    street.online(*(name for name in street.city.lights(["city"]) if name not in others))
    for name, profile in others.items():
        street.take(presence=[PresenceReport(name, True, street.clock.now())])
        if profile == "stateful":
            street.say(name, 30)
    return street


def details(street: Street, command: str) -> dict[str, tuple[Outcome, str]]:
    targets = street.registry.orders.targets(command, None, None, 100)
    return {target.device: (target.outcome, target.detail) for target in targets if "lamp" not in target.device}


def test_a_state_that_agrees_confirms_the_order_and_groups_reach_native_lights_alone(tmp_path: Path) -> None:
    async def run() -> None:
        street = street_with(tmp_path, bulb="stateful")
        assert street.board.light("bulb").cause is Cause.LOCAL  # nothing of the hub's made it shine
        placed = await street.desk.place(request(street))
        await done(street, placed.command.id)
        assert street.outcomes(placed.command.id) == {Outcome.APPLIED: 13}
        assert sorted((str(order.zone), str(order.device)) for order in street.orders) == [
            ("None", "bulb"),
            ("city", "None"),
        ]
        state = street.board.light("bulb")
        assert state.actual is not None and abs(state.actual - 60) < 0.5
        assert (state.requested, state.in_effect, state.cause) == (60, 60, Cause.OVERRIDE)
        street.say("bulb", state.actual)  # as it does every few minutes
        assert street.board.light("bulb").cause is Cause.OVERRIDE
        street.say("bulb", 100)  # somebody at the switch
        assert street.board.light("bulb").cause is Cause.LOCAL

    asyncio.run(run())


def test_a_state_that_disagrees_confirms_nothing_and_is_named(tmp_path: Path) -> None:
    async def run() -> None:
        street = street_with(tmp_path, bulb="stateful")
        street.dead.add("bulb")
        placed = await street.desk.place(request(street, devices=("bulb",), zones=()))
        while not street.orders:
            await asyncio.sleep(0.01)
        street.say("bulb", 100)
        await done(street, placed.command.id)
        reason = "it reports 100 %, not the 60 % that it was told"
        assert details(street, placed.command.id) == {"bulb": (Outcome.TIMED_OUT, reason)}
        assert len(street.orders) == street.tries
        assert (street.board.light("bulb").in_effect, street.board.light("bulb").actual) == (None, 100)

    asyncio.run(run())


def test_received_is_not_applied_until_the_light_says_its_level(tmp_path: Path) -> None:
    async def run() -> None:
        street = street_with(tmp_path, far="radio", near="stateful")
        street.dead.add("near")
        placed = await street.desk.place(request(street, devices=("far", "near"), zones=()))
        while details(street, placed.command.id)["near"][0] is not Outcome.TIMED_OUT:
            await asyncio.sleep(0.02)  # the command's deadline passes for it; `far` is given its type's patience
        assert details(street, placed.command.id)["far"] == (Outcome.SENT, "received by the device")
        assert [order.device for order in street.orders].count("far") == 1
        assert street.dispatcher.busy() == {"far"}
        street.say("far", 60)  # an uplink that holds the level
        await done(street, placed.command.id)
        assert details(street, placed.command.id)["far"][0] is Outcome.APPLIED

    asyncio.run(run())


def test_a_restart_neither_forgets_what_was_received_nor_sends_it_again(tmp_path: Path) -> None:
    async def run() -> None:
        street = street_with(tmp_path, far="radio")
        placed = await street.desk.place(request(street, devices=("far",), zones=()))
        while details(street, placed.command.id)["far"][0] is not Outcome.SENT:
            await asyncio.sleep(0.01)
        await street.dispatcher.stop()
        again = Street(tmp_path, others={"far": "radio"})
        await again.desk.load()
        await asyncio.sleep(0)
        again.say("far", 60)
        await done(again, placed.command.id)
        assert again.orders == []
        assert details(again, placed.command.id)["far"][0] is Outcome.APPLIED

    asyncio.run(run())


def test_what_a_type_cannot_do_is_rejected_at_once_with_the_reason(tmp_path: Path) -> None:
    async def run() -> None:
        street = street_with(tmp_path, eye="mere-sensor")
        placed = await street.desk.place(request(street, devices=("eye",), zones=()))
        await done(street, placed.command.id)
        reason = "devices of type Mere sensor know no set_level: they take no command at all"
        assert details(street, placed.command.id) == {"eye": (Outcome.REJECTED, reason)}
        assert street.orders == []
        await street.reconciler.look()
        await asyncio.sleep(0.1)
        assert street.orders == []  # nor is it ever ordered by the hub itself

    asyncio.run(run())


def test_a_type_that_never_answers_ends_timed_out_and_says_so(tmp_path: Path) -> None:
    async def run() -> None:
        street = street_with(tmp_path, dumb="mute")
        placed = await street.desk.place(request(street, devices=("dumb",), zones=()))
        await done(street, placed.command.id)
        said = (Outcome.TIMED_OUT, "sent; devices of this type never say what they do")
        assert details(street, placed.command.id) == {"dumb": said}
        assert len(street.orders) == 1
        state = street.board.light("dumb")
        assert (state.requested, state.in_effect, state.actual) == (60, None, None)

    asyncio.run(run())


def test_the_hub_switches_lights_without_programs_at_every_step(tmp_path: Path) -> None:
    async def run() -> None:
        street = street_with(tmp_path, bulb="stateful", dumb="mute")
        for light in ("bulb", "dumb"):
            assert street.arbiter.desired(street.city.devices[light], street.clock.now()).cause is Cause.PROGRAM
        planned = street.arbiter.planned(street.city.devices["bulb"], street.clock.now())
        street.say("bulb", 77)
        await street.reconciler.look()
        while len(street.orders) < 2:
            await asyncio.sleep(0.01)
        told = {str(order.device): order.command for order in street.orders}
        assert told.keys() == {"bulb", "dumb"}
        assert {(each.operation, each.level) for each in told.values()} == {(Operation.SET_LEVEL, planned.level)}
        await done(street, told["bulb"].id)
        assert street.board.light("bulb").cause is Cause.PROGRAM
        await street.reconciler.look()
        await asyncio.sleep(0.1)
        assert len(street.orders) == 2  # both do what they should, as far as can be known
        street.clock.added += 12 * 3600
        street.take(presence=[PresenceReport("dumb", here, street.clock.now()) for here in (False, True)])
        next_level = street.arbiter.planned(street.city.devices["bulb"], street.clock.now()).level
        assert next_level != planned.level
        street.say("bulb", planned.level)
        later: set[tuple[str | None, float | None]] = set()
        while {("bulb", next_level), ("dumb", next_level)} - later:
            await street.reconciler.look()
            await asyncio.sleep(0.05)
            later = {(order.device, order.command.level) for order in street.orders[2:]}

    asyncio.run(run())


def test_an_override_that_ends_takes_such_a_light_back_to_its_program(tmp_path: Path) -> None:
    async def run() -> None:
        street = street_with(tmp_path, bulb="stateful")
        placed = await street.desk.place(request(street, devices=("bulb",), zones=()))
        await done(street, placed.command.id)
        ended = await street.desk.end(placed.override.id, "operator")
        assert ended is not None
        await done(street, ended.command.id)
        state = street.board.light("bulb")
        assert state.cause is Cause.PROGRAM and state.actual is not None and state.requested is not None
        assert abs(state.actual - state.requested) < 0.5

    asyncio.run(run())


def test_junctions_of_one_zone_are_each_told_their_own_part(tmp_path: Path) -> None:
    """Their zone's group is for its lights (fewer here than junctions): nothing meant for a junction goes there."""

    async def run() -> None:
        junctions = ["junction-1", "junction-2"]
        Street(tmp_path, lights=3).registry.devices.add_many(
            [Device(each, each, DeviceKind.JUNCTION, zone="le-loi") for each in junctions]
        )
        street = Street(tmp_path, lights=3, deadline=5.0, dead=set(junctions))
        now = street.clock.now()
        street.take(presence=[PresenceReport(each, True, now) for each in (*junctions, *street.city.lights(["city"]))])
        told = {each: {"plan": f"day-{each}", "checksum": "c"} for each in junctions}
        command = Command("cmd-1", Operation.SIGNAL_PLAN, now, "dung", now + 5.0, signals=told)
        street.registry.signals.apply(SignalChanges(commands=[(command, junctions)]))
        street.dispatcher.begin(command, junctions)
        while street.outcomes(command.id) == {Outcome.PENDING: 2}:
            await asyncio.sleep(0.01)
        assert street.outcomes(command.id) == {Outcome.SENT: 2}
        street.take(results=[ResultReport(each, command.id, Outcome.APPLIED, now, now) for each in junctions])
        await done(street, command.id)
        assert street.outcomes(command.id) == {Outcome.APPLIED: 2}
        assert {(order.zone, order.device, (order.command.signal or {}).get("plan")) for order in street.orders} == {
            (None, each, f"day-{each}") for each in junctions
        }  # fmt: skip

    asyncio.run(run())
