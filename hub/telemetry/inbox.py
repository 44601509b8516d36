"""The bounded inbox between drivers and the ingest loop: one lane for urgent traffic, one for bulk telemetry."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import chain

from hub.ports import Delivery, Lane

_BUSY = 4000  # readings that wait in a lane for which it is worth to gather on: large batches cost less a reading
_PAUSE = (
    0.01  # seconds without a delivery after which a busy lane is taken: the broker may be waiting for us to acknowledge
)


class LaneInbox:
    """Implements `hub.ports.Inbox`. Bounds are in readings; a lane at its bound makes drivers stop reading.

    It is full from the bound on and has room again at half of it, so that sockets are not switched at every message.
    """

    def __init__(self, bounds: Mapping[Lane, int]) -> None:
        self._bounds = dict(bounds)
        self._waiting: dict[Lane, deque[Delivery]] = {lane: deque() for lane in bounds}
        self._depth = dict.fromkeys(bounds, 0)
        self._arrived = {lane: asyncio.Event() for lane in bounds}
        self._roomy = {lane: asyncio.Event() for lane in bounds}
        self._since = dict.fromkeys(bounds, 0.0)  # when the oldest that waits was put in, by the loop's clock
        for event in self._roomy.values():
            event.set()

    def put(self, lane: Lane, delivery: Delivery) -> None:
        """Take `delivery`."""
        waiting = self._waiting[lane]
        if not waiting:
            self._since[lane] = asyncio.get_running_loop().time()
        waiting.append(delivery)
        self._depth[lane] += delivery.size
        self._arrived[lane].set()
        if self._depth[lane] >= self._bounds[lane]:
            self._roomy[lane].clear()

    def full(self, lane: Lane) -> bool:
        """True from the bound on, until half of it is taken out."""
        return not self._roomy[lane].is_set()

    async def room(self, lane: Lane) -> None:
        """Return when `lane` is not full."""
        await self._roomy[lane].wait()

    def depth(self, lane: Lane) -> int:
        """Readings waiting in `lane`."""
        return self._depth[lane]

    def waiting(self) -> Iterator[Delivery]:
        """What is in the lanes now."""
        return chain.from_iterable(self._waiting.values())

    async def take(self, lane: Lane, most: int, wait: float, longest: float = 0.0) -> list[Delivery]:
        """The next batch: at least one delivery, at most about `most` readings, gathered until the oldest is `wait` s old.

        While many wait and more come, it gathers until the oldest is `longest` s old.
        """
        arrived = self._arrived[lane]
        await arrived.wait()
        now = asyncio.get_running_loop().time
        since = self._since[lane]
        if self._depth[lane] < most and (left := since + wait - now()) > 0:
            await asyncio.sleep(left)
        before = 0
        while max(before + 1, _BUSY) <= self._depth[lane] < most and now() < since + longest:
            before = self._depth[lane]
            await asyncio.sleep(_PAUSE)
        batch: list[Delivery] = []
        size = 0
        waiting = self._waiting[lane]
        while waiting and size < most:
            delivery = waiting.popleft()
            size += delivery.size
            batch.append(delivery)
        self._depth[lane] -= size
        self._since[lane] = now()
        if not waiting:
            arrived.clear()
        if self._depth[lane] <= self._bounds[lane] // 2:
            self._roomy[lane].set()
        return batch
