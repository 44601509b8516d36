"""What a junction is: its signal groups, which of them must never move together, and how long one clears for another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

LEAST_AMBER, MOST_AMBER = 2, 6  # seconds that no junction may set aside (MUTCD: 3 to 6 s; QCVN 41 names none)


class Kind(StrEnum):
    """Whom a signal group speaks to."""

    VEHICLE = "vehicle"
    MOTORCYCLE = "motorcycle"
    PEDESTRIAN = "pedestrian"


@dataclass(frozen=True, slots=True)
class Approach:
    """A road into the junction; `bearing` in degrees from north is where traffic comes from."""

    id: str
    name: str = ""
    bearing: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Signals that always show the same. All times in whole seconds; `max_green` None: no limit.

    `min_flashing` is the least time of flashing green, 0 where the group has none. Of pedestrians: `crossing_length`
    in metres, `walking_speed` in m/s, `buffer` the seconds of steady red before traffic that conflicts may start.
    """

    id: str
    kind: Kind
    name: str = ""
    approach: str | None = None
    movements: tuple[str, ...] = ()
    min_green: int = 5
    max_green: int | None = None
    min_red: int = 1
    amber: int = 3
    red_amber: int = 0
    min_flashing: int = 0
    crossing_length: float = 0.0
    walking_speed: float = 1.0
    buffer: int = 0

    @property
    def walks(self) -> bool:
        """Whether it is for pedestrians."""
        return self.kind is Kind.PEDESTRIAN

    @property
    def crossing(self) -> float:
        """Seconds to walk from kerb to kerb, to the millisecond; 0 for traffic on wheels."""
        return round(self.crossing_length / self.walking_speed, 3) if self.walks else 0.0  # 13.2 / 1.2 is 11 s


@dataclass(frozen=True, slots=True)
class Detector:
    """What counts or is pushed for one group."""

    id: str
    group: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What the controller can run: cycles from `least` to `most` seconds, all times in multiples of `step` seconds."""

    least: int = 30
    most: int = 240
    step: int = 1


@dataclass(frozen=True, slots=True)
class Intersection:
    """A junction's own part of a plan set. State strings have one letter for each of `groups`, in this order.

    `conflicts` holds pairs as they were written: of a list either way round, of a matrix (`matrix`) row and column.
    `yields` holds (a, b): a, while it shows `g`, gives way to b. `intergreens[a][b]`: seconds from the end of a's
    movement to the start of b's.
    """

    groups: tuple[Group, ...]
    conflicts: frozenset[tuple[str, str]]
    yields: frozenset[tuple[str, str]]
    intergreens: Mapping[str, Mapping[str, int]]
    name: str = ""
    approaches: tuple[Approach, ...] = ()
    detectors: tuple[Detector, ...] = ()
    limits: Limits = Limits()
    matrix: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its groups, in the order of the letters."""
        return tuple(group.id for group in self.groups)

    def conflicting(self, one: str, other: str) -> bool:
        """Whether two groups must never move together; the same both ways round."""
        return (one, other) in self.conflicts or (other, one) in self.conflicts

    def intergreen(self, ends: str, starts: str) -> int | None:
        """Seconds from the end of one group to the start of another; None where nothing says."""
        return self.intergreens.get(ends, {}).get(starts)
