"""When the sun rises and sets at a place (its position: astral, after NOAA's solar calculator)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum
from functools import lru_cache
from math import acos, cos, degrees, radians, sin
from types import MappingProxyType

from astral.julian import julianday_to_juliancentury
from astral.sun import eq_of_time, sun_declination

_DAY = 86_400.0
_JULIAN_1970 = 2_440_587.5


class SunEvent(StrEnum):
    """What a step can follow. Dawn and dusk are civil: the sun's centre is 6 degrees below the horizon."""

    SUNRISE = "sunrise"
    SUNSET = "sunset"
    DAWN = "dawn"
    DUSK = "dusk"

    @property
    def rising(self) -> bool:
        """Whether the sun is on its way up."""
        return self in (SunEvent.SUNRISE, SunEvent.DAWN)

    @property
    def height(self) -> float:
        """Degrees of the sun's centre; at sunrise and sunset with refraction and the sun's radius."""
        return -0.833 if self in (SunEvent.SUNRISE, SunEvent.SUNSET) else -6.0


SUN_EVENTS = tuple(event.value for event in SunEvent)


class Stays(Enum):
    """Why an event does not happen: the sun stays above or below its height."""

    ABOVE = "above"
    BELOW = "below"


@lru_cache(maxsize=16_384)
def sun_times(lat: float, lon: float, near: float, highest: bool) -> Mapping[SunEvent, float | Stays]:
    """The four events of one turn of the sun, in Unix seconds.

    The turn begins with the sun's highest point (else its lowest) nearest to `near` and lasts until the next one, so
    each event comes once or not at all, also where the sun sets after midnight.
    """
    begin = _extreme(lon, near, highest)
    first, last = _position(begin), _position(begin + _DAY)
    lat = max(-89.9, min(89.9, lat))

    def at(moment: float) -> tuple[float, float]:
        """Declination (degrees) and equation of time (minutes); over one day both are straight lines."""
        part = (moment - begin) / _DAY
        return first[0] + part * (last[0] - first[0]), first[1] + part * (last[1] - first[1])

    def crossing(event: SunEvent) -> float | Stays:
        low, high = (begin + _DAY / 2, begin) if highest else (begin, begin + _DAY / 2)
        if highest and event.rising:
            high += _DAY
        elif not highest and not event.rising:
            low += _DAY
        if abs(lat + at(low)[0]) - 90 >= event.height:
            return Stays.ABOVE
        if 90 - abs(lat - at(high)[0]) < event.height:
            return Stays.BELOW
        moment = (low + high) / 2
        for _ in range(5):
            declination, equation = at(moment)
            angle = _hour_angle(lat, declination, event.height) * (-1 if event.rising else 1)
            moment = high + 240 * angle - 60 * (equation - first[1])
        return float(round(moment))

    return MappingProxyType({event: crossing(event) for event in SunEvent})


def _hour_angle(lat: float, declination: float, height: float) -> float:
    """Degrees between the sun's highest point and `height`."""
    phi, delta = radians(lat), radians(declination)
    cosine = (sin(radians(height)) - sin(phi) * sin(delta)) / (cos(phi) * cos(delta))
    return degrees(acos(max(-1.0, min(1.0, cosine))))


def _extreme(lon: float, near: float, highest: bool) -> float:
    """The moment nearest to `near` when the sun is highest (else lowest)."""
    moment = near
    for _ in range(2):
        solar = moment / 60 + 4 * lon + _position(moment)[1]  # minutes, true solar time
        moment += 60 * (((720 if highest else 0) - solar + 720) % 1440 - 720)
    return moment


def _position(moment: float) -> tuple[float, float]:
    """The sun's declination (degrees) and the equation of time (minutes)."""
    century = julianday_to_juliancentury(_JULIAN_1970 + moment / _DAY)
    return sun_declination(century), eq_of_time(century)
