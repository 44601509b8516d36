"""Where junctions that share a green wave lie along their road, by their places on the map. Pure geometry, in metres.

The road is the shortest tree between them: of junctions along one road that is a line, however it bends; where it branches
nobody can tell what the wave is to follow, and people must write it (docs/signals.md, `road`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

_METRES_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371 km
_NEAREST = 5.0  # metres between two junctions at least: less is a mistake on the map


@dataclass(frozen=True, slots=True)
class Place:
    """A position, WGS 84 degrees."""

    lat: float
    lon: float


class NoRoad(ValueError):
    """Places from which no road can be told. `code` is one of `places-same` and `road-branches`; `junctions` are meant."""

    def __init__(self, code: str, junctions: tuple[str, ...]) -> None:
        super().__init__(f"{code}: {', '.join(junctions)}")
        self.code, self.junctions = code, junctions


@dataclass(frozen=True, slots=True)
class Road:
    """Junctions in their order along the road, and the metres of each from the first."""

    order: tuple[str, ...]
    metres: tuple[float, ...]


def straight(places: Mapping[str, Place]) -> Road:
    """The road through at least two places, from the end whose id comes first, by straight lines. Raises NoRoad."""
    ids = sorted(places)
    beside: dict[str, list[str]] = {id: [] for id in ids}
    nearest = {id: (distance(places[ids[0]], places[id]), ids[0]) for id in ids[1:]}  # of who is not reached, by whom
    while nearest:
        other = min(nearest, key=lambda id: (nearest[id][0], id))
        apart, one = nearest.pop(other)
        if apart < _NEAREST:
            raise NoRoad("places-same", tuple(sorted((one, other))))
        beside[one].append(other)
        beside[other].append(one)
        for id, (known, _) in nearest.items():
            if (closer := distance(places[other], places[id])) < known:
                nearest[id] = closer, other
    if branches := [id for id in ids if len(beside[id]) > 2]:
        raise NoRoad("road-branches", tuple(branches))
    order = [next(id for id in ids if len(beside[id]) == 1)]
    metres = [0.0]
    while ways := [id for id in beside[order[-1]] if id not in order[-2:]]:
        metres.append(metres[-1] + distance(places[order[-1]], places[ways[0]]))
        order.append(ways[0])
    return Road(tuple(order), tuple(metres))


def distance(one: Place, other: Place) -> float:
    """Metres in a straight line."""
    return math.hypot(*_east_north(one, other))


def bearing(one: Place, other: Place) -> float:
    """Degrees from north in which `other` lies, seen from `one`; 0 <= degrees < 360."""
    return math.degrees(math.atan2(*_east_north(one, other))) % 360.0


def _east_north(one: Place, other: Place) -> tuple[float, float]:
    """Metres; of a city, not of a continent. The date line is no end of it."""
    lon = (other.lon - one.lon + 540.0) % 360.0 - 180.0
    return (
        lon * math.cos(math.radians((one.lat + other.lat) / 2)) * _METRES_PER_DEGREE,
        (other.lat - one.lat) * _METRES_PER_DEGREE,
    )
