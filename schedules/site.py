"""Where a program runs: the sun and the clock of a place."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class BadSite(ValueError):
    """A place that does not exist; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Site:
    """Latitude and longitude in degrees (north and east positive), and the IANA name of the time zone."""

    lat: float
    lon: float
    time_zone: str

    def __post_init__(self) -> None:
        for name, value, most in (("latitude", self.lat, 90), ("longitude", self.lon, 180)):
            if not -most <= value <= most:
                raise BadSite(f"{name} {value!r}: use degrees from -{most} to {most}")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise BadSite(f"time zone {self.time_zone!r}: use an IANA name such as 'Asia/Ho_Chi_Minh'") from error

    @property
    def zone(self) -> ZoneInfo:
        """The time zone's rules."""
        return ZoneInfo(self.time_zone)
