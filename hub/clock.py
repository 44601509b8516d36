"""The wall's clock, and one that runs faster for simulated cities."""

from __future__ import annotations

import time


class WallClock:
    """Unix time as the operating system gives it."""

    rate = 1.0

    def now(self) -> float:
        return time.time()

    def ahead(self, seconds: float) -> float:
        return time.time() + seconds


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
