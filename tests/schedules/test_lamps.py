"""Hub and lamp agree: `schedules`, and the simulated lamp that was written from docs/devices.md alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.calendar import Calendar
from schedules.calendar_reader import parse_calendar
from schedules.plan import compile_plan
from schedules.program import Program, skipped
from schedules.site import Site
from schedules.timeline import moment
from simulators.course import Plan
from simulators.plans import parse_plan
from simulators.program import Program as Lamp
from simulators.program import ProgramShelf
from simulators.program import parse_program as read_wire
from tests.schedules.places import CITIES, HUE, NIGHT, PROGRAMS, TROMSO, TWILIGHT, moment_of, program

CLOCKS = program(
    {"at": "16:00", "level": 10},
    {"at": "02:30", "level": 20},
    {"at": "02:45", "level": 30},
    {"at": "11:30", "level": 40},
)
CLOSE = program(
    {"at": "sunset", "level": 100}, {"at": "dusk", "level": 80}, {"at": "22:00", "level": 60, "offset": 15},
    {"at": "dawn", "offset": -45, "level": 70}, {"at": "05:00", "level": 90}, {"at": "sunrise", "level": 0}, gap=1200,
)  # fmt: skip
PLANS = (*PROGRAMS, CLOCKS, CLOSE)
NEAR = 90.0  # seconds: the two know the sun from different sums
_LAMPS: dict[tuple[int, Site], Lamp] = {}


def _lamp(plan: Program, site: Site) -> Lamp:
    key = id(plan), site
    if key not in _LAMPS:
        _LAMPS[key] = read_wire(plan.wire(site))
    return _LAMPS[key]


def _agree(plan: Program, site: Site, now: float) -> None:
    hub, lamp = moment_of(plan, site, now), _lamp(plan, site)
    if now - hub.since < NEAR or (hub.next is not None and hub.next - now < NEAR):
        return
    found = lamp.in_force(now)
    assert found.level == hub.level, datetime.fromtimestamp(now, UTC)
    assert abs(found.time - hub.since) < NEAR
    if hub.next is not None and hub.next < now + 86_400:
        assert abs(lamp.next_change(now) - hub.next) < NEAR


@given(plan=st.sampled_from(PLANS), site=st.sampled_from(CITIES), now=st.floats(1.5e9, 2.0e9))
def test_in_cities_on_six_continents(plan: Program, site: Site, now: float) -> None:
    _agree(plan, site, now)


@pytest.mark.parametrize("plan", PLANS, ids=["night", "twilight", "midnight", "clocks", "close"])
@pytest.mark.parametrize("month", ["2026-06", "2026-12"])
def test_in_the_far_north_at_midsummer_and_midwinter(plan: Program, month: str) -> None:
    start = datetime.fromisoformat(f"{month}-10T00:00:00+00:00").timestamp()
    for hours in range(20 * 24):
        _agree(plan, TROMSO, start + hours * 3600 + 120)


@pytest.mark.parametrize("site", CITIES, ids=lambda site: site.time_zone)
@pytest.mark.parametrize("day", ["2011-12-28", "2026-03-07", "2026-03-28", "2026-04-04", "2026-09-26", "2026-10-24"])
def test_when_the_clocks_change(site: Site, day: str) -> None:
    start = datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()
    for plan in PLANS:
        for hours in range(0, 72, 2):
            _agree(plan, site, start + hours * 3600 + 1300)


HALF = program(
    {"at": "sunset", "level": 100},
    {"at": "22:30", "level": 80, "skip": {"off": 1, "of": 2, "alternate": True}},
    {"at": "sunrise", "level": 0},
    id="half",
)
ROW = program(
    {"at": "dusk", "level": 90, "skip": {"off": 2, "of": 5}}, {"at": "01:00", "level": 30}, {"at": "dawn", "level": 0},
    id="row",
)  # fmt: skip
LASTING = program({"at": "21:00", "level": 45}, id="lasting")  # its level goes on into the next day
NIGHTS: Mapping[str, Program] = {
    each.id: each for each in (program(*NIGHT, id="usual"), program(*TWILIGHT, id="twilight"), HALF, ROW, LASTING)
}
CALENDARS = tuple(
    parse_calendar({"id": f"c{number}", "default": "usual", "rules": rules})
    for number, rules in enumerate(
        (
            [],
            [{"program": "half", "weekdays": ["fri", "sat"]}, {"program": "lasting", "weekdays": ["sun"]}],
            [
                {"program": "twilight", "holidays": {"country": "VN", "before": 1}},
                {"program": "row", "from": "11-01", "to": "02-28"},
            ],
            [
                {"program": "half", "lunar": {"dates": ["01-15", "08-15"]}},
                {"program": "lasting", "weekdays": ["mon"], "nth": [1, -1]},
            ],
            [{"program": "row", "weekdays": ["mon", "wed", "fri", "sun"]}],  # changes almost daily: most entries
        )
    )
)
_PLANS: dict[tuple[str, Site, int], Plan] = {}
SHELF = ProgramShelf()


def _held(calendar: Calendar, site: Site, sent: date) -> Plan:
    key = calendar.id, site, sent.toordinal() // 24
    if key not in _PLANS:
        _PLANS[key] = parse_plan(dict(compile_plan(calendar, NIGHTS, site, sent).wire), SHELF)
    return _PLANS[key]


@given(
    calendar=st.sampled_from(CALENDARS), site=st.sampled_from((*CITIES, TROMSO)), now=st.floats(1.75e9, 1.9e9),
    position=st.integers(0, 30), alone=st.integers(0, 24),
)  # fmt: skip
def test_a_lamp_that_holds_a_plan_follows_the_calendar_for_weeks_alone(
    calendar: Calendar, site: Site, now: float, position: int, alone: int
) -> None:
    """Its level is that of the hub, in whatever place along the road, also when the plan was sent `alone` days ago."""
    hub = moment(calendar, NIGHTS, site, now)
    if now - hub.since < NEAR or (hub.next is not None and hub.next - now < NEAR):
        return
    sent = datetime.fromtimestamp(now, site.zone).date() - timedelta(alone + 1)
    found = _held(calendar, site, sent).in_force(now)
    wanted = 0.0 if skipped(hub.skip, position, hub.night) else hub.level
    assert found.level_at(position) == wanted, datetime.fromtimestamp(now, UTC)
    assert abs(found.time - hub.since) < NEAR


def test_a_lamp_that_does_not_know_its_place_stays_lit() -> None:
    held = _held(CALENDARS[4], HUE, date(2026, 11, 20))
    evening = datetime(2026, 11, 22, 20, tzinfo=HUE.zone).timestamp()  # a Sunday
    assert {held.in_force(evening).level_at(position) for position in range(5)} == {0.0, 90.0}
    assert held.in_force(evening).level_at(None) == 90
