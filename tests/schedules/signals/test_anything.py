"""Whatever is put into a plan set, it is refused with a sentence or linted; nothing else happens."""

from __future__ import annotations

import random
from typing import Any
from zoneinfo import ZoneInfo

from schedules.signals import BadPlanSet, Finding, lint, lint_changes, lint_program, parse_plan_set
from tests.schedules.signals.plans import plan_set

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2.5, 59, 60, 89, 90, 300, 10**30, float("nan"), float("inf"), "", "r", "rrrr", "oooO", "G" * 33, "n",
    "day", "00:00", "24:00", "\x00", "\ud800", "nobody", [], [[]], {}, {"": ""}, {"0": "rrrr"}, ["n"], [["n", "e"]], [0, 30], (),
    [{"at": 20, "most": 300}], [{"from": 5, "to": 2}], [{"from": 0, "to": 1}, {"from": 1, "to": 2}], b"rrrr", {1, 2},
)  # fmt: skip


def test_anything_is_refused_or_linted() -> None:
    """Two values at random places are replaced by odd ones, or taken out."""
    refused = linted = 0
    said: set[str] = set()
    right = parse_plan_set(plan_set())
    for seed in range(2500):
        draw, raw = random.Random(seed), plan_set()
        for _ in range(draw.randint(1, 2)):
            _disturb(raw, draw)
        try:
            plans = parse_plan_set(raw)
        except BadPlanSet as error:
            assert str(error).isprintable() and len(str(error)) < 500
            refused += 1
            continue
        findings = lint(plans, ZoneInfo("America/Havana"), [plans], year=2026)
        findings += lint_changes(right, plans) + lint_changes(plans, right)
        findings += lint_program(right, next(iter(plans.programs.values())))
        said |= {_whole(finding) for finding in findings}
        linted += 1
    assert refused > 500 and linted > 150 and len(said) > 20, (refused, linted, said)


def _whole(finding: Finding) -> str:
    """Its rule; every text of it can be written, and is text that can be sent."""
    assert str(finding).encode() and "{" not in finding.wrong + finding.right
    assert finding.written()["params"] is not None
    return finding.rule


def _disturb(raw: Any, draw: random.Random) -> None:
    """Walks to a random value and puts another in its place."""
    while True:
        keys = [*raw] if isinstance(raw, dict) else [*range(len(raw))] if isinstance(raw, list) else []
        if not keys:
            return
        key = draw.choice(keys)
        if isinstance(raw[key], dict | list) and raw[key] and draw.random() < 0.85:
            raw = raw[key]
            continue
        if draw.random() < 0.25:
            del raw[key]
        else:
            raw[key] = draw.choice(ODD)
        return
