"""What a controller knows of its junction: its signal groups, which exclude each other, and how long one clears for another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOVING = frozenset("Ggf")  # people or vehicles are under way
LETTERS = frozenset("ruGgyfoO")


class BadCrossing(ValueError):
    """A junction that a controller cannot be set up for."""


@dataclass(frozen=True, slots=True)
class Group:
    """A signal group; all times in seconds. `crossing` is how long the longest walk takes, 0 for traffic on wheels."""

    id: str
    walks: bool
    min_green: int
    min_red: int
    amber: int
    red_amber: int
    min_flashing: int
    crossing: int
    buffer: int


@dataclass(frozen=True, slots=True)
class Crossing:
    """A junction as its controller is set up for it. Groups are numbered in the order of the letters.

    `apart` are the pairs (a, b), both ways round, that must never move together; `clear[a, b]` the seconds from the end of a's
    movement to the start of b's; `yields` the pairs (a, b) in which a, while it shows g, gives way to b.
    """

    groups: tuple[Group, ...]
    apart: frozenset[tuple[int, int]]
    clear: Mapping[tuple[int, int], int]
    yields: frozenset[tuple[int, int]]
    least: int
    most: int
    detectors: Mapping[str, int]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its groups."""
        return tuple(group.id for group in self.groups)

    @property
    def flashing(self) -> str:
        """The letters of flashing amber: pedestrians see nothing."""
        return "".join("O" if group.walks else "o" for group in self.groups)

    @property
    def dark(self) -> str:
        """The letters of lamps that are off."""
        return "O" * len(self.groups)

    @property
    def clearance(self) -> int:
        """Seconds of red everywhere after which anything may start; red-amber is part of them."""
        return max(
            *self.clear.values(),
            *(group.crossing + group.buffer for group in self.groups if group.walks),
            *(group.min_red + group.red_amber for group in self.groups),
            1,
        )


def crossing_of(intersection: Mapping[str, Any]) -> Crossing:
    """What the `intersection` of a plan set says; raises BadCrossing."""
    try:
        groups = tuple(map(_group, intersection["groups"]))
        place = {group.id: number for number, group in enumerate(groups)}
        pairs = _pairs(intersection.get("conflicts", ()))
        apart = {(place[a], place[b]) for a, b in pairs} | {(place[b], place[a]) for a, b in pairs}
        table = intersection.get("intergreens", {})
        clear = {(a, b): int(table[groups[a].id][groups[b].id]) for a, b in apart}
        yields = frozenset((place[a], place[b]) for a, b in intersection.get("yields", ()))
        least, most = intersection.get("limits", {}).get("cycle", (30, 240))
        detectors = {each["id"]: place[each["group"]] for each in intersection.get("detectors", ())}
    except (KeyError, TypeError, ValueError) as error:
        raise BadCrossing(f"{error!r}: write the intersection as docs/signals.md has it") from error
    return Crossing(groups, frozenset(apart), clear, yields, int(least), int(most), detectors)


def _group(raw: Mapping[str, Any]) -> Group:
    walks = raw["kind"] == "pedestrian"
    return Group(
        id=raw["id"],
        walks=walks,
        min_green=int(raw.get("min_green", 5)),
        min_red=int(raw.get("min_red", 1)),
        amber=0 if walks else int(raw.get("amber", 3)),
        red_amber=0 if walks else int(raw.get("red_amber", 0)),
        min_flashing=int(raw.get("min_flashing", 3 if walks else 0)),
        crossing=math.ceil(round(raw["crossing_length"] / raw.get("walking_speed", 1.0), 3)) if walks else 0,
        buffer=int(raw.get("buffer", 3)) if walks else 0,
    )


def _pairs(conflicts: Any) -> list[tuple[str, str]]:
    if isinstance(conflicts, Mapping):
        return [(row, column) for row, columns in conflicts.items() for column in columns]
    return [(a, b) for a, b in conflicts]
