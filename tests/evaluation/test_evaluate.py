"""Runs in SUMO: the same plans differ in nothing, better ones are found better, and the report says of which programs it is."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from benchmarks._roads import road
from schedules.signals import parse_plan_set, program_checksum
from tests.evaluation.golden import MADE, SEEDS, short

pytest.importorskip("sumo", reason="needs the extra lamplighter[sumo]: make .venv/.sumo")

from hub.evaluation.aims import Aim
from hub.evaluation.comparison import Verdict
from hub.evaluation.coordinate import Wish, coordinate
from hub.evaluation.evaluate import evaluate
from hub.evaluation.road_reader import parse_road

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

pytestmark = pytest.mark.slow


def _road(lengths: tuple[int, ...], offsets: list[int] | None = None) -> dict[str, Any]:
    return road(lengths, offsets) | {"period": 600, "warmup": 120}


def test_the_same_plans_are_the_same_to_the_last_vehicle() -> None:
    found, report = evaluate(parse_road(_road((400,)), Path()), (1, 2), 0.0)
    assert found.verdict is Verdict.SAME
    assert {each.delay.change.mean for each in (*found.movements, found.whole)} == {0.0}
    assert found.unfinished == (0, 0)
    assert report["programs"]["j-1"]["old"] == report["programs"]["j-1"]["new"]


def test_half_a_cycle_apart_a_wave_is_better_and_its_report_is_of_these_programs() -> None:
    raw = _road((625, 625), [0, 45, 0])
    found, report = evaluate(parse_road(raw, Path()), (1, 2, 3), 1795384812.0)
    through = {each.name: each for each in found.flows}
    for name in ("j-1/west to j-3/east", "j-3/east to j-1/west"):
        assert through[name].verdict is Verdict.BETTER
        assert through[name].stops.change.high < 0
    assert found.whole.verdict is Verdict.BETTER
    assert report["format"] == 1
    assert report["made"] == "2026-11-22T22:00:12+00:00"
    assert report["verdict"] == found.verdict
    main = [each for each in found.movements if "/west" in each.name or "/east" in each.name]  # side roads: chance only
    worse = {each.name for each in main if each.delay.change.mean > 15}
    assert worse and worse <= {each["name"] for each in report["foreseen"]}
    json.dumps(report, allow_nan=False)
    for row in raw["junctions"]:
        programs = report["programs"][row["id"]]
        assert programs["new"]["checksum"] == program_checksum(parse_plan_set(row["new"]), "day")
    assert report["bands"]["new"]["outbound"]["width"] > report["bands"]["old"]["outbound"]["width"]


def test_what_is_refined_is_better_for_other_seeds_and_nobody_pays() -> None:
    raw = _road((420, 560)) | {"period": 900}
    told: list[str] = []
    found = coordinate(raw, Path(), ZONE, Wish(Aim.ALL, cycles=(50,), refine=2), told.append)
    assert found.refined is not None and any(line.startswith("round 1 of 2") for line in told)
    driven, _ = evaluate(found.road, (1, 2, 3), 0.0)
    assert driven.verdict is Verdict.BETTER
    ends = [each for each in driven.flows if each.name in ("j-1/west to j-3/east", "j-3/east to j-1/west")]
    assert sum(each.delay.new.mean for each in ends) < 0.7 * sum(each.delay.old.mean for each in ends)


def test_the_golden_report_is_what_the_code_writes() -> None:
    """When this fails the format has changed: `python -m tests.evaluation.golden`."""
    kept = json.loads((Path(__file__).parent / "report.json").read_text("utf-8"))
    _, report = evaluate(parse_road(short(), Path()), SEEDS, MADE)
    assert json.loads(json.dumps(report)) == kept


def test_green_taken_from_a_loaded_road_is_found_worse_by_who_waits() -> None:
    raw = _road(())
    raw["demand"] = [{**row, "flow": row["flow"] * 1.5} for row in raw["demand"]]
    program = raw["junctions"][0]["new"]["programs"]["day"]
    program["states"] = _main_green_until(copy.deepcopy(program["states"]), 9)
    found, report = evaluate(parse_road(raw, Path()), (1, 2, 3), 0.0)
    assert found.verdict is Verdict.WORSE
    worse = {each.name for each in found.movements if each.verdict is Verdict.WORSE}
    assert {"j-1/west straight", "j-1/east straight"} & worse
    assert all("worse" in line or "arrive" in line for line in report["because"])


def _main_green_until(states: dict[str, str], second: int) -> dict[str, str]:
    """The main road's green cut short; red holds until the left turns begin."""
    (start, shown), *rest = states.items()
    after = [(at, letters) for at, letters in rest if not letters.startswith("yy")][1:]
    return {start: shown, str(second): "yyrrrrrr", str(second + 3): "rrrrrrrr", **dict(after)}
