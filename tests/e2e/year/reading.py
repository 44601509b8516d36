"""When lamps burn, read from what is written by hand: no calendar, sun or clock sums of the hub's or of the lamps'.

A day is walked minute by minute to find when its clocks first show a time; the sun comes from the almanac. Where the sun has
a say, the shortest and the longest burning are told: as if the sun stood `DOUBT` higher, and lower, than the almanac says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from tests.e2e.year.almanac import DOUBT, HORIZON, TWILIGHT, Almanac
from tests.e2e.year.town import ZONE, Town

Stretch = tuple[float, float]
_MINUTE, _NEXT = 60, timedelta(days=1)
TET = (
    date(2026, 2, 10),
    date(2026, 2, 26),
)  # 23 of the twelfth lunar month to 10 of the first; new year is on the 17th
MID_AUTUMN = date(2026, 9, 25)
BERLIN_HOLIDAYS = {
    date(2026, *each)
    for each in ((1, 1), (3, 8), (4, 3), (4, 6), (5, 1), (5, 14), (5, 25), (10, 3), (12, 25), (12, 26))
}


class Day(NamedTuple):
    """A program day of one place, with the times of its sun; those of its clocks by `at`."""

    begin: float
    end: float
    shown: dict[int, float]
    number: int
    sunset: float
    sunrise: float
    dusk: float
    dawn: float

    def at(self, clock: str) -> float:
        """When the clocks first show it (or, where they skip it, more) on this day."""
        minutes = int(clock[:2]) * 60 + int(clock[3:])
        first = datetime.fromtimestamp(self.begin, ZONE).hour * 60
        return self.shown[minutes if minutes >= first else minutes + 1440]

    def from_to(self, begin: float, end: float, *, but: Stretch | None = None) -> list[Stretch]:
        """Lit from `begin` to `end`, as far as that is this day, without the stretch `but`."""
        first, last = max(begin, self.begin), min(end, self.end)
        parts = [(first, last)] if but is None else [(first, min(last, but[0])), (max(first, but[1]), last)]
        return [(one, other) for one, other in parts if one < other]


def _full(day: Day, place: int) -> list[Stretch]:
    return day.from_to(day.sunset, day.sunrise)


def _half(day: Day, place: int) -> list[Stretch]:
    dark = (day.at("22:00"), day.at("04:30")) if (place + day.number) % 2 == 0 else None
    return day.from_to(day.sunset + 600, day.sunrise - 900, but=dark)


def _thirds(day: Day, place: int) -> list[Stretch]:
    dark = (day.at("23:00"), day.end) if (place + day.number) % 3 == 0 else None
    return day.from_to(day.dusk, day.dawn, but=dark)


def _row(day: Day, place: int) -> list[Stretch]:
    return day.from_to(day.sunset - 300, day.dawn, but=(day.at("00:30"), day.end) if place % 4 == 0 else None)


def _part(day: Day, place: int) -> list[Stretch]:
    return day.from_to(day.sunset, day.sunrise, but=(day.at("23:00"), day.at("05:00")))


def _evening(day: Day, place: int) -> list[Stretch]:
    return day.from_to(day.at("17:00"), day.at("02:30"))


def _clocks(day: Day, place: int) -> list[Stretch]:
    return day.from_to(day.at("19:15"), day.at("06:45"))


def _turns(day: Day, place: int) -> list[Stretch]:
    dark = (day.at("22:40"), day.at("05:10")) if (place + day.number) % 2 == 0 else None
    return day.from_to(day.at("18:20"), day.at("07:05"), but=dark)


def _feast(day: Day, place: int) -> list[Stretch]:
    return day.from_to(day.at("16:30"), day.at("07:30"))


def _small_hours(day: Day, place: int) -> list[Stretch]:
    night = day.from_to(day.begin, day.at("01:00")) + day.from_to(day.at("05:30"), day.sunrise)
    return night + day.from_to(day.sunset, day.end)


def _late(day: Day, place: int) -> list[Stretch]:
    return day.from_to(day.begin, day.at("02:00")) + day.from_to(day.sunset, day.end)


Burning = Callable[[Day, int], list[Stretch]]
ALWAYS: dict[str, Burning] = {
    "every-full": _full, "every-half": _half, "every-third": _thirds, "every-row": _row, "every-evening": _evening,
    "every-turns": _turns,
}  # fmt: skip
BY_THE_CLOCK = ("every-evening", "every-turns", "new-year", "sundays", "days")


def _program(calendar: str, day: date) -> Burning:
    """What a calendar says of the night that begins on `day` (of `midnights`: of the day itself)."""
    first_sunday = day.weekday() == 6 and day.day <= 7
    last_sunday = day.weekday() == 6 and (day + timedelta(7)).month != day.month
    match calendar:
        case "weekends":
            return _full if day.weekday() in (4, 5) else _part
        case "new-year":
            return _feast if TET[0] <= day <= TET[1] else _evening if day == MID_AUTUMN else _clocks
        case "winter":
            return _thirds if day.month in (11, 12, 1, 2) else _full
        case "holidays":
            return _full if day in BERLIN_HOLIDAYS else _half
        case "sundays":
            return _turns if first_sunday or last_sunday else _clocks
        case "days":
            return _clocks if day.weekday() in (0, 2, 4, 6) else _evening
        case "midnights":
            return _late if 5 <= day.month <= 8 else _small_hours
    return ALWAYS[calendar]


def noon(day: date) -> float:
    """12:00 by the clock."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZONE).timestamp()


