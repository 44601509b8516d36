"""What the hub's driver builds on: QoS 1 to a session that acknowledges late, crashes, or is away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.broker.clients import REFUSED, Client, Message
from tests.broker.house import House, house

UP = "ll/d/lamp-1/up/telemetry"
EACH = "ll/d/+/up/telemetry"


async def _unacknowledged(made: House, sent: int, acknowledged: int) -> tuple[Client, list[Message]]:
    """A hub that got `sent` messages and acknowledged the first of them."""
    hub, lamp = await made.hub(id="the-hub", acknowledges=False), await made.device("lamp-1")
    hub.subscribe(EACH)
    for i in range(sent):
        lamp.publish(UP, str(i))
    came = [hub.next() for _ in range(sent)]
    for message in came[:acknowledged]:
        hub.acknowledge(message)
    hub.publish("ll/marker", "the acknowledgements before are through")
    return hub, came


def test_what_a_crashed_hub_had_not_acknowledged_comes_again_in_order_as_duplicates(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1", ack_wait=1) as made:
            hub, _ = await _unacknowledged(made, 20, 5)
            hub.crash()
            hub = await made.hub(id="the-hub")
            assert hub.session_present
            again = [hub.next() for _ in range(15)]
            assert [message.payload for message in again] == [str(i) for i in range(5, 20)]
            assert all(message.again for message in again)

    asyncio.run(play())


def test_the_same_when_the_broker_is_killed(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1", ack_wait=1) as made:
            await _unacknowledged(made, 20, 5)
            await made.killed()
            hub = await made.hub(id="the-hub")
            assert hub.session_present
            seen: set[int] = set()
            while not seen >= set(range(5, 20)):
                seen.add(int(hub.next().payload))

    asyncio.run(play())


def test_a_slow_hub_gets_them_again_on_the_same_connection_and_new_ones_do_not_wait(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1", ack_wait=1) as made:
            hub, came = await _unacknowledged(made, 3, 0)
            lamp = await made.device("lamp-1")
            lamp.publish(UP, "new")
            seen = [hub.next() for _ in range(4)]
            assert "new" in {message.payload for message in seen}
            again = {message.payload: message for message in seen if message.payload != "new"}
            assert {payload: message.id for payload, message in again.items()} == {m.payload: m.id for m in came}
            assert all(message.again for message in again.values())

    asyncio.run(play())


def test_no_more_than_the_bound_is_in_flight_and_acknowledging_moves_it_on(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1", max_in_flight=10, ack_wait=60) as made:
            hub, lamp = await made.hub(id="the-hub", acknowledges=False), await made.device("lamp-1")
            prompt = await made.hub()
            hub.subscribe(EACH)
            prompt.subscribe(EACH)
            for i in range(25):
                lamp.publish(UP, str(i))
            assert [prompt.next().payload for _ in range(25)] == [str(i) for i in range(25)]
            first = [hub.next() for _ in range(10)]
            assert hub.messages.empty()
            for message in first:
                hub.acknowledge(message)
            assert [hub.next().payload for _ in range(10)] == [str(i) for i in range(10, 20)]

    asyncio.run(play())


def test_subscriptions_of_one_session_share_its_bound(tmp_path: Path) -> None:
    """What the other subscription took the room of comes as a redelivery after ack_wait: one subscription a session."""

    async def play() -> None:
        async with house(tmp_path, "lamp-1", max_in_flight=10, ack_wait=1) as made:
            hub, lamp = await made.hub(id="the-hub", acknowledges=False), await made.device("lamp-1")
            hub.subscribe(EACH, "ll/d/+/up/state")
            for i in range(10):
                lamp.publish(UP, str(i))
            assert [hub.next().payload for _ in range(10)] == [str(i) for i in range(10)]
            lamp.publish("ll/d/lamp-1/up/state", "urgent")
            once_more = [hub.next() for _ in range(10)]
            assert {message.payload for message in once_more} == {str(i) for i in range(10)}
            for message in once_more:
                hub.acknowledge(message)
            while (message := hub.next()).payload != "urgent":
                hub.acknowledge(message)
            assert message.again

    asyncio.run(play())


def test_a_session_has_room_for_31_subscriptions(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path, "gateway-1") as made:
            gateway = await made.device("gateway-1", id="g")
            groups = [f"ll/g/ward-{i}/down/command" for i in range(32)]
            assert gateway.subscribe(*groups) == [1] * 31 + [REFUSED]

    asyncio.run(play())


@pytest.mark.slow
def test_a_city_has_more_than_a_thousand_subscriptions(tmp_path: Path) -> None:
    """nats-server 2.15 stops at 1,000 unless told otherwise."""

    async def play() -> None:
        names = [f"gateway-{i}" for i in range(34)]
        async with house(tmp_path, *names) as made:
            for name in names:
                gateway = await made.device(name, id=name)
                assert gateway.subscribe(*(f"ll/g/ward-{i}/down/command" for i in range(30))) == [1] * 30

    asyncio.run(play())


def test_a_full_store_refuses_new_messages_loses_none_and_the_hub_can_drain_it(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1", max_store=4 * 1024**2) as made:
            hub = await made.hub(id="the-hub")
            hub.subscribe("ll/d/+/up/#")
            hub.crash()
            lamp = await made.device("lamp-1")
            for _ in range(400):
                lamp.send(UP, "x" * 10_000)
            await asyncio.to_thread(lamp.cut)
            kept = lamp.acknowledged()
            assert 200 < kept < 400
            full = await made.broker.stored()
            assert full is not None
            assert 0.6 < full / made.settings.max_store < 0.8
            hub = await made.hub(id="the-hub")
            assert hub.session_present
            for _ in range(kept):
                hub.next()
            lamp = await made.device("lamp-1")
            lamp.publish(UP, "room again")
            while hub.next().payload != "room again":
                pass
            drained = await made.broker.stored()
            assert drained is not None
            assert drained < full / 2

    asyncio.run(play())


def test_too_large_a_message_ends_the_connection(tmp_path: Path) -> None:
    async def play() -> None:
        async with house(tmp_path, "lamp-1", max_payload=2048) as made:
            hub, lamp = await made.hub(), await made.device("lamp-1")
            hub.subscribe("ll/d/+/up/#")
            lamp.publish(UP, "x" * 2000)
            assert len(hub.next().payload) == 2000
            lamp.send(UP, "x" * 4096)
            await asyncio.to_thread(lamp.cut)
            assert hub.messages.empty()
            assert hub.connected

    asyncio.run(play())
