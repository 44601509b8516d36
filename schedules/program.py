"""Dimming programs: the level a light should have at a moment, from steps at clock times and by the sun."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schedules.sun import SUN_EVENTS, SunEvent, sun_time

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class BadProgram(ValueError):
    """A program that cannot be run; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` on, the light has `level` (0-100 %), reached over `ramp` seconds.

    `at` is a local clock time "HH:MM", or one of sunrise, sunset, dawn, dusk (civil); `offset` adds minutes.
    """

    at: str
    level: float
    offset: float = 0.0
    ramp: float = 0.0


@dataclass(frozen=True, slots=True)
class Program:
    """A night's plan. The level in force is that of the latest step at or before the moment."""

    id: str
    steps: tuple[Step, ...]
    time_zone: str

    def wire(self, lat: float, lon: float) -> dict[str, Any]:
        """The program as a device keeps it (contract: `down/config`), with a checksum over what it says."""
        body: dict[str, Any] = {
            "id": self.id,
            "tz": self.time_zone,
            "location": {"lat": lat, "lon": lon},
            "steps": [
                {"at": s.at, "level": s.level}
                | ({"offset": s.offset} if s.offset else {})
                | ({"ramp": s.ramp} if s.ramp else {})
                for s in self.steps
            ],
        }
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        return body | {"checksum": hashlib.sha256(canonical).hexdigest()[:16]}


@dataclass(frozen=True, slots=True)
class Moment:
    """What a program says at a moment: the level since `since`, and when (and to what) it changes next."""

    level: float
    since: float
    ramp: float
    before: float  # the level before `since`
    next: float | None


def parse_program(id: str, steps: Sequence[Mapping[str, Any]], time_zone: str) -> Program:
    """Read a program as people write it; BadProgram names the step and says what would do."""
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadProgram(f"time zone {time_zone!r}: use an IANA name such as 'Asia/Ho_Chi_Minh'") from error
    if not steps:
        raise BadProgram(f"program {id!r} has no steps: give at least one, e.g. {{ at = 'sunset', level = 100 }}")
    return Program(id, tuple(_step(number, raw) for number, raw in enumerate(steps, 1)), time_zone)


def _step(number: int, raw: Mapping[str, Any]) -> Step:
    unknown = set(raw) - {"at", "level", "offset", "ramp"}
    if unknown:
        raise BadProgram(f"step {number}: unknown key {sorted(unknown)[0]!r}: use at, level, offset, ramp")
    at = raw.get("at")
    if not isinstance(at, str) or not (at in SUN_EVENTS or _CLOCK.fullmatch(at)):
        raise BadProgram(f"step {number}: at = {at!r}: use 'HH:MM' or one of {', '.join(SUN_EVENTS)}")
    numbers: dict[str, float] = {}
    for key, low, high, default in (("level", 0, 100, None), ("offset", -720, 720, 0), ("ramp", 0, 3600, 0)):
        value = raw.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise BadProgram(f"step {number}: {key} = {value!r}: use a number from {low} to {high}")
        numbers[key] = float(value)
    return Step(at, numbers["level"], numbers["offset"], numbers["ramp"])


def moment(program: Program, lat: float, lon: float, now: float) -> Moment:
    """What `program` says at `now` (Unix seconds) at a place.

    A clock time that a DST change skips happens at the first moment after the gap; one that comes twice happens
    the first time. A sun event that does not happen that day (polar day, polar night) drops its step for the day.
    Once the sun has switched the lights off, clock times do not switch them on again before the sun does: on a short
    summer night "05:00 full" after sunrise is left out. Steps of the same moment: the later in the list wins.
    """
    today = datetime.fromtimestamp(now, ZoneInfo(program.time_zone)).date()
    switches = _switches(program, round(lat, 2), round(lon, 2), today)
    current = before = None
    following: float | None = None
    for at, step in switches:
        if at > now:
            following = at
            break
        before, current = current, (at, step)
    if current is None:
        return Moment(0.0, float("-inf"), 0.0, 0.0, following)
    return Moment(current[1].level, current[0], current[1].ramp, before[1].level if before else 0.0, following)


@lru_cache(maxsize=4096)
def _switches(program: Program, lat: float, lon: float, today: date) -> tuple[tuple[float, Step], ...]:
    """Every switch from three days before `today` to two days after, ascending."""
    found: list[tuple[float, Step]] = []
    for days in range(-3, 3):
        day = today + timedelta(days=days)
        for step in program.steps:
            at = _time_of(step, program.time_zone, lat, lon, day)
            if at is not None:
                found.append((at, step))
    found.sort(key=lambda item: item[0])
    return tuple(_without_daylight(found))


def _without_daylight(switches: Sequence[tuple[float, Step]]) -> Iterator[tuple[float, Step]]:
    """Leave out clock steps between a sun step to 0 and the next sun step."""
    day = False
    for at, step in switches:
        by_sun = step.at in SUN_EVENTS
        if by_sun:
            day = step.level == 0
        if by_sun or not day:
            yield at, step


def _time_of(step: Step, time_zone: str, lat: float, lon: float, day: date) -> float | None:
    if step.at in SUN_EVENTS:
        at = sun_time(SunEvent(step.at), lat, lon, day, time_zone)
        return None if at is None else at + step.offset * 60
    zone = ZoneInfo(time_zone)
    local = datetime.combine(day, time(int(step.at[:2]), int(step.at[3:])), zone)
    return _first_moment(local) + step.offset * 60


def _first_moment(local: datetime) -> float:
    """The first moment at which a local clock shows `local` or, where a DST change skips it, a later time."""
    early, late = local.replace(fold=1), local.replace(fold=0)
    before, after = late.utcoffset(), early.utcoffset()
    if before is None or after is None or after <= before:
        return late.timestamp()
    low, high = early.timestamp(), late.timestamp()  # the change lies between the two readings of a skipped time
    while high - low > 0.25:
        middle = (low + high) / 2
        if datetime.fromtimestamp(middle, local.tzinfo).utcoffset() == before:
            low = middle
        else:
            high = middle
    return float(round(high))
