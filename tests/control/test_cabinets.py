"""Lights that a contactor switches, and lights that it only powers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from hub.control.following import Standing
from hub.model.commands import Outcome
from hub.model.light import Cause
from hub.model.presence import OfflineBecause
from hub.model.reports import EventReport, ResultReport
from hub.registry import Written
from schedules.calendar_reader import parse_calendar
from schedules.program_reader import parse_program
from tests.control.fed_street import CABINET, OTHER, SIDE, FedStreet
from tests.control.test_switching import done, request


async def idle(street: FedStreet) -> None:
    async with asyncio.timeout(5):
        while street.dispatcher.busy():
            await asyncio.sleep(0.01)


async def told(street: FedStreet, command: str) -> str:
    """The id on the wire of the order to a contactor that carries `command`."""
    async with asyncio.timeout(5):
        while True:
            for order in street.orders:
                if order.segment and order.command.id.startswith(command):
                    return order.command.id
            await asyncio.sleep(0.01)


def ready(folder: Path, **options: object) -> FedStreet:
    street = FedStreet(folder, **options)  # type: ignore[arg-type]
    street.arrive()
    return street


def test_a_zone_of_both_kinds_is_switched_with_one_command_a_contactor(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path)
        placed = await street.desk.place(request(street, 60))
        await done(street, placed.command.id)
        assert set(street.targets(placed.command.id).values()) == {("applied", "")}
        assert placed.targets == 12 + len(SIDE) + len(OTHER)
        assert sorted(street.sent()) == [(CABINET, "b", 100.0), (CABINET, "c", 100.0)]
        assert [order.zone for order in street.orders if order.segment is None] == ["city"]
        ids = {order.command.id for order in street.orders if order.segment}
        assert ids == {f"{placed.command.id}/b", f"{placed.command.id}/c"}, "a cabinet carries out an id once"
        state = street.board.light("side-0")
        assert (state.requested, state.in_effect, state.actual, state.cause) == (100, 100, 100, Cause.OVERRIDE)
        assert street.board.light("lamp-0000").actual == 60

        off = await street.desk.place(request(street, 0))
        await done(street, off.command.id)
        state = street.board.light("side-0")
        assert (state.requested, state.in_effect, state.actual) == (0, 0, 0)
        assert state.online, "switched off is not without power"

    asyncio.run(run())


def test_the_feedback_alone_confirms_and_so_does_the_answer_alone(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path, dead={CABINET}, deadline=30)
        for level, said in ((100, "feedback"), (0, "answer")):
            placed = await street.desk.place(request(street, level, zones=("hung-vuong",)))
            wire = await told(street, placed.command.id)
            now = street.clock.now()
            if said == "feedback":
                street.report(segments={"b": True}, feedback={"b": True})
            else:
                street.take(results=[ResultReport(CABINET, wire, Outcome.APPLIED, now, now)])
            await done(street, placed.command.id)
            outcomes = street.targets(placed.command.id)
            assert {outcomes[name] for name in SIDE} == {("applied", "")}, said
            assert street.board.light("side-0").in_effect == level

    asyncio.run(run())


def test_an_order_to_a_part_of_a_segment_is_refused_for_that_part(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path)
        placed = await street.desk.place(request(street, 60, zones=(), devices=("side-0", *OTHER)))
        await done(street, placed.command.id)
        reason = f"segment b of {CABINET} feeds 2 other lights: order the segment or its zone"
        found = street.targets(placed.command.id)
        assert found == {"side-0": ("rejected", reason)} | dict.fromkeys(OTHER, ("applied", ""))
        assert street.sent() == [(CABINET, "c", 100.0)]
        assert street.board.light("side-0").requested == street.board.light("side-1").requested
        await street.reconciler.look()
        assert street.sent() == [(CABINET, "c", 100.0)] or street.sent()[1:] == [(CABINET, "b", 100.0)]

    asyncio.run(run())


def test_on_local_orders_are_refused_and_its_lights_are_switched_on_site(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path)
        placed = await street.desk.place(request(street, 100))
        await done(street, placed.command.id)
        assert street.board.light("side-0").cause is Cause.OVERRIDE
        street.report(remote=False)
        assert street.board.light("side-0").cause is Cause.LOCAL
        street.report(feedback={"a": True, "b": False, "c": True}, segments={"a": True, "b": False, "c": True})
        sent = len(street.sent())
        await street.reconciler.look()
        assert len(street.sent()) == sent, "nobody is switched against the technician"
        refused = await street.desk.place(request(street, 0))
        await done(street, refused.command.id)
        outcome, reason = street.targets(refused.command.id)["side-0"]
        assert outcome == "rejected"
        assert reason.startswith(f"{CABINET} is on local")
        assert street.targets(refused.command.id)["lamp-0000"] == ("applied", "")
        assert len(street.sent()) == sent
        street.report(remote=True)
        await street.reconciler.look()
        await idle(street)
        assert street.sent()[sent:] == [(CABINET, "c", 0.0)], (
            "the order that holds is carried out when the hub may switch"
        )

    asyncio.run(run())


def test_lights_of_a_dead_segment_are_unpowered_and_not_faulty(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path)
        board = street.board
        now = street.clock.now()
        faulty = board.counts("city").faulty
        street.report(segments={"a": False, "b": False, "c": False}, feedback={"a": False, "b": False, "c": False})
        later = [
            EventReport("lamp-0000", "communicationFailure", True, now - 5, now),
            EventReport("lamp-0000", "lampFailure", True, street.clock.now() + 1, now),
        ]
        street.take(events=later)
        absence = board.absence("lamp-0000")
        assert absence is not None and absence.because is OfflineBecause.UNPOWERED
        assert board.conditions("lamp-0000") == []
        assert board.counts("city").faulty == faulty
        assert board.offline_because("lamp-0000") == f"it has no power: segment a of {CABINET} is dead"
        assert board.online("side-0"), "off, as ordered"

        street.report(segments={"a": True, "b": True, "c": False}, feedback={"a": True, "b": True, "c": False})
        assert [each.type for each in board.conditions("lamp-0000")] == ["communicationFailure", "lampFailure"]
        on = board.counts("city").on
        street.report(breaker=False)
        for name in ("lamp-0000", *SIDE):
            assert board.absence(name).because is OfflineBecause.UNPOWERED, name  # type: ignore[union-attr]
        assert board.counts("city").on == on - 1 - len(SIDE)
        assert board.offline_because("side-0") == f"it has no power: the breaker of {CABINET} is open"
        placed = await street.desk.place(request(street, 100, zones=("hung-vuong",)))
        await done(street, placed.command.id)
        assert street.targets(placed.command.id)["side-0"] == (
            "failed", f"the contactor is closed, but the breaker of {CABINET} is open",
        )  # fmt: skip

    asyncio.run(run())


def test_what_is_wrong_at_a_cabinet_begins_and_ends_by_itself(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path, stuck={"b"})

        async def wrong() -> list[tuple[str, str]]:
            await street.watch.look()
            return [(each.type, each.point) for each in street.board.conditions(CABINET)]

        assert await wrong() == []
        street.report(door=True, breaker=False)
        assert await wrong() == [("cabinetDoorOpen", ""), ("circuitBreakerTripped", "")]
        street.clock.added += 1
        street.report(door=False, breaker=True)
        assert await wrong() == []
        placed = await street.desk.place(request(street, 100, zones=("hung-vuong",)))
        await done(street, placed.command.id)
        assert await wrong() == [], "a contactor needs its moment"
        assert street.board.absence("side-0").because is OfflineBecause.UNPOWERED  # type: ignore[union-attr]
        street.clock.added += 6
        assert await wrong() == [("relayFailure", "b")]
        begun = [row.event for row in street.registry.events.list(CABINET) if row.event.active]
        await street.watch.look()
        assert [row.event for row in street.registry.events.list(CABINET) if row.event.active] == begun
        street.report(feedback={"a": True, "b": True, "c": False})
        assert await wrong() == []
        assert street.board.online("side-0")

    asyncio.run(run())


def test_the_hub_switches_at_every_step_and_never_skips(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path)
        skipping = {"id": "thin", "name": "x", "steps": [{"at": "00:00", "level": 40, "skip": {"off": 1, "of": 2}}]}
        program = parse_program(skipping)
        timetable = street.timetable
        timetable.put_program(Written("thin", skipping, 0, "x"), program)
        calendar = {"id": "thin", "name": "x", "default": "thin"}
        timetable.put_calendar(Written("thin", calendar, 0, "x"), parse_calendar(calendar))
        zone = street.city.tree.zones["le-loi"]
        street.city.put_zone(replace(zone, calendar="thin"))
        now = street.clock.now()
        devices = street.city.devices
        assert {street.arbiter.planned(devices[name], now).level for name in (*SIDE, *OTHER)} == {100.0}
        in_le_loi = {street.arbiter.planned(devices[name], now).level for name in street.city.lights(["le-loi"])}
        assert in_le_loi == {0.0, 40.0, 100.0}
        await street.reconciler.look()
        await idle(street)
        assert sorted(street.sent()) == [(CABINET, "b", 100.0), (CABINET, "c", 100.0)]
        assert street.board.light("side-0").cause is Cause.PROGRAM
        await street.reconciler.look()
        assert len(street.sent()) == 2

    asyncio.run(run())


def test_a_light_that_is_added_to_a_segment_is_told_with_all_others_of_it(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path)
        await street.reconciler.look()
        await idle(street)
        sent = len(street.sent())
        added = replace(street.city.devices["side-0"], id="side-9")
        street.registry.devices.add_many([added], {})
        street.city.put_devices([added])
        await street.reconciler.look()
        await idle(street)
        assert street.sent()[sent:] == [(CABINET, "b", 100.0)]
        assert street.board.light("side-9").actual == 100

    asyncio.run(run())


def test_a_restart_forgets_no_cabinet(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path)
        street.report(breaker=False)
        again = FedStreet(tmp_path)
        again.board.load(again.registry.lights.all(), again.registry.events.active(), again.registry.cabinets.all())
        assert again.board.cabinets.report(CABINET) == street.board.cabinets.report(CABINET)
        assert again.board.absence("lamp-0000") == street.board.absence("lamp-0000")

    asyncio.run(run())


async def stepped(street: FedStreet) -> list[tuple[str, str, float | None]]:
    """The orders to contactors by the hub's own steps, when nothing is under way."""
    before = len(street.sent())
    await street.ticks.look()
    await idle(street)
    return sorted(street.sent()[before:])


