"""Programs as people write them, and as devices keep them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.program import Day, Skip, skipped
from schedules.program_reader import BadProgram, parse_program
from schedules.site import BadSite, Site
from tests.schedules.places import HUE, NIGHT, program

NOON = "in a day that begins at noon"
SUNSET, SUNRISE = {"at": "sunset", "level": 100}, {"at": "sunrise", "level": 0}
BAD: list[tuple[dict[str, Any], str]] = [
    ({"id": "Night"}, "id = 'Night': use an id of lower-case letters, digits and hyphens, such as 'full-night'"),
    ({"name": ""}, "name = '': use 1 to 200 characters of text"),
    ({"steps": []}, "program 'p' has no steps: give at least one, e.g. { at = 'sunset', level = 100 }"),
    ({"steps": None}, "program 'p' has no steps: give at least one, e.g. { at = 'sunset', level = 100 }"),
    ({"steps": "sunset"}, "program 'p' has no steps: give at least one, e.g. { at = 'sunset', level = 100 }"),
    ({"steps": [SUNSET] * 49}, "program 'p' has 49 steps: use at most 48"),
    ({"steps": ["sunset"]}, "step 1: 'sunset': use a table with at, level, offset, ramp, skip"),
    ({"day": "evening"}, "day = 'evening': use 'noon' (a night belongs to the date of its evening) or 'midnight'"),
    ({"day": ["noon"]}, "day = ['noon']: use 'noon' (a night belongs to the date of its evening) or 'midnight'"),
    ({"gap": -1}, "gap = -1: use a number from 0 to 3600"),
    ({"zone": "hue"}, "unknown key 'zone': use id, name, steps, day, gap"),
    ({"steps": [{"at": "25:00", "level": 1}]},
     "step 1: at = '25:00': use 'HH:MM' or one of sunrise, sunset, dawn, dusk"),
    ({"steps": [{"at": "5:00", "level": 1}]}, "step 1: at = '5:00': use 'HH:MM' or one of sunrise, sunset, dawn, dusk"),
    ({"steps": [{"level": 1}]}, "step 1: at = None: use 'HH:MM' or one of sunrise, sunset, dawn, dusk"),
    ({"steps": [{"at": "22:00", "level": 101}]}, "step 1: level = 101: use a number from 0 to 100"),
    ({"steps": [{"at": "22:00"}]}, "step 1: level = None: use a number from 0 to 100"),
    ({"steps": [{"at": "22:00", "level": True}]}, "step 1: level = True: use a number from 0 to 100"),
    ({"steps": [{"at": "22:00", "level": float("nan")}]}, "step 1: level = nan: use a number from 0 to 100"),
    ({"steps": [SUNSET, {"at": "22:00", "level": 1, "dim": 3}]},
     "step 2: unknown key 'dim': use at, level, offset, ramp, skip"),
    ({"steps": [SUNSET | {"offset": 721}]}, "step 1: offset = 721: use a number from -720 to 720"),
    ({"steps": [SUNSET | {"ramp": -1}]}, "step 1: ramp = -1: use a number from 0 to 3600"),
    ({"steps": [SUNSET | {"skip": "1/3"}]}, "step 1: skip: '1/3': use a table with off, of, alternate"),
    ({"steps": [SUNSET | {"skip": {"off": 3, "of": 3}}]}, "step 1: skip: off = 3: use a whole number from 1 to 2"),
    ({"steps": [SUNSET | {"skip": {"off": 1, "of": 1}}]}, "step 1: skip: of = 1: use a whole number from 2 to 12"),
    ({"steps": [SUNSET | {"skip": {"off": 1, "of": 2, "alternate": 1}}]},
     "step 1: skip: alternate = 1: use true or false"),
    ({"steps": [{"at": "22:00", "level": 1}, {"at": "22:00", "level": 2}]},
     "step 2: 22:00 is the time of step 1 too: keep one of them"),
    ({"steps": [{"at": "22:00", "level": 1}, SUNRISE, {"at": "21:00", "level": 2}]},
     f"step 3: 21:00 comes before step 1's 22:00 {NOON}: write clock steps in the order of that day, "
     "or day = 'midnight'"),
    ({"steps": [{"at": "00:00", "level": 1}, {"at": "12:00", "level": 2}]},
     f"step 2: 12:00 comes before step 1's 00:00 {NOON}: write clock steps in the order of that day, "
     "or day = 'midnight'"),
    ({"steps": [{"at": "22:00", "level": 1}, {"at": "22:01", "level": 2}], "gap": 90},
     "step 2: 22:01 is 60 s after step 1: leave at least gap = 90 s"),
    ({"steps": [{"at": "11:30", "offset": 60, "level": 1}]},
     "step 1: offset = 60 leads out of the day that begins at noon: write the clock time itself"),
    ({"steps": [SUNRISE, SUNSET]},
     f"step 2: {NOON}, sunset comes before sunrise: write the steps in the order of that day, or day = 'midnight'"),
    ({"steps": [SUNSET, SUNRISE], "day": "midnight"},
     "step 2: in a day that begins at midnight, sunrise comes before sunset: write the steps in the order of that "
     "day, or day = 'noon'"),
    ({"steps": [SUNSET, SUNSET]}, "step 2: sunset is not after step 1: give it a larger offset"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "says"), BAD, ids=[says[:60] for _, says in BAD])
def test_a_bad_program_is_refused_with_a_sentence_that_helps(change: dict[str, Any], says: str) -> None:
    with pytest.raises(BadProgram) as refused:
        parse_program({"id": "p", "steps": [SUNSET]} | change)
    assert str(refused.value) == says


@pytest.mark.parametrize(
    ("site", "says"),
    [
        ((16.4, 107.6, "Mars/Olympus"), "time zone 'Mars/Olympus': use an IANA name such as 'Asia/Ho_Chi_Minh'"),
        ((16.4, 107.6, ""), "time zone '': use an IANA name such as 'Asia/Ho_Chi_Minh'"),
        ((90.5, 0, "UTC"), "latitude 90.5: use degrees from -90 to 90"),
        ((0, float("nan"), "UTC"), "longitude nan: use degrees from -180 to 180"),
    ],
)
def test_a_place_that_does_not_exist_is_refused(site: tuple[float, float, str], says: str) -> None:
    with pytest.raises(BadSite) as refused:
        Site(*site)
    assert str(refused.value) == says


def test_what_is_left_out_has_its_default() -> None:
    plan = program({"at": "sunset", "level": 100})
    assert (plan.name, plan.day, plan.gap) == ("p", Day.NOON, 60)
    assert (plan.steps[0].offset, plan.steps[0].ramp, plan.steps[0].skip) == (0, 0, None)


def test_a_device_is_told_what_differs_from_the_usual() -> None:
    usual = program(*NIGHT).wire(HUE)
    assert set(usual) == {"id", "tz", "location", "steps", "checksum"}
    assert usual["steps"][:2] == [{"at": "sunset", "level": 100, "ramp": 30}, {"at": "22:00", "level": 70}]
    skip = {"off": 1, "of": 3, "alternate": True}
    other = program({"at": "01:00", "level": 40, "skip": skip}, day="midnight", gap=120).wire(HUE)
    assert (other["day"], other["gap"], other["steps"][0]["skip"]) == ("midnight", 120, skip)


def test_the_checksum_follows_the_content_and_nothing_else() -> None:
    one, same = program(*NIGHT, name="Night").wire(HUE), program(*NIGHT).wire(HUE)
    other = program(*NIGHT[:-1], {"at": "sunrise", "level": 0, "offset": 5}).wire(HUE)
    assert one == same
    assert one["checksum"] != other["checksum"]


@given(of=st.integers(2, 12), data=st.data(), first=st.integers(0, 5000), night=st.integers(700_000, 800_000))
def test_of_neighbours_the_same_number_is_dark_every_night_and_alternating_wears_all_alike(
    of: int, data: st.DataObject, first: int, night: int
) -> None:
    skip = Skip(data.draw(st.integers(1, of - 1)), of, data.draw(st.booleans()))
    road = range(first, first + of)
    assert sum(skipped(skip, position, night) for position in road) == skip.off
    dark = Counter(position for each in range(night, night + of) for position in road if skipped(skip, position, each))
    if skip.alternate:
        assert set(dark.values()) == {skip.off}
        assert len(dark) == of
    else:
        assert set(dark.values()) == {of}
    assert not skipped(None, first, night)
