"""Work that goes on in the background as long as the hub runs."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

import structlog

T = TypeVar("T")

log = structlog.get_logger("lamplighter")

PART = 1_000  # things of a city that are dealt with until other work gets its turn


class Breath:
    """Long work on the event loop, in pieces: `if breath.due(): await breath.take()` between two small parts of it.

    A piece lasts `work` seconds; then all others have `pause` seconds, or (0) one turn each.
    """

    def __init__(self, work: float = 0.002, pause: float = 0.0) -> None:
        self._work, self._pause = work, pause
        self._ends = time.perf_counter() + work

    def due(self) -> bool:
        """Whether it has worked for as long as it may."""
        return time.perf_counter() >= self._ends

    async def take(self) -> None:
        """Let others work."""
        await asyncio.sleep(self._pause)
        self._ends = time.perf_counter() + self._work


def parts(whole: Sequence[T], most: int = PART) -> Iterator[Sequence[T]]:
    """`whole` in parts of at most `most`, in order."""
    return (whole[begin : begin + most] for begin in range(0, len(whole), most))


async def in_parts(whole: Sequence[T]) -> AsyncIterator[Sequence[T]]:
    """The same; other work on the event loop gets its turn between two of them."""
    for number, part in enumerate(parts(whole)):
        if number:
            await asyncio.sleep(0)
        yield part


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