def by_half_days(street: FedStreet) -> None:
    """On from midnight, off from noon."""
    body = {"id": "halves", "name": "x", "steps": [{"at": "12:00", "level": 0}, {"at": "00:00", "level": 40}]}
    street.timetable.put_program(Written("halves", body, 0, "x"), parse_program(body))
    calendar = {"id": "halves", "name": "x", "default": "halves"}
    street.timetable.put_calendar(Written("halves", calendar, 0, "x"), parse_calendar(calendar))
    street.city.put_zone(replace(street.city.tree.zones["city"], calendar="halves"))


def go_to_step(street: FedStreet, seconds: float) -> float:
    """Time goes by until so long after the next step of these lights; returns the level from then on."""
    device = street.city.devices["side-0"]
    step = street.arbiter.planned(device, street.clock.now()).next
    assert step is not None
    street.clock.passed(step + seconds - street.clock.now())
    street.arrive()
    return street.arbiter.planned(device, street.clock.now()).level


def test_a_step_is_one_command_a_contactor_when_it_comes(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path)
        by_half_days(street)
        go_to_step(street, -60)
        await stepped(street)
        assert await stepped(street) == []
        level = go_to_step(street, 0)
        assert await stepped(street) == [(CABINET, "b", level), (CABINET, "c", level)]
        assert sum(street.ticks.lateness.counts) == len(SIDE) + len(OTHER)
        assert street.board.light("side-0").cause is Cause.PROGRAM
        assert await stepped(street) == []

    asyncio.run(run())


