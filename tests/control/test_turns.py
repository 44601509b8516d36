"""How fast orders leave, who goes first, and what becomes of an order whose turn does not come."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hub.control.turns import Bucket, Turns, Urgency
from hub.model.commands import Outcome
from hub.model.devices import Device, DeviceKind
from hub.registry.city import City
from tests.control.street import Street
from tests.control.test_switching import done, request

LAMPS = tuple(f"lamp-{n:04}" for n in range(11))  # all but one: no zone is whole but two of the three streets


def singles(street: Street) -> list[str]:
    return [order.device for order in street.orders if order.device is not None]


def test_orders_to_one_gateway_leave_at_its_rate_and_all_of_them_arrive(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, gateway="gate", gateway_rate=4, lights=48, deadline=30)
        street.online()
        lamps = tuple(light for light in street.city.lights(["city"]) if int(light[-1]) % 2)
        placed = await street.desk.place(request(street, zones=(), devices=lamps))
        while not street.dispatcher.turns.waiting()["gateway"]:
            await asyncio.sleep(0)
        assert 8 <= len(singles(street)) < len(lamps)
        await done(street, placed.command.id)
        assert street.outcomes(placed.command.id) == {Outcome.APPLIED: len(lamps)}
        assert street.dispatcher.turns.waiting() == {"gateway": 0, "broker": 0}
        assert street.dispatcher.turns.sent == {"zone": 0, "device": len(lamps)}

    asyncio.run(run())


def test_an_order_whose_turn_does_not_come_ends_at_its_deadline_unsent_and_says_so(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, gateway="gate", gateway_rate=0.5, deadline=0.4)
        street.online()
        placed = await street.desk.place(request(street, zones=(), devices=("lamp-0000", "lamp-0001", "lamp-0002")))
        await done(street, placed.command.id)
        assert street.outcomes(placed.command.id) == {Outcome.APPLIED: 1, Outcome.TIMED_OUT: 2}
        late = street.registry.orders.targets(placed.command.id, Outcome.TIMED_OUT, None, 10)
        assert {each.detail for each in late} == {
            "not sent: too many orders waited for gate, which is given 0.5 a second"
        }
        assert len(street.orders) == 1
        assert street.dispatcher.turns.waiting() == {"gateway": 0, "broker": 0}

    asyncio.run(run())


def test_a_zone_is_one_message_to_the_broker_and_none_to_a_gateways_limit(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, gateway="gate", gateway_rate=0.001, broker_rate=0.001)
        street.online()
        placed = await street.desk.place(request(street))
        await done(street, placed.command.id)
        assert street.outcomes(placed.command.id) == {Outcome.APPLIED: 12}
        assert street.dispatcher.turns.sent == {"zone": 1, "device": 0}

    asyncio.run(run())


def test_what_a_newer_order_took_over_while_it_waited_is_not_sent_and_gives_its_turn_back(tmp_path: Path) -> None:
    async def run() -> None:
        street = Street(tmp_path, gateway="gate", gateway_rate=2, deadline=30)
        street.online()
        older = await street.desk.place(request(street, 20, zones=(), devices=LAMPS[:8]))
        while len(street.orders) < 4:
            await asyncio.sleep(0)
        newer = await street.desk.place(request(street, 80))
        await done(street, newer.command.id)
        await done(street, older.command.id)
        assert street.outcomes(newer.command.id) == {Outcome.APPLIED: 12}
        assert Outcome.TIMED_OUT not in street.outcomes(older.command.id)
        assert len([order for order in street.orders if order.command.id == older.command.id]) == 4

    asyncio.run(run())


def test_a_wait_that_ends_in_vain_leaves_nothing_behind() -> None:
    async def run() -> None:
        complaints: list[dict[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        bucket = Bucket(0.5)
        assert await bucket.take(Urgency.PEOPLE, 1)
        assert [await bucket.take(Urgency.PEOPLE, 0.02) for _ in range(3)] == [False] * 3
        given_up = asyncio.create_task(bucket.take(Urgency.EMERGENCY, 30))
        waiting = asyncio.create_task(bucket.take(Urgency.PEOPLE, 0.05))
        await asyncio.sleep(0)
        given_up.cancel()
        assert await waiting is False
        assert (bucket.waiting, complaints) == (0, [])

    asyncio.run(run())


def test_the_most_urgent_goes_first(tmp_path: Path) -> None:
    async def run() -> list[Urgency]:
        bucket, served = Bucket(50), list[Urgency]()
        for _ in range(100):
            assert await bucket.take(Urgency.RECONCILER, 1)

        async def wait(urgency: Urgency) -> None:
            assert await bucket.take(urgency, 30)
            served.append(urgency)

        waiting = [Urgency.RECONCILER, Urgency.PROGRAM, Urgency.PEOPLE, Urgency.EMERGENCY, Urgency.PEOPLE]
        await asyncio.gather(*map(wait, waiting))
        return served

    served = asyncio.run(run())
    assert served == sorted(served)


def test_a_turn_that_is_not_waited_for_any_more_is_not_lost(tmp_path: Path) -> None:
    async def run() -> None:
        bucket = Bucket(5)
        for _ in range(10):
            assert await bucket.take(Urgency.PEOPLE, 1)
        assert not await bucket.take(Urgency.PEOPLE, 0.0)
        waiting = asyncio.create_task(bucket.take(Urgency.PEOPLE, 30))
        await asyncio.sleep(0)
        assert bucket.waiting == 1
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert bucket.waiting == 0
        assert await bucket.take(Urgency.PEOPLE, 30)

    asyncio.run(run())


def test_lamps_behind_one_gateway_or_one_bridge_share_a_limit_and_lamps_of_their_own_have_none() -> None:
    city = City(
        (),
        [
            Device("gate", "", DeviceKind.GATEWAY),
            Device("child", "", DeviceKind.LIGHT, address="gate"),
            Device("alone", "", DeviceKind.LIGHT),
            Device("bridge", "", DeviceKind.GATEWAY, profile="zigbee2mqtt", address="bridge"),
            Device("bulb", "", DeviceKind.LIGHT, profile="zigbee2mqtt"),
            Device("relay", "", DeviceKind.LIGHT, profile="tasmota"),
        ],
    )
    turns = Turns(city)
    gates = {light: turns.gate(light) for light in ("child", "alone", "bulb", "relay", "unknown")}
    assert gates == {"child": "gate", "alone": None, "bulb": "bridge", "relay": None, "unknown": None}
