"""The clock of a controller: quartz that drifts, and is drawn to true time while the network is there."""

from __future__ import annotations

import math

_SLEW = 5e-4  # s/s at most by which a clock is drawn to true time (NTP, RFC 5905 §11.3)
_FREE = 2e-5  # s/s by which quartz drifts at most, either way


class ControllerClock:
    """Reads `now + error(now)`, where `now` is true time in Unix seconds. `share` (-1 to 1) is how much of the worst drift this
    quartz has."""

    def __init__(self, share: float, now: float, error: float = 0.0) -> None:
        self._drift = share * _FREE
        self._since, self._from = now, error
        self.synced = True

    def error(self, now: float) -> float:
        """Seconds that it is ahead of true time."""
        passed = max(0.0, now - self._since)
        if not self.synced:
            return self._from + self._drift * passed
        return math.copysign(max(0.0, abs(self._from) - _SLEW * passed), self._from)

    def read(self, now: float) -> float:
        """What it shows."""
        return now + self.error(now)

    def network(self, there: bool, now: float) -> None:
        """The network, and with it true time, comes or goes."""
        if there != self.synced:
            self._from, self._since, self.synced = self.error(now), now, there

    def set(self, error: float, now: float) -> None:
        """Somebody sets it, so many seconds off; nothing draws it back unless the network is there."""
        self._from, self._since = error, now
