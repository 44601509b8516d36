"""Is the intersection whole: matrices, intergreens, and what every junction owes its people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from schedules.signals.finding import Finding
from schedules.signals.intersection import Intersection, Kind

_LEAST_AMBER = 3  # MUTCD 2009 §4D.26: 3 to 6 s
_LEAST_BUFFER = 3  # MUTCD 2009 §4E.06
_LEAST_WALK = 4  # MUTCD 2009 §4E.06: 7 s, 4 s at least where few walk
_FASTEST_WALK = 1.2  # m/s; MUTCD plans with 1.07


def check_intersection(intersection: Intersection) -> Iterator[Finding]:
    """Everything that is about no program."""
    yield from _names(intersection)
    yield from _groups(intersection)
    yield from _conflicts(intersection)
    yield from _crossing(intersection)
    yield from _yields(intersection)
    yield from _intergreens(intersection)


def _names(intersection: Intersection) -> Iterator[Finding]:
    groups, approaches = set(intersection.ids), {each.id for each in intersection.approaches}
    for group in intersection.groups:
        if group.approach is not None and group.approach not in approaches:
            yield Finding("approach-unknown", groups=(group.id,),
                          params={"group": group.id, "approach": group.approach})  # fmt: skip
    for detector in intersection.detectors:
        if detector.group not in groups:
            yield Finding("detector-group", params={"detector": detector.id, "group": detector.group})
    named = [("conflicts", id) for pair in intersection.conflicts for id in pair]
    named += [("yields", id) for pair in intersection.yields for id in pair]
    for ends, row in intersection.intergreens.items():
        named += [("intergreens", id) for id in (ends, *row)]
    for where, id in sorted(set(named)):
        if id not in groups:
            yield Finding("group-unknown", params={"where": where, "group": id})


def _groups(intersection: Intersection) -> Iterator[Finding]:
    for group in intersection.groups:
        at = (group.id,)
        if group.max_green is not None and group.max_green < group.min_green:
            yield Finding("green-limits", groups=at,
                          params={"group": group.id, "most": group.max_green, "least": group.min_green})  # fmt: skip
        if group.walks and group.walking_speed > _FASTEST_WALK:
            yield Finding("walking-speed", groups=at, params={"group": group.id, "speed": group.walking_speed})
        if group.walks and group.buffer < _LEAST_BUFFER:
            yield Finding("buffer-low", groups=at, params={"group": group.id, "buffer": group.buffer})
        if group.walks and group.min_green < _LEAST_WALK:
            yield Finding("walk-low", groups=at, params={"group": group.id, "least": group.min_green})
        if not group.walks and group.amber < _LEAST_AMBER:
            yield Finding("amber-low", groups=at, params={"group": group.id, "amber": group.amber})


def _conflicts(intersection: Intersection) -> Iterator[Finding]:
    pairs, ids = intersection.conflicts, intersection.ids
    for one, other in sorted(pairs):
        if one == other:
            yield Finding("conflict-self", groups=(one,), params={"one": one})
        elif intersection.matrix and (other, one) not in pairs and {one, other} <= {*ids}:
            yield Finding("conflict-symmetry", groups=(one, other), params={"one": one, "other": other})
    for group in intersection.groups:
        if not any(intersection.conflicting(group.id, other) for other in ids if other != group.id):
            yield Finding("conflict-row", groups=(group.id,), params={"group": group.id})
        elif group.kind is Kind.MOTORCYCLE and group.approach is not None:
            yield from _like(intersection, group.id)


def _like(intersection: Intersection, motorcycles: str) -> Iterator[Finding]:
    """Motorcycles that drive the way of a vehicle group meet whom it meets."""
    own = next(group for group in intersection.groups if group.id == motorcycles)
    for like in intersection.groups:
        unsaid = not own.movements or not like.movements
        same = like.kind is Kind.VEHICLE and like.approach == own.approach
        if not same or not (unsaid or {*own.movements} & {*like.movements}):
            continue
        for other in intersection.ids:
            missing = intersection.conflicting(like.id, other) and not intersection.conflicting(own.id, other)
            if missing and other != own.id:
                yield Finding("conflict-like", groups=(own.id, other),
                              params={"group": own.id, "like": like.id, "other": other})  # fmt: skip


def _crossing(intersection: Intersection) -> Iterator[Finding]:
    """Traffic that drives straight on from one road crosses that from the other, whatever the matrix forgot."""
    bearings = {each.id: each.bearing for each in intersection.approaches}
    straight = [(group.id, bearing) for group in intersection.groups
                if "straight" in group.movements and (bearing := bearings.get(group.approach or "")) is not None]  # fmt: skip
    for (one, bearing), (other, beside) in combinations(straight, 2):
        if 45 <= abs(bearing - beside) % 180 <= 135 and not intersection.conflicting(one, other):
            yield Finding("conflict-crossing", groups=(one, other),
                          params={"one": one, "other": other, "bearing": bearing, "beside": beside})  # fmt: skip


def _yields(intersection: Intersection) -> Iterator[Finding]:
    walking = {group.id for group in intersection.groups if group.walks}
    straight = {group.id for group in intersection.groups if {*group.movements} == {"straight"}}
    for one, other in sorted(intersection.yields):
        if not intersection.conflicting(one, other):
            yield Finding("yields-conflict", groups=(one, other), params={"one": one, "other": other})
        if one in walking:
            yield Finding("yields-walk", groups=(one, other), params={"one": one, "other": other})
        if one in straight:
            yield Finding("yields-straight", groups=(one, other), params={"one": one, "other": other})


def _intergreens(intersection: Intersection) -> Iterator[Finding]:
    for one in intersection.groups:
        for other in intersection.groups:
            if one is other or not intersection.conflicting(one.id, other.id):
                continue
            seconds = intersection.intergreen(one.id, other.id)
            params: dict[str, str | int | float] = {"one": one.id, "other": other.id}
            if seconds is None:
                yield Finding("intergreen-missing", groups=(one.id, other.id), params=params)
            elif seconds < one.amber and not one.walks:
                yield Finding("intergreen-amber", groups=(one.id, other.id),
                              params=params | {"seconds": seconds, "amber": one.amber})  # fmt: skip
