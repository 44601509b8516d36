"""The sun as a lamp knows it (astral)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import astral
import astral.sun

RISING = ("dawn", "sunrise")
SUN_MARKS = ("sunset", "sunrise", "dusk", "dawn")
_HALF_DAY = 43_200.0


class Almanac:
    """The sun over one place."""

    def __init__(self, lat: float, lon: float) -> None:
        self._place = astral.Observer(lat, lon)

    def event(self, mark: str, begin: float, from_noon: bool) -> float | bool:
        """When `mark` happens in the turn of the sun that begins at its highest (else lowest) point nearest `begin`.

        Where it does not happen: True when the sun stays above the mark's height, False when it stays below.
        """
        first = self._extreme(begin, from_noon)
        rising = mark in RISING
        if rising == from_noon:  # the second half of the turn
            first += _HALF_DAY
        last = first + _HALF_DAY
        height = -0.833 if mark in ("sunrise", "sunset") else -6.0
        above = self._elevation(first) > height
        if above == (self._elevation(last) > height):
            return above
        while last - first > 1:
            middle = (first + last) / 2
            if (self._elevation(middle) > height) == above:
                first = middle
            else:
                last = middle
        return float(round(last))

    def _elevation(self, at: float) -> float:
        return float(astral.sun.elevation(self._place, datetime.fromtimestamp(at, UTC), with_refraction=False))

    def _extreme(self, near: float, highest: bool) -> float:
        day = datetime.fromtimestamp(near, UTC).date()
        find = astral.sun.noon if highest else astral.sun.midnight
        found = (find(self._place, day + timedelta(days), UTC).timestamp() for days in (-1, 0, 1))
        return min(found, key=lambda at: abs(at - near))
