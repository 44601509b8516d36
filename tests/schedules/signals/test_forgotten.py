"""What the makers of a plan forget: the linter knows it from what they wrote elsewhere in it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schedules.signals import errors, lint, parse_plan_set
from tests.schedules.signals.plans import plan_set


def _found(raw: dict[str, Any]) -> list[str]:
    return [str(each) for each in errors(lint(parse_plan_set(raw), ZoneInfo("Asia/Ho_Chi_Minh"), year=2026))]


def test_two_roads_that_cross_are_not_green_together_because_the_matrix_forgot_them() -> None:
    """Each group has a row, every second agrees with the matrix, and two streams meet in the middle."""
    raw = plan_set()
    raw["intersection"]["conflicts"] = [["n", "pe"], ["m", "pe"], ["e", "pe"]]
    for one in ("n", "m"):
        raw["intersection"]["intergreens"][one]["pe"] = raw["intersection"]["intergreens"]["pe"][one] = 4
    raw["programs"] = {"day": {"cycle": 60, "waits": [{"at": 10, "most": 10}], "switch": [0],
        "states": {0: "GGGr", 20: "yyyr", 23: "rrrr", 26: "rrrG", 36: "rrrf", 50: "rrrr", 55: "GGGr"}}}  # fmt: skip
    raw["day_plans"] = {"all": [{"from": "00:00", "program": "day"}]}
    del raw["calendar"], raw["coordination"]
    assert _found(raw) == [
        f"error conflict-crossing: intersection: {one}, e: {one} and e both drive straight on, from 0.0 and 90.0 degrees, "
        "but do not conflict; add the conflict: their ways cross"
        for one in ("n", "m")
    ]


@pytest.mark.parametrize(("bearing", "crosses"), [(44, False), (45, True), (180, False), (270, True), (316, False)])
def test_only_roads_that_cross_are_meant(bearing: int, crosses: bool) -> None:
    raw = plan_set()
    raw["intersection"]["approaches"][1]["bearing"] = bearing
    raw["intersection"]["conflicts"] = [["n", "e"], ["e", "pe"], ["m", "pe"]]
    assert any("conflict-crossing" in each for each in _found(raw)) is crosses


def test_who_drives_straight_on_cannot_give_way_instead_of_stopping() -> None:
    """With the pair in yields and g in the states, m would have green beside e all day."""
    raw = plan_set()
    raw["intersection"]["yields"] = [["m", "e"]]
    assert _found(raw) == [
        "error yields-straight: intersection: m, e: m gives way to e, but only drives straight on; "
        "G and no yields: g is for traffic that turns"
    ]