def test_a_light_that_is_added_is_switched_by_the_hubs_own_steps_with_its_whole_segment(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path)
        await stepped(street)
        added = replace(street.city.devices["side-0"], id="side-9", zone="dong-ba")
        street.registry.devices.add_many([added], {})
        street.city.put_devices([added])
        assert await stepped(street) == [(CABINET, "b", 100.0)]
        assert street.board.light("side-9").actual == 100

    asyncio.run(run())


def test_no_step_is_carried_out_against_a_technician_and_it_is_made_up_for_afterwards(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path)
        by_half_days(street)
        go_to_step(street, -60)
        await stepped(street)
        street.report(remote=False)
        level, commands = go_to_step(street, 0), len(street.heard.commands)
        assert await stepped(street) == []
        assert len(street.heard.commands) == commands, "nothing is ordered only to be refused"
        judged = [street.following.judge(street.city.devices[name], street.clock.now()) for name in (*SIDE, *OTHER)]
        assert {each.standing for each in judged} == {Standing.LOCAL}
        before = len(street.sent())
        street.report(remote=True)
        await street.reconciler.look()
        await idle(street)
        assert sorted(street.sent()[before:]) == [(CABINET, "b", level), (CABINET, "c", level)]

    asyncio.run(run())


def test_a_contactor_takes_one_turn_at_its_cabinet(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path, gateway_rate=0.5, deadline=0.4)
        placed = await street.desk.place(request(street, 100))
        await done(street, placed.command.id)
        assert len(street.sent()) == 1
        found = street.targets(placed.command.id)
        behind = {each.segment: SIDE if each.segment == "b" else OTHER for each in street.orders if each.segment}
        (served,) = behind.values()
        waited = ("timed_out", f"not sent: too many orders waited for {CABINET}, which is given 0.5 a second")
        assert {found[name] for name in served} == {("applied", "")}
        assert {found[name] for name in {*SIDE, *OTHER}.difference(served)} == {waited}
        assert street.dispatcher.turns.sent == {"zone": 1, "device": 1}

    asyncio.run(run())
