"""Delay from the programs alone: what textbooks say of one stop line, what platoons do on a road, and what SUMO drove."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks._roads import DECLARED, road
from hub.evaluation.road_reader import parse_road

pytest.importorskip("numpy", reason="needs the extra lamplighter[sumo]: make .venv/.sumo")

import numpy

from hub.evaluation.delays import foreseen, served, traffic
from hub.evaluation.platoons import STARTING, STOPPING, by_chance, gone, queued, row, spread

DRIVEN = Path(__file__).parent / "driven.json"


def _cycle(green: int, cycle: int) -> Any:
    return (numpy.arange(cycle) < green).astype(float)[None]


def test_even_traffic_waits_as_webster_says() -> None:
    green, cycle, flow, full = 40, 90, 0.2, 1.0
    found = queued(numpy.full((1, cycle), flow), full * _cycle(green, cycle))
    waited = (found.come - found.gone)[:, cycle:].sum() / (flow * cycle)
    assert waited == pytest.approx((cycle - green) ** 2 / (2 * cycle * (1 - flow / full)), rel=0.03)


def test_what_comes_goes_and_in_its_order() -> None:
    chance = numpy.random.default_rng(1)
    one, other = chance.random((5, 60)) * 0.3, chance.random((5, 60)) * 0.3
    found = queued(one + other, numpy.tile(_cycle(45, 60), (5, 1)))
    place = row(found)
    parts = [gone(each, found, place) for each in (one, other)]
    whole, standing = gone(one + other, found, None)
    assert numpy.allclose(parts[0][0] + parts[1][0], whole)
    assert numpy.allclose(parts[0][1] + parts[1][1], standing)
    for each, (left, _) in zip((one, other), parts, strict=True):
        assert numpy.allclose(left.sum(axis=1), each.sum(axis=1))
        assert left.min() >= -1e-9
    # who comes in the last second of the red is served after who came in its first
    late, early = numpy.zeros((1, 60)), numpy.zeros((1, 60))
    late[0, 59], early[0, 45] = 1.0, 1.0
    pair = queued(late + early, 0.5 * _cycle(45, 60))
    first, second = (gone(each, pair, row(pair))[0][0] for each in (early, late))
    assert first[:2].sum() == pytest.approx(1.0)
    assert second[2:4].sum() == pytest.approx(1.0)


def test_a_platoon_spreads_and_loses_nobody() -> None:
    near, far = spread(100, 13.9, 90), spread(900, 13.9, 90)
    assert numpy.allclose(near.sum(axis=1), 1) and numpy.allclose(far.sum(axis=1), 1)
    assert near[0].max() > 2 * far[0].max()
    assert int(near[0].argmax()) == pytest.approx(STARTING + 100 / 13.9, abs=1)
    assert int(near[80].argmax()) == (int(near[0].argmax()) + 80) % 90


def test_chance_costs_little_in_a_wide_green_and_much_near_its_capacity() -> None:
    half, nearly, over = (float(by_chance(0.2, numpy.full((1, 60), 0.2 / full))[0]) for full in (0.5, 0.9, 1.1))
    assert half < 2 < nearly < over


def test_candidates_together_are_each_as_by_itself() -> None:
    parsed = parse_road(road((420, 350)), Path())
    model = traffic(parsed, 90)
    shown = [served(each, each.program(False), 90)[None] for each in parsed.junctions]
    offsets = numpy.array([[0, 0, 0], [0, 17, 0], [0, 17, 80]])
    together = model.delays(offsets, shown)
    for number in range(3):
        assert numpy.allclose(together[number], model.delays(offsets[number : number + 1], shown)[0])
    assert numpy.allclose(together[2], model.delays(offsets[2:] + 33, shown)[0])  # only differences count
    several = [numpy.repeat(each, 3, axis=0) for each in shown]
    assert numpy.allclose(together, model.delays(offsets, several))


def test_who_enters_the_road_at_any_time_does_not_mind_the_offsets() -> None:
    still, moved = (foreseen(parse_road(road((420, 350), [0, by, 2 * by]), Path()), True) for by in (0, 31))
    for movement, delay in still.items():
        first = movement.arm in ("north", "south") or (movement.junction, movement.arm) in {
            ("j-1", "west"),
            ("j-3", "east"),
        }
        assert (delay == pytest.approx(moved[movement])) == first, movement


def test_motorcycles_with_a_group_of_their_own_wait_for_it() -> None:
    raw = road(())
    before = foreseen(parse_road(raw, Path()), False)
    for key in ("old", "new"):
        plan = raw["junctions"][0][key]
        group = {
            "id": "mw",
            "kind": "motorcycle",
            "approach": "west",
            "movements": ["straight"],
            "min_green": 6,
            "amber": 3,
        }
        plan["intersection"]["groups"].append(group)
        plan["intersection"]["conflicts"] += [["mw", each] for each in ("n", "s", "nl", "sl")]
        states = plan["programs"]["day"]["states"]
        plan["programs"]["day"]["states"] = {
            at: letters + ("G" if letters[0] == "G" else "r") for at, letters in states.items()
        }
    after = foreseen(parse_road(raw, Path()), False)
    movement = next(each for each in before if (each.arm, each.movement) == ("west", "straight"))
    assert after[movement] != pytest.approx(before[movement])
    assert after[movement] == pytest.approx(before[movement], abs=STOPPING)


def test_it_foresees_what_sumo_drove() -> None:
    """driven.json: mean delays by movement of three runs of 15 minutes on the declared road, under its old programs with zero
    offsets and with those of the widest bands. Written by `python -m tests.evaluation.golden`."""
    driven = json.loads(DRIVEN.read_text("utf-8"))
    found = {}
    for name, each in driven.items():
        delays = foreseen(parse_road(road(DECLARED, each["offsets"]), Path()), True)
        found[name] = {str(movement): delay for movement, delay in delays.items()}
        missed = numpy.array([found[name][movement] - seconds for movement, seconds in each["delays"].items()])
        assert numpy.sqrt((missed**2).mean()) < 5
    zero, bands = driven["zero"]["delays"], driven["bands"]["delays"]
    hit = {each for each in zero if bands[each] - zero[each] > 15}
    told = {each for each in zero if found["bands"][each] - found["zero"][each] > 15}
    assert len(hit) >= 12
    assert len(hit & told) >= 0.9 * max(len(hit), len(told))
