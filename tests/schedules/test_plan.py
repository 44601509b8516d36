"""What a device is sent of a calendar: bounded, the same for many days, and renewed in time."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from schedules.calendar import Calendar
from schedules.calendar_reader import parse_calendar
from schedules.plan import MOST_DAYS, MOST_ENTRIES, Plan, compile_plan
from tests.schedules.places import BERLIN, HUE, NIGHT, TROMSO, TWILIGHT, program

PROGRAMS = {each.id: each for each in (program(*NIGHT, id="night"), program(*TWILIGHT, id="twilight"))}
START = date(2026, 11, 21)


def _calendar(*rules: dict[str, Any]) -> Calendar:
    return parse_calendar({"id": "c", "default": "night", "rules": list(rules)})


def _plan(calendar: Calendar, day: date = START) -> Plan:
    return compile_plan(calendar, PROGRAMS, HUE, day)


EVERY_NIGHT = _calendar()
WEEKENDS = _calendar({"program": "twilight", "weekdays": ["sat", "sun"]})
EVERY_OTHER_DAY = _calendar({"program": "twilight", "weekdays": ["mon", "wed", "fri", "sun"]})


@pytest.mark.parametrize("calendar", [EVERY_NIGHT, WEEKENDS, EVERY_OTHER_DAY], ids=["one", "weekends", "daily"])
def test_it_stays_the_same_until_at_most_half_of_what_it_covers_is_used_up(calendar: Calendar) -> None:
    plans = [_plan(calendar, START + timedelta(day)) for day in range(400)]
    for day, plan in enumerate(plans):
        today = START + timedelta(day)
        begin = plan.days[0][0]
        assert begin < today <= plan.until
        assert (today - begin).days <= (plan.until - begin).days / 2 + 1
        assert (plan.until - today).days >= 24
        assert len(plan.days) <= MOST_ENTRIES and (plan.until - begin).days <= MOST_DAYS
    changes = sum(one.version != other.version for one, other in pairwise(plans))
    assert changes <= 400 // 24 + 1
    if calendar is EVERY_NIGHT:
        assert changes <= 3


def test_each_entry_holds_until_the_next() -> None:
    plan = _plan(WEEKENDS)
    for (begin, id), (end, _) in pairwise(plan.days):
        days = [begin + timedelta(day) for day in range((end - begin).days)]
        assert {WEEKENDS.choose(day)[0] for day in days} == {id}
    assert plan.wire["days"][:2] == [[day.isoformat(), id] for day, id in plan.days[:2]]


def test_the_version_is_a_checksum_of_all_the_rest() -> None:
    wire = dict(_plan(WEEKENDS).wire)
    version = wire.pop("version")
    canonical = json.dumps(wire, sort_keys=True, separators=(",", ":")).encode()
    assert version == hashlib.sha256(canonical).hexdigest()[:16]
    brighter = PROGRAMS | {"night": program(*NIGHT[:-1], {"at": "sunrise", "level": 5}, id="night")}
    assert compile_plan(WEEKENDS, brighter, HUE, START).version != version
    assert compile_plan(WEEKENDS, PROGRAMS, BERLIN, START).version != version
    renamed = PROGRAMS | {"night": program(*NIGHT, id="night", name="Another name")}
    assert compile_plan(WEEKENDS, renamed, HUE, START).version == version


def test_programs_that_no_day_needs_are_not_sent() -> None:
    assert set(_plan(EVERY_NIGHT).wire["programs"]) == {"night"}
    assert set(_plan(WEEKENDS).wire["programs"]) == {"night", "twilight"}


def test_it_reaches_back_to_the_last_day_with_a_switch() -> None:
    """At Tromso the sun does not set from May to July: what holds in June was switched in spring."""
    only_sunset = {"night": program({"at": "sunset", "level": 40}, id="night")}
    plan = compile_plan(EVERY_NIGHT, only_sunset, TROMSO, date(2026, 7, 2))
    assert plan.days[0][0] < date(2026, 5, 25)
