"""The sun after PyEphem (VSOP87, by way of libastro): neither `schedules` (NOAA's sums) nor the lamps (astral) know of it."""

from __future__ import annotations

import math
from typing import NamedTuple

import ephem

HORIZON, TWILIGHT = -0.833, -6.0  # degrees of the sun's centre
DOUBT = 0.025
"""Degrees by which almanacs differ in the sun's height at an event: tests/schedules/test_sun.py holds hub and lamps to it."""

_DAY, _TO_EPHEM = 86_400.0, 25_567.5


class Down(NamedTuple):
    """From when to when the sun is below a height, in one turn: infinite where it goes through it on neither or one side."""

    begin: float
    end: float


class Almanac:
    """The sun over one place."""

    def __init__(self, lat: float, lon: float) -> None:
        self._place, self._sun = ephem.Observer(), ephem.Sun()
        self._place.lat, self._place.lon, self._place.pressure = str(lat), str(lon), 0
        self._lon = lon

    def down(self, noon: float, height: float) -> Down:
        """The stretch below `height` in the turn that begins at the sun's highest point nearest to `noon`."""
        highest = self._highest(noon)
        lowest, last = highest + _DAY / 2, highest + _DAY
        if self.height(lowest) > height:
            return Down(math.inf, -math.inf)
        begin = self._crossing(highest, lowest, height) if self.height(highest) > height else -math.inf
        end = self._crossing(last, lowest, height) if self.height(last) > height else math.inf
        return Down(begin, end)

    def height(self, moment: float) -> float:
        """Degrees of the sun's centre over the horizon, without refraction."""
        self._place.date = ephem.Date(_TO_EPHEM + moment / _DAY)
        self._sun.compute(self._place)
        return math.degrees(self._sun.alt)

    def _highest(self, near: float) -> float:
        self._place.date = ephem.Date(_TO_EPHEM + near / _DAY)
        found = (self._place.previous_transit(self._sun), self._place.next_transit(self._sun))
        return min(((float(each) - _TO_EPHEM) * _DAY for each in found), key=lambda at: abs(at - near))

    def _crossing(self, above: float, below: float, height: float) -> float:
        """When the sun is at `height`, between two moments of which it is above it at the first."""
        while abs(below - above) > 60:
            middle = (above + below) / 2
            if self.height(middle) > height:
                above = middle
            else:
                below = middle
        first, last = self.height(above), self.height(below)  # over a minute its way is straight
        return above + (below - above) * (first - height) / (first - last)
