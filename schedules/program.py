"""Dimming programs: what people write, and how a device keeps it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from schedules.site import Site
from schedules.sun import SUN_EVENTS, SunEvent


class Day(StrEnum):
    """Where a program's day begins. From noon a night belongs to the date of its evening."""

    NOON = "noon"
    MIDNIGHT = "midnight"

    @property
    def begins(self) -> int:
        """Minutes after 00:00 of its date."""
        return 720 if self is Day.NOON else 0


@dataclass(frozen=True, slots=True)
class Skip:
    """`off` of every `of` lamps along a road stay dark; `alternate` takes other lamps every night, for even wear."""

    off: int
    of: int
    alternate: bool = False

    @property
    def lit(self) -> float:
        """The share of lamps that burn."""
        return 1 - self.off / self.of


def skipped(skip: Skip | None, position: int, night: int) -> bool:
    """Whether the lamp at `position` along its road is dark in `night` (the program day's ordinal)."""
    return skip is not None and (position + (night if skip.alternate else 0)) % skip.of < skip.off


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` on, the light has `level` (0-100 %), reached over `ramp` seconds.

    `at` is a local clock time "HH:MM", or one of sunrise, sunset, dawn, dusk (civil); `offset` adds minutes.
    """

    at: str
    level: float
    offset: float = 0.0
    ramp: float = 0.0
    skip: Skip | None = None

    @property
    def event(self) -> SunEvent | None:
        """What the step follows; None for a clock step."""
        return SunEvent(self.at) if self.at in SUN_EVENTS else None

    def minutes(self, day: Day) -> float:
        """Of a clock step: minutes by the clock after 00:00 of the program day's date."""
        clock = int(self.at[:2]) * 60 + int(self.at[3:])
        return (clock if clock >= day.begins else clock + 1440) + self.offset

    def __str__(self) -> str:
        offset = f" {self.offset:+g} min" if self.offset else ""
        return f"{self.at}{offset}, {self.level:g} %"


@dataclass(frozen=True, slots=True)
class Program:
    """A template of 24 hours. The level in force is that of the latest step; `gap` is the seconds a step must last.

    `schedules.steps` says when each step happens, and what gives way where steps cross.
    """

    id: str
    name: str
    steps: tuple[Step, ...]
    day: Day = Day.NOON
    gap: float = 60.0

    def wire(self, site: Site) -> dict[str, Any]:
        """The program as a device at `site` keeps it (docs/devices.md), with a checksum over what it says."""
        body: dict[str, Any] = {
            "id": self.id,
            "tz": site.time_zone,
            "location": {"lat": site.lat, "lon": site.lon},
            "steps": [_wire(step) for step in self.steps],
        }
        if self.day is not Day.NOON:
            body["day"] = self.day.value
        if self.gap != 60:
            body["gap"] = self.gap
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        return body | {"checksum": hashlib.sha256(canonical).hexdigest()[:16]}


def _wire(step: Step) -> dict[str, Any]:
    return (
        {"at": step.at, "level": step.level}
        | ({"offset": step.offset} if step.offset else {})
        | ({"ramp": step.ramp} if step.ramp else {})
        | ({"skip": {"off": step.skip.off, "of": step.skip.of, "alternate": step.skip.alternate}} if step.skip else {})
    )
