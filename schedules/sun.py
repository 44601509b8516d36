"""The sun's times at a place (astral, after NOAA's solar calculator)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from astral import Observer
from astral.sun import dawn, dusk, sunrise, sunset


class SunEvent(StrEnum):
    """What a step can follow; dawn and dusk are civil (sun 6 degrees below the horizon)."""

    SUNRISE = "sunrise"
    SUNSET = "sunset"
    DAWN = "dawn"
    DUSK = "dusk"


SUN_EVENTS = tuple(event.value for event in SunEvent)
_FUNCTIONS: dict[SunEvent, Callable[..., datetime]] = {
    SunEvent.SUNRISE: sunrise,
    SunEvent.SUNSET: sunset,
    SunEvent.DAWN: dawn,
    SunEvent.DUSK: dusk,
}


@lru_cache(maxsize=65536)
def sun_time(event: SunEvent, lat: float, lon: float, day: date, time_zone: str) -> float | None:
    """Unix seconds of `event` on the local `day`, or None when it does not happen there that day."""
    observer = Observer(latitude=lat, longitude=lon)
    zone = ZoneInfo(time_zone)
    for candidate in (day, day - timedelta(days=1), day + timedelta(days=1)):
        try:
            at = _FUNCTIONS[event](observer, date=candidate, tzinfo=zone)
        except ValueError:
            continue
        if at.date() == day:
            return at.timestamp()
    return None
