"""Which program the calendar wants, and how soon the next change may come."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from schedules.signals import earliest_change, parse_plan_set, wanted
from tests.schedules.signals.plans import plan_set
from tests.schedules.signals.second_opinion import Controller

HUE, BERLIN = ZoneInfo("Asia/Ho_Chi_Minh"), ZoneInfo("Europe/Berlin")


def at(zone: ZoneInfo, text: str) -> float:
    """Unix seconds of a local time."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("now", "program", "since", "until", "day_plan"),
    [
        ("2026-11-20T06:29:59", "day", "2026-11-20T05:00", "2026-11-20T06:30", "weekday"),
        ("2026-11-20T06:30:00", "morning", "2026-11-20T06:30", "2026-11-20T08:30", "weekday"),
        ("2026-11-20T23:00:00", "night", "2026-11-20T22:30", "2026-11-21T05:00", "weekday"),
        ("2026-11-22T03:00:00", "night", "2026-11-21T22:30", "2026-11-22T06:00", "weekday"),
        ("2026-11-22T07:00:00", "day", "2026-11-22T06:00", "2026-11-22T22:30", "sunday"),
    ],
)
def test_the_calendar_wants_one_program_at_any_moment(
    now: str, program: str, since: str, until: str, day_plan: str
) -> None:
    found = wanted(parse_plan_set(plan_set()), HUE, at(HUE, now))
    assert (found.program, found.since, found.until) == (program, at(HUE, since), at(HUE, until))
    assert found.day_plan == day_plan and found.why


def test_a_set_with_one_program_wants_nothing_else_ever() -> None:
    raw = plan_set() | {"calendar": {"id": "all", "default": "sunday"}}
    raw["day_plans"] = {"sunday": [{"from": "00:00", "program": "day"}]}
    found = wanted(parse_plan_set(raw), HUE, at(HUE, "2026-11-20T12:00"))
    assert (found.program, found.until) == ("day", None)


def test_a_time_that_is_missing_begins_after_the_gap_and_one_that_comes_twice_the_first_time() -> None:
    raw = plan_set()
    raw["day_plans"]["sunday"] = [{"from": "00:00", "program": "night"}, {"from": "02:30", "program": "day"}]
    plans = parse_plan_set(raw)
    spring = at(BERLIN, "2026-03-29T03:00")  # 02:00 to 03:00 is missing
    assert wanted(plans, BERLIN, spring - 1).program == "night"
    assert wanted(plans, BERLIN, spring).since == spring
    autumn = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN).timestamp()
    assert wanted(plans, BERLIN, autumn).since == autumn
    assert wanted(plans, BERLIN, autumn + 1800).program == "day"  # the clocks show 02:00 again


@pytest.mark.parametrize(
    ("running", "selected"), [("day", "morning"), ("morning", "day"), ("day", "night"), ("night", "morning")]
)
def test_at_the_earliest_change_the_program_has_surely_run_a_whole_cycle(running: str, selected: str) -> None:
    raw = plan_set()
    plans = parse_plan_set(raw)
    for begin in range(1795384812, 1795384812 + 90, 13):
        controller = Controller(raw)
        seconds = 700 if running != "night" else 400
        first = [*controller.run(seconds, begin, running)]
        asked = begin + len(first)
        controller.wanted = selected
        entered = [n for n, _ in enumerate(_on(controller, asked, selected, 400)) if controller.running == selected]
        whole = plans.programs[selected].cycle
        assert earliest_change(plans, running, selected, asked) >= asked + (entered[0] if entered else 0) + whole


def _on(controller: Controller, now: int, program: str, seconds: int) -> list[str]:
    return [*controller.run(seconds, now, program)]
