"""Detectors: loops and cameras that count what comes, more in the rush hours, and fail."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from simulators.noise import smooth, stream, uniform

_BUSIEST = 0.35  # vehicles a second at a detector, half of them motorcycles
_LONGITUDE_HOURS = 7.0  # the city's day, near enough


class Detectors:
    """Those of one junction. `counted` are vehicles since the controller started, never reset."""

    def __init__(self, key: int, groups: Mapping[str, int], now: float) -> None:
        self._keys = {id: stream(key, id) for id in groups}
        self._groups = groups
        self._at = now
        self._counted = dict.fromkeys(groups, 0.0)
        self.broken: set[str] = set()

    def advance(self, now: float) -> None:
        """Count what came since the last time."""
        passed, self._at = max(0.0, now - self._at), max(now, self._at)
        for id, key in self._keys.items():
            if id not in self.broken:
                self._counted[id] += passed * _BUSIEST * _busy(now) * (1.0 + 0.4 * smooth(key, now, 300.0))

    @property
    def names(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(self._counted)

    @property
    def total(self) -> int:
        """Vehicles at all of them."""
        return sum(map(int, self._counted.values()))

    def say(self, letters: str, now: float) -> dict[str, Any]:
        """As a state has them. Where it is red somebody waits, most of the time."""
        found: dict[str, Any] = {}
        for id, count in self._counted.items():
            stands = uniform(self._keys[id], int(now // 5)) < (0.7 if letters[self._groups[id]] in "rR" else 0.3)
            found[id] = {"count": int(count), "occupied": stands, "broken": False}
            if id in self.broken:
                found[id] = {"count": int(count), "occupied": None, "broken": True}
        return found

    def fail(self, ids: Collection[str]) -> None:
        """Some of them fail, or all."""
        self.broken |= set(ids) or set(self._counted)


def _busy(now: float) -> float:
    hour = (now / 3600.0 + _LONGITUDE_HOURS) % 24.0
    rush = math.exp(-((hour - 7.25) ** 2) / 1.5) + math.exp(-((hour - 17.25) ** 2) / 2.0)
    day = 0.45 if 5.5 <= hour < 22.5 else 0.08
    return min(1.0, day + 0.6 * rush)
