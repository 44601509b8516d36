"""The bounded inbox between drivers and the ingest loop: one lane for urgent traffic, one for bulk telemetry."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from hub.ports import Delivery, Lane
from hub.telemetry.fire_first import split
from hub.telemetry.right_of_way import RightOfWay

_BUSY = 4000  # readings that wait in a lane for which it is worth to gather on: large batches cost less a reading
_PAUSE = (
    0.01  # seconds without a delivery after which a busy lane is taken: the broker may be waiting for us to acknowledge
)


class LaneInbox:
    """Implements `hub.ports.Inbox`. Bounds are in readings; a lane at its bound makes drivers stop reading.

    It is full from the bound on and has room again at half of it, so that sockets are not switched at every message. What fire
    panels say goes into the lane of fire, whichever it was put into; a lane from which it came counts as full when that is.
    """

    def __init__(self, bounds: Mapping[Lane, int]) -> None:
        self._bounds = {Lane.FIRE: min(bounds.values(), default=1), **bounds}
        bounds = self._bounds
        self._waiting: dict[Lane, deque[Delivery]] = {lane: deque() for lane in bounds}
        self._depth = dict.fromkeys(bounds, 0)
        self._arrived = {lane: asyncio.Event() for lane in bounds}
        self._roomy = {lane: asyncio.Event() for lane in bounds}
        self._fed: set[Lane] = {Lane.FIRE}  # lanes by which fire came
        self._since = dict.fromkeys(bounds, 0.0)  # when the oldest that waits was put in, by the loop's clock
        for event in self._roomy.values():
            event.set()
        self.fire_arrived: Callable[[], None] = lambda: None
        """Called when something was put into the lane of fire."""
        self.way = RightOfWay()

    def put(self, lane: Lane, delivery: Delivery) -> None:
        """Take `delivery`."""
        fire, rest = split(delivery)
        if fire is not None:
            self._fed.add(lane)
            self._put(Lane.FIRE, fire)
        if rest is not None:
            self._put(lane, rest)

    def _put(self, lane: Lane, delivery: Delivery) -> None:
        waiting = self._waiting[lane]
        if not waiting:
            self._since[lane] = asyncio.get_running_loop().time()
        waiting.append(delivery)
        self._depth[lane] += delivery.size
        self._arrived[lane].set()
        if lane is Lane.FIRE:
            self.fire_arrived()
        if self._depth[lane] >= self._bounds[lane]:
            self._roomy[lane].clear()

    def full(self, lane: Lane) -> bool:
        """True from the bound on, until half of it is taken out."""
        return not (self._roomy[lane].is_set() and (lane not in self._fed or self._roomy[Lane.FIRE].is_set()))

    async def room(self, lane: Lane) -> None:
        """Return when `lane` is not full."""
        while self.full(lane):
            await self._roomy[lane].wait()
            if lane in self._fed:
                await self._roomy[Lane.FIRE].wait()
        if lane is not Lane.FIRE:
            await self.way.free()

    def gives_way(self, lane: Lane) -> bool:
        """True while fire is being written, for all other lanes."""
        return self.way.taken and lane is not Lane.FIRE

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
        return self._take(lane, most)

    def take_now(self, lane: Lane, most: int) -> list[Delivery]:
        """What waits in `lane`, at most about `most` readings; nothing when nothing does."""
        return self._take(lane, most) if self._waiting[lane] else []

    def _take(self, lane: Lane, most: int) -> list[Delivery]:
        batch: list[Delivery] = []
        size = 0
        waiting = self._waiting[lane]
        while waiting and size < most:
            delivery = waiting.popleft()
            size += delivery.size
            batch.append(delivery)
        self._depth[lane] -= size
        self._since[lane] = asyncio.get_running_loop().time()
        if not waiting:
            self._arrived[lane].clear()
        if self._depth[lane] <= self._bounds[lane] // 2:
            self._roomy[lane].set()
        return batch
