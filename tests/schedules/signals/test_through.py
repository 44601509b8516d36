"""Who drives through a junction is found by bearings and movements, or it is said what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from schedules.signals.bands import Green
from schedules.signals.intersection_reader import parse_intersection
from schedules.signals.reader import parse_program
from schedules.signals.through import NoWay, greens, through_groups

SOUTH, EAST, NORTH = 180.0, 90.0, 0.0


def _intersection(**changes: Any) -> Any:
    table: dict[str, Any] = {
        "approaches": [{"id": "south", "bearing": 190}, {"id": "north", "bearing": 5}, {"id": "west", "bearing": 270}],
        "groups": [
            {"id": "s", "kind": "vehicle", "approach": "south", "movements": ["straight", "right"]},
            {"id": "sl", "kind": "vehicle", "approach": "south", "movements": ["left"]},
            {"id": "sm", "kind": "motorcycle", "approach": "south", "movements": ["straight"]},
            {"id": "n", "kind": "vehicle", "approach": "north"},
            {"id": "w", "kind": "vehicle", "approach": "west", "movements": ["left", "right"]},
        ],
        "conflicts": [],
    }
    return parse_intersection(table | changes)


@pytest.mark.parametrize(
    ("back", "on", "found"),
    [
        (SOUTH, NORTH, ("s",)),
        (SOUTH, EAST, ("s",)),  # the road bends: its right turn is the way through
        (SOUTH, 270.0, ("sl",)),
        (NORTH, SOUTH, ("n",)),  # alone on its approach without movements: it goes every way
        (225.0, 40.0, ("s",)),
    ],
)
def test_the_way_through_is_the_movement_that_leads_on(back: float, on: float, found: tuple[str, ...]) -> None:
    assert through_groups(_intersection(), back, on) == found


@pytest.mark.parametrize(
    ("changes", "back", "on", "code"),
    [
        ({}, EAST, 270.0, "no-approach"),
        ({}, 270.0, EAST, "no-group"),  # from the west nobody goes straight on
        ({"approaches": [{"id": each} for each in ("south", "north", "west")]}, SOUTH, NORTH, "no-bearing"),
    ],
)
def test_what_cannot_be_told_is_refused(changes: dict[str, Any], back: float, on: float, code: str) -> None:
    with pytest.raises(NoWay) as refused:
        through_groups(_intersection(**changes), back, on)
    assert refused.value.code == code


def test_greens_are_those_that_all_groups_have_over_the_wrap_too() -> None:
    program = parse_program(
        "day", {"cycle": 60, "states": {"0": "GGr", "10": "Gyr", "20": "yrG", "40": "gry", "50": "GGr"}}
    )
    assert greens(program, [0]) == (Green(40.0, 40.0),)
    assert greens(program, [0, 1]) == (Green(50.0, 20.0),)
    assert greens(program, [2]) == (Green(20.0, 20.0),)
    assert greens(program, [1, 2]) == ()
    always = parse_program("on", {"cycle": 30, "states": {"0": "G"}})
    assert greens(always, [0]) == (Green(0.0, 30.0),)
