"""`lamplighter coordinate` and `evaluate` as people type them."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks._roads import road
from hub.cli import app
from hub.evaluation.road_reader import read_road
from hub.evaluation.through import corridor
from schedules.signals.bands import bands

needs_scipy = pytest.mark.skipif(
    find_spec("scipy") is None, reason="needs the extra lamplighter[sumo]: make .venv/.sumo"
)


def _written(folder: Path) -> Path:
    file = folder / "road.json"
    file.write_text(json.dumps(road((420, 560))), "utf-8")
    return file


@needs_scipy
def test_what_is_proposed_is_ready_to_be_evaluated(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["coordinate", str(_written(tmp_path)), "--splits", "--out", str(tmp_path / "new")])
    assert said.exit_code == 0, said.output
    assert "the widest there are: proved" in said.output
    found = read_road(tmp_path / "new/road.json")
    told = json.loads((tmp_path / "new/bands.json").read_text("utf-8"))
    assert bands(corridor(found, True)).json() == told["after"]
    assert bands(corridor(found, False)).json() == told["before"]
    assert told["after"]["inbound"]["width"] > told["before"]["inbound"]["width"]


@needs_scipy
def test_who_pays_is_said_beforehand_and_a_cycle_by_which_nobody_does(tmp_path: Path) -> None:
    file = _written(tmp_path)
    said = CliRunner().invoke(app, ["coordinate", str(file), "--out", str(tmp_path / "bands")])
    assert said.exit_code == 0, said.output
    rows = json.loads((tmp_path / "bands/foreseen.json").read_text("utf-8"))
    paying = [each for each in rows if each["pays"]]
    assert f"wait longer by more than 5 s: {len(paying)} of {len(rows)} movements" in said.output
    assert f"  {paying[0]['movement']}: {paying[0]['old']:.0f} -> {paying[0]['new']:.0f} s" in said.output
    assert "--aim all seeks a proposal by which nobody pays" in said.output
    said = CliRunner().invoke(
        app, ["coordinate", str(file), "--aim", "all", "--cycle", "50", "--out", str(tmp_path / "all")]
    )
    assert said.exit_code == 0, said.output
    assert "cycle, s: 90 -> 50" in said.output
    assert "wait longer by more than 5 s: nobody" in said.output
    assert {each["pays"] for each in json.loads((tmp_path / "all/foreseen.json").read_text("utf-8"))} == {False}
    assert {each.program(True).cycle for each in read_road(tmp_path / "all/road.json").junctions} == {50}


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        (("--cycle", "50"), "--cycle is for --aim all"),
        (("--refine", "2"), "--refine is for --aim all"),
        (("--aim", "all", "--cycle", "soon"), "write seconds such as 60, several such as 50,60, or auto"),
        (("--aim", "all", "--cycle", "20"), "its controller runs 40 to 180 s"),
    ],
)
@needs_scipy
def test_options_that_do_not_go_together_say_what_does(
    options: tuple[str, ...], wrong: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said = CliRunner().invoke(app, ["coordinate", str(_written(tmp_path)), *options, "--out", str(tmp_path / "new")])
    assert said.exit_code == 2
    assert wrong in said.output + capfd.readouterr().err
    assert not (tmp_path / "new").exists()


@needs_scipy
def test_nothing_is_written_of_what_the_linter_refuses(tmp_path: Path) -> None:
    raw = road((420,))
    states = raw["junctions"][0]["old"]["programs"]["day"]["states"]
    raw["junctions"][0]["old"]["programs"]["day"]["states"] = {
        at: each.replace("y", "r") for at, each in states.items()
    }
    (tmp_path / "road.json").write_text(json.dumps(raw), "utf-8")
    said = CliRunner().invoke(app, ["coordinate", str(tmp_path / "road.json"), "--out", str(tmp_path / "new")])
    assert said.exit_code == 1
    assert "j-1: error" in said.output
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["coordinate", "evaluate"])
def test_a_road_that_is_none_is_one_line_and_exit_code_2(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "road.yaml").write_text("junctions: []\n", "utf-8")
    said = CliRunner().invoke(app, [name, str(tmp_path / "road.yaml"), "--out", str(tmp_path / "new")])
    assert said.exit_code == 2
    assert "a list with at least one item" in said.output + capfd.readouterr().err
