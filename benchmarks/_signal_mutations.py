"""One way to break a plan set for each rule of the linter: what is broken must be found by that very rule.

Each takes a plan set that is right, as it was written, and breaks it; False: this one cannot be broken so.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from schedules.signals import Finding, lint, lint_changes, parse_plan_set

Raw = dict[str, Any]
Breaks = Callable[[Raw, random.Random], bool]
MUTATIONS: dict[str, Breaks] = {}


def found(rule: str, raw: Raw, draw: random.Random) -> tuple[Finding, ...] | None:
    """What the linter finds when a plan set (which stays as it is) is broken for a rule; None: it cannot be."""
    broken = copy.deepcopy(raw)
    if not MUTATIONS[rule](broken, draw):
        return None
    neighbours = [parse_plan_set(each) for each in broken.pop("neighbours", ())]
    plans = parse_plan_set(broken)
    if rule == "change-groups":
        return lint_changes(parse_plan_set(raw), plans)
    return lint(plans, ZoneInfo(broken["time_zone"]), neighbours, year=2026)


def breaks(rule: str) -> Callable[[Breaks], Breaks]:
    """Names the rule that a mutation breaks."""

    def name(function: Breaks) -> Breaks:
        MUTATIONS[rule] = function
        return function

    return name


def running(raw: Raw) -> list[Raw]:
    """The programs that do not flash."""
    return [
        program for program in raw["programs"].values() if not set("".join(program["states"].values())) <= set("oO")
    ]


def columns(program: Raw) -> list[list[str]]:
    """By group, what it shows in each second."""
    states = {int(key): letters for key, letters in program["states"].items()}
    shown: list[str] = []
    for second in range(program["cycle"]):
        shown.append(states.get(second, shown[-1] if shown else ""))
    return [list(column) for column in zip(*shown, strict=True)]


def put(program: Raw, shown: Sequence[Sequence[str]]) -> bool:
    """Writes columns back, without skips; False when that needs more states than a program may have."""
    program["skips"] = []
    rows = ["".join(letters) for letters in zip(*shown, strict=True)]
    program["states"] = {str(n): letters for n, letters in enumerate(rows) if not n or letters != rows[n - 1]}
    return len(program["states"]) <= 64


def runs(column: Sequence[str], of: str) -> Iterator[tuple[int, int]]:
    """(start, length) of each stretch of the letters `of`, over the wrap too; none when it is always so."""
    cycle = len(column)
    for start in range(cycle):
        if column[start] in of and column[start - 1] not in of:
            length = next(n for n in range(1, cycle + 1) if column[(start + n) % cycle] not in of)
            yield start, length


def group(raw: Raw, draw: random.Random, walks: bool | None = None) -> tuple[int, Raw] | None:
    """A group with its number: one for pedestrians, one for traffic, or either."""
    found = [(n, each) for n, each in enumerate(raw["intersection"]["groups"])
             if walks is None or walks == (each["kind"] == "pedestrian")]  # fmt: skip
    return draw.choice(found) if found else None


def conflicting(raw: Raw, draw: random.Random) -> list[tuple[int, int]]:
    """Pairs that conflict and of which none gives way, both ways round, in random order."""
    ids = [each["id"] for each in raw["intersection"]["groups"]]
    yields = [set(pair) for pair in raw["intersection"]["yields"]]
    pairs = [pair for pair in raw["intersection"]["conflicts"] if set(pair) not in yields]
    both = [(ids.index(one), ids.index(other)) for pair in pairs for one, other in (pair, pair[::-1])]
    draw.shuffle(both)
    return both
