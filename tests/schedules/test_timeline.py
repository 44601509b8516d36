"""The light at a moment, over a stretch and in a year."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.calendar import every_night
from schedules.calendar_reader import parse_calendar
from schedules.nights import night
from schedules.program import Program, Skip
from schedules.site import Site
from schedules.sun import sun_times
from schedules.timeline import Moment, moment, timeline, year
from tests.schedules.places import APIA, BERLIN, CITIES, HUE, NIGHT, PROGRAMS, TROMSO, at, moment_of, program

DAY = 86_400.0
MIXED = parse_calendar({
    "id": "mixed", "default": "p",
    "rules": [{"program": "day", "weekdays": ["tue", "thu", "fri"], "note": "market"}],
})  # fmt: skip
OF_MIXED = {
    "p": PROGRAMS[0],
    "day": program({"at": "12:30", "level": 5}, {"at": "dusk", "offset": -30, "level": 90},
                   {"at": "03:00", "level": 20}, {"at": "dawn", "level": 0}, id="day"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("when", "level"),
    [
        ("2026-11-21 12:00", 0),
        ("2026-11-21 17:05", 0),
        ("2026-11-21 17:30", 100),
        ("2026-11-21 21:59", 100),
        ("2026-11-21 22:00", 70),
        ("2026-11-22 00:00", 70),
        ("2026-11-22 04:59", 70),
        ("2026-11-22 05:00", 100),
        ("2026-11-22 06:30", 0),
    ],
)
def test_a_night_in_hue(when: str, level: float) -> None:
    assert moment_of(PROGRAMS[0], HUE, at(when)).level == level


def test_what_a_moment_says() -> None:
    plan = program(*NIGHT[:1], NIGHT[1] | {"skip": {"off": 1, "of": 3}, "ramp": 20}, *NIGHT[2:])
    assert moment_of(plan, HUE, at("2026-11-22 00:30")) == Moment(
        level=70, since=at("2026-11-21 22:00"), ramp=20, before=100, next=at("2026-11-22 05:00"), skip=Skip(1, 3),
        program="p", rule="the default program", night=date(2026, 11, 21).toordinal(),
    )  # fmt: skip


def test_where_one_day_ends_with_a_switch_and_the_next_begins_with_one_only_the_second_counts() -> None:
    """In the night of Samoa's skipped date the sunrise of one day and the sunset of the next fall on midnight."""
    now = at("2011-12-31 01:00", APIA)
    found = moment_of(PROGRAMS[0], APIA, now)
    assert (found.since, found.level, found.before) == (at("2011-12-31 00:00", APIA), 70, 70)
    spans = timeline(every_night("p"), {"p": PROGRAMS[0]}, APIA, now - 12 * 3600, now)
    assert [span.level for span in spans] == [0, 100, 70, 70]


def test_a_light_keeps_what_the_last_step_left_however_long_ago() -> None:
    found = moment_of(program({"at": "sunset", "level": 60}), TROMSO, at("2026-07-10 12:00", TROMSO))
    assert found.level == 60
    assert found.since < at("2026-05-20 00:00", TROMSO)
    assert found.next is not None
    assert found.next > at("2026-07-22 00:00", TROMSO)


@given(site=st.sampled_from([*CITIES, TROMSO]), start=st.floats(1.5e9, 2.0e9), plan=st.sampled_from(PROGRAMS))
def test_walking_from_change_to_change_is_looking_at_any_moment(site: Site, start: float, plan: Program) -> None:
    now = start
    for _ in range(6):
        here = moment_of(plan, site, now)
        assert here.since <= now
        if here.next is None:
            return
        assert here.next > now
        between = moment_of(plan, site, (now + here.next) / 2)
        assert (between.level, between.since, between.next) == (here.level, here.since, here.next)
        after = moment_of(plan, site, here.next)
        assert (after.since, after.before) == (here.next, here.level)
        now = here.next


