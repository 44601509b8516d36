"""Lanes: which of an approach serves which group and movement, and which lane beyond the junction each leads to.

From right to left (traffic keeps right): motorcycles' own lanes, then groups by how far right they turn. A group with
several lanes turns right only from its rightmost and left only from its leftmost.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.evaluation.road import Arm, Junction, Road
from schedules.signals.intersection import Group, Kind

_RIGHTNESS = {"right": 0, "straight": 1, "left": 2, "u-turn": 3}


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane of an approach: the place of its group in the state string, and what may be done from it."""

    place: int
    movements: tuple[str, ...]
    motorcycles: bool  # only they may use it


@dataclass(frozen=True, slots=True)
class Connection:
    """From a lane of the road in at one arm to a lane of the road out at another, under the group at `place`."""

    junction: str
    arm: str
    lane: int
    out: str
    out_lane: int
    place: int


def lanes(junction: Junction, arm: str) -> list[Lane]:
    """The lanes in at one arm, the rightmost first."""
    groups = [(place, group) for place, group in junction.wheeled() if group.approach == arm and group.movements]
    return [
        Lane(place, _allowed(group, number, junction.lanes.get(group.id, 1)), group.kind is Kind.MOTORCYCLE)
        for place, group in sorted(groups, key=lambda each: _order(each[1]))
        for number in range(junction.lanes.get(group.id, 1))
    ]


def _order(group: Group) -> tuple[bool, int]:
    return (group.kind is not Kind.MOTORCYCLE, min(_RIGHTNESS[each] for each in group.movements))


def _allowed(group: Group, number: int, count: int) -> tuple[str, ...]:
    if len(group.movements) == 1:
        return group.movements
    rightmost, leftmost = number == 0, number == count - 1
    found = tuple(
        each
        for each in group.movements
        if each == "straight" or (rightmost and each == "right") or (leftmost and each in ("left", "u-turn"))
    )
    return found or group.movements


def out_lanes(road: Road, arm: Arm) -> list[bool]:
    """The lanes out at an arm, the rightmost first; True where only motorcycles may use it."""
    beyond = road.beyond(arm)
    if beyond is not None:
        found = [each.motorcycles for each in lanes(road.junction(beyond[0].junction), beyond[0].id)]
        if not all(found):
            return found
    junction = road.junction(arm.junction)
    fed = [
        sum(1 for lane in lanes(junction, entry) if lane.place == place and movement in lane.movements)
        for entry in junction.entries()
        for place, group in junction.wheeled()
        for movement in group.movements
        if group.approach == entry and junction.leads(entry, movement) == arm.id
    ]
    return [False] * max([1, *fed])


def connections(road: Road, junction: Junction) -> list[Connection]:
    """Every way over a junction."""
    found = []
    for arm in junction.entries():
        here = lanes(junction, arm)
        for movement in _RIGHTNESS:
            for place in sorted({lane.place for lane in here}):
                used = [
                    number for number, lane in enumerate(here) if lane.place == place and movement in lane.movements
                ]
                if not used:
                    continue
                out = junction.leads(arm, movement)
                beyond = out_lanes(road, Arm(junction.id, out))
                open_to = [number for number, only in enumerate(beyond) if here[used[0]].motorcycles or not only]
                for number, lane in enumerate(used):
                    from_left = movement in ("left", "u-turn")
                    at = len(open_to) - len(used) + number if from_left else number
                    out_lane = open_to[max(0, min(at, len(open_to) - 1))]
                    found.append(Connection(junction.id, arm, lane, out, out_lane, place))
    return found
