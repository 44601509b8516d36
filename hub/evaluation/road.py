"""What is evaluated: junctions with their plan sets, the roads between them, and who wants to go where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from schedules.signals.intersection import Group, Intersection, Kind
from schedules.signals.plan_set import PlanSet
from schedules.signals.program import Program
from schedules.signals.through import NEAR, TURNS, turned

COMPASS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")


class BadRoad(ValueError):
    """A road that cannot be evaluated; the message says where, and what to write instead."""


@dataclass(frozen=True, slots=True, order=True)
class Arm:
    """One road at a junction: an approach, or, without one in its intersection, an exit that is named by the compass."""

    junction: str
    id: str

    def __str__(self) -> str:
        return f"{self.junction}/{self.id}"


@dataclass(frozen=True, slots=True)
class Junction:
    """A junction under two plan sets. `lanes`: number of lanes of a group, 1 unless told."""

    id: str
    old: PlanSet
    new: PlanSet
    old_program: str
    new_program: str
    bearings: Mapping[str, float]  # of every arm, degrees from north
    lanes: Mapping[str, int]

    @property
    def intersection(self) -> Intersection:
        """Groups and approaches, which both plan sets share."""
        return self.old.intersection

    def program(self, new: bool) -> Program:
        """The program that is evaluated."""
        return self.new.programs[self.new_program] if new else self.old.programs[self.old_program]

    def wheeled(self) -> list[tuple[int, Group]]:
        """Groups of vehicles and motorcycles, each with its place in the state strings.

        Motorcycles whose group names no movements go every way that vehicles of their approach go.
        """
        return [
            (place, each if each.movements or each.kind is Kind.VEHICLE else self._every_way(each))
            for place, each in enumerate(self.intersection.groups)
            if each.kind is not Kind.PEDESTRIAN
        ]

    def _every_way(self, group: Group) -> Group:
        others = [each for each in self.intersection.groups if each.approach == group.approach and group.approach]
        ways = {movement: None for each in others for movement in each.movements if each.kind is Kind.VEHICLE}
        return replace(group, movements=tuple(ways))

    def entries(self) -> list[str]:
        """The arms on which vehicles come in."""
        found = {group.approach for _, group in self.wheeled() if group.approach is not None and group.movements}
        return [arm for arm in self.bearings if arm in found]

    def leads(self, arm: str, movement: str) -> str:
        """The arm to which a movement leads from another."""
        goal = (self.bearings[arm] + TURNS[movement]) % 360
        return min(self.bearings, key=lambda each: (turned(self.bearings[each], goal), each))

    def movement(self, arm: str, to: str) -> str | None:
        """The movement by which a vehicle comes from one arm to another; None when no group serves it."""
        for _, group in self.wheeled():
            if group.approach == arm and group.kind is Kind.VEHICLE:
                for movement in group.movements:
                    if self.leads(arm, movement) == to:
                        return movement
        return None


@dataclass(frozen=True, slots=True)
class Link:
    """A road both ways between arms of two junctions: `length` metres from stop line to stop line, `speed` m/s."""

    one: Arm
    other: Arm
    length: float
    speed: float


@dataclass(frozen=True, slots=True)
class Movement:
    """What a driver does at a junction."""

    junction: str
    arm: str
    movement: str

    def __str__(self) -> str:
        return f"{self.junction}/{self.arm} {self.movement}"


@dataclass(frozen=True, slots=True)
class Flow:
    """`hourly` vehicles an hour from one open arm to another, of which the share `motorcycles` (0 to 1) are such.

    `path` is what they do on their way, in its order.
    """

    entry: Arm
    exit: Arm
    hourly: float
    motorcycles: float
    path: tuple[Movement, ...]

    def __str__(self) -> str:
        return f"{self.entry} to {self.exit}"


@dataclass(frozen=True, slots=True)
class Road:
    """A corridor or one junction. Lengths in metres, speeds in m/s, times in seconds, saturation in vehicles an hour a lane.

    Vehicles count that want to start from `warmup` on, for `period`.
    """

    name: str
    junctions: tuple[Junction, ...]
    links: tuple[Link, ...]
    flows: tuple[Flow, ...]
    arm_length: float = 300.0
    arm_speed: float = 50 / 3.6
    saturation: float = 1800.0
    warmup: float = 300.0
    period: float = 3600.0

    def junction(self, id: str) -> Junction:
        """By its id."""
        return next(each for each in self.junctions if each.id == id)

    def beyond(self, arm: Arm) -> tuple[Arm, Link] | None:
        """The arm at the other end of the road; None where it leaves what is evaluated."""
        for link in self.links:
            if link.one == arm:
                return link.other, link
            if link.other == arm:
                return link.one, link
        return None

    def speed(self, arm: Arm) -> float:
        """The limit on the road at an arm, m/s."""
        beyond = self.beyond(arm)
        return self.arm_speed if beyond is None else beyond[1].speed


def bearings(intersection: Intersection, junction: str) -> dict[str, float]:
    """Every arm's bearing: of the approaches, and of the exits that movements lead to, such as `to-s`."""
    found: dict[str, float] = {}
    for approach in intersection.approaches:
        if approach.bearing is None:
            raise BadRoad(
                f"{junction}: approach {approach.id!r} has no bearing: write where its traffic comes from, 0 is north"
            )
        found[approach.id] = approach.bearing
    for group in intersection.groups:
        if group.approach is None or group.kind is Kind.PEDESTRIAN:
            continue
        if group.approach not in found:
            raise BadRoad(
                f"{junction}: group {group.id!r} has approach {group.approach!r}, which is not among approaches"
            )
        for movement in group.movements:
            goal = (found[group.approach] + TURNS[movement]) % 360
            if all(turned(each, goal) > NEAR for each in found.values()):
                found[f"to-{COMPASS[round(goal / 45) % 8]}"] = goal
    return found
