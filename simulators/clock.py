"""The city's clock: the wall's, or one that runs faster from a given moment on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol


class Clock(Protocol):
    """What devices know of time."""

    def now(self) -> float:
        """Unix seconds, UTC."""

    def wall_seconds(self, seconds: float) -> float:
        """How long `seconds` of this clock take on the wall."""


@dataclass(frozen=True, slots=True)
class CityClock:
    """now = epoch + (wall - epoch) * rate. Hub and city agree when they share `rate` and `epoch`."""

    rate: float = 1.0
    epoch: float = field(default_factory=time.time)

    def now(self) -> float:
        """Unix seconds of the city."""
        return self.epoch + (time.time() - self.epoch) * self.rate

    def wall_seconds(self, seconds: float) -> float:
        """How long `seconds` of the city take on the wall."""
        return seconds / self.rate
