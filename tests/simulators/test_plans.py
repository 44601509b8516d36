"""What simulated lamps and cabinets do with plans, and what they say of them."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.plans import parse_plan
from simulators.program import BadProgram, ProgramShelf
from tests.simulators.street import NIGHT, Street

DAY = 86_400.0
PLACE = {"tz": "Asia/Ho_Chi_Minh", "location": {"lat": 16.46, "lon": 107.59}}


def _program(level: float, **more: Any) -> dict[str, Any]:
    steps = [{"at": "sunset", "level": level, **more}, {"at": "sunrise", "level": 0}]
    return {"id": f"p{level}", "steps": steps, **PLACE}


PLAN: dict[str, Any] = {
    "version": "0123456789abcdef",
    "programs": {
        "full": _program(100),
        "half": _program(50, skip={"off": 1, "of": 2}),
        "turns": _program(80, skip={"off": 1, "of": 2, "alternate": True}),
    },
    "days": [["2026-11-20", "full"], ["2026-11-22", "half"], ["2026-11-23", "turns"]],
    "until": "2027-11-20",
}
CONFIG = {"groups": ["hue"], "program": _program(30), "report_every": 600, "plans": {"c": PLAN}}


def test_a_lamp_follows_its_plan_from_day_to_day_and_says_which_it_holds() -> None:
    street = Street()
    lamp = street.alone[0]
    street[lamp].greet(NIGHT)
    assert "plan" not in street.take(lamp, "state")[-1]
    street.tell(lamp, f"ll/d/{lamp}/down/config", CONFIG | {"plan": "c", "position": 2})
    said = street.take(lamp, "state")
    assert {state.get("plan") for state in said} == {"0123456789abcdef"} and said[-1]["cause"] == "program"
    levels = []
    for night in range(5):  # from the 21st on
        street[lamp].run(NIGHT + night * DAY)
        levels.append(street.fleet.lamps[lamp].target)
    assert levels[:2] == [100, 0] and sorted(levels[2:4]) == [0, 80] and levels[2] == levels[4]
    assert all(state["plan"] == "0123456789abcdef" for state in street.take(lamp, "state"))


def test_a_cabinet_holds_the_plans_of_its_lamps_and_says_so_with_their_states() -> None:
    street = Street()
    street["cab-001"].greet(NIGHT)
    street.said.clear()
    odd = {id: ["c", number] for number, id in enumerate(street.behind)}
    street.tell("cab-001", "ll/d/cab-001/down/config", CONFIG | {"child_plans": odd, "children": {}})
    messages = street.take("cab-001", "state")
    assert messages and all(message[0]["plans"] == {"c": "0123456789abcdef"} for message in messages)
    assert {state["d"] for state in messages[-1][1:]} == set(street.behind)
    street["cab-001"].run(NIGHT + DAY)
    assert [street.fleet.lamps[id].target for id in street.behind[:4]] == [0, 50, 0, 50]
    street.tell("cab-001", "ll/d/cab-001/down/config", CONFIG | {"child_plans": odd, "children": {}}, NIGHT + DAY + 60)
    assert all(isinstance(each, dict) or each[0]["plans"] for each in street.take("cab-001", "state"))


def test_a_configuration_without_plans_is_followed_as_before() -> None:
    street = Street()
    lamp = street.alone[0]
    street.tell(lamp, f"ll/d/{lamp}/down/config", {"groups": [], "program": _program(30)})
    assert street.fleet.lamps[lamp].target == 30
    assert "plan" not in street.take(lamp, "state")[-1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 7}, 'give {"version"'),
        ({"programs": []}, "give programs by name"),
        ({"days": []}, "give 1 to 64"),
        ({"days": [["2026-11-20", "full"]] * 65}, "give 1 to 64"),
        ({"days": [["tomorrow", "full"]]}, "name of a program"),
        ({"days": [["2026-11-20", "other"]]}, "name of a program"),
        ({"days": [["2026-11-20", "full"], ["2026-11-20", "half"]]}, "in the order"),
        ({"programs": {"full": {}}}, "steps"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_told_and_changes_nothing(change: dict[str, Any], words: str) -> None:
    with pytest.raises(BadProgram, match=words.replace("{", r"\{")):
        parse_plan(PLAN | change, ProgramShelf())
    street = Street()
    lamp = street.alone[0]
    street.tell(lamp, f"ll/d/{lamp}/down/config", CONFIG | {"plan": "c", "position": 0})
    street.take(lamp, "state")
    street.tell(lamp, f"ll/d/{lamp}/down/config", CONFIG | {"plan": "c", "plans": {"c": PLAN | change}})
    (event,) = street.take(lamp, "event")
    assert event["type"] == "invalidProgram"
    assert street.fleet.lamps[lamp].target == 100
