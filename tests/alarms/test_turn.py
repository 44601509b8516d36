"""One change of the alarms at a time: fire next, and nobody who gives up keeps the turn."""

from __future__ import annotations

import asyncio

from hub.alarms.turn import Turn


def test_the_first_go_before_all_that_wait_and_who_gives_up_is_passed_over() -> None:
    async def scene() -> list[str]:
        turn, order = Turn(), list[str]()

        async def ordinary(name: str) -> None:
            async with turn:
                order.append(name)

        async def fire() -> None:
            async with turn.first():
                order.append("fire")

        async with turn:
            tasks = [asyncio.create_task(ordinary(name)) for name in ("a", "gone", "b")]
            await asyncio.sleep(0)
            tasks.append(asyncio.create_task(fire()))
            await asyncio.sleep(0)
            tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(10), turn:
            return order

    assert asyncio.run(scene()) == ["fire", "a", "b"]


def test_who_is_cancelled_in_the_moment_of_its_turn_hands_it_on() -> None:
    async def scene() -> None:
        turn = Turn()

        async def ordinary() -> None:
            async with turn:
                pass

        async with turn:
            task = asyncio.create_task(ordinary())
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(10), turn:
            pass

    asyncio.run(scene())
