"""The lie of the land: metres along and across a river, bent a little, turned, and put on the globe."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulators.noise import signed, uniform

RIVER_HALF_WIDTH = 150.0
_METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A WGS 84 position in degrees."""

    lat: float
    lon: float

    def beside(self, east: float) -> Spot:
        """A spot so many metres to the east."""
        return Spot(self.lat, round(self.lon + east / (_METRES_PER_DEGREE * math.cos(math.radians(self.lat))), 7))


class Ground:
    """Turns plan metres (`along` the river, `across` it, the bank of positive `across` being north) into positions."""

    def __init__(self, key: int, lat: float, lon: float) -> None:
        self._lat = lat
        self._lon = lon
        turn = math.radians(35.0 + 10.0 * signed(key, 1))
        self._cos, self._sin = math.cos(turn), math.sin(turn)
        self._waves = [
            (90.0 + 60.0 * uniform(key, 10 + i), 2600.0 + 1700.0 * uniform(key, 20 + i), 6.283 * uniform(key, 30 + i))
            for i in range(3)
        ]
        self._east = _METRES_PER_DEGREE * max(0.01, math.cos(math.radians(lat)))

    def spot(self, along: float, across: float) -> Spot:
        """Where a point of the plan lies."""
        east, north = self._bent(along, across)
        return Spot(
            round(self._lat + (east * self._sin + north * self._cos) / _METRES_PER_DEGREE, 7),
            round(self._lon + (east * self._cos - north * self._sin) / self._east, 7),
        )

    def _bent(self, along: float, across: float) -> tuple[float, float]:
        (a, p, s), (b, q, t), (c, r, u) = self._waves
        bent_across = (
            across + a * math.sin(6.283 * along / p + s) + 0.4 * b * math.sin(6.283 * (along + across) / q + t)
        )
        return along + c * math.sin(6.283 * across / r + u), bent_across
