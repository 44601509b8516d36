"""A road is read with errors that say what to write, and whoever drives along it does what a driver would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks._roads import plan_set, road
from hub.evaluation.demand import CAR, MOTORCYCLE, edges, vehicles
from hub.evaluation.lanes import connections, lanes, out_lanes
from hub.evaluation.network import phases
from hub.evaluation.road import Arm, BadRoad
from hub.evaluation.road_reader import parse_road, read_road
from hub.evaluation.through import corridor
from hub.evaluation.walking import mean_wait
from schedules.signals import parse_plan_set
from schedules.signals.bands import Green
from schedules.signals.program import Program


def _road(**changes: Any) -> dict[str, Any]:
    return road((400, 500)) | changes


def test_a_flow_goes_the_shortest_way_and_turns_where_it_must() -> None:
    found = parse_road(_road(demand=[{"from": "j-1/north", "to": "j-2/south", "flow": 60}]), Path())
    (flow,) = found.flows
    assert [str(each) for each in flow.path] == ["j-1/north left", "j-2/west right"]
    assert edges(found, flow) == ["in.j-1.north", "j-1.east.to.j-2.west", "out.j-2.south"]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (
            lambda raw: raw["demand"].append({"from": "j-1/east", "to": "j-3/east", "flow": 9}),
            "j-1/east leads to j-2/west",
        ),
        (lambda raw: raw["demand"].append({"from": "j-9/east", "to": "j-3/east", "flow": 9}), "no such junction"),
        (lambda raw: raw["demand"].append({"from": "j-1/up", "to": "j-3/east", "flow": 9}), "no such arm"),
        (lambda raw: raw["demand"].append({"from": "north", "to": "j-3/east", "flow": 9}), "such as 'j-1/east'"),
        (lambda raw: raw["demand"].append({"from": "j-1/north", "to": "j-1/north", "flow": 9}), "no way from"),
        (lambda raw: raw["demand"].append({"from": "j-1/north", "to": "j-1/south", "flow": 0}), "a number from 1"),
        (lambda raw: raw["links"][0].update(to="j-2/north"), "look at each other"),
        (lambda raw: raw["links"][0].update(to="j-2/x"), "an arm of j-1"),
        (lambda raw: raw["junctions"][0].update(program="night"), "use one of day"),
        (lambda raw: raw["junctions"][0].update(lanes={"w": 9}), "a whole number from 1 to 4"),
        (lambda raw: raw["junctions"][0].update(old="missing.yaml"), "missing.yaml cannot be read"),
        (lambda raw: raw["junctions"][0].update(old=7), "the plan set itself"),
        (lambda raw: raw["junctions"][1].update(id="j-1"), "comes twice"),
        (
            lambda raw: raw["junctions"][0]["new"]["intersection"]["groups"][0].update(movements=["straight"]),
            "differ in their groups",
        ),
        (lambda raw: raw.update(motorcycles=50), "a number from 0 to 1"),
        (lambda raw: raw.update(speed=50), "unknown key 'speed'"),
    ],
)
def test_what_cannot_be_evaluated_says_what_to_write(change: Callable[[dict[str, Any]], None], wrong: str) -> None:
    raw = _road()
    change(raw)
    with pytest.raises(BadRoad, match=wrong):
        parse_road(raw, Path("/nowhere"))


def test_an_approach_without_a_bearing_is_named() -> None:
    raw = _road()
    for key in ("old", "new"):
        del raw["junctions"][0][key]["intersection"]["approaches"][0]["bearing"]
    with pytest.raises(BadRoad, match="'north' has no bearing"):
        parse_road(raw, Path())


def test_a_file_names_its_plan_sets_relative_to_itself(tmp_path: Path) -> None:
    (tmp_path / "j-1.yaml").write_text(str(plan_set("j-1", 40, 0)).replace("'", '"'), "utf-8")
    (tmp_path / "road.yaml").write_text(
        "junctions:\n  - {id: j-1, old: j-1.yaml, program: day}\n"
        "demand:\n  - {from: j-1/west, to: j-1/east, flow: 300}\n",
        "utf-8",
    )
    found = read_road(tmp_path / "road.yaml")
    assert found.junctions[0].new is found.junctions[0].old
    assert found.flows[0].motorcycles == 0.5


def test_lanes_of_a_group_share_out_its_turns_and_motorcycles_keep_right() -> None:
    raw = _road()
    for key in ("old", "new"):
        groups = raw["junctions"][0][key]["intersection"]["groups"]
        groups[6] |= {
            "kind": "motorcycle",
            "movements": ["straight"],
            "approach": "west",
        }  # nl becomes motorcycles' own
    found = parse_road(raw | {"demand": [{"from": "j-1/west", "to": "j-3/east", "flow": 60}]}, Path())
    here = lanes(found.junction("j-1"), "west")
    assert [(lane.place, lane.movements, lane.motorcycles) for lane in here] == [
        (6, ("straight",), True), (0, ("straight", "right"), False), (0, ("straight",), False), (2, ("left",), False),
    ]  # fmt: skip
    assert out_lanes(found, Arm("j-1", "east")) == [False, False, False]
    ways = {
        (each.lane, each.out): each.out_lane for each in connections(found, found.junction("j-1")) if each.arm == "west"
    }
    assert ways[0, "east"] == 0 and ways[1, "south"] == 0 and ways[2, "east"] == 1 and ways[3, "north"] == 0


def test_motorcycles_whose_group_names_no_movements_go_every_way() -> None:
    raw = _road()
    for key in ("old", "new"):
        groups = raw["junctions"][0][key]["intersection"]["groups"]
        groups[6] |= {"kind": "motorcycle", "movements": [], "approach": "west"}
    found = parse_road(raw | {"demand": [{"from": "j-1/west", "to": "j-3/east", "flow": 60}]}, Path())
    first = lanes(found.junction("j-1"), "west")[0]
    assert first.motorcycles and set(first.movements) == {"straight", "right", "left"}


def test_an_exit_without_an_approach_is_named_by_the_compass() -> None:
    raw = plan_set("j-1", 40, 0)
    raw["intersection"]["approaches"] = [each for each in raw["intersection"]["approaches"] if each["id"] != "south"]
    raw["intersection"]["groups"] = [
        {**each, "approach": "north"} if each["approach"] == "south" else each for each in raw["intersection"]["groups"]
    ]
    demand = [{"from": "j-1/north", "to": "j-1/to-s", "flow": 60}]
    found = parse_road({"junctions": [{"id": "j-1", "old": raw, "program": "day"}], "demand": demand}, Path())
    assert found.junctions[0].bearings["to-s"] == 180
    assert "to-s" not in found.junctions[0].entries()


def test_demand_is_the_same_for_a_seed_and_half_of_it_motorcycles() -> None:
    found = parse_road(_road(), Path())
    first, again, other = (vehicles(found, seed) for seed in (1, 1, 2))
    assert first == again != other
    hours = (found.warmup + found.period) / 3600
    assert len(first) == pytest.approx(sum(flow.hourly for flow in found.flows) * hours, rel=0.1)
    assert sum(each.kind == MOTORCYCLE for each in first) / len(first) == pytest.approx(0.5, abs=0.05)
    assert {each.kind for each in first} == {CAR, MOTORCYCLE}
    assert [each.depart for each in first] == sorted(each.depart for each in first)


def test_phases_begin_at_system_zero_and_speak_sumos_letters() -> None:
    program = Program("p", 60, 10, ((0, "Gr"), (20, "fr"), (25, "rr"), (30, "rG"), (55, "ry")))
    assert phases(program, [0, 1]) == [(5, "rG"), (5, "ry"), (25, "Gr"), (5, "rr"), (20, "rG")]
    assert phases(program, [1]) == [(5, "G"), (5, "y"), (30, "r"), (20, "G")]


def test_the_corridor_has_the_greens_of_who_drives_straight_on() -> None:
    found = corridor(parse_road(road((400, 500), [0, 30, 60]), Path()), True)
    assert [(each.junction, each.position, each.offset) for each in found.signals] == [
        ("j-1", 0, 0),
        ("j-2", 400, 30),
        ("j-3", 900, 60),
    ]
    assert found.signals[1].outbound == (Green(0, 38),) == found.signals[1].inbound
    assert found.outbound == pytest.approx((400 / 50 * 3.6, 500 / 50 * 3.6))


def test_the_wait_on_foot_is_that_of_coming_at_every_second() -> None:
    program = parse_plan_set(plan_set("j-1", 40, 0)).programs["day"]
    walk = program.letters(0)
    waits = [next(late for late in range(90) if walk[int(at + late) % 90] == "G") for at in range(90)]
    assert mean_wait(program, 0) == pytest.approx(sum(max(0, each - 0.5) for each in waits) / 90)
