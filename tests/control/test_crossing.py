"""Orders that cross: who rules is told, whoever came later and whatever waits."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from hub.control.approvals import ApprovalDesk
from hub.control.desk import OverrideRequest
from hub.control.limits import Need, NeedsApproval
from hub.control.turns import Urgency
from hub.model.cabinets import CabinetReport
from hub.model.commands import Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause, LightReport
from hub.model.presence import OfflineBecause
from hub.model.reports import EventReport, PresenceReport
from tests.control.fed_street import CABINET, OTHER, SIDE
from tests.control.street import Street
from tests.control.test_cabinets import idle, ready
from tests.control.test_sensing import asked
from tests.control.test_switching import done, request
from tests.control.test_ticks import go_before_step, opened

HOUR = 3600.0


def emergency(street: Street, level: float) -> OverrideRequest:
    return replace(request(street, level), cause=Cause.EMERGENCY)


def test_a_lower_order_does_not_take_over_from_an_emergency_that_is_under_way(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, broker=False, deadline=5)
        street.online()
        high = await street.desk.place(emergency(street, 100))
        low = await street.desk.place(request(street, 20, zones=("le-loi",)))
        rain = await street.desk.sense(asked(street, 80))
        street.broker = True
        await done(street, high.command.id)
        assert street.outcomes(high.command.id) == {Outcome.APPLIED: 12}
        assert street.outcomes(low.command.id) == {Outcome.SUPERSEDED: 4}
        assert street.outcomes(rain.command.id) == {Outcome.SUPERSEDED: 12}
        assert {order.command.level for order in street.orders} == {100}

    asyncio.run(run())


def test_an_order_for_a_part_of_a_segment_does_not_stop_the_order_for_all_of_it(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path, broker=False, deadline=5)
        whole = await street.desk.place(request(street, 100, zones=(), devices=SIDE))
        part = await street.desk.place(request(street, 0, zones=(), devices=SIDE[:1]))
        street.broker = True
        await done(street, whole.command.id)
        assert street.outcomes(whole.command.id) == {Outcome.APPLIED: len(SIDE)}
        assert street.outcomes(part.command.id) == {Outcome.REJECTED: 1}

    asyncio.run(run())


def test_what_a_lower_order_lost_is_not_told_by_the_next_hub_either(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, broker=False, deadline=5)
        street.online()
        await street.desk.place(emergency(street, 100))

        async def killed(*_: object) -> None:
            raise asyncio.CancelledError

        street.desk._carry_out = killed  # type: ignore[assignment, method-assign]
        try:
            await street.desk.place(request(street, 20))
        except asyncio.CancelledError:
            await street.dispatcher.stop()
        street.registry.close()
        again = Street(tmp_path, deadline=5)
        again.online()
        await again.desk.load()
        await idle(again)  # type: ignore[arg-type]
        assert {order.command.level for order in again.orders} == {100}
        await again.dispatcher.stop()

    asyncio.run(run())


def test_an_emergency_is_as_urgent_when_it_is_taken_up_at_a_start(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, broker=False, deadline=30)
        street.online()
        one, *rest = street.city.lights(["city"])
        await street.desk.place(request(street, 20, zones=(), devices=(*rest[:2],)))
        await street.desk.place(replace(emergency(street, 100), zones=(), devices=(one,)))
        await street.dispatcher.stop()
        street.registry.close()
        again = Street(tmp_path, deadline=30)
        again.online()
        urgencies, turn = list[Urgency](), again.dispatcher.turns.turn

        async def noting(gate: str | None, urgency: Urgency, seconds: float) -> bool:
            urgencies.append(urgency)
            return await turn(gate, urgency, seconds)

        again.dispatcher.turns.turn = noting  # type: ignore[method-assign]
        await again.desk.load()
        await idle(again)  # type: ignore[arg-type]
        assert sorted(urgencies) == [Urgency.EMERGENCY, Urgency.PEOPLE, Urgency.PEOPLE]
        await again.dispatcher.stop()

    asyncio.run(run())


def test_a_step_leaves_an_order_alone_that_waits_for_its_turn(tmp_path: Path) -> None:
    async def run() -> None:
        street = opened(tmp_path, broker=False)
        step = go_before_step(street, 60)
        await street.ticks.look()
        street.clock.passed(58)
        placed = await street.desk.place(request(street, 90, zones=(), devices=("bulb",)))
        street.clock.passed(step - street.clock.now() + 0.1)
        await street.ticks.look()
        street.broker = True
        await done(street, placed.command.id)
        assert street.outcomes(placed.command.id) == {Outcome.APPLIED: 1}
        assert len(street.orders) == 1

    asyncio.run(run())


def test_a_zones_message_that_waits_for_its_turn_does_not_reach_over_a_newer_order(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, broker_rate=2, deadline=20)
        street.online()
        for _ in range(4):
            await street.dispatcher.turns.turn(None, 0, 0.01)  # type: ignore[arg-type]
        wide = await street.desk.place(request(street, 20))
        await asyncio.sleep(0)
        narrow = await street.desk.place(
            replace(request(street, 80, zones=(), devices=("lamp-0003",)), cause=Cause.EMERGENCY)
        )
        await done(street, narrow.command.id)
        await done(street, wide.command.id)
        assert street.outcomes(wide.command.id) == {Outcome.APPLIED: 11, Outcome.SUPERSEDED: 1}
        assert street.board.light("lamp-0003").actual == 80
        assert [order.command.level for order in street.orders if order.device == "lamp-0003"] == [80]
        await street.dispatcher.stop()

    asyncio.run(run())


def test_a_state_that_the_broker_hands_over_once_more_answers_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        street = ready(tmp_path, dead={CABINET}, deadline=2.0)
        now = street.clock.now()
        on, off = dict.fromkeys("abc", True), {"a": True, "b": False, "c": False}
        old = CabinetReport(CABINET, now + 1, now + 1, on, on, False, True, True)
        street.take(cabinets=[old, CabinetReport(CABINET, now + 2, now + 2, off, off, False, True, True)])
        street.clock.passed(3)
        placed = await street.desk.place(request(street, 100, zones=(), devices=SIDE))
        async with asyncio.timeout(20):
            while not street.sent():
                await asyncio.sleep(0)
        street.take(cabinets=[replace(old, received=street.clock.now())])
        await done(street, placed.command.id)
        assert street.outcomes(placed.command.id) == {Outcome.TIMED_OUT: len(SIDE)}

    asyncio.run(run())


def test_a_cabinet_that_says_only_what_changes_is_told_once(tmp_path: Path) -> None:
    """It has its segments on already; the order to them is confirmed by its result alone."""

    async def run() -> None:
        street = ready(tmp_path, segments=dict.fromkeys("abc", True), feedback=dict.fromkeys("abc", True))
        await street.reconciler.look()
        await idle(street)
        street.report = lambda **_: None  # type: ignore[method-assign]
        placed = await street.desk.place(request(street, 60))
        await done(street, placed.command.id)
        assert (street.board.light("side-0").cause, street.board.light("side-0").actual) == (Cause.OVERRIDE, 100)
        ended = await street.desk.end(placed.override.id, "operator")
        assert ended is not None
        await done(street, ended.command.id)
        street.orders.clear()
        for _ in range(5):
            await street.reconciler.look()
            await idle(street)
        assert street.orders == []
        assert street.board.light("other-0").cause is Cause.PROGRAM
        assert street.board.conditions("side-0") == []

    asyncio.run(run())


def test_lights_of_a_cabinet_behind_a_gateway_are_away_with_it(tmp_path: Path) -> None:
    street = ready(tmp_path)
    gateway = Device("gate", "gate", DeviceKind.GATEWAY)
    street.registry.devices.add_many([gateway], {})
    street.city.put_devices([gateway, replace(street.city.devices[CABINET], address="gate")])
    now = street.clock.now()
    street.board.take([], [], [], [], [PresenceReport("gate", True, now)])
    changed = street.board.take([], [], [], [], [PresenceReport("gate", False, now)])
    assert changed == {"gate", CABINET, *SIDE, *OTHER}
    street.board.take([], [], [], [], [PresenceReport("gate", True, now)])
    street.take(events=[EventReport(CABINET, "communicationFailure", True, now, now)])
    absence = street.board.absence("side-0")
    assert absence is not None
    assert absence.because is OfflineBecause.UNREACHABLE


def test_no_sensor_takes_a_lamp_from_a_technician(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        street.online()
        first = await street.desk.sense(asked(street, 80))
        await done(street, first.command.id)
        now = street.clock.now()
        street.take(lights=[LightReport("lamp-0003", 0, Cause.LOCAL, now, now)])
        held = street.board.light("lamp-0003").local_until
        second = await street.desk.sense(asked(street, 80), first.override.id)
        await done(street, second.command.id)
        ended = await street.desk.end(second.override.id, "sensing:rain")
        assert ended is not None
        await done(street, ended.command.id)
        await street.reconciler.look()
        state = street.board.light("lamp-0003")
        assert (state.actual, state.local_until) == (0, held)
        assert street.reconciler.strays == 0
        placed = await street.desk.place(request(street, 30))
        await done(street, placed.command.id)
        assert street.board.light("lamp-0003").actual == 30

    asyncio.run(run())


def test_a_request_whose_lights_moved_meanwhile_is_for_those_that_are_there_when_it_is_approved(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path)
        street.online()
        desk = ApprovalDesk(street.registry, street.desk, street.clock, lambda approval: None)
        wanted = request(street, 20, zones=("le-loi",))
        waiting = await desk.ask(wanted, None, "digest", NeedsApproval([(Need.MANY_LIGHTS, "")], 4))
        gone = street.city.lights(["le-loi"])[0]
        moved = replace(street.city.devices[gone], zone="dong-ba")
        street.registry.devices.update(moved)
        street.city.put_devices([moved])
        placed = await desk.approve(waiting, "another")
        await done(street, placed.command.id)
        assert street.outcomes(placed.command.id) == {Outcome.APPLIED: 3}
        assert street.board.light(gone).actual != 20

    asyncio.run(run())
