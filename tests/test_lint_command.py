"""`lamplighter lint`, as a person or a pipeline types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.schedules.signals.plans import RIGHT, plan_set
from tests.test_commands import command, refusal


def _written(folder: Path, raw: dict[str, Any], name: str = "plans.json") -> Path:
    raw["programs"]["day"]["states"] = {str(key): each for key, each in raw["programs"]["day"]["states"].items()}
    path = folder / name
    path.write_text(yaml.safe_dump(raw, allow_unicode=True) if name.endswith("yaml") else json.dumps(raw))
    return path


def test_a_right_plan_set_has_no_findings() -> None:
    said = command("lint", RIGHT)
    assert (said.returncode, said.stdout) == (0, "j-1: 0 errors, 0 other findings (times: Asia/Ho_Chi_Minh)\n")


def test_each_finding_is_a_line_and_errors_are_exit_code_1(tmp_path: Path) -> None:
    raw = plan_set()
    raw["intersection"]["intergreens"]["n"]["e"] = 7
    raw["day_plans"]["spare"] = raw["day_plans"]["sunday"]
    said = command("lint", _written(tmp_path, raw))
    assert said.returncode == 1
    assert said.stdout.splitlines() == [
        "error intergreen: program morning: n, e, second 49: 6 s from the end of n to the start of e; 7 s, the intergreen",
        "error intergreen: program day: n, e, second 33: 6 s from the end of n to the start of e; 7 s, the intergreen",
        "note day-unused: plan set: the calendar never names day plan spare; a rule that names it, or leave it out",
        "j-1: 2 errors, 1 other findings (times: Asia/Ho_Chi_Minh)",
    ]


def test_json_holds_what_the_texts_are_made_of(tmp_path: Path) -> None:
    raw = plan_set()
    raw["time_zone"] = None
    raw["programs"]["day"]["offset"] = 60
    said = command("lint", _written(tmp_path, raw, "plans.yaml"), "--json", "--zone", "Europe/Berlin")
    answer = json.loads(said.stdout)
    assert (said.returncode, answer["junction"], answer["zone"]) == (1, "j-1", "Europe/Berlin")
    assert answer["findings"][0] == {
        "rule": "offset-range", "code": "offset-range", "severity": "error", "place": "program day", "program": "day",
        "source": "", "groups": [], "second": None, "wrong": "offset of 60 s in a cycle of 60 s", "right": "0 to 59 s",
        "params": {"offset": 60, "cycle": 60, "most": 59},
    }  # fmt: skip


def test_the_zone_is_the_citys_when_the_file_says_none(tmp_path: Path) -> None:
    raw = plan_set() | {"time_zone": None}
    settings = tmp_path / "lamplighter.toml"
    settings.write_text('[lighting]\ntime_zone = "Europe/Berlin"\n')
    assert "(times: Europe/Berlin)" in command("lint", _written(tmp_path, raw), "--config", settings).stdout


def test_neighbours_and_the_active_set_are_compared(tmp_path: Path) -> None:
    other, active = plan_set(), plan_set()
    other["junction"] = "j-2"
    other["coordination"]["cycle"] = 100
    active["intersection"]["groups"].reverse()
    said = command("lint", RIGHT, "--with", _written(tmp_path, other), "--from", _written(tmp_path, active, "a.json"))
    assert said.returncode == 1
    assert [line.split(":")[0] for line in said.stdout.splitlines()[:2]] == [
        "error neighbour-cycle",
        "error change-groups",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"[1, 2]", ": [1, 2]: use a table with format"),
        (b'{"format": 1,}', ": line 1, column "),
        (b"\xff\xfe", " is not text in UTF-8: save it so"),
        (b"junction: \"j\\ud800\"", ": "),
    ],
)  # fmt: skip
def test_a_file_that_is_no_plan_set_is_one_clear_line(tmp_path: Path, text: bytes, says: str) -> None:
    path = tmp_path / "plans"
    path.write_bytes(text)
    assert f"{path}{says}" in refusal("lint", path)


def test_a_zone_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "'Mars/Olympus': use an IANA name" in refusal("lint", RIGHT, "--zone", "Mars/Olympus")
    assert "cannot read" in refusal("lint", tmp_path / "nothing.yaml")
