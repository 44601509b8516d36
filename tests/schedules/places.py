"""Cities on six continents, and programs to run in them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from schedules.calendar import every_night
from schedules.nights import Night, night
from schedules.program import Program
from schedules.program_reader import parse_program
from schedules.site import Site
from schedules.timeline import Moment, moment

HUE = Site(16.4637, 107.5909, "Asia/Ho_Chi_Minh")
BERLIN = Site(52.52, 13.405, "Europe/Berlin")
REYKJAVIK = Site(64.15, -21.94, "Atlantic/Reykjavik")
NOME = Site(64.5, -165.41, "America/Nome")  # the clock is two to three hours ahead of the sun
TROMSO = Site(69.65, 18.96, "Europe/Oslo")
APIA = Site(-13.83, -171.76, "Pacific/Apia")
CITIES = (
    HUE,
    BERLIN,
    REYKJAVIK,
    NOME,
    APIA,
    Site(39.47, 75.99, "Asia/Shanghai"),
    Site(27.71, 85.32, "Asia/Kathmandu"),
    Site(30.04, 31.24, "Africa/Cairo"),
    Site(-1.29, 36.82, "Africa/Nairobi"),
    Site(40.71, -74.0, "America/New_York"),
    Site(-34.6, -58.38, "America/Argentina/Buenos_Aires"),
    Site(-53.16, -70.91, "America/Punta_Arenas"),
    Site(-33.45, -70.67, "America/Santiago"),
    Site(-33.87, 151.21, "Australia/Sydney"),
    Site(-31.55, 159.08, "Australia/Lord_Howe"),
    Site(-43.95, -176.55, "Pacific/Chatham"),
)

NIGHT = (
    {"at": "sunset", "level": 100, "ramp": 30},
    {"at": "22:00", "level": 70},
    {"at": "05:00", "level": 100},
    {"at": "sunrise", "level": 0},
)
TWILIGHT = (
    {"at": "sunset", "level": 50},
    {"at": "dusk", "level": 100},
    {"at": "23:30", "level": 60},
    {"at": "dawn", "level": 50},
    {"at": "sunrise", "level": 0},
)
FROM_MIDNIGHT = (
    {"at": "00:30", "level": 40},
    {"at": "05:00", "level": 80},
    {"at": "sunrise", "level": 0},
    {"at": "sunset", "offset": -10, "level": 100},
    {"at": "22:00", "level": 70},
)


def program(*steps: dict[str, Any], id: str = "p", **more: Any) -> Program:
    return parse_program({"id": id, "steps": list(steps), **more})


PROGRAMS = (program(*NIGHT), program(*TWILIGHT), program(*FROM_MIDNIGHT, day="midnight"))


def night_of(plan: Program, site: Site, day: str | date) -> Night:
    of = date.fromisoformat(day) if isinstance(day, str) else day
    return night(every_night(plan.id), {plan.id: plan}, site, of)


def moment_of(plan: Program, site: Site, now: float) -> Moment:
    return moment(every_night(plan.id), {plan.id: plan}, site, now)


def at(text: str, site: Site = HUE) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=site.zone).timestamp()


def shown(found: Night, site: Site) -> list[tuple[str, float]]:
    """What the switches of a night read like on a local clock, to the nearest minute."""
    times = ((datetime.fromtimestamp(each.time + 30, site.zone), each.level) for each in found.switches)
    return [(f"{time:%d %H:%M}", level) for time, level in times]
