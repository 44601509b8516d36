"""SUMO knows nothing of our conflict matrices: by its geometry alone the linter passes what is safe and refuses what crosses."""

from __future__ import annotations

import random
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schedules.signals import errors, lint, parse_plan_set
from tests.evaluation.oracle import crosses, junction, road

pytest.importorskip("sumo", reason="needs the extra lamplighter[sumo]: make .venv/.sumo")

from hub.evaluation.crossings import crossings
from hub.evaluation.extra import run
from hub.evaluation.network import phases, write_network
from hub.evaluation.road_reader import parse_road
from hub.evaluation.simulation import simulate

pytestmark = pytest.mark.slow
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def _found(raw: dict[str, object], folder: Path) -> set[frozenset[str]]:
    wanted = parse_road(road(raw), folder)
    return {frozenset((each.one, each.other)) for each in crossings(write_network(wanted, True, folder), wanted, True)}


def test_what_the_linter_passes_crosses_nowhere_and_what_crosses_it_refuses(tmp_path: Path) -> None:
    for seed in range(60):
        right, wrong = (junction(random.Random(seed), each) for each in (True, False))
        assert errors(lint(parse_plan_set(right), ZONE)) == (), seed
        assert _found(right, tmp_path) == set(), seed
        refused = {frozenset(each.groups) for each in lint(parse_plan_set(wrong), ZONE) if each.rule == "conflict"}
        assert refused and _found(wrong, tmp_path) == refused, seed
        assert all(crosses(*pair) for pair in refused)


def test_a_conflict_that_the_matrix_forgot_is_seen_by_geometry(tmp_path: Path) -> None:
    """The linter can only trust the matrix; the report of an evaluation says what it left out."""
    raw = junction(random.Random(1), False)
    pair = min(_found(raw, tmp_path), key=sorted)
    table = raw["intersection"]
    table["conflicts"] = [each for each in table["conflicts"] if frozenset(each) != pair]
    assert not any(
        frozenset(each.groups) == pair for each in lint(parse_plan_set(raw), ZONE) if each.rule == "conflict"
    )
    assert pair in _found(raw, tmp_path)


def test_what_sumo_says_of_itself_of_wrong_programs(tmp_path: Path) -> None:
    """It names a green without amber, and of crossing greens says nothing: why geometry is asked."""
    right = junction(random.Random(3), True)
    assert simulate(parse_road(road(right), tmp_path), True, 1).warnings == ()
    states = right["programs"]["day"]["states"]
    right["programs"]["day"]["states"] = {at: letters.replace("y", "r") for at, letters in states.items()}
    said = simulate(parse_road(road(right), tmp_path), True, 1).warnings
    assert any("Missing yellow phase" in line for line in said)
    assert any(each.rule == "sequence" for each in lint(parse_plan_set(right), ZONE))


def test_sumos_lamps_show_what_the_program_says_in_every_second(tmp_path: Path) -> None:
    wanted = parse_road(road(junction(random.Random(5), True)), tmp_path)
    network = write_network(wanted, True, tmp_path)
    (tmp_path / "more.xml").write_text(
        f'<additional><timedEvent type="SaveTLSStates" source="j-1" dest="{tmp_path / "lamps.xml"}"/></additional>'
    )
    run(
        "sumo",
        "--net-file",
        str(network),
        "--additional-files",
        str(tmp_path / "more.xml"),
        "--end",
        "300",
        "--no-step-log",
    )
    program = wanted.junctions[0].program(True)
    shown = [
        line.split('state="')[1].split('"')[0]
        for line in (tmp_path / "lamps.xml").read_text().splitlines()
        if "state=" in line
    ]
    assert len(shown) >= 300
    assert shown[:300] == [program.at(program.local(second)) for second in range(300)]
    assert sum(seconds for seconds, _ in phases(program, list(range(8)))) == program.cycle
