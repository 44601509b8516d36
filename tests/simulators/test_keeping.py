"""What simulated devices keep over a restart: counters, programs and plans."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulators.keeping import BadState, keep, restore
from tests.simulators.street import NIGHT, Street
from tests.simulators.test_plans import CONFIG, DAY, PLAN, _program

VERSION = PLAN["version"]


def told() -> Street:
    """A street whose lamps hold plans: the cabinet's, and one alone; the second one alone has a program only."""
    street = Street()
    odd = {id: ["c", number] for number, id in enumerate(street.behind)}
    street.tell("cab-001", "ll/d/cab-001/down/config", CONFIG | {"child_plans": odd, "children": {}})
    street.tell(street.alone[0], f"ll/d/{street.alone[0]}/down/config", CONFIG | {"plan": "c", "position": 2})
    street.tell(street.alone[1], f"ll/d/{street.alone[1]}/down/config", {"program": _program(30)})
    return street


def course(street: Street) -> list[dict[str, float]]:
    """The levels of all lamps in five nights, with nothing heard meanwhile."""
    found = []
    for night in range(5):
        for station in street.fleet.stations.values():
            station.run(NIGHT + night * DAY)
        found.append({id: lamp.target for id, lamp in street.fleet.lamps.items()})
    return found


def restarted(file: Path) -> Street:
    street = Street()
    restore(street.fleet, file, NIGHT)
    return street


def test_a_restarted_simulator_goes_on_by_its_plans_and_says_which(tmp_path: Path) -> None:
    before = told()
    keep(before.fleet, tmp_path / "state", NIGHT)
    after = restarted(tmp_path / "state")
    for name in ("cab-001", *after.alone):
        after[name].greet(NIGHT)
    cabinet = next(message for message in after.take("cab-001", "state") if isinstance(message, list))
    assert cabinet[0]["plans"] == {"c": VERSION}
    assert after.take(after.alone[0], "state")[-1]["plan"] == VERSION
    assert "plan" not in after.take(after.alone[1], "state")[-1]
    levels = course(after)
    assert levels == course(before)
    assert levels != course(Street()) and len({json.dumps(night) for night in levels}) > 2


def test_what_was_restored_is_kept_again_and_each_plan_once(tmp_path: Path) -> None:
    keep(told().fleet, tmp_path / "first", NIGHT)
    keep(restarted(tmp_path / "first").fleet, tmp_path / "second", NIGHT)
    first, second = (json.loads((tmp_path / name).read_text()) for name in ("first", "second"))
    assert first == second
    assert first["plans"] == [PLAN] and first["programs"] == [_program(30)]


def test_a_configuration_without_plans_ends_what_was_kept(tmp_path: Path) -> None:
    street = told()
    street.tell(street.alone[0], f"ll/d/{street.alone[0]}/down/config", {})
    keep(street.fleet, tmp_path / "state", NIGHT)
    assert street.alone[0] not in json.loads((tmp_path / "state").read_text())["holds"]


def test_a_file_of_an_earlier_version_is_taken_up(tmp_path: Path) -> None:
    lamp = Street().alone[0]
    (tmp_path / "state").write_text(json.dumps({"counters": {}, "programs": [_program(30)], "holds": {lamp: 0}}))
    assert restarted(tmp_path / "state").fleet.lamps[lamp].target == 30


@pytest.mark.parametrize(
    "held",
    [{"program": 7}, {"plans": {"c": 7}}, {"plans": 7}, "x", {"plans": {"c": 0}, "plan": "c"}],
    ids=["no such program", "no such plan", "no plans", "no object", "a plan that is none"],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, held: Any) -> None:
    lamp = Street().alone[0]
    content = {"counters": {}, "programs": [], "plans": [{"version": 1}], "holds": {lamp: held}}
    (tmp_path / "state").write_text(json.dumps(content))
    with pytest.raises(BadState, match="move it away"):
        restarted(tmp_path / "state")
