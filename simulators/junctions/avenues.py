"""Where the city's signals stand: along its streets, a coordination group each."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

from simulators.city import City, JunctionPlan, ZonePlan
from simulators.ground import Spot
from simulators.junctions.plan_sets import intersection, plan_set
from simulators.names import STREETS

_ON_A_STREET = 8
_SPEED = 11.0  # m/s of the green wave
_METRES_PER_DEGREE = 111_195.0
_TRANSITIONS = ("dwell", "shortway", "add-only")


def with_junctions(city: City, count: int) -> City:
    """The city with so many junctions with signals, `junction-01` and on, up to 8 along each street, or more when there are few
    streets."""
    if not count:
        return city
    streets = [zone for zone in city.zones if zone.kind == "street"]
    each = max(min(_ON_A_STREET, count), math.ceil(count / len(streets)))
    digits = max(2, len(str(count)))
    found = []
    for number in range(count):
        street, place = streets[number // each], number % each
        here = min(each, count - number // each * each)
        spot, metres, bearing = _along(street, (place + 0.5) / here)
        crossing = STREETS[(number * 7 + city.seed) % len(STREETS)]
        id = f"junction-{number + 1:0{digits}d}"
        layout = intersection(street.name, crossing, bearing)
        transition = _TRANSITIONS[number % len(_TRANSITIONS)]
        plans = plan_set(id, layout, street.id, round(metres / _SPEED), city.tz, transition, metres)
        found.append(JunctionPlan(id, f"{street.name} x {crossing}", street.id, spot, plans))
    return replace(city, junctions=tuple(found))


def _along(street: ZonePlan, share: float) -> tuple[Spot, float, float]:
    """A spot on a street, its metres from the beginning, and the bearing there."""
    pieces = list(pairwise(street.path)) or [(street.spot, street.spot)]
    lengths = [_metres(*piece) for piece in pieces]
    left = share * sum(lengths)
    metres = left
    for (start, end), length in zip(pieces, lengths, strict=True):
        if left <= length and length:
            part = left / length
            spot = Spot(
                round(start.lat + (end.lat - start.lat) * part, 7), round(start.lon + (end.lon - start.lon) * part, 7)
            )
            return spot, metres, math.degrees(math.atan2(*_east_north(start, end)))
        left -= length
    return street.spot, metres, 0.0


def _metres(start: Spot, end: Spot) -> float:
    return math.hypot(*_east_north(start, end))


def _east_north(start: Spot, end: Spot) -> tuple[float, float]:
    east = (end.lon - start.lon) * math.cos(math.radians(start.lat)) * _METRES_PER_DEGREE
    return east, (end.lat - start.lat) * _METRES_PER_DEGREE
