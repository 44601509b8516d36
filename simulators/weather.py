"""The weather over the city and what sensors read of it: believable daily curves, pure functions of seed and time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import astral
import astral.sun

from simulators.noise import signed, smooth, stream
from simulators.senml import Reading

_DAY = 86_400.0
_YEAR = 365.2425 * _DAY


class Shower(NamedTuple):
    """Rain of a scenario, in mm/h from `start` to `end`."""

    start: float
    end: float
    rate: float


class Weather:
    """One city's weather, with `showers` besides those of its own. Times are Unix seconds."""

    def __init__(self, seed: int, lat: float, lon: float, showers: Iterable[Shower] = ()) -> None:
        self._showers = tuple(showers)
        self._key = stream(seed, "weather")
        self._place = astral.Observer(lat, lon)
        self._lat = lat
        self._lon = lon

    def hour(self, at: float) -> float:
        """Mean solar time of day, 0..24."""
        return (at / 3600.0 + self._lon / 15.0) % 24.0

    def cloud(self, at: float) -> float:
        """Share of the sky that is covered, 0..1."""
        return min(1.0, max(0.0, 0.5 + 0.6 * smooth(self._key + 1, at, 3 * 3600.0)))

    def rain(self, at: float) -> float:
        """Rain in mm/h: now and then where it is overcast."""
        poured = max((each.rate for each in self._showers if each.start <= at < each.end), default=0.0)
        own = 30.0 * max(0.0, smooth(self._key + 6, at, 3600.0) - 0.4) if self.cloud(at) > 0.8 else 0.0
        return max(poured, own)

    def temperature(self, at: float) -> float:
        """Air temperature in degrees Celsius: season, time of day, and days that differ."""
        summer = math.cos(2 * math.pi * (at % _YEAR / _YEAR - 0.55)) * (1.0 if self._lat >= 0 else -1.0)
        season = 27.5 - abs(self._lat) * 0.15 + summer * abs(self._lat) * 0.25
        day = 3.8 * math.cos(2 * math.pi * (self.hour(at) - 14.0) / 24.0)
        return season + day + 1.5 * smooth(self._key + 2, at, _DAY)

    def humidity(self, at: float) -> float:
        """Relative humidity in per cent: low when it is warm."""
        day = -13.0 * math.cos(2 * math.pi * (self.hour(at) - 14.0) / 24.0)
        return min(99.5, max(25.0, 78.0 + day + 8.0 * smooth(self._key + 3, at, 5 * 3600.0)))

    def pressure(self, at: float) -> float:
        """Air pressure in hPa, with the tropics' tide of two waves a day."""
        return (
            1011.0
            + 1.4 * math.cos(4 * math.pi * (self.hour(at) - 10.0) / 24.0)
            + 4.0 * smooth(self._key + 4, at, 2 * _DAY)
        )

    def traffic(self, at: float) -> float:
        """How busy the streets are, 0..1: two rush hours and quiet nights."""
        hour = self.hour(at)
        rush = math.exp(-(((hour - 7.3) / 1.3) ** 2)) + math.exp(-(((hour - 17.6) / 1.6) ** 2))
        day = 0.5 / (1 + math.exp(-(hour - 6.0) * 2)) / (1 + math.exp((hour - 21.5) * 1.5))
        return min(1.0, 0.05 + 0.6 * rush + day)

    def fine_particles(self, at: float) -> float:
        """PM2.5 in ug/m3: traffic, and nights without wind."""
        return max(3.0, 17.0 + 22.0 * self.traffic(at) + 12.0 * smooth(self._key + 5, at, 9 * 3600.0))

    def daylight(self, at: float) -> float:
        """Illuminance in lx under the open sky."""
        height: float = astral.sun.elevation(self._place, datetime.fromtimestamp(at, UTC))
        if height > 0:
            clear: float = 400.0 + 118_000.0 * math.sin(math.radians(height)) ** 1.25
            return clear * (1.0 - 0.75 * self.cloud(at))
        return 400.0 * math.exp(height * 0.8856) if height > -18 else 0.0


def environment_readings(weather: Weather, key: int, at: float) -> list[Reading]:
    """What the sensor of `key` reads at `at`."""
    fine = weather.fine_particles(at) * (1 + 0.12 * signed(key, 1)) * (1 + 0.03 * signed(key, int(at)))
    temperature = weather.temperature(at) + 0.6 * signed(key, 2) + 0.1 * smooth(key + 2, at, 600.0)
    noise = 43.0 + 27.0 * weather.traffic(at) + 3.0 * signed(key, 3) + 2.5 * signed(key + 3, int(at))
    light = weather.daylight(at)
    lamps = 14.0 + 5.0 * signed(key, 4) if light < 15.0 else 0.0
    return [
        Reading("temperature", "Cel", round(temperature, 2)),
        Reading("humidity", "%RH", round(min(100.0, weather.humidity(at) + 2.0 * signed(key, 5)), 1)),
        Reading("pressure", "hPa", round(weather.pressure(at) + 0.4 * signed(key, 6), 2)),
        Reading("pm2_5", "ug/m3", round(fine, 1)),
        Reading("pm10", "ug/m3", round(fine * 1.55 + 4.0 * (1 + smooth(key + 4, at, 3600.0)), 1)),
        Reading("noise", "dB", round(noise, 1)),
        Reading("illuminance", "lx", round(light + lamps, 1)),
        Reading("rain_rate", "mm/h", round(weather.rain(at), 1)),
    ]
