"""The bounded inbox: full at its bound, roomy again at half of it, one lane apart from the other."""

from __future__ import annotations

import asyncio

from hub.ports import Delivery, Lane
from hub.telemetry.inbox import LaneInbox


def delivery(size: int = 1) -> Delivery:
    return Delivery(lambda: None, size=size)


def test_a_lane_is_full_at_its_bound_and_has_room_again_at_half() -> None:
    async def run() -> None:
        inbox = LaneInbox({Lane.BULK: 10, Lane.URGENT: 10})
        for _ in range(9):
            inbox.put(Lane.BULK, delivery())
        assert not inbox.full(Lane.BULK)
        inbox.put(Lane.BULK, delivery())
        assert inbox.full(Lane.BULK)
        assert not inbox.full(Lane.URGENT)
        waiting = asyncio.create_task(inbox.room(Lane.BULK))
        assert len(await inbox.take(Lane.BULK, 4, 0)) == 4
        assert (inbox.full(Lane.BULK), waiting.done(), inbox.depth(Lane.BULK)) == (True, False, 6)
        assert len(await inbox.take(Lane.BULK, 1, 0)) == 1
        await asyncio.wait_for(waiting, 5)
        assert not inbox.full(Lane.BULK)

    asyncio.run(run())


def test_batches_are_bounded_by_readings_and_keep_the_order() -> None:
    async def run() -> None:
        inbox = LaneInbox({Lane.BULK: 1000})
        sent = [delivery(size) for size in (3, 3, 500, 1)]
        for each in sent:
            inbox.put(Lane.BULK, each)
        batches = [await inbox.take(Lane.BULK, 5, 0) for _ in range(3)]
        assert batches == [sent[:2], sent[2:3], sent[3:]]
        assert inbox.depth(Lane.BULK) == 0

    asyncio.run(run())


def test_taking_waits_for_the_first_delivery_and_gathers_those_that_follow() -> None:
    async def run() -> None:
        inbox = LaneInbox({Lane.BULK: 1000})
        taking = asyncio.create_task(inbox.take(Lane.BULK, 100, 0.05))
        await asyncio.sleep(0)
        assert not taking.done()
        inbox.put(Lane.BULK, delivery())
        await asyncio.sleep(0)
        inbox.put(Lane.BULK, delivery())
        assert len(await asyncio.wait_for(taking, 5)) == 2

    asyncio.run(run())


def test_a_busy_lane_is_gathered_for_longer_but_not_when_nothing_more_comes() -> None:
    async def run() -> None:
        inbox = LaneInbox({Lane.BULK: 100_000})
        inbox.put(Lane.BULK, delivery(5000))
        taking = asyncio.create_task(inbox.take(Lane.BULK, 8000, 0, 60))
        await asyncio.sleep(0)
        assert not taking.done()
        inbox.put(Lane.BULK, delivery(3000))
        assert len(await asyncio.wait_for(taking, 5)) == 2
        inbox.put(Lane.BULK, delivery(5000))
        assert len(await asyncio.wait_for(inbox.take(Lane.BULK, 8000, 0, 60), 5)) == 1
        inbox.put(Lane.BULK, delivery(10))
        assert len(await asyncio.wait_for(inbox.take(Lane.BULK, 8000, 0, 60), 5)) == 1

    asyncio.run(run())
