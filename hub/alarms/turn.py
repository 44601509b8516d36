"""One change at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turn:
    """A lock of the event loop: `async with turn`, in the order of asking, or `async with turn.first()` before all that wait."""

    def __init__(self) -> None:
        self._taken = False
        self._before: deque[asyncio.Future[None]] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        await self._take(self._waiting)

    async def __aexit__(self, *_: object) -> None:
        self._leave()

    @asynccontextmanager
    async def first(self) -> AsyncIterator[None]:
        """Have the next turn."""
        await self._take(self._before)
        try:
            yield
        finally:
            self._leave()

    async def _take(self, queue: deque[asyncio.Future[None]]) -> None:
        if not self._taken:
            self._taken = True
            return
        mine = asyncio.get_running_loop().create_future()
        queue.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.cancelled():
                queue.remove(mine)
            else:  # it was given to us in the same moment
                self._leave()
            raise

    def _leave(self) -> None:
        for queue in (self._before, self._waiting):
            while queue:
                following = queue.popleft()
                if not following.done():
                    following.set_result(None)
                    return
        self._taken = False
