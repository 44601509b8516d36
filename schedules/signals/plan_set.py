"""A plan set: everything about one junction that is linted, approved, downloaded and activated together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from schedules.calendar import Calendar
from schedules.signals.intersection import Intersection
from schedules.signals.program import Program

FORMAT = 1


class Transition(StrEnum):
    """How a controller comes into step with the system clock (NTCIP 1202: dwell, shortway, addOnly)."""

    DWELL = "dwell"
    SHORTWAY = "shortway"
    ADD_ONLY = "add-only"


@dataclass(frozen=True, slots=True)
class Entry:
    """From `minutes` after 00:00 local time on, `program` runs, until the next entry or the end of the day."""

    minutes: int
    program: str

    def __str__(self) -> str:
        return f"{self.minutes // 60:02}:{self.minutes % 60:02}"


@dataclass(frozen=True, slots=True)
class Shared:
    """`ratio` cycles of a program fit into the common cycle of its coordination group."""

    cycle: int
    ratio: int = 1


@dataclass(frozen=True, slots=True)
class Along:
    """How the road of the green wave passes a junction, where places on the map and bearings do not say it.

    `at`: metres along the road as outbound goes, from a point that all junctions of the group share; `outbound`, `inbound`:
    the groups of who drives through. What is empty is found by places and bearings.
    """

    at: float | None = None
    outbound: tuple[str, ...] = ()
    inbound: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coordination:
    """The junctions that share a green wave: all programs keep to `usual`, but those in `programs` (None: to none)."""

    group: str
    usual: Shared
    programs: Mapping[str, Shared | None] = field(default_factory=dict)
    road: Along = Along()

    def shared(self, program: str) -> Shared | None:
        """The common cycle that a program keeps to."""
        return self.programs.get(program, self.usual)


@dataclass(frozen=True, slots=True)
class PlanSet:
    """The programs of a junction, the days on which they run, and the intersection that they are made for."""

    junction: str
    intersection: Intersection
    programs: Mapping[str, Program]
    day_plans: Mapping[str, tuple[Entry, ...]]
    calendar: Calendar
    coordination: Coordination | None = None
    transition: Transition = Transition.DWELL
    time_zone: str | None = None
