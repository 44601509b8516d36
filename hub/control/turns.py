"""How fast orders leave: token buckets, one for each gateway and one for the broker as a whole."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum

from hub.model.devices import DeviceKind
from hub.model.reasons import sentence
from hub.registry.city import FED, NATIVE, City

SAVED = 2.0  # seconds' worth of orders that may leave at once after a quiet time


class Urgency(IntEnum):
    """Who goes first where orders wait."""

    EMERGENCY = 0
    PEOPLE = 1
    PROGRAM = 2
    RECONCILER = 3


class Bucket:
    """Tokens come `rate` a second; who takes one may send one order. The most urgent goes first, then the one that came first."""

    def __init__(self, rate: float) -> None:
        self.waiting = 0
        self._rate, self._most = rate, max(1.0, rate * SAVED)
        self._tokens, self._counted = self._most, _now()
        self._queue: list[tuple[Urgency, int, asyncio.Future[bool]]] = []
        self._endings: list[tuple[float, int, asyncio.Future[bool]]] = []
        self._numbers = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    async def take(self, urgency: Urgency, seconds: float) -> bool:
        """Wait for a token; False when none came within `seconds`."""
        self._count()
        if not self.waiting and self._tokens >= 1:
            self._tokens -= 1
            return True
        if seconds <= 0:
            return False
        place: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        number = next(self._numbers)
        heapq.heappush(self._queue, (urgency, number, place))
        heapq.heappush(self._endings, (self._counted + seconds, number, place))
        with self._counted_in():
            self._set_timer()
            try:
                return await place
            except asyncio.CancelledError:
                if not place.cancelled() and place.result():
                    self.give_back()
                raise

    def give_back(self) -> None:
        """A token that was taken is not needed."""
        self._tokens = min(self._most, self._tokens + 1)

    @contextmanager
    def _counted_in(self) -> Iterator[None]:
        self.waiting += 1
        try:
            yield
        finally:
            self.waiting -= 1

    def _count(self) -> None:
        now = _now()
        self._tokens = min(self._most, self._tokens + (now - self._counted) * self._rate)
        self._counted = now

    def _set_timer(self) -> None:
        if self._queue:
            wait = max(0.002, min((1 - self._tokens) / self._rate, self._endings[0][0] - self._counted))
            if self._timer is not None:
                if self._timer.when() <= self._counted + wait:
                    return
                self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(wait, self._serve)

    def _serve(self) -> None:
        self._timer = None
        self._count()
        while self._queue and (self._tokens >= 1 or self._queue[0][2].done()):
            *_, place = heapq.heappop(self._queue)
            if not place.done():
                self._tokens -= 1
                place.set_result(True)
        while self._endings and (self._endings[0][0] <= self._counted or self._endings[0][2].done()):
            *_, place = heapq.heappop(self._endings)
            if not place.done():
                place.set_result(False)
        while self._queue and self._queue[0][2].done():
            heapq.heappop(self._queue)
        self._set_timer()


class Turns:
    """Lets orders through, `gateway` a second to the devices behind one gateway and `broker` a second in all.

    An order to a zone's group is one message, whatever the number of lights, and is limited at the broker alone.
    """

    def __init__(self, city: City, *, gateway: float = 50.0, broker: float = 5000.0) -> None:
        self._city, self._gateway, self._broker = city, gateway, broker
        self._gates: dict[str, Bucket] = {}
        self._all: Bucket | None = None
        self._bridges: Mapping[str, str] = {}
        self._drawn = -1
        self.sent = {"zone": 0, "device": 0}

    def gate(self, device: str) -> str | None:
        """What carries the orders to `device` and to others: its gateway, the cabinet that switches it, or the bridge or server
        of its profile."""
        known = self._city.device(device)
        if known is None:
            return None
        if known.profile == FED:
            return self._city.topic_owner(device)
        if known.profile != NATIVE:
            return self._bridge(known.profile)
        owner = self._city.topic_owner(device)
        return owner if owner != device else None

    def _bridge(self, profile: str) -> str | None:
        """Devices of a profile do not say which of its bridges carries them: several count as one."""
        if self._drawn != self._city.version:
            self._drawn = self._city.version
            self._bridges = {
                each.profile: each.id for each in self._city.devices.values()
                if each.kind is DeviceKind.GATEWAY and each.profile != NATIVE
            }  # fmt: skip
        return self._bridges.get(profile)

    async def turn(self, gate: str | None, urgency: Urgency, seconds: float) -> bool:
        """Wait until an order may leave, through `gate` or (None) straight to the broker; False when its turn does not come
        within `seconds`."""
        ends = _now() + seconds
        bucket = None
        if gate is not None:
            bucket = self._gates.get(gate) or self._gates.setdefault(gate, Bucket(self._gateway))
            if not await bucket.take(urgency, seconds):
                return False
        self._all = self._all or Bucket(self._broker)
        if await self._all.take(urgency, ends - _now()):
            return True
        if bucket is not None:
            bucket.give_back()
        return False

    def give_back(self, gate: str | None) -> None:
        """An order that had its turn is not sent after all."""
        if gate is not None:
            self._gates[gate].give_back()
        if self._all is not None:
            self._all.give_back()

    def why_waiting(self, device: str) -> str:
        """Why an order to `device` may not have had its turn, as a sentence."""
        gate = self.gate(device)
        if gate is not None:
            return sentence("gateway-busy", gateway=gate, rate=f"{self._gateway:g}")
        return sentence("broker-busy", rate=f"{self._broker:g}")

    def waiting(self) -> dict[str, int]:
        """How many orders wait at gateways, and at the broker."""
        return {
            "gateway": sum(bucket.waiting for bucket in self._gates.values()),
            "broker": self._all.waiting if self._all is not None else 0,
        }


def _now() -> float:
    return asyncio.get_running_loop().time()
