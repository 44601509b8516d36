"""Reading an intersection as people write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from schedules.reading import Table
from schedules.signals.guard import (
    MOST_APPROACHES,
    MOST_CYCLE,
    MOST_DETECTORS,
    MOST_GROUPS,
    MOST_SECONDS,
    BadPlanSet,
    listed,
    mapped,
    pairs,
)
from schedules.signals.intersection import (
    LEAST_AMBER,
    MOST_AMBER,
    Approach,
    Detector,
    Group,
    Intersection,
    Kind,
    Limits,
)

_KEYS = ("name", "approaches", "groups", "conflicts", "yields", "intergreens", "detectors", "limits")
_GROUP = ("id", "kind", "name", "approach", "movements", "min_green", "max_green", "min_red")
_WHEELS = ("amber", "red_amber", "min_flashing")
_FEET = ("min_flashing", "crossing_length", "walking_speed", "buffer")
_MOVEMENTS = ("left", "straight", "right", "u-turn")


def parse_intersection(raw: Any, where: str = "intersection") -> Intersection:
    """An intersection from its table; BadPlanSet says what to write instead."""
    table = Table(raw, where, _KEYS, BadPlanSet)
    written = listed(table, "groups", MOST_GROUPS, "signal groups")
    if not written:
        raise table.bad("no groups: give at least one signal group, such as {id = 'n', kind = 'vehicle'}")
    groups = tuple(_group(f"{where}: group {number}", each) for number, each in enumerate(written, 1))
    approaches = tuple(_approach(f"{where}: approach {number}", each)
                       for number, each in enumerate(listed(table, "approaches", MOST_APPROACHES, "approaches"), 1))  # fmt: skip
    detectors = tuple(_detector(f"{where}: detector {number}", each)
                      for number, each in enumerate(listed(table, "detectors", MOST_DETECTORS, "detectors"), 1))  # fmt: skip
    for what, found in (("groups", groups), ("approaches", approaches), ("detectors", detectors)):
        check_unique(table, what, [each.id for each in found])
    conflicts, matrix = _conflicts(table)
    return Intersection(
        groups,
        frozenset(conflicts),
        frozenset(pairs(table, "yields", MOST_GROUPS**2, "pairs of groups")),
        _intergreens(table),
        table.text("name", ""),
        approaches,
        detectors,
        _limits(f"{where}: limits", table.get("limits")) if "limits" in table else Limits(),
        matrix,
    )


def check_unique(table: Table, what: str, ids: Sequence[str]) -> None:
    """BadPlanSet when an id comes twice."""
    twice = next((id for number, id in enumerate(ids) if id in ids[:number]), None)
    if twice is not None:
        raise table.bad(f"{what}: {twice!r} comes twice: give each an id of its own")


def _group(where: str, raw: Any) -> Group:
    kind = raw.get("kind") if isinstance(raw, Mapping) else None
    walks = kind == Kind.PEDESTRIAN
    table = Table(raw, where, _GROUP + (_FEET if walks else _WHEELS), BadPlanSet)
    if kind not in tuple(Kind):
        raise table.wrong("kind", f"one of {', '.join(Kind)}")
    movements = listed(table, "movements", len(_MOVEMENTS), "movements")
    if not all(each in _MOVEMENTS for each in movements):
        raise table.wrong("movements", f"a list of {', '.join(_MOVEMENTS)}")
    most = table.get("max_green")
    return Group(
        table.slug("id"),
        Kind(kind),
        table.text("name", ""),
        table.slug("approach") if "approach" in table else None,
        tuple(movements),
        table.whole("min_green", 1, MOST_SECONDS, 5),
        table.whole("max_green", 1, MOST_CYCLE * 2) if most is not None else None,
        table.whole("min_red", 1, MOST_SECONDS, 1),
        0 if walks else table.whole("amber", LEAST_AMBER, MOST_AMBER, 3),
        0 if walks else table.whole("red_amber", 0, 3, 0),
        table.whole("min_flashing", 0, MOST_SECONDS, 3 if walks else 0),
        table.number("crossing_length", 1, 100) if walks else 0.0,
        table.number("walking_speed", 0.3, 2, 1.0) if walks else 1.0,
        table.whole("buffer", 0, 60, 3) if walks else 0,
    )


def _approach(where: str, raw: Any) -> Approach:
    table = Table(raw, where, ("id", "name", "bearing"), BadPlanSet)
    bearing = table.number("bearing", 0, 360) if table.get("bearing") is not None else None
    return Approach(table.slug("id"), table.text("name", ""), bearing)


def _detector(where: str, raw: Any) -> Detector:
    table = Table(raw, where, ("id", "group"), BadPlanSet)
    return Detector(table.slug("id"), table.slug("group"))


def _limits(where: str, raw: Any) -> Limits:
    table = Table(raw, where, ("cycle", "step"), BadPlanSet)
    cycle = table.get("cycle", (Limits().least, Limits().most))
    good = isinstance(cycle, Sequence) and len(cycle) == 2 and all(type(each) is int for each in cycle)
    if not good or not 10 <= cycle[0] <= cycle[1] <= MOST_CYCLE:
        raise table.wrong("cycle", f"the least and the most seconds such as [40, 180], 10 to {MOST_CYCLE}")
    return Limits(cycle[0], cycle[1], table.whole("step", 1, 10, 1))


def _conflicts(table: Table) -> tuple[list[tuple[str, str]], bool]:
    """Pairs as written, and whether as a matrix: {"n": ["e", "pe"], ...}, a row for each group."""
    raw = table.get("conflicts", ())
    if not isinstance(raw, Mapping):
        return pairs(table, "conflicts", MOST_GROUPS**2, "pairs of groups"), False
    found = []
    for row, columns in mapped(table, "conflicts", MOST_GROUPS, "rows").items():
        if isinstance(columns, str) or not isinstance(columns, Sequence) or len(columns) > MOST_GROUPS:
            raise table.bad(f"conflicts: {row!r}: use the list of the groups it conflicts with, such as ['e', 'pe']")
        if not isinstance(row, str) or not all(isinstance(each, str) for each in columns):
            raise table.bad(f"conflicts: {row!r}: use ids of groups")
        found += [(row, column) for column in columns]
    return found, True


def _intergreens(table: Table) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for ends, row in mapped(table, "intergreens", MOST_GROUPS, "rows").items():
        if not isinstance(row, Mapping) or len(row) > MOST_GROUPS or not isinstance(ends, str):
            raise table.bad(f"intergreens: {ends!r}: use a row such as {{e = 5}}, seconds until each group may start")
        for starts, seconds in row.items():
            if type(seconds) is not int or not 0 <= seconds <= 60 or not isinstance(starts, str):
                raise table.bad(
                    f"intergreens: {ends!r} to {starts!r} = {seconds!r:.40}: use a whole number of seconds from 0 to 60"
                )
        found[ends] = dict(row)
    return found
