"""A cabinet that switches a side street of lamps without controllers."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.city import plan
from simulators.options import Happening
from tests.simulators.street import NIGHT, Street, set_level

CABINET = "cab-003"


@pytest.fixture
def street() -> Street:
    """Three cabinets, the third of which has a side street."""
    street = Street(216, single=4)
    street.tell(CABINET, f"ll/d/{CABINET}/down/config", {"groups": ["hue"]})
    return street


def power(street: Street, now: float) -> float:
    """What the cabinet's meter reads."""
    street.said.clear()
    street.tell(CABINET, f"ll/d/{CABINET}/down/command", set_level(0, now, id=f"read-{now}", op="read"), now)
    records = next(pack for pack in street.take(CABINET, "telemetry") if pack[0].get("bn") in (None, ""))
    return float(next(record["v"] for record in records if record.get("n") == "power"))


def happens(street: Street, do: str, now: float = NIGHT) -> dict[str, Any]:
    """Let something happen to the cabinet; returns what it says then."""
    street.take(CABINET, "state")
    street.fleet.happen(Happening.model_validate({"at": 0, "do": do, "devices": [CABINET]}), now)
    found: dict[str, Any] = next(state for state in street.take(CABINET, "state") if isinstance(state, dict))
    return found


@pytest.mark.parametrize(("lights", "with_side_street"), [(1, []), (150, []), (216, [3]), (1000, [3, 13])])
def test_every_tenth_cabinet_has_a_side_street_without_controllers(lights: int, with_side_street: list[int]) -> None:
    city = plan(lights, 1)
    assert len(city.lamps) == lights
    side = [lamp for lamp in city.lamps if lamp.segment]
    assert sorted({lamp.cabinet for lamp in side}) == [f"cab-{number:03d}" for number in with_side_street]
    assert not any(lamp.single for lamp in side)
    for cabinet in {lamp.cabinet for lamp in side}:
        assert {lamp.segment for lamp in side if lamp.cabinet == cabinet} == {"b", "c"}


def test_a_contactor_takes_its_lamps_off_the_meter(street: Street) -> None:
    lamps = [lamp for lamp in street.city.lamps if lamp.segment == "b"]
    before = power(street, NIGHT)
    street.take(CABINET, "result")
    order = set_level(0, NIGHT, id="off", segment="b")
    street.tell(CABINET, f"ll/d/{CABINET}/down/command", order)
    assert [each["outcome"] for each in street.take(CABINET, "result")] == ["applied"]
    *_, state = (each for each in street.take(CABINET, "state") if isinstance(each, dict))
    assert state["segments"] == state["feedback"] == {"a": True, "b": False, "c": True}
    assert before - power(street, NIGHT + 1) >= sum(lamp.rated for lamp in lamps) * 0.99


def test_door_breaker_and_local_switch_are_states(street: Street) -> None:
    assert happens(street, "door-open")["door"] is True
    assert happens(street, "door-close")["door"] is False
    before = power(street, NIGHT)
    assert happens(street, "breaker-open")["breaker"] is False
    assert power(street, NIGHT + 1) < before / 10
    assert happens(street, "breaker-close")["breaker"] is True
    assert power(street, NIGHT + 2) == pytest.approx(before, rel=0.2)
    assert happens(street, "switch-local")["remote"] is False
    street.take(CABINET, "result")
    street.tell(CABINET, f"ll/d/{CABINET}/down/command", set_level(0, NIGHT, id="local", segment="b"))
    (result,) = street.take(CABINET, "result")
    assert result["outcome"] == "rejected"
    assert "on local" in result["detail"]
    assert happens(street, "switch-remote")["remote"] is True
