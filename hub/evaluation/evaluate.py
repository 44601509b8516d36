"""Run a road under the old and the new plans over several seeds, and compare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from hub.evaluation.comparison import MARGIN, Comparison, compare
from hub.evaluation.extra import load, program
from hub.evaluation.report import report
from hub.evaluation.road import Road
from hub.evaluation.simulation import Run, simulate


def evaluate(
    road: Road,
    seeds: Sequence[int],
    now: float,
    jobs: int = 2,
    margin: float = MARGIN,
    told: Callable[[int, int], None] = lambda done, all: None,
) -> tuple[Comparison, dict[str, Any]]:
    """What was found, and the report of it. Each seed runs twice; `jobs` run at once; `told` hears how many are done."""
    program("sumo")  # said now, not after minutes
    load("scipy.special")
    runs: dict[tuple[bool, int], Run] = {}
    todo = [(new, seed) for seed in seeds for new in (False, True)]
    with ThreadPoolExecutor(jobs) as pool:
        for key, run in zip(todo, pool.map(lambda each: simulate(road, *each), todo), strict=True):
            runs[key] = run
            told(len(runs), len(todo))
    old, new = ([runs[plan, seed] for seed in seeds] for plan in (False, True))
    found = compare(road, seeds, old, new, margin)
    made = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    return found, report(road, found, new, made, _version())


def _version() -> str:
    try:
        return version("eclipse-sumo")
    except PackageNotFoundError:
        return "unknown"
