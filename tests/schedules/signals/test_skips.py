"""Skips lead past what the seconds of a cycle seem to promise."""

from __future__ import annotations

import random
from typing import Any
from zoneinfo import ZoneInfo

from schedules.signals import errors, lint, parse_plan_set
from tests.schedules.signals.second_opinion import Controller, dangers

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
BEGIN = 1795384812


def _turning(skips: list[dict[str, int]]) -> dict[str, Any]:
    """`n` has its green, then gives way to `b`, which starts in n's amber."""
    groups = [{"id": each, "kind": "vehicle", "min_green": 5} for each in ("n", "b", "x")]
    program = {"cycle": 100, "switch": [5], "waits": [{"at": 5, "most": 5}], "skips": skips, "states": {
        "0": "Grr", "20": "grr", "38": "yrr", "39": "yGr", "41": "rGr", "55": "ryr", "58": "rrr", "60": "rrG", "80": "rry",
        "83": "rrr", "90": "Grr"}}  # fmt: skip
    return {"format": 1, "junction": "j-1", "programs": {"day": program},
            "day_plans": {"all": [{"from": "00:00", "program": "day"}]},
            "intersection": {"groups": groups, "conflicts": [["n", "b"], ["n", "x"], ["b", "x"]], "yields": [["n", "b"]],
                             "intergreens": {"n": {"b": 0, "x": 5}, "b": {"n": 5, "x": 5}, "x": {"n": 5, "b": 5}}}}  # fmt: skip


def _seen(raw: dict[str, Any]) -> list[str]:
    """What the second opinion sees of a controller that skips wherever it may."""
    return dangers(raw, [*Controller(raw, random.Random(7)).run(1500, BEGIN, "day")])


def test_amber_after_giving_way_gives_way_no_more_when_a_skip_comes_from_protected_green() -> None:
    raw = _turning([])
    assert errors(lint(parse_plan_set(raw), ZONE, year=2026)) == () and _seen(raw) == []
    raw = _turning([{"from": 12, "to": 38}])
    assert any("n y with b G" in each for each in _seen(raw))
    found = [str(each) for each in errors(lint(parse_plan_set(raw), ZONE, year=2026))]
    assert any("error conflict: program day: n, b, second 39: n shows y while b shows G" in each for each in found)


def test_a_skip_within_giving_way_changes_nothing() -> None:
    raw = _turning([{"from": 25, "to": 38}])
    assert errors(lint(parse_plan_set(raw), ZONE, year=2026)) == () and _seen(raw) == []