@lru_cache(maxsize=2000)
def _shown(day: date, hour: int) -> tuple[float, float, dict[int, float]]:
    """Begin and end of the day from `hour` to `hour`, and when clocks first show each minute (after 00:00 of `day`) or more."""
    begin, end = (
        datetime(each.year, each.month, each.day, hour, tzinfo=ZONE).timestamp() for each in (day, day + _NEXT)
    )
    first: dict[int, float] = {}
    latest = hour * 60 - 1
    for moment in range(int(begin), int(end), _MINUTE):
        wall = datetime.fromtimestamp(moment, ZONE)
        minutes = (wall.date() - day).days * 1440 + wall.hour * 60 + wall.minute
        for each in range(latest + 1, minutes + 1):
            first[each] = moment
        latest = max(latest, minutes)
    return begin, end, first


def _day(almanac: Almanac, day: date, midnight: bool, doubt: float) -> Day:
    begin, end, shown = _shown(day, 0 if midnight else 12)
    if midnight:  # the morning ends the night of the date before
        yesterday = almanac.down(noon(day - _NEXT), HORIZON + doubt)
        tonight = almanac.down(noon(day), HORIZON + doubt)
        return Day(begin, end, shown, day.toordinal(), tonight.begin, yesterday.end, 0, 0)
    sun, twilight = almanac.down(begin, HORIZON + doubt), almanac.down(begin, TWILIGHT + doubt)
    return Day(begin, end, shown, day.toordinal(), sun.begin, sun.end, twilight.begin, twilight.end)


class Burned(NamedTuple):
    """Seconds of burning: at least, and at most. The same for both where the sun has no say."""

    least: float
    most: float


def nights(first: date, last: date) -> Iterator[date]:
    """The dates of nights from noon of `first` to noon of `last`."""
    return (first + timedelta(each) for each in range((last - first).days))


def expected(town: Town, rows: Iterable[int], first: date, last: date) -> dict[int, dict[date, Burned]]:
    """For each place along the town's road: the burning of every night, from noon to noon, between two dates."""
    midnight = town.calendar == "midnights"
    almanac = Almanac(town.lat, town.lon)
    days = list(nights(first, last + _NEXT if midnight else last))
    doubts = (0.0,) if town.calendar in BY_THE_CLOCK else (-DOUBT, DOUBT)
    sums: list[dict[int, dict[date, float]]] = []
    for doubt in doubts:
        known = {day: _day(almanac, day, midnight, doubt) for day in days}
        lit = {
            place: [each for day in days for each in _program(town.calendar, day)(known[day], place)] for place in rows
        }
        sums.append({place: _by_night(stretches, first, last) for place, stretches in lit.items()})
    return {
        place: {night: Burned(sums[0][place][night], sums[-1][place][night]) for night in nights(first, last)}
        for place in sums[0]
    }


def _by_night(stretches: Iterable[Stretch], first: date, last: date) -> dict[date, float]:
    bounds = {night: (noon(night), noon(night + _NEXT)) for night in nights(first, last)}
    found = dict.fromkeys(bounds, 0.0)
    for begin, end in stretches:
        day = datetime.fromtimestamp(begin, ZONE).date()
        for night in (day - _NEXT, day):
            if night in bounds:
                found[night] += max(0.0, min(end, bounds[night][1]) - max(begin, bounds[night][0]))
    return found
