"""The short way of what fire panels say, from the inbox to the screens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

from hub.telemetry.right_of_way import RightOfWay

_CURRENT = 1.0  # seconds


class Work(Protocol):
    """What is written at a time."""

    @property
    def short(self) -> bool:
        """Whether it can go the short way."""


W = TypeVar("W", bound=Work)


class FireLane(Generic[W]):
    """Two turns of the event loop, where a task of asyncio would take five, each of which may be long under load: in the one a
    delivery is put into the inbox, a thread is told to write it; in the other, when that is done, it is acknowledged and shown.

    `take` gives what waits, None for nothing; `write` writes it in a thread; `finish` follows on the event loop. What cannot go
    this way or could not be written goes the long one: `task` tries until it can, and the lane waits for it.
    """

    def __init__(
        self,
        take: Callable[[], W | None],
        write: Callable[[W], object],
        finish: Callable[[W], None],
        task: Callable[[W], asyncio.Task[None]],
        way: RightOfWay,
    ) -> None:
        self._way = way
        self._take, self._write, self._finish, self._task = take, write, finish, task
        self._thread = ThreadPoolExecutor(1, "fire-writer")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._last = float("-inf")

    @property
    def current(self) -> bool:
        """Whether anything came in the last second, or is being written."""
        return self.busy or time.monotonic() - self._last < _CURRENT

    @property
    def busy(self) -> bool:
        """Whether something is being written."""
        return not self._idle.is_set()

    def start(self) -> None:
        """Begin, with what waits."""
        self._loop = asyncio.get_running_loop()
        self._next()

    def end(self) -> None:
        """Take no more."""
        self._loop = None

    async def stop(self) -> None:
        """Take no more; returns when what was taken is over."""
        self.end()
        await self._idle.wait()
        await asyncio.to_thread(self._thread.shutdown)

    def arrived(self) -> None:
        """Something waits."""
        self._last = time.monotonic()
        self._next()

    def _next(self) -> None:
        loop = self._loop
        if loop is None or self.busy:
            return
        work = self._take()
        if work is None:
            return
        self._idle.clear()
        self._way.begin()
        if work.short:
            writing = self._thread.submit(self._write, work)
            writing.add_done_callback(lambda _: loop.call_soon_threadsafe(self._written, work, writing))
        else:
            self._go_on(work)

    def _written(self, work: W, writing: Future[object]) -> None:
        if writing.exception() is None:
            self._finish(work)
            self._over()
        else:
            self._go_on(work)

    def _go_on(self, work: W) -> None:
        self._task(work).add_done_callback(lambda _: self._over())

    def _over(self) -> None:
        self._idle.set()
        self._next()
        if not self.busy:
            self._way.end()
