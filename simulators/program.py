"""Dimming programs as a lamp holds them, and which of their steps is in force."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from simulators.almanac import RISING, SUN_MARKS, Almanac
from simulators.course import Course, Moment, Plan, Skip

_DAYS_KNOWN = 800
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class BadProgram(ValueError):
    """A program that cannot be carried out; the message says what to write instead."""


class Step(NamedTuple):
    """One line of a program. `at` is local time of day or a mark of the sun, moved by `offset` minutes."""

    at: time | str
    offset: float
    level: float
    ramp: float
    skip: Skip | None = None


class Program(Course):
    """Steps in a time zone at a place (docs/devices.md, Program). Its day begins at noon, or at midnight."""

    def __init__(
        self,
        name: str,
        steps: tuple[Step, ...],
        tz: str,
        lat: float,
        lon: float,
        checksum: str = "",
        from_midnight: bool = False,
        gap: float = 60.0,
    ) -> None:
        if not steps:
            raise BadProgram("steps: give at least one")
        try:
            super().__init__(ZoneInfo(tz))
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise BadProgram(f"tz {tz!r}: use an IANA name such as Asia/Ho_Chi_Minh") from error
        self.name = name
        self.steps = steps
        self.checksum = checksum
        self._from_midnight, self._gap = from_midnight, gap
        self._almanac = Almanac(lat, lon)
        clocks = [self._minutes(step) for step in steps if isinstance(step.at, time)]
        if any(later <= earlier for earlier, later in pairwise(clocks)):
            raise BadProgram(f"steps: write times of day in the order of a day from {self._begins():02}:00")
        self._known: dict[date, list[Moment]] = {}

    def on(self, day: date) -> list[Moment]:
        if day not in self._known:
            if len(self._known) >= _DAYS_KNOWN:
                self._known.clear()
            self._known[day] = self._lay_out(day)
        return self._known[day]

    def _lay_out(self, day: date) -> list[Moment]:
        """The moments of a program day: from the last step to the first, so that a later step stays."""
        begin, end = self._clock(day, self._begins() * 60), self._clock(day + timedelta(1), self._begins() * 60)
        if begin >= end:  # a date that the time zone skipped
            return []
        marks = self._marks(begin, end)
        laid: list[Moment] = []
        bound = end
        for index in range(len(self.steps) - 1, -1, -1):
            step = self.steps[index]
            if isinstance(step.at, str):
                start = marks[index]
                if start is None:
                    continue
                bound = start
            else:
                waits = next((marks[i] for i in range(index, -1, -1) if i in marks), begin)
                start = None if waits is None else max(waits, self._clock(day, self._minutes(step)))
                if start is None or start >= bound:
                    continue
            if not laid or laid[0].time - start >= max(self._gap, 1e-9):
                laid.insert(0, Moment(start, step.level, step.ramp, step.skip, day.toordinal()))
        return laid

    def _marks(self, begin: float, end: float) -> dict[int, float | None]:
        """When the sun's steps come, by their index; None for one that does not come on the day."""
        indices = [i for i, step in enumerate(self.steps) if isinstance(step.at, str)]
        events = {i: self._almanac.event(str(self.steps[i].at), begin, not self._from_midnight) for i in indices}
        marks: dict[int, float | None] = {}
        latest = math.inf
        for i in reversed(indices):
            event, rising = events[i], self.steps[i].at in RISING
            if isinstance(event, float):
                start = min(max(event + self.steps[i].offset * 60.0, begin), end)
            elif event is rising and not any(
                j > i and (self.steps[j].at in RISING) == rising and isinstance(events[j], float) for j in indices
            ):
                start = begin
            else:
                start = math.inf
            marks[i] = start if start < latest else None
            latest = min(latest, start)
        return marks

    def _begins(self) -> int:
        return 0 if self._from_midnight else 12

    def _minutes(self, step: Step) -> float:
        """Of a time of day: the minutes after 00:00 of the program day's date."""
        assert isinstance(step.at, time)
        day = 1440 if step.at.hour < self._begins() else 0
        return day + step.at.hour * 60 + step.at.minute + step.offset

    def _clock(self, day: date, minutes: float) -> float:
        """The first moment at which clocks show that time or, where a change of the clocks skips it, a later one."""
        wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
        moment = wall.replace(tzinfo=self.tz).timestamp()
        if datetime.fromtimestamp(moment, self.tz).replace(tzinfo=None) == wall:
            return moment
        earlier = moment
        while datetime.fromtimestamp(earlier - 60, self.tz).replace(tzinfo=None) > wall:
            earlier -= 60
        return earlier - earlier % 60


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
        from_midnight=_from_midnight(wire.get("day", "noon")),
        gap=_number("gap", wire.get("gap", 60), 0, 3600),
    )


class ProgramShelf:
    """Parsed programs and plans by content, so that a thousand cabinets with one program compute its sunsets once."""

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._shelf: dict[bytes, Program] = {}
        self._plans: dict[bytes, Plan] = {}

    def program(self, wire: Mapping[str, Any]) -> Program:
        """The parsed program, shared; BadProgram when it cannot be carried out."""
        key = msgspec.json.encode(wire, order="sorted")
        found = self._shelf.pop(key, None) or parse_program(wire)
        self._shelf[key] = found
        while len(self._shelf) > self._size:
            del self._shelf[next(iter(self._shelf))]
        return found

    def plan(self, wire: Mapping[str, Any]) -> Plan | None:
        """The plan that was kept for the same content."""
        return self._plans.get(msgspec.json.encode(wire, order="sorted"))

    def keep(self, wire: Mapping[str, Any], plan: Plan) -> Plan:
        """Keep a parsed plan, shared."""
        while len(self._plans) >= self._size:
            del self._plans[next(iter(self._plans))]
        self._plans[msgspec.json.encode(wire, order="sorted")] = plan
        return plan


def _step(index: int, wire: Any) -> Step:
    where = f"steps[{index}]"
    if not isinstance(wire, dict):
        raise BadProgram(f'{where}: give {{"at": .., "level": ..}}')
    return Step(
        at=_mark(where, wire.get("at")),
        offset=_number(f"{where}.offset", wire.get("offset", 0), -720, 720),
        level=_number(f"{where}.level", wire.get("level"), 0, 100),
        ramp=_number(f"{where}.ramp", wire.get("ramp", 0), 0, 3600),
        skip=_skip(f"{where}.skip", wire["skip"]) if wire.get("skip") is not None else None,
    )


def _skip(where: str, wire: Any) -> Skip:
    if not isinstance(wire, dict):
        raise BadProgram(f'{where}: give {{"off": 1, "of": 3}}')
    of = _number(f"{where}.of", wire.get("of"), 2, 1000)
    return Skip(int(_number(f"{where}.off", wire.get("off"), 0, of)), int(of), wire.get("alternate") is True)


def _from_midnight(day: Any) -> bool:
    if day not in ("noon", "midnight"):
        raise BadProgram(f"day {day!r}: use noon or midnight")
    return bool(day == "midnight")


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
