"""The rules for short nights, the far north and changing clocks (docs/decisions/013-short-nights.md)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.program import Program
from schedules.site import Site
from tests.schedules.places import (
    APIA,
    BERLIN,
    CITIES,
    FROM_MIDNIGHT,
    HUE,
    NIGHT,
    NOME,
    PROGRAMS,
    REYKJAVIK,
    TROMSO,
    TWILIGHT,
    night_of,
    program,
    shown,
)

PLAIN = program(*NIGHT)
TABLE: list[tuple[str, Program, Site, str, list[tuple[str, float]], list[str]]] = [
    ("a night in Huế", PLAIN, HUE, "2026-11-21",
     [("21 17:15", 100), ("21 22:00", 70), ("22 05:00", 100), ("22 05:57", 0)], []),
    ("05:00 comes after sunrise", PLAIN, BERLIN, "2026-06-20",
     [("20 21:33", 100), ("20 22:00", 70), ("21 04:43", 0)],
     ["step 3 (05:00, 100 %) is left out: step 4 (sunrise, 0 %) comes before it, at 04:43."]),
    ("22:00 comes before sunset, which is after midnight", PLAIN, REYKJAVIK, "2026-06-20",
     [("21 00:04", 70), ("21 02:55", 0)],
     ["step 1 (sunset, 100 %) is left out: it would last 0 s, until step 2 (22:00, 70 %) at 00:04.",
      "step 2 (22:00, 70 %) waits for step 1 (sunset, 100 %), at 00:04.",
      "step 3 (05:00, 100 %) is left out: step 4 (sunrise, 0 %) comes before it, at 02:55."]),
    ("sun steps that cross: the later in the list stays, with what hangs on it",
     program({"at": "sunset", "offset": 270, "level": 100}, {"at": "01:00", "level": 30},
             {"at": "dawn", "offset": -120, "level": 60}, {"at": "02:00", "level": 50}, {"at": "sunrise", "level": 0}),
     BERLIN, "2026-06-20", [("21 01:53", 60), ("21 02:00", 50), ("21 04:43", 0)],
     ["step 1 (sunset +270 min, 100 %) is left out: step 3 (dawn -120 min, 60 %) comes before it, at 01:53.",
      "step 2 (01:00, 30 %) is left out with step 1 (sunset +270 min, 100 %), on which it hangs."]),
    ("a polar day is dark", PLAIN, TROMSO, "2026-06-20", [("20 12:00", 0)],
     ["step 1 (sunset, 100 %) is left out: the sun stays above the horizon.",
      "step 2 (22:00, 70 %) is left out with step 1 (sunset, 100 %), on which it hangs.",
      "step 3 (05:00, 100 %) is left out with step 1 (sunset, 100 %), on which it hangs.",
      "step 4 (sunrise, 0 %) counts from the day's beginning, 12:00: the sun stays above the horizon."]),
    ("a polar night is lit, and dimmed by the clock", PLAIN, TROMSO, "2026-12-20",
     [("20 12:00", 100), ("20 22:00", 70), ("21 05:00", 100)],
     ["step 1 (sunset, 100 %) counts from the day's beginning, 12:00: the sun stays below the horizon.",
      "step 4 (sunrise, 0 %) is left out: the sun stays below the horizon."]),
    ("a white night has a sunset and no dusk", program(*TWILIGHT), REYKJAVIK, "2026-06-20",
     [("21 00:04", 50), ("21 02:55", 0)],
     ["step 2 (dusk, 100 %) is left out: the sun stays above 6 degrees under the horizon.",
      "step 3 (23:30, 60 %) is left out with step 2 (dusk, 100 %), on which it hangs.",
      "step 4 (dawn, 50 %) gives way to a later step: the sun stays above 6 degrees under the horizon."]),
    ("a polar night with twilight", program(*TWILIGHT), TROMSO, "2026-12-20",
     [("20 13:53", 100), ("20 23:30", 60), ("21 09:31", 50)],
     ["step 1 (sunset, 50 %) gives way to a later step: the sun stays below the horizon.",
      "step 5 (sunrise, 0 %) is left out: the sun stays below the horizon."]),
    ("a white night dawns before it is dark", program({"at": "sunset", "level": 100}, {"at": "dawn", "level": 0}),
     REYKJAVIK, "2026-06-20", [("20 12:00", 0)],
     ["step 1 (sunset, 100 %) is left out: step 2 (dawn, 0 %) comes before it, at 12:00.",
      "step 2 (dawn, 0 %) counts from the day's beginning, 12:00: the sun stays above 6 degrees under the horizon."]),
    ("a day from midnight", program(*FROM_MIDNIGHT, day="midnight"), HUE, "2026-11-21",
     [("21 00:30", 40), ("21 05:00", 80), ("21 05:56", 0), ("21 17:05", 100), ("21 22:00", 70)], []),
    ("a sunset after midnight, in a day that ends at midnight",
     program({"at": "sunrise", "level": 0}, {"at": "sunset", "level": 100}, day="midnight"), NOME, "2026-06-20",
     [("20 04:19", 0), ("21 00:00", 100)],
     ["step 2 (sunset, 100 %) is moved from 01:48 to the program day's end, 00:00."]),
    ("a step that would not last", program({"at": "17:14", "level": 30}, *NIGHT, gap=300), HUE, "2026-11-21",
     [("21 17:15", 100), ("21 22:00", 70), ("22 05:00", 100), ("22 05:57", 0)],
     ["step 1 (17:14, 30 %) is left out: it would last 32 s, until step 2 (sunset, 100 %) at 17:15."]),
    ("a clock time that spring skips", program({"at": "20:00", "level": 90}, {"at": "02:30", "level": 40}), BERLIN,
     "2026-03-28", [("28 20:00", 90), ("29 03:00", 40)],
     ["step 2 (02:30, 40 %) is moved to 03:00: the clocks skip 02:30 that day."]),
    ("two that spring skips", program({"at": "02:10", "level": 60}, {"at": "02:50", "level": 40}), BERLIN,
     "2026-03-28", [("29 03:00", 40)],
     ["step 1 (02:10, 60 %) is left out: it would last 0 s, until step 2 (02:50, 40 %) at 03:00.",
      "step 2 (02:50, 40 %) is moved to 03:00: the clocks skip 02:50 that day."]),
    ("the date before one that Samoa skipped", PLAIN, APIA, "2011-12-29",
     [("29 19:57", 100), ("29 22:00", 70), ("31 00:00", 0)],
     ["step 3 (05:00, 100 %) is left out: step 4 (sunrise, 0 %) comes before it, at 00:00.",
      "step 4 (sunrise, 0 %) is moved from 07:02 to the program day's end, 00:00."]),
    ("the rest of the night after it", PLAIN, APIA, "2011-12-30",
     [("31 00:00", 70), ("31 05:00", 100), ("31 07:02", 0)],
     ["step 1 (sunset, 100 %) is left out: it would last 0 s, until step 2 (22:00, 70 %) at 00:00.",
      "step 2 (22:00, 70 %) is moved to 00:00: the clocks skip 22:00 that day."]),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "site", "day", "switches", "notes"), [row[1:] for row in TABLE],
                         ids=[row[0] for row in TABLE])  # fmt: skip
def test_what_gives_way(
    plan: Program, site: Site, day: str, switches: list[tuple[str, float]], notes: list[str]
) -> None:
    found = night_of(plan, site, day)
    assert shown(found, site) == switches
    assert [note.text for note in found.notes] == notes
    for note in found.notes:  # what another language needs is what the English sentence says
        values = {name: f"step {value}" if name == "other" else value for name, value in note.values.items()}
        assert all(str(value) in note.text for name, value in values.items() if name != "sun"), note
        assert values


def test_a_clock_time_that_comes_twice_happens_the_first_time() -> None:
    plan = program({"at": "20:00", "level": 90}, {"at": "02:30", "level": 40})
    found = night_of(plan, BERLIN, "2026-10-24")
    assert found.switches[1].time == datetime.fromisoformat("2026-10-25T00:30:00+00:00").timestamp()
    assert found.end - found.begin == 25 * 3600


def test_a_date_that_was_skipped_is_no_day_from_midnight() -> None:
    plan = program({"at": "01:00", "level": 5}, {"at": "sunset", "level": 100}, day="midnight")
    skipped = night_of(plan, APIA, "2011-12-30")
    assert (skipped.begin, skipped.switches) == (skipped.end, ())


@given(
    site=st.sampled_from(CITIES),
    day=st.dates(date(2022, 1, 1), date(2031, 12, 31)),
    plan=st.sampled_from(PROGRAMS),
)
def test_between_the_polar_circles_every_day_has_an_on_and_an_off(site: Site, day: date, plan: Program) -> None:
    found = night_of(plan, site, day)
    levels = [each.level for each in found.switches]
    assert levels.count(0) == 1
    assert any(levels)
    dark = levels.index(0)
    assert not any(level == 0 for level in levels[:dark] + levels[dark + 1 :])


_CLOCKS = st.lists(st.integers(0, 1439), min_size=1, max_size=8, unique=True).map(sorted)


@given(site=st.sampled_from(CITIES), day=st.dates(date(2005, 1, 1), date(2031, 12, 31)), minutes=_CLOCKS)
def test_no_clock_step_is_lost_or_doubled(site: Site, day: date, minutes: list[int]) -> None:
    """Over three days that may hold a change of the clocks, each step comes once a day, at the hour it names."""
    plan = program(
        *({"at": f"{m // 60:02}:{m % 60:02}", "level": i} for i, m in enumerate(minutes)), day="midnight", gap=0
    )
    for days in range(3):
        found = night_of(plan, site, day + timedelta(days))
        noted = {note.step for note in found.notes}
        names = {}
        for each in found.switches:
            assert found.begin <= each.time < found.end
            names[each.step] = f"{datetime.fromtimestamp(each.time, site.zone):%H:%M}"
        assert len(names) == len(found.switches)
        for number, minute in enumerate(minutes, 1):
            if number not in noted and found.begin < found.end:
                assert names[number] == f"{minute // 60:02}:{minute % 60:02}"


def _steps() -> st.SearchStrategy[list[dict[str, Any]]]:
    sun = st.sampled_from(["sunset", "dusk", "dawn", "sunrise"])
    offset = st.sampled_from([-300, -60, -10, 0, 10, 60, 300])
    clock = st.sampled_from(["16:00", "19:30", "22:00", "00:30", "03:00", "05:00", "08:00"])
    return st.lists(
        st.one_of(st.builds(lambda at, by: {"at": at, "offset": by}, sun, offset), clock.map(lambda at: {"at": at})),
        min_size=1, max_size=6,
    )  # fmt: skip


@given(steps=_steps(), site=st.sampled_from([*CITIES, TROMSO]), day=st.dates(date(2022, 1, 1), date(2031, 12, 31)))
def test_whatever_is_written_the_switches_ascend_in_the_order_of_the_list_and_last(
    steps: list[dict[str, Any]], site: Site, day: date
) -> None:
    try:
        plan = program(*({**step, "level": i} for i, step in enumerate(steps)))
    except ValueError:
        return  # refused in words
    found = night_of(plan, site, day)
    numbers, times = [each.step for each in found.switches], [each.time for each in found.switches]
    assert numbers == sorted(numbers)
    assert all(later - earlier >= plan.gap for earlier, later in pairwise(times))
    assert all(found.begin <= time <= found.end for time in times)
    assert set(range(1, len(steps) + 1)) - set(numbers) <= {note.step for note in found.notes}
