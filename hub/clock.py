"""The wall's clock, and one that runs faster for simulated cities."""

from __future__ import annotations

import time
from collections.abc import Callable

from hub.ports import Clock

JUMP = 5.0  # seconds on the wall by which a clock may be set without anything being worked out anew


class WallClock:
    """Unix time as the operating system gives it."""

    rate = 1.0

    def now(self) -> float:
        return time.time()

    def ahead(self, seconds: float) -> float:
        return time.time() + seconds

    def monotonic(self) -> float:
        return time.monotonic()


class FastClock:
    """A clock that stood at `epoch` when the wall's did, and has run `rate` times as fast since.

    Anybody who knows `epoch` and `rate` computes the same time, so hub and simulated city agree without talking.
    """

    def __init__(self, epoch: float, rate: float) -> None:
        self.epoch = epoch
        self.rate = rate

    @classmethod
    def starting(cls, city_time: float, rate: float) -> FastClock:
        """A clock that shows `city_time` now and runs `rate` (> 1) times as fast as the wall's."""
        wall = time.time()
        return cls((city_time - wall * rate) / (1 - rate), rate)

    def now(self) -> float:
        return self.epoch + (time.time() - self.epoch) * self.rate

    def ahead(self, seconds: float) -> float:
        return self.now() + seconds * self.rate

    def monotonic(self) -> float:
        return time.monotonic()


class ClockWatch:
    """Tells by how much a clock was set, by one that nobody sets. A machine that was suspended looks the same."""

    def __init__(self, clock: Clock, monotonic: Callable[[], float] | None = None) -> None:
        self._clock, self._monotonic = clock, monotonic or clock.monotonic
        self._seen = clock.now(), self._monotonic()

    def set_by(self) -> float:
        """Seconds of the clock by which it was set since the last call (positive: forth); 0.0 where it was by less than JUMP
        on the wall."""
        now, real = self._clock.now(), self._monotonic()
        before, self._seen = self._seen, (now, real)
        jump = now - before[0] - (real - before[1]) * self._clock.rate
        return jump if abs(jump) >= JUMP * self._clock.rate else 0.0


class SteadyClock:
    """A clock as if nobody had set it since this was made: for ages and waits that a clock that is set changes nothing in."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._began = clock, (clock.now(), clock.monotonic())

    @property
    def rate(self) -> float:
        return self._clock.rate

    def now(self) -> float:
        began, real = self._began
        return began + (self._clock.monotonic() - real) * self._clock.rate

    def ahead(self, seconds: float) -> float:
        return self.now() + seconds * self._clock.rate

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def at(self, moment: float) -> float:
        """What this clock shows at the moment that the other, as it is set now, calls `moment`."""
        return self.now() + moment - self._clock.now()
