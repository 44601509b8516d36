"""Work that goes on in the background as long as the hub runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger("lamplighter")


class Background:
    """Calls `turn` over and over until stopped. A failed turn is told once, and once more when turns work again.

    `turn` waits by itself between its rounds; after a failure `pause` seconds are added. `expected` are failures of the
    outside (a database that is away): they are told in one line, others with their traceback.
    """

    def __init__(
        self,
        name: str,
        turn: Callable[[], Awaitable[None]],
        *,
        expected: tuple[type[Exception], ...] = (),
        pause: float = 2.0,
    ) -> None:
        self._name, self._turn, self._expected, self._pause = name, turn, expected, pause
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        """End between or within turns; returns when it has ended."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        failing = False
        while True:
            try:
                await self._turn()
            except Exception as error:
                if not failing:
                    self._tell(error)
                failing = True
                await asyncio.sleep(self._pause)
            else:
                if failing:
                    log.info("works again", task=self._name)
                failing = False

    def _tell(self, error: Exception) -> None:
        if isinstance(error, self._expected):
            log.warning("has to wait", task=self._name, error=str(error))
        else:
            log.error("failed; it is tried again", task=self._name, exc_info=error)
