"""Sensors beside each other: which stand near, which is stuck while others move, which reads other than they do. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from hub.environment.quarters import Bounds, Quarter, Still
from hub.model.devices import Device
from hub.model.zones import Location

EARTH = 6_371_000.0
MOST = 8  # neighbours that a sensor is compared with, the nearest
LEAST = 2
"""Neighbours that must read at an hour for it to count: of two that differ nobody knows which is right."""
HOURS = 72
"""Hours that must count before a sensor is said to drift."""
BACK = 0.8  # of its bound a drift must fall below to be over


def metres(one: Location, other: Location) -> float:
    """The distance of two places."""
    a, b = math.radians(one.lat), math.radians(other.lat)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(other.lon - one.lon) / 2) ** 2
    return 2 * EARTH * math.asin(min(1.0, math.sqrt(half)))


def near(device: Device, others: Iterable[Device], within: float) -> list[str]:
    """Ids of the sensors within so many metres, the nearest first."""
    place = device.location
    if place is None:
        return []
    ranked = [
        (metres(place, other.location), other.id)
        for other in others
        if other.id != device.id and other.location is not None
    ]
    return [id for distance, id in sorted(ranked) if distance <= within][:MOST]


def stuck(times: Sequence[Still], others: Sequence[Sequence[Quarter]]) -> list[Still]:
    """Those of the times in which a neighbour moved; without any neighbour that reads, those not at nothing (a clean hour
    reads 0)."""
    found = []
    for each in times:
        read = [[q for q in quarters if each.start <= q.time < each.end] for quarters in others]
        read = [quarters for quarters in read if len(quarters) > 1]
        moved = any(min(q.low for q in quarters) < max(q.high for q in quarters) for quarters in read)
        if moved or (not read and each.value != 0):
            found.append(each)
    return found


class Drift(NamedTuple):
    """How a sensor reads beside its neighbours: the medians of the difference and of what they read, over `hours`."""

    off: float
    level: float
    hours: int


def drift(own: Mapping[float, float], others: Sequence[Mapping[float, float]]) -> Drift | None:
    """By {hour: value} of a sensor and of its neighbours; None where too few hours tell."""
    offs, levels = [], []
    for hour, value in own.items():
        beside = [each[hour] for each in others if hour in each]
        if len(beside) >= LEAST:
            middle = median(beside)
            offs.append(value - middle)
            levels.append(middle)
    return Drift(median(offs), median(levels), len(offs)) if len(offs) >= HOURS else None


def drifts(found: Drift, wanted: Bounds, before: bool) -> bool:
    """Whether that is too far; one that drifted `before` must come well within."""
    bound = max(wanted.least, wanted.apart * abs(found.level))
    return abs(found.off) > bound * (BACK if before else 1.0)
