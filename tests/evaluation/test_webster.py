"""Splits follow the demand, keep the cycle and every interstage, and stay what the linter passes."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from benchmarks._roads import CYCLE, road
from hub.evaluation.retiming import NoSplits, retimed
from hub.evaluation.road_reader import parse_road
from hub.evaluation.webster import splits
from schedules.signals import errors, lint, parse_plan_set

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize("loaded", [0.5, 1.0, 2.0])
def test_the_cycle_stays_and_the_linter_passes_what_comes_out(loaded: float) -> None:
    raw = road((400,), loaded=loaded)
    found = parse_road(raw, Path())
    for row, junction in zip(raw["junctions"], found.junctions, strict=True):
        new = splits(junction, found.flows, found.saturation)
        assert sum(new.after) == sum(new.before)
        table = row["old"]["programs"]["day"]
        row["old"]["programs"]["day"] = retimed(table, junction.program(False), new.before, new.after)
        plan = parse_plan_set(row["old"])
        assert errors(lint(plan, ZONE)) == ()
        assert plan.programs["day"].cycle == CYCLE
        ends = [(stage.end - stage.start) % CYCLE for stage in plan.programs["day"].stages]
        assert tuple(ends) == new.after


def test_green_is_in_proportion_to_the_greatest_need_of_each_stage() -> None:
    raw = road(())
    raw["demand"] = [
        {"from": "j-1/west", "to": "j-1/east", "flow": 1440},  # two lanes: 0.4 of the time
        {"from": "j-1/west", "to": "j-1/north", "flow": 360},  # 0.2
        {"from": "j-1/north", "to": "j-1/south", "flow": 360},
        {"from": "j-1/south", "to": "j-1/north", "flow": 180},
    ]
    found = parse_road(raw, Path())
    new = splits(found.junctions[0], found.flows, 1800)
    assert new.needs == pytest.approx((0.4, 0.2, 0.2))
    assert [each / sum(new.after) for each in new.after] == pytest.approx([0.5, 0.25, 0.25], abs=0.02)
    assert new.best_cycle == pytest.approx((1.5 * 15 + 5) / 0.2)


def test_a_stage_that_nobody_needs_keeps_its_minimum() -> None:
    raw = road(())
    raw["demand"] = [{"from": "j-1/west", "to": "j-1/east", "flow": 900}]
    found = parse_road(raw, Path())
    assert splits(found.junctions[0], found.flows, 1800).after == (63, 6, 6)


def test_a_program_without_stages_says_what_to_do() -> None:
    raw = road(())
    del raw["junctions"][0]["old"]["programs"]["day"]["stages"]
    found = parse_road(raw, Path())
    with pytest.raises(NoSplits, match="has no stages: write them"):
        splits(found.junctions[0], found.flows, 1800)


def test_what_happens_within_a_stage_moves_with_it() -> None:
    raw = road(())
    found = parse_road(raw, Path())
    table = raw["junctions"][0]["old"]["programs"]["day"] | {
        "waits": [{"at": 60, "most": 5}], "skips": [{"from": 55, "to": 60}], "switch": [0, 50],
    }  # fmt: skip
    new = splits(found.junctions[0], found.flows, found.saturation)
    moved = retimed(table, found.junctions[0].program(False), new.before, new.after)
    grown = new.after[0] - new.before[0]
    shrunk = new.after[1] - new.before[1]
    assert grown > 0 > shrunk
    second, third = moved["stages"][1], moved["stages"][2]
    assert second["from"] == 39 + grown
    assert third["from"] == 54 + grown + shrunk
    later = grown + shrunk
    assert moved["switch"] == [0, 50 + later]
    assert moved["waits"] == [{"at": 60 + later, "most": 5}]
    assert moved["skips"] == [{"from": 55 + later, "to": 60 + later}]
