"""Dimming programs as a lamp holds them, and which of their steps is in force."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import astral
import astral.sun
import msgspec

SUN_MARKS = ("sunset", "sunrise", "dusk", "dawn")
_DAYS_BACK = 400
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class BadProgram(ValueError):
    """A program that cannot be carried out; the message says what to write instead."""


class Step(NamedTuple):
    """One line of a program. `at` is local time of day or a mark of the sun, moved by `offset` minutes."""

    at: time | str
    offset: float
    level: float
    ramp: float


class Moment(NamedTuple):
    """A step on a given day: from `time` on the level is `level`."""

    time: float
    level: float
    ramp: float
    by_sun: bool = False


class Program:
    """Steps in a time zone at a place. The level in force is that of the latest step at or before now; once the sun
    has switched the lights off, times of day do not switch them on again before the sun does.
    """

    def __init__(self, name: str, steps: tuple[Step, ...], tz: str, lat: float, lon: float, checksum: str = "") -> None:
        if not steps:
            raise BadProgram("steps: give at least one")
        try:
            self._tz = ZoneInfo(tz)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise BadProgram(f"tz {tz!r}: use an IANA name such as Asia/Ho_Chi_Minh") from error
        self.name = name
        self.steps = steps
        self.checksum = checksum
        self._place = astral.Observer(lat, lon)
        self._marks: dict[tuple[str, date], float | None] = {}
        self._day: date | None = None
        self._times: list[float] = []
        self._moments: list[Moment] = []

    def in_force(self, now: float) -> Moment:
        """The latest moment at or before `now`; level 0 where the sun has brought none for more than a year."""
        self._look_around(now)
        index = bisect_right(self._times, now)
        return self._moments[index - 1] if index else Moment(now, 0.0, 0.0)

    def next_change(self, now: float) -> float:
        """When the next step comes, at most a day ahead."""
        self._look_around(now)
        index = bisect_right(self._times, now)
        return self._times[index] if index < len(self._times) else now + 86_400.0

    def _look_around(self, now: float) -> None:
        """Lay out the days around `now`, going back until some step lies before it."""
        today = datetime.fromtimestamp(now, self._tz).date()
        if today == self._day:
            return
        found = [m for days in (-2, -1, 0, 1, 2) for m in self._on(today + timedelta(days))]
        back = 3
        while back < _DAYS_BACK and not any(m.time <= now for m in found):
            found = self._on(today - timedelta(back)) + found
            back += 1
        found = list(_by_night(sorted(found, key=lambda m: m.time)))
        self._marks = {key: mark for key, mark in self._marks.items() if abs((key[1] - today).days) <= 3}
        self._day, self._moments, self._times = today, found, [m.time for m in found]

    def _on(self, day: date) -> list[Moment]:
        moments = []
        for step in self.steps:
            start = self._start(step, day)
            if start is not None:
                moments.append(Moment(start + step.offset * 60.0, step.level, step.ramp, isinstance(step.at, str)))
        return moments

    def _start(self, step: Step, day: date) -> float | None:
        """Unix time of the step's mark on `day`; None when the sun does not reach it (polar day or night)."""
        if isinstance(step.at, time):
            return datetime.combine(day, step.at, self._tz).timestamp()
        key = (step.at, day)
        if key not in self._marks:
            self._marks[key] = self._sun(*key)
        return self._marks[key]

    def _sun(self, mark: str, day: date) -> float | None:
        try:
            moment: datetime = getattr(astral.sun, mark)(self._place, date=day, tzinfo=self._tz)
        except ValueError:
            return None
        return float(round(moment.timestamp()))


def _by_night(moments: Iterable[Moment]) -> Iterator[Moment]:
    """Leave out times of day between the sun's switching off and its next step."""
    day = False
    for moment in moments:
        if moment.by_sun:
            day = moment.level == 0
        if moment.by_sun or not day:
            yield moment


def built_in(tz: str, lat: float, lon: float) -> Program:
    """What a lamp does before it was ever configured: on at sunset, off at sunrise."""
    return Program("built-in", (Step("sunset", 0.0, 100.0, 30.0), Step("sunrise", 0.0, 0.0, 30.0)), tz, lat, lon)


def parse_program(wire: Mapping[str, Any]) -> Program:
    """A program from its wire form; BadProgram names the field that is wrong."""
    steps = wire.get("steps")
    if not isinstance(steps, list):
        raise BadProgram("steps: give a list")
    location = wire.get("location")
    if not isinstance(location, dict):
        raise BadProgram('location: give {"lat": .., "lon": ..}')
    return Program(
        name=str(wire.get("id", "")),
        steps=tuple(_step(index, step) for index, step in enumerate(steps)),
        tz=str(wire.get("tz", "")),
        lat=_number("location.lat", location.get("lat"), -90, 90),
        lon=_number("location.lon", location.get("lon"), -180, 180),
        checksum=str(wire.get("checksum", "")),
    )


class ProgramShelf:
    """Parsed programs by content, so that a thousand cabinets with one program compute its sunsets once."""

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._shelf: dict[bytes, Program] = {}

    def program(self, wire: Mapping[str, Any]) -> Program:
        """The parsed program, shared; BadProgram when it cannot be carried out."""
        key = msgspec.json.encode(wire, order="sorted")
        found = self._shelf.pop(key, None) or parse_program(wire)
        self._shelf[key] = found
        while len(self._shelf) > self._size:
            del self._shelf[next(iter(self._shelf))]
        return found


def _step(index: int, wire: Any) -> Step:
    where = f"steps[{index}]"
    if not isinstance(wire, dict):
        raise BadProgram(f'{where}: give {{"at": .., "level": ..}}')
    return Step(
        at=_mark(where, wire.get("at")),
        offset=_number(f"{where}.offset", wire.get("offset", 0), -720, 720),
        level=_number(f"{where}.level", wire.get("level"), 0, 100),
        ramp=_number(f"{where}.ramp", wire.get("ramp", 0), 0, 3600),
    )


def _mark(where: str, at: Any) -> time | str:
    if at in SUN_MARKS:
        return str(at)
    found = _CLOCK.fullmatch(at) if isinstance(at, str) else None
    if found is None:
        raise BadProgram(f"{where}.at {at!r}: use HH:MM or one of {', '.join(SUN_MARKS)}")
    return time(int(found[1]), int(found[2]))


def _number(where: str, value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadProgram(f"{where} {value!r}: use a number from {low:g} to {high:g}")
    return float(value)
