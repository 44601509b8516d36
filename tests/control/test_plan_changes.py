"""What is worked out anew when a program or a calendar changes: what follows from it, and nothing else."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.control.arbiter import Arbiter
from hub.control.plans import Plans
from hub.control.timetable import Timetable
from hub.model.devices import Device, DeviceKind
from hub.model.zones import Zone
from hub.registry import Written
from hub.registry.city import City
from schedules.calendar_reader import parse_calendar
from schedules.program_reader import parse_program
from tests.control.street import PROGRAM, SITE, TREE

T = 1_763_750_000.0
FOLLOWED = {"ward-1": "one", "hung-vuong": "two", "dong-ba": "three"}  # zone -> its calendar


class Stopped:
    """A clock that stands still."""

    rate = 1.0

    def now(self) -> float:
        return T

    def ahead(self, seconds: float) -> float:
        return T + seconds


class Town:
    """Lamps in every zone, three calendars followed, and everything that works out what they say."""

    def __init__(self) -> None:
        zones = [Zone(name, name, "zone", parent, calendar=FOLLOWED.get(name)) for name, parent in TREE.items()]
        self.lamps = [Device(f"lamp-{name}", name, DeviceKind.LIGHT, zone=name) for name in TREE]
        self.city = City(zones, self.lamps)
        self.timetable = Timetable(self.city, PROGRAM)
        self.watch()

    def watch(self) -> None:
        """Begin with nothing worked out."""
        self.arbiter = Arbiter(self.city, self.timetable, SITE)
        self.plans = Plans(self.city, self.timetable, self.arbiter, Stopped())

    def program(self, id: str, level: int) -> None:
        body: dict[str, Any] = {"id": id, "steps": [{"at": "12:00", "level": level}, {"at": "06:00", "level": 0}]}
        self.timetable.put_program(Written(id, body, 0, "admin"), parse_program(body))

    def calendar(self, id: str, program: str) -> None:
        body = {"id": id, "default": program}
        self.timetable.put_calendar(Written(id, body, 0, "admin"), parse_calendar(body))

    def found(self) -> dict[str, tuple[object, ...]]:
        """What is worked out for every lamp, the very objects."""
        found: dict[str, tuple[object, ...]] = {}
        for lamp in self.lamps:
            self.arbiter.prepare(lamp, T)
            in_force, plan = self.arbiter.in_force(lamp, T), self.plans.of(lamp).plan
            found[lamp.id] = self.arbiter.assigned(lamp), in_force, plan, self.plans.program(lamp)
        return found


def furnished() -> Town:
    town = Town()
    for program, level in (("dim", 20), ("bright", 80)):
        town.program(program, level)
    for calendar, program in (("one", "dim"), ("two", "bright"), ("three", "bright")):
        town.calendar(calendar, program)
    return town


def kept(before: dict[str, tuple[object, ...]], after: dict[str, tuple[object, ...]]) -> set[str]:
    """The lamps for which nothing was worked out anew."""
    return {name for name in before if all(a is b for a, b in zip(before[name], after[name], strict=True))}


def test_a_calendar_that_changes_makes_work_for_the_lamps_that_follow_it() -> None:
    town = furnished()
    before = town.found()
    town.calendar("two", "dim")
    after = town.found()
    assert kept(before, after) == {lamp.id for lamp in town.lamps} - {"lamp-hung-vuong"}
    assert town.arbiter.planned(town.lamps[4], T).level == 20


def test_a_program_that_changes_makes_work_for_the_calendars_that_name_it() -> None:
    town = furnished()
    before = town.found()
    town.program("bright", 90)
    after = town.found()
    assert kept(before, after) == {lamp.id for lamp in town.lamps} - {"lamp-hung-vuong", "lamp-dong-ba"}
    assert {lamp.id for lamp in town.lamps if town.arbiter.planned(lamp, T).level == 90} == {
        "lamp-hung-vuong",
        "lamp-dong-ba",
    }


def test_a_calendar_that_nobody_follows_and_a_program_that_nobody_names_make_none() -> None:
    town = furnished()
    before = town.found()
    town.program("spare", 5)
    town.calendar("idle", "spare")
    town.timetable.drop_calendar("idle")
    town.timetable.drop_program("spare")
    wards = {
        "lamp-city",
        "lamp-ward-2",
    }  # they have the program of the settings, as those do whose calendar is not there
    assert kept(before, town.found()) >= {lamp.id for lamp in town.lamps} - wards


def test_a_calendar_that_was_mended_rules_at_once() -> None:
    town = Town()
    town.program("dim", 20)
    levels = {lamp.id: town.arbiter.planned(lamp, T).level for lamp in town.lamps}
    town.found()
    town.calendar("one", "dim")
    now = {lamp.id: town.arbiter.planned(lamp, T).level for lamp in town.lamps}
    assert {name for name in now if now[name] != levels[name]} == {"lamp-ward-1", "lamp-le-loi"}


EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("program"), st.sampled_from(["dim", "bright", "night"]), st.integers(0, 100)),
        st.tuples(
            st.just("calendar"),
            st.sampled_from(["one", "two", "three", "idle"]),
            st.sampled_from(["dim", "bright", "night"]),
        ),
        st.tuples(st.just("drop"), st.sampled_from(["one", "two", "three", "idle"]), st.just("")),
    ),
    max_size=8,
)


@given(EDITS, st.integers(0, 8))
def test_whatever_changes_the_answers_are_those_of_a_hub_that_has_just_started(
    edits: list[tuple[str, str, Any]], looks: int
) -> None:
    town = furnished()
    for index, (what, id, value) in enumerate(edits):
        if index % (looks + 1) == 0:
            town.found()
        if what == "drop":
            town.timetable.drop_calendar(id)
        else:
            getattr(town, what)(id, value)
    held = town.found()
    town.watch()
    assert held == town.found()
