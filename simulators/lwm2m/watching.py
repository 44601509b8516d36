"""What a server observes at a client: told when it has changed, after `pmin` at the earliest, at `pmax` at the latest."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass

from simulators.clock import Clock
from simulators.lwm2m.formats import Path
from simulators.lwm2m.messages import CONTENT, FORMAT, OBSERVE, uint
from simulators.lwm2m.objects import Place
from simulators.lwm2m.wire import Reset, Wire

_LONGEST_WAIT = 600.0  # seconds of the wall


@dataclass(slots=True)
class Observation:
    """One observed path. Times are those of the city's clock."""

    path: Path
    token: bytes
    format: int
    said: float
    number: int = 1
    changed: bool = False


class Watching:
    """The observations of one registration. `content` gives a path's bytes in a format."""

    def __init__(self, clock: Clock, content: Callable[[Path, int], bytes]) -> None:
        self._clock, self._content = clock, content
        self._observed: dict[Path, Observation] = {}
        self._periods: dict[Path, tuple[float, float]] = {}
        self._stir = asyncio.Event()
        self.doubt = asyncio.Event()  # the server did not know an observation: does it know the registration?

    def clear(self) -> None:
        """Nothing is observed, nothing agreed."""
        self._observed.clear()
        self._periods.clear()

    def agree(self, path: Path, shortest: float, longest: float) -> None:
        """Write-Attributes: `pmin` and `pmax` in seconds."""
        self._periods[path] = shortest, longest
        self._stir.set()

    def observe(self, path: Path, token: bytes, format: int) -> None:
        """From now on, in place of an earlier one of this path."""
        self._observed[path] = Observation(path, token, format, self._clock.now())
        self._stir.set()

    def forget(self, token: bytes) -> None:
        """No more."""
        self._observed = {path: each for path, each in self._observed.items() if each.token != token}

    def note(self, changed: set[Place]) -> None:
        """These resources have changed."""
        for each in self._observed.values():
            if any(each.path[0] == number and each.path[2:] in ((), (resource,)) for number, resource in changed):
                each.changed = True
                self._stir.set()

    async def run(self, wire: Wire) -> None:
        """Notify until cancelled; raises NoAnswer."""
        while True:
            self._stir.clear()
            now = self._clock.now()
            for each in sorted(self._observed.values(), key=lambda one: self._period(one)[0]):
                if self._due(each) <= now and self._observed.get(each.path) is each:
                    await self._notify(wire, each)
            soonest = min(map(self._due, self._observed.values()), default=math.inf)
            wait = self._clock.wall_seconds(soonest - self._clock.now())
            try:
                async with asyncio.timeout(max(0.0, min(wait, _LONGEST_WAIT))):
                    await self._stir.wait()
            except TimeoutError:
                pass

    async def _notify(self, wire: Wire, each: Observation) -> None:
        each.said, each.changed, each.number = self._clock.now(), False, each.number + 1
        options = [(OBSERVE, uint(each.number)), (FORMAT, uint(each.format))]
        try:
            await wire.notify(CONTENT, each.token, options, self._content(each.path, each.format))
        except Reset:
            self.forget(each.token)
            self.doubt.set()

    def _period(self, each: Observation) -> tuple[float, float]:
        return self._periods.get(each.path, (0.0, math.inf))

    def _due(self, each: Observation) -> float:
        return each.said + self._period(each)[0 if each.changed else 1]
