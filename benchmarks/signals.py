"""The linter of signal plans: does it find what is broken, does it let pass what is right, and how long does it take?

10,000 random plan sets of 1 to 3 programs, made right from the front, are linted as they are; each is then broken in two ways, by
mutations that take turns, so that every rule is broken hundreds of times. Then the time of one program, of a set of 8
with all 56 changes between them, and of a city: 200 junctions with 8 programs each, read from JSON and linted.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import benchmarks._signal_breaks
import benchmarks._signal_dangers  # noqa: F401 - the mutations are listed when these are loaded
from benchmarks._signal_mutations import MUTATIONS, Raw, found, running
from benchmarks._signal_plans import random_plan_set
from schedules.signals import errors, lint, parse_plan_set, read_plan_set

PLANS, WAYS = 10_000, 2
YEAR = 2026  # from which on days are looked at on which clocks are changed
JUNCTIONS, PROGRAMS = 200, 8
MANY = 100


def run(plans: int = PLANS) -> dict[str, Any]:
    """Counts, and times in ms and s."""
    return _caught(plans) | _times()


def _caught(plans: int) -> dict[str, Any]:
    rules = sorted(MUTATIONS)
    broken, missed = Counter[str](), Counter[str]()
    refused = turn = programs = 0
    for seed in range(plans):
        raw = random_plan_set(seed, 1 + seed % 3)
        programs += len(raw["programs"])
        refused += bool(errors(lint(parse_plan_set(raw), ZoneInfo(raw["time_zone"]), year=YEAR)))
        tried = done = 0
        while done < WAYS and tried < len(rules):
            rule, tried, turn = rules[turn % len(rules)], tried + 1, turn + 1
            findings = found(rule, raw, random.Random(seed))
            if findings is not None:
                done += 1
                broken[rule] += 1
                missed[rule] += rule not in {finding.rule for finding in findings}
    return {
        "right plan sets": plans,
        "their programs": programs,
        "right plan sets refused": refused,
        "rules": len(rules),
        "plan sets broken": broken.total(),
        "broken and not found by that rule": missed.total(),
        "rule broken least often, times": min(broken[rule] for rule in rules),
        "rules missed": ", ".join(f"{rule} {count}" for rule, count in missed.items() if count) or "none",
    }


def _times() -> dict[str, float]:
    alone = [random_plan_set(seed, 1) for seed in range(MANY)]
    sets = [random_plan_set(seed, PROGRAMS) for seed in range(MANY)]
    city = [json.dumps(random_plan_set(seed, PROGRAMS)) for seed in range(JUNCTIONS)]
    began = time.perf_counter()
    changes = 0
    for text in city:
        plans = read_plan_set(text)
        lint(plans, ZoneInfo(plans.time_zone or "UTC"), year=YEAR)
        count = len([program for program in plans.programs.values() if not program.flashes])
        changes += count * (count - 1)
    took = time.perf_counter() - began
    return {
        **_ranked("a plan set of one program", alone),
        **_ranked(f"a plan set of {PROGRAMS} programs, all changes", sets),
        f"city of {JUNCTIONS} junctions x {PROGRAMS} programs, s": took,
        "changes of programs in that city": changes,
        "programs that flash in that city": sum(PROGRAMS - len(running(json.loads(text))) for text in city),
    }


def _ranked(what: str, sets: list[Raw]) -> dict[str, float]:
    taken = []
    for raw in sets:
        plans = parse_plan_set(raw)
        zone = ZoneInfo(plans.time_zone or "UTC")
        began = time.perf_counter()
        lint(plans, zone, year=YEAR)
        taken.append(1000 * (time.perf_counter() - began))
    taken.sort()
    return {f"{what}: p50, ms": taken[len(taken) // 2], f"{what}: p99, ms": taken[int(len(taken) * 0.99)]}
