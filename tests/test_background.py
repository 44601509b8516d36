"""Background work goes on whatever happens in a turn, and says so once."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from hub.background import Background


class _Away(Exception):
    """Something outside is away."""


def test_a_failing_turn_is_told_once_and_so_is_its_return() -> None:
    async def run() -> list[str]:
        turns = 0
        enough = asyncio.Event()

        async def turn() -> None:
            nonlocal turns
            turns += 1
            if turns in (2, 3, 4):
                raise _Away("the database is away")
            if turns == 6:
                enough.set()
            await asyncio.sleep(0)

        with capture_logs() as logs:
            background = Background("sweeping", turn, expected=(_Away,), pause=0.0)
            background.start()
            await asyncio.wait_for(enough.wait(), 10)
            await background.stop()
        return [f"{line['log_level']}: {line['task']} {line['event']}" for line in logs]

    assert asyncio.run(run()) == ["warning: sweeping has to wait", "info: sweeping works again"]


def test_a_defect_is_told_with_its_traceback_and_does_not_end_the_work() -> None:
    async def run() -> tuple[int, list[dict[str, object]]]:
        turns = 0
        enough = asyncio.Event()

        async def turn() -> None:
            nonlocal turns
            turns += 1
            if turns == 3:
                enough.set()
            raise ValueError("a defect")

        with capture_logs() as logs:
            background = Background("sweeping", turn, pause=0.0)
            background.start()
            await asyncio.wait_for(enough.wait(), 10)
            await background.stop()
        return turns, [dict(line) for line in logs]

    turns, logs = asyncio.run(run())
    assert turns >= 3
    assert [(line["log_level"], isinstance(line["exc_info"], ValueError)) for line in logs] == [("error", True)]
