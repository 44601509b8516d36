"""Fifty towns on Berlin's clock, and the programs and calendars that their zones follow, as the hub is told them."""

from __future__ import annotations

from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

TIME_ZONE = "Europe/Berlin"
ZONE = ZoneInfo(TIME_ZONE)
ROW = 2  # lamps of a town: the first holds its plan, the last is switched by the hub


class Town(NamedTuple):
    """A zone: its sun, and the calendar it follows."""

    id: str
    lat: float
    lon: float
    calendar: str


# A gap of 0 leaves nothing out because it is short: what is lit is what is written.
PROGRAMS: tuple[dict[str, Any], ...] = (
    {"id": "full", "gap": 0, "steps": [{"at": "sunset", "level": 100}, {"at": "sunrise", "level": 0}]},
    {"id": "half", "gap": 0, "steps": [
        {"at": "sunset", "offset": 10, "level": 90},
        {"at": "22:00", "level": 60, "skip": {"off": 1, "of": 2, "alternate": True}},
        {"at": "04:30", "level": 80},
        {"at": "sunrise", "offset": -15, "level": 0},
    ]},
    {"id": "thirds", "gap": 0, "steps": [
        {"at": "dusk", "level": 100},
        {"at": "23:00", "level": 50, "skip": {"off": 1, "of": 3, "alternate": True}},
        {"at": "dawn", "level": 0},
    ]},
    {"id": "row", "gap": 0, "steps": [
        {"at": "sunset", "offset": -5, "level": 100},
        {"at": "00:30", "level": 40, "skip": {"off": 1, "of": 4}},
        {"at": "dawn", "level": 0},
    ]},
    {"id": "part", "gap": 0, "steps": [
        {"at": "sunset", "level": 100}, {"at": "23:00", "level": 0}, {"at": "05:00", "level": 80}, {"at": "sunrise", "level": 0},
    ]},
    {"id": "evening", "steps": [{"at": "17:00", "level": 100}, {"at": "02:30", "level": 0}]},
    {"id": "clocks", "steps": [{"at": "19:15", "level": 100}, {"at": "01:45", "level": 45}, {"at": "06:45", "level": 0}]},
    {"id": "turns", "steps": [
        {"at": "18:20", "level": 100},
        {"at": "22:40", "level": 70, "skip": {"off": 1, "of": 2, "alternate": True}},
        {"at": "05:10", "level": 90},
        {"at": "07:05", "level": 0},
    ]},
    {"id": "feast", "steps": [{"at": "16:30", "level": 100}, {"at": "07:30", "level": 0}]},
    {"id": "small-hours", "day": "midnight", "gap": 0, "steps": [
        {"at": "01:00", "level": 0}, {"at": "05:30", "level": 70}, {"at": "sunrise", "level": 0}, {"at": "sunset", "level": 100},
    ]},
    {"id": "late", "day": "midnight", "gap": 0, "steps": [{"at": "02:00", "level": 0}, {"at": "sunset", "level": 100}]},
)  # fmt: skip

CALENDARS: tuple[dict[str, Any], ...] = (
    {"id": "every-full", "default": "full"},
    {"id": "every-half", "default": "half"},
    {"id": "every-third", "default": "thirds"},
    {"id": "every-row", "default": "row"},
    {"id": "every-evening", "default": "evening"},
    {"id": "every-turns", "default": "turns"},
    {"id": "weekends", "default": "part", "rules": [{"program": "full", "weekdays": ["fri", "sat"]}]},
    {"id": "new-year", "default": "clocks", "rules": [
        {"program": "feast", "lunar": {"from": "12-23", "to": "01-10"}},
        {"program": "evening", "lunar": {"dates": ["08-15"]}},
    ]},
    {"id": "winter", "default": "full", "rules": [{"program": "thirds", "from": "11-01", "to": "02-28"}]},
    {"id": "holidays", "default": "half", "rules": [{"program": "full", "holidays": {"country": "DE", "subdivision": "BE"}}]},
    {"id": "sundays", "default": "clocks", "rules": [{"program": "turns", "weekdays": ["sun"], "nth": [1, -1]}]},
    {"id": "days", "default": "evening", "rules": [{"program": "clocks", "weekdays": ["mon", "wed", "fri", "sun"]}]},
    {"id": "midnights", "default": "small-hours", "rules": [{"program": "late", "from": "2026-05-01", "to": "2026-08-31"}]},
)  # fmt: skip

_WRITTEN = """
tromso 69.65 18.96 every-full, kiruna 67.86 20.23 every-full, bodo 67.28 14.40 weekends, trondheim 63.43 10.40 every-half
oslo 59.91 10.75 every-half, stockholm 59.33 18.07 holidays, bergen 60.39 5.32 every-full, goteborg 57.71 11.97 winter
kobenhavn 55.68 12.57 every-row, aarhus 56.16 10.20 sundays, malmo 55.60 13.00 days, gdansk 54.35 18.65 new-year
hamburg 53.55 9.99 every-third, berlin 52.52 13.40 holidays, warszawa 52.23 21.01 weekends, amsterdam 52.37 4.90 midnights
koln 50.94 6.96 every-turns, bruxelles 50.85 4.35 every-evening, praha 50.08 14.44 every-third, krakow 50.06 19.94 every-row
frankfurt 50.11 8.68 winter, luxembourg 49.61 6.13 sundays, brno 49.20 16.61 days, nurnberg 49.45 11.08 every-full
paris 48.86 2.35 weekends, wien 48.21 16.37 holidays, bratislava 48.15 17.11 midnights, munchen 48.14 11.58 every-half
budapest 47.50 19.04 new-year, zurich 47.38 8.54 every-third, nantes 47.22 -1.55 every-row, innsbruck 47.27 11.40 winter
graz 47.07 15.44 every-turns, ljubljana 46.06 14.51 weekends, zagreb 45.82 15.98 every-evening, lyon 45.76 4.84 every-half
milano 45.46 9.19 midnights, venezia 45.44 12.32 new-year, torino 45.07 7.69 sundays, bordeaux 44.84 -0.58 every-full
beograd 44.79 20.46 days, sarajevo 43.86 18.41 every-third, firenze 43.77 11.26 holidays, marseille 43.30 5.37 every-row
coruna 43.36 -8.41 every-half, skopje 41.99 21.43 weekends, roma 41.90 12.50 winter, madrid 40.42 -3.70 every-turns
palermo 38.12 13.36 midnights, sevilla 37.39 -5.98 new-year
"""
TOWNS = tuple(
    Town(id, float(lat), float(lon), calendar)
    for id, lat, lon, calendar in (each.split() for each in _WRITTEN.replace("\n", ",").split(",") if each)
)


def lamps(town: Town) -> list[str]:
    """Its lamps in the order of their row."""
    return [f"{town.id}-{place}" for place in range(ROW)]


def by_hub(lamp: str) -> bool:
    """Whether it keeps no program."""
    return int(lamp[-1]) >= ROW // 2
