"""Who drives through a junction along the road of its green wave, and when a program has green for them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from schedules.signals.bands import Green
from schedules.signals.intersection import Intersection, Kind
from schedules.signals.program import Program

TURNS = {"straight": 180.0, "right": -90.0, "left": 90.0, "u-turn": 0.0}  # degrees from an arm to the one it leads to
NEAR = 45.0  # degrees by which an approach may miss the direction of the road


class NoWay(ValueError):
    """Nobody can tell who drives through. `code`: `no-bearing`, `no-approach`, `no-group`; `values` are what it is about."""

    def __init__(self, code: str, **values: str | int) -> None:
        super().__init__(f"{code}: {values}")
        self.code, self.values = code, values


def through_groups(intersection: Intersection, back: float, on: float) -> tuple[str, ...]:
    """The groups of vehicles that come from the bearing `back` and leave towards `on` (degrees, seen from the junction).

    By the approach nearest to `back` and the movement that leads nearest to `on`; a group that is alone on its approach and
    names no movements goes every way. Raises NoWay.
    """
    known = [(turned(each.bearing, back), each) for each in intersection.approaches if each.bearing is not None]
    if not known:
        raise NoWay("no-bearing")
    off, approach = min(known, key=lambda each: (each[0], each[1].id))
    if off > NEAR or approach.bearing is None:
        raise NoWay("no-approach", bearing=round(back) % 360)
    arm = approach.bearing
    movement = min(TURNS, key=lambda each: turned(arm + TURNS[each], on))
    here = [each for each in intersection.groups if each.kind is Kind.VEHICLE and each.approach == approach.id]
    found = tuple(each.id for each in here if movement in each.movements or (len(here) == 1 and not each.movements))
    if not found:
        raise NoWay("no-group", approach=approach.id, movement=movement)
    return found


def greens(program: Program, places: Iterable[int]) -> tuple[Green, ...]:
    """When all groups at these places of the letters have green (`G` and `g`): spans in local seconds, ascending."""
    rows = [program.letters(place) for place in places]
    shown = [all(letter in "Gg" for letter in letters) for letters in zip(*rows, strict=True)]
    if all(shown):
        return (Green(0.0, float(program.cycle)),)
    start = shown.index(False)
    found, at = [], start
    for green, run in groupby([*shown[start:], *shown[:start]]):
        length = len(list(run))
        if green:
            found.append(Green(float(at % program.cycle), float(length)))
        at += length
    return tuple(sorted(found, key=lambda each: each.start))


def turned(one: float, other: float) -> float:
    """Degrees between two bearings, 0 to 180."""
    apart = abs(one - other) % 360
    return min(apart, 360 - apart)
