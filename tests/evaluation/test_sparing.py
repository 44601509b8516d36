"""Timings by which nobody pays: fewer wait longer than under the widest bands, the linter passes them, minima hold."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from benchmarks._roads import road
from hub.evaluation.road_reader import parse_road

pytest.importorskip("scipy", reason="needs the extra lamplighter[sumo]: make .venv/.sumo")

from hub.evaluation.aims import Aim
from hub.evaluation.comparison import MARGIN
from hub.evaluation.coordinate import Proposal, Wish, coordinate, cycles
from hub.evaluation.retiming import NoSplits, retimed, stages, timed
from hub.evaluation.road import BadRoad
from hub.evaluation.sparing import SLACK, spare
from hub.evaluation.walking import waits
from schedules.signals import parse_plan_set
from tests.evaluation.corridors import on_foot

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LENGTHS = (420, 560, 350)


@cache
def _proposed(aim: Aim, splits: bool = False, wanted: tuple[int, ...] | None = None) -> Proposal:
    return coordinate(road(LENGTHS), Path(), ZONE, Wish(aim, splits=splits, cycles=wanted))


def _whole(found: Proposal) -> float:
    old, new = (sum(getattr(each, which) * each.hourly for each in found.foreseen.values()) for which in ("old", "new"))
    return float(new / old)


def test_the_widest_bands_say_who_pays_for_them() -> None:
    found = _proposed(Aim.BANDS)
    assert found.widest.proved and found.offsets == found.widest.offsets
    paying = {str(movement) for movement, _ in found.payers}
    assert {"j-2/east left", "j-2/west right"} & paying
    assert not any("north" in each or "south" in each for each in paying)
    worst = [each.new - each.old for _, each in found.payers]
    assert worst == sorted(worst, reverse=True) and worst[-1] > MARGIN


def test_with_the_offsets_alone_hardly_anybody_pays_and_little_is_won() -> None:
    found = _proposed(Aim.ALL)
    assert found.clean and not found.splits
    assert len(found.payers) < len(_proposed(Aim.BANDS).payers) / 3
    assert _whole(found) < 1


def test_a_shorter_cycle_wins_for_all_and_is_linted() -> None:
    found = _proposed(Aim.ALL, True, (52,))
    assert found.clean
    assert len(found.payers) <= 1
    assert _whole(found) < 0.75 * _whole(_proposed(Aim.ALL))
    for id, plan_set in found.plan_sets.items():
        program = parse_plan_set(plan_set).programs["day"]
        assert program.cycle == 52
        assert plan_set["coordination"]["programs"] == {"day": {"cycle": 52}}
        greens = tuple((each.end - each.start) % 52 for each in program.stages)
        assert greens == found.splits[id].after
        assert min(greens) >= 6 and sum(greens) == 52 - 15


def test_people_on_foot_are_among_those_who_must_not_wait_longer() -> None:
    raw = road((420,))
    raw["demand"] = raw["demand"][:2]  # nobody drives across: only who walks there needs the side road's green
    free = spare(parse_road(raw, Path()), True, ())
    found = spare(parse_road(on_foot(raw), Path()), True, ())
    assert all(each[2] < 20 for each in free.timing.greens)
    for junction in found.road(found.timing).junctions:
        ((before, after),) = waits(junction).values()
        assert after <= before + SLACK + 0.5


def test_what_is_shown_second_by_second_is_what_the_plan_set_says() -> None:
    raw = road(())
    junction = parse_road(raw, Path()).junctions[0]
    program, parts = junction.program(False), stages(junction)
    for greens in ((34, 10, 31), (20, 6, 9), (40, 12, 40), (34, 6, 40)):
        table = retimed(raw["junctions"][0]["old"]["programs"]["day"], program, parts.greens, greens)
        plan = parse_plan_set(raw["junctions"][0]["old"] | {"programs": {"day": table}}).programs["day"]
        other = timed(program, parts.greens, greens)
        assert plan.cycle == other.cycle == sum(greens) + 15
        assert [plan.at(second) for second in range(plan.cycle)] == [other.at(second) for second in range(other.cycle)]


def test_cycles_that_are_tried_are_those_that_minimum_greens_and_the_controller_allow() -> None:
    raw = road(LENGTHS)
    assert min(cycles(parse_road(raw, Path()))) == 40
    assert max(cycles(parse_road(raw, Path()))) == 108
    longer = copy.deepcopy(raw)
    for group in longer["junctions"][1]["old"]["intersection"]["groups"]:
        group["min_green"] = 12
    longer["junctions"][1]["new"] = longer["junctions"][1]["old"]
    longer["junctions"][1]["old"]["intersection"]["limits"]["cycle"] = [40, 96]
    with_wide = cycles(parse_road(longer, Path()))
    assert min(with_wide) == 12 + 10 + 12 + 15  # the left turns' ten seconds are kept, less than their minimum now
    assert max(with_wide) == 96
    assert 90 in with_wide


def test_a_cycle_that_cannot_be_is_refused_with_what_could() -> None:
    parsed = parse_road(road((420,)), Path())
    with pytest.raises(NoSplits, match="a cycle of 30 s: its controller runs 40 to 180 s"):
        spare(parsed, True, (30,))
    raw = road((420,))
    for group in raw["junctions"][0]["old"]["intersection"]["groups"]:
        group["max_green"] = 35
    raw["junctions"][0]["new"] = raw["junctions"][0]["old"]
    with pytest.raises(
        NoSplits, match=r"a cycle of 108 s is too long: stage '1' would have .* 35 s are its groups' most"
    ):
        spare(parse_road(raw, Path()), True, (108,))
    raw = road((420,))
    raw["junctions"][0]["new"] = raw["junctions"][0]["old"]
    table = raw["junctions"][0]["old"]
    half = retimed(table["programs"]["day"], parsed.junctions[0].program(False), (34, 10, 31), (18, 6, 6))
    table["programs"]["day"] = half
    table["coordination"]["programs"] = {"day": {"cycle": 90, "ratio": 2}}
    with pytest.raises(BadRoad, match="junctions run different cycles"):
        spare(parse_road(raw, Path()), True, (60,))
    assert spare(parse_road(raw, Path()), False, ()).timing.cycle == 90


def test_the_same_road_has_the_same_proposal() -> None:
    parsed = parse_road(road((300,)), Path())
    assert spare(parsed, True, (50,)).timing == spare(parsed, True, (50,)).timing