@given(
    site=st.sampled_from([*CITIES, TROMSO]),
    start=st.floats(1.3e9, 2.0e9),
    days=st.floats(0.01, 5),
    parts=st.lists(st.floats(0, 1), min_size=1, max_size=8),
)
def test_a_moment_agrees_with_the_timeline_whatever_was_asked_before(
    site: Site, start: float, days: float, parts: list[float]
) -> None:
    end = start + days * DAY
    spans = list(timeline(MIXED, OF_MIXED, site, start, end))
    assert (spans[0].start, spans[-1].end) == (start, end)
    assert all(one.end == other.start for one, other in pairwise(spans))
    for part in parts:
        now = min(start + part * (end - start), end - 0.001)
        span = next(span for span in spans if span.start <= now < span.end)
        here = moment(MIXED, OF_MIXED, site, now)
        assert (here.level, here.program, here.rule) == (span.level, span.program, span.rule)
        assert span.start == max(here.since, start)
        assert span.end == min(here.next or end, end)
        sun_times.cache_clear()
        assert moment(MIXED, OF_MIXED, site, now) == here


@given(site=st.sampled_from(CITIES), day=st.dates(date(2005, 1, 1), date(2031, 12, 31)))
def test_program_days_follow_each_other_without_a_gap(site: Site, day: date) -> None:
    one, other = (night(MIXED, OF_MIXED, site, day + timedelta(each)) for each in (0, 1))
    assert one.end == other.begin


def test_days_of_23_and_25_hours() -> None:
    plan = program({"at": "20:00", "level": 90}, {"at": "02:30", "level": 40}, {"at": "03:30", "level": 0})
    calendar, programs = every_night("p"), {"p": plan}
    for day, expected in (("2026-03-28", 6 + 0.5), ("2026-10-24", 6.5 + 2)):
        start = at(f"{day} 12:00", BERLIN)
        spans = list(timeline(calendar, programs, BERLIN, start, at(f"{day} 12:00", BERLIN) + DAY))
        lit = sum(span.end - span.start for span in spans if span.level)
        assert lit / 3600 == expected
    spring = moment(calendar, programs, BERLIN, datetime(2026, 3, 29, 1, 0, tzinfo=UTC).timestamp())
    assert spring.level == 40


@pytest.mark.parametrize("site", CITIES[:6], ids=lambda site: site.time_zone)
@pytest.mark.parametrize("plan", PROGRAMS, ids=["night", "twilight", "midnight"])
def test_the_hours_of_a_year_are_the_sum_of_its_nights(site: Site, plan: Program) -> None:
    calendar, programs = every_night("p"), {"p": plan}
    months = year(calendar, programs, site, 2026)
    first, last = at("2026-01-01 00:00", site), at("2027-01-01 00:00", site)
    burning = full = 0.0
    switches = [each for days in range(-3, 368)
                for each in night(calendar, programs, site, date(2026, 1, 1) + timedelta(days)).switches]  # fmt: skip
    for one, other in pairwise(switches):
        hours = max(0.0, min(other.time, last) - max(one.time, first)) / 3600
        burning += hours if one.level else 0
        full += hours * one.level / 100
    assert sum(month.burning for month in months) == pytest.approx(burning)
    assert sum(month.full for month in months) == pytest.approx(full)
    assert len(months) == 12


def test_the_hours_of_hue_are_those_of_the_almanac_and_skipping_saves_its_share() -> None:
    plain = year(every_night("p"), {"p": program(NIGHT[0], NIGHT[3])}, HUE, 2026)
    assert sum(month.burning for month in plain) == pytest.approx(4330, abs=2)
    half = {"at": "sunset", "level": 100, "skip": {"off": 1, "of": 3, "alternate": True}}
    skipping = year(every_night("p"), {"p": program(half, NIGHT[3])}, HUE, 2026)
    for month, skipped in zip(plain, skipping, strict=True):
        assert skipped.burning == pytest.approx(month.burning * 2 / 3)
        assert skipped.full == pytest.approx(month.full * 2 / 3)
