"""Others give way to fire."""

from __future__ import annotations

import asyncio

HELD = 0.1
"""Seconds for which others give way at most; then they have as long for themselves."""


class RightOfWay:
    """Told when fire begins to be written, and when that is over: in between nothing else should be read. Never for longer than
    `held` seconds, and in all for half of the time: the rest of the city goes on, however much panels say."""

    def __init__(self, held: float = HELD) -> None:
        self._held = held
        self._free = asyncio.Event()
        self._free.set()
        self._since, self._again = 0.0, float("-inf")
        self._ends: asyncio.TimerHandle | None = None

    @property
    def taken(self) -> bool:
        """Whether others give way now."""
        return not self._free.is_set()

    async def free(self) -> None:
        """Return when they need not."""
        await self._free.wait()

    def begin(self) -> None:
        """Fire begins to be written."""
        loop = asyncio.get_running_loop()
        if self._free.is_set() and loop.time() >= self._again:
            self._free.clear()
            self._since = loop.time()
            self._ends = loop.call_later(self._held, self.end)

    def end(self) -> None:
        """It is over."""
        if self._ends is not None:
            self._ends.cancel()
            self._ends = None
            now = asyncio.get_running_loop().time()
            self._again = now + (now - self._since)
            self._free.set()
