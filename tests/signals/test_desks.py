"""Plan sets and orders, step by step: what goes through, what is refused, what the controller does in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hub.model.signals import OrderKind, PlanState, Progress
from hub.signals.orders import Wish
from hub.signals.refusals import SignalRefusal
from tests.signals.house import House

ONE = "junction-01"


def played(tmp_path: Path, scene: Callable[[House], Awaitable[None]], count: int = 1) -> None:
    async def play() -> None:
        house = House(tmp_path, count)
        await house.start()
        await house.look()
        try:
            await scene(house)
        finally:
            house.stop()
            house.registry.close()

    asyncio.run(play())


def wish(house: House, seconds: float = 3600.0, by: str = "dung") -> Wish:
    return Wish(by, "football", house.clock.now() + seconds)


def code(error: pytest.ExceptionInfo[SignalRefusal]) -> str:
    return error.value.code


def test_a_plan_set_is_active_when_the_controller_runs_it_and_not_before(tmp_path: Path) -> None:
    async def scene(house: House) -> None:
        plans, body = house.room.plans, house.body()
        body["programs"]["day"]["offset"] = 7
        made = await plans.add(ONE, body, "an", "a new offset")
        assert made.state is PlanState.LINTED and made.version == 1
        with pytest.raises(SignalRefusal) as refused:
            await plans.activate(made.id, "an", "now", None)
        assert code(refused) == "plan-state" and house.told == []
        await plans.submit(made.id, "an", "please")
        with pytest.raises(SignalRefusal) as refused:
            await plans.approve(made.id, "an", "mine")
        assert code(refused) == "own-request"
        with pytest.raises(SignalRefusal) as refused:
            await plans.edit(made.id, house.body(), "an", "")
        assert code(refused) == "plan-closed"
        await plans.approve(made.id, "binh", "good")
        record = await plans.activate(made.id, "binh", "tonight", None)
        assert record.state is PlanState.DOWNLOADING
        assert all(command.signals[ONE]["activate"] is False for command, _ in house.told)
        assert set(record.names.values()).isdisjoint(house.crossroads[ONE].controller.own), "its own are not replaced"
        house.deliver_all()
        await house.look()
        assert (await plans.get(made.id)).state is PlanState.DOWNLOADED
        assert ONE not in house.room.ledger.active
        house.deliver_all()
        await house.look()
        assert house.crossroads[ONE].runs != record.names["day"] and ONE not in house.room.ledger.active
        for _ in range(200):
            await house.seconds(1.0)
            if house.crossroads[ONE].runs == record.names["day"]:
                break
        assert house.room.ledger.active[ONE].id == made.id
        steps = [step.what for step in (await plans.get(made.id)).steps]
        assert steps == ["added", "submitted", "approved", "activated", "downloaded", "active"]

    played(tmp_path, scene)


def test_what_the_linter_refuses_goes_nowhere(tmp_path: Path) -> None:
    async def scene(house: House) -> None:
        body = house.body()
        body["programs"]["day"]["states"]["45"] = "GGGGrr"
        made = await house.room.plans.add(ONE, body, "an", "")
        assert made.state is PlanState.DRAFT and made.errors > 0
        with pytest.raises(SignalRefusal) as refused:
            await house.room.plans.submit(made.id, "an", "please")
        assert code(refused) == "plan-state"
        with pytest.raises(SignalRefusal) as refused:
            await house.room.plans.add(ONE, {"format": 1}, "an", "")
        assert code(refused) == "bad-plan"

    played(tmp_path, scene)


def test_a_download_that_comes_not_back_ends_and_the_approval_stands(tmp_path: Path) -> None:
    async def scene(house: House) -> None:
        first = await house.active()
        plans, body = house.room.plans, house.body()
        body["programs"]["day"]["offset"] = 9
        made = await plans.add(ONE, body, "an", "")
        await plans.submit(made.id, "an", "please")
        await plans.approve(made.id, "binh", "good")
        await plans.activate(made.id, "binh", "now", None)
        house.wire.clear()  # nothing arrives
        for _ in range(40):
            await house.seconds(10.0)
        record = await plans.get(made.id)
        assert record.state is PlanState.APPROVED and "not read back" in record.steps[-1].text
        assert house.room.ledger.active[ONE].id == first

    played(tmp_path, scene)


def test_one_click_leads_back_to_the_one_before(tmp_path: Path) -> None:
    async def scene(house: House) -> None:
        first = await house.active()
        body = house.body()
        body["programs"]["day"]["offset"] = 9
        second = await house.active(body=body)
        assert (await house.room.plans.get(first)).state is PlanState.SUPERSEDED
        back = await house.room.plans.rollback(second, "dung", "queues at the hospital")
        assert back.id == first
        for _ in range(300):
            house.deliver_all()
            await house.seconds(2.0)
            if house.room.ledger.active[ONE].id == first:
                break
        assert house.room.ledger.active[ONE].id == first
        assert (await house.room.plans.get(second)).state is PlanState.SUPERSEDED

    played(tmp_path, scene)


def test_a_selection_is_read_back_runs_and_ends_by_itself(tmp_path: Path) -> None:
    async def scene(house: House) -> None:
        await house.active()
        await house.seconds(400.0)
        house.deliver_all()
        order = await house.room.orders.select(ONE, "evening", wish(house, 900.0))
        house.deliver_all()
        await house.look()
        assert house.room.ledger.ruling[ONE].progress is Progress.CONFIRMED
        with pytest.raises(SignalRefusal) as refused:
            await house.room.orders.select(ONE, "night", wish(house))
        assert code(refused) == "too-often" and (refused.value.wait or 0) > 60, "it must have run a whole cycle first"
        for _ in range(120):
            await house.seconds(1.0)
        assert house.room.ledger.ruling[ONE].progress is Progress.RUNNING
        assert house.crossroads[ONE].runs == "evening"
        for _ in range(500):
            house.deliver_all()
            await house.seconds(2.0)
        assert ONE not in house.room.ledger.ruling
        assert house.crossroads[ONE].runs == "day"
        (ended,) = [each for each in house.registry.signals.orders(ONE) if each.id == order.id]
        assert ended.progress is Progress.ENDED and ended.running is not None

    played(tmp_path, scene)


def test_a_held_stage_is_a_program_that_the_linter_passes_or_nothing(tmp_path: Path) -> None:
    async def scene(house: House) -> None:
        await house.active()
        await house.seconds(400.0)
        house.deliver_all()
        told = len(house.told)
        _, judged = await house.room.orders.held(ONE, "1", 12, wish(house), dry=True)
        assert judged.errors == 0 and len(house.told) == told
        with pytest.raises(SignalRefusal) as refused:
            await house.room.orders.held(ONE, "1", 300, wish(house))
        assert code(refused) == "plan-not-safe" and refused.value.more["findings"]
        with pytest.raises(SignalRefusal) as refused:
            await house.room.orders.held(ONE, "9", 5, wish(house))
        assert code(refused) == "not-in-plan"
        order, _ = await house.room.orders.held(ONE, "1", 12, wish(house, 1200.0))
        assert order is not None
        house.deliver_all()
        for _ in range(150):
            await house.seconds(1.0)
        assert house.room.ledger.ruling[ONE].progress is Progress.RUNNING
        running = house.crossroads[ONE].controller.runner.shows.program
        assert running is not None and running.cycle == 102
        for _ in range(600):
            house.deliver_all()
            await house.seconds(2.0)
        assert house.crossroads[ONE].runs == "day" and house.crossroads[ONE].controller.fault is None

    played(tmp_path, scene)


@pytest.mark.parametrize("spot", ["local", "manual"])
def test_the_police_panel_and_the_technician_have_the_junction(tmp_path: Path, spot: str) -> None:
    async def scene(house: House) -> None:
        await house.active()
        house.crossroads[ONE].controller.take(spot)
        await house.seconds(200.0)
        for act in (
            house.room.orders.select(ONE, "evening", wish(house)),
            house.room.orders.mode(ONE, OrderKind.FLASH, wish(house)),
        ):
            with pytest.raises(SignalRefusal) as refused:
                await act
            assert code(refused) == "junction-refused"
            assert refused.value.more["why_not"][0]["code"] == {"local": "spot", "manual": "manual"}[spot]

    played(tmp_path, scene)


def test_a_silent_controller_and_one_that_failed_take_no_order(tmp_path: Path) -> None:
    async def scene(house: House) -> None:
        await house.active()
        house.lost.add(ONE)
        await house.seconds(200.0)
        with pytest.raises(SignalRefusal, match="silent for 200 s"):
            await house.room.orders.mode(ONE, OrderKind.FLASH, wish(house))
        house.lost.clear()
        house.crossroads[ONE].controller.trip("controller")
        await house.seconds(2.0)
        with pytest.raises(SignalRefusal, match="fault"):
            await house.room.orders.mode(ONE, OrderKind.FLASH, wish(house))

    played(tmp_path, scene)


def test_one_lamp_of_two_stops_no_order_and_both_do(tmp_path: Path) -> None:
    async def scene(house: House) -> None:
        await house.active()
        await house.seconds(400.0)
        controller = house.crossroads[ONE].controller
        controller.lose_lamp("mav")
        await house.seconds(1.0)
        assert house.room.orders.why_not(ONE) == []
        await house.room.orders.select(ONE, "evening", wish(house))
        house.deliver_all()
        await house.seconds(130.0)
        assert house.crossroads[ONE].runs == "evening"
        controller.lose_lamp("mav")
        await house.seconds(400.0)
        with pytest.raises(SignalRefusal, match=r"reports a fault \(lamp:mav\)"):
            await house.room.orders.mode(ONE, OrderKind.FLASH, wish(house))

    played(tmp_path, scene)


def test_a_green_wave_holds_what_can_follow_and_names_what_cannot(tmp_path: Path) -> None:
    async def scene(house: House) -> None:
        routes, orders = house.room.routes, house.room.orders
        for junction in ("junction-01", "junction-02"):
            await house.active(junction)
        await house.seconds(400.0)
        house.deliver_all()
        legs = [{"junction": each, "program": "evening"} for each in house.crossroads]
        await routes.add("hospital", {"name": "Bệnh viện", "legs": legs}, "an")
        looked = routes.look(routes.get("hospital"), wish(house))
        assert [each.junction for each in looked.orders] == ["junction-01", "junction-02"]
        assert [each.leg.junction for each in looked.refused] == ["junction-03"] and house.room.ledger.ruling == {}
        asked = await routes.request("hospital", "dung", "fire engine", house.clock.now() + 1200.0)
        assert len({order.command for order in asked.orders}) == 1, "one command for the whole route"
        house.deliver_all()
        await house.seconds(130.0)
        for junction in ("junction-01", "junction-02"):
            assert house.crossroads[junction].runs == "evening"
        with pytest.raises(SignalRefusal) as refused:
            await orders.select("junction-01", "night", wish(house))
        assert code(refused) == "held"
        with pytest.raises(SignalRefusal) as refused:
            await routes.drop("hospital", "an", lambda route: [])
        assert code(refused) == "route-runs"
        await house.seconds(200.0)
        assert await routes.end("hospital", "dung", "it passed") == 2
        for _ in range(130):
            house.deliver_all()
            await house.seconds(2.0)
        assert [house.crossroads[each].runs for each in ("junction-01", "junction-02")] == ["day", "day"]
        assert house.room.ledger.ruling == {}

    played(tmp_path, scene, count=3)


def test_a_deleted_junction_closes_its_plan_sets_and_keeps_the_audit(tmp_path: Path) -> None:
    async def scene(house: House) -> None:
        id = await house.active()
        await house.room.deleted(ONE)
        assert (await house.room.plans.get(id)).state is PlanState.CLOSED
        assert house.room.ledger.active == {} and house.registry.signals.open_orders() == []
        assert "signal-plan.closed" in {row.entry.what for row in house.registry.audit.page()}

    played(tmp_path, scene)
