"""Hub and lamp agree: `schedules`, and the simulated lamp that was written from docs/devices.md alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.program import Program
from schedules.site import Site
from simulators.program import Program as Lamp
from simulators.program import parse_program as read_wire
from tests.schedules.places import CITIES, PROGRAMS, TROMSO, moment_of, program

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
