"""Reading a plan set as people write it: each error says where it is and what to write instead.

Only the form is judged here. Whether it is safe, and whether its parts fit each other, is the linter's business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schedules.calendar import Calendar, every_night
from schedules.calendar_reader import BadCalendar, parse_calendar
from schedules.reading import Table
from schedules.signals.guard import (
    MOST_COUNTRIES,
    MOST_CYCLE,
    MOST_DAY_PLANS,
    MOST_ENTRIES,
    MOST_GROUPS,
    MOST_METRES,
    MOST_PROGRAMS,
    MOST_RULES,
    MOST_SKIPS,
    MOST_STAGES,
    MOST_STATES,
    MOST_SWITCH,
    MOST_WAITS,
    BadPlanSet,
    check_values,
    listed,
    mapped,
)
from schedules.signals.intersection_reader import parse_intersection
from schedules.signals.plan_set import FORMAT, Along, Coordination, Entry, PlanSet, Shared, Transition
from schedules.signals.program import LETTERS, Program, Skip, Stage, Wait

_KEYS = ("format", "junction", "intersection", "programs", "day_plans", "calendar", "coordination", "transition",
         "time_zone")  # fmt: skip
_PROGRAM = ("cycle", "offset", "states", "stages", "switch", "waits", "skips", "omits", "name")
_SECOND = re.compile(r"0|[1-9][0-9]{0,3}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_STRING = re.compile(f"[{LETTERS}]*")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def parse_plan_set(raw: Any) -> PlanSet:
    """A plan set from its table; BadPlanSet says what to write instead."""
    check_values(raw)
    table = Table(raw, "", _KEYS, BadPlanSet)
    if type(table.get("format")) is not int or table.get("format") != FORMAT:
        raise table.wrong("format", f"{FORMAT}")
    programs = mapped(table, "programs", MOST_PROGRAMS, "programs")
    if not programs:
        raise table.bad("no programs: give at least one")
    intersection = parse_intersection(table.get("intersection"))
    day_plans = {_id(name, "day_plans"): _day_plan(name, entries)
                 for name, entries in mapped(table, "day_plans", MOST_DAY_PLANS, "day plans").items()}  # fmt: skip
    if not day_plans:
        raise table.bad("no day_plans: give at least one, such as {weekday = [{from = '00:00', program = 'day'}]}")
    transition = table.get("transition", Transition.DWELL.value)
    if transition not in tuple(Transition):
        raise table.wrong("transition", f"one of {', '.join(Transition)}")
    return PlanSet(
        table.slug("junction"),
        intersection,
        {_id(name, "programs"): parse_program(_id(name, "programs"), each) for name, each in programs.items()},
        day_plans,
        _calendar(table, day_plans),
        _coordination(table.get("coordination")) if table.get("coordination") is not None else None,
        Transition(transition),
        _time_zone(table) if table.get("time_zone") is not None else None,
    )


def parse_program(id: str, raw: Any) -> Program:
    """One program from its table, as under `programs`; BadPlanSet says what to write instead."""
    where = f"program {id!r}"
    table = Table(raw, where, _PROGRAM, BadPlanSet)
    stages = listed(table, "stages", MOST_STAGES, "stages")
    waits = listed(table, "waits", MOST_WAITS, "waits")
    skips = listed(table, "skips", MOST_SKIPS, "skips")
    switch = listed(table, "switch", MOST_SWITCH, "switch points") if "switch" in table else (0,)
    if not all(type(each) is int and 0 <= each < MOST_CYCLE for each in switch):
        raise table.wrong("switch", "a list of seconds of the cycle such as [0]")
    omits = listed(table, "omits", MOST_GROUPS, "groups")
    if not all(isinstance(each, str) for each in omits):
        raise table.wrong("omits", "a list of ids of groups")
    return Program(
        id,
        table.whole("cycle", 1, MOST_CYCLE),
        table.whole("offset", 0, MOST_CYCLE, 0),
        _states(table),
        tuple(switch),
        tuple(_wait(f"{where}: wait {number}", each) for number, each in enumerate(waits, 1)),
        tuple(_skip(f"{where}: skip {number}", each) for number, each in enumerate(skips, 1)),
        tuple(_stage(f"{where}: stage {number}", each) for number, each in enumerate(stages, 1)),
        frozenset(omits),
        table.text("name", ""),
    )


def _id(value: Any, where: str) -> str:
    if not isinstance(value, str) or not _SLUG.fullmatch(value):
        raise BadPlanSet(
            f"{where}: {value!r:.60}: use an id of lower-case letters, digits and hyphens, such as 'morning'"
        )
    return value


def _states(table: Table) -> tuple[tuple[int, str], ...]:
    raw = mapped(table, "states", MOST_STATES, "states")
    if not raw:
        raise table.bad("no states: write what the groups show from each second on, such as {'0': 'GrG', '31': 'yrr'}")
    found: dict[int, str] = {}
    for key, letters in raw.items():
        if not (0 <= key < 10_000 if type(key) is int else isinstance(key, str) and _SECOND.fullmatch(key)):
            raise table.bad(f"states: {key!r:.40}: use seconds of the cycle such as '31'")
        second = int(key)
        if second in found:
            raise table.bad(f"states: second {second} comes twice: keep one of them")
        if not isinstance(letters, str) or not _STRING.fullmatch(letters) or len(letters) > MOST_GROUPS:
            raise table.bad(f"states: {key!s} = {letters!r:.60}: use one letter of {' '.join(LETTERS)} for each group")
        found[second] = letters
    return tuple(sorted(found.items()))


def _wait(where: str, raw: Any) -> Wait:
    table = Table(raw, where, ("at", "most"), BadPlanSet)
    return Wait(table.whole("at", 0, MOST_CYCLE), table.whole("most", 1, MOST_CYCLE))


def _skip(where: str, raw: Any) -> Skip:
    table = Table(raw, where, ("from", "to"), BadPlanSet)
    return Skip(table.whole("from", 0, MOST_CYCLE), table.whole("to", 0, MOST_CYCLE))


def _stage(where: str, raw: Any) -> Stage:
    table = Table(raw, where, ("id", "from", "to", "split"), BadPlanSet)
    split = table.whole("split", 1, MOST_CYCLE) if table.get("split") is not None else None
    return Stage(table.slug("id"), table.whole("from", 0, MOST_CYCLE), table.whole("to", 0, MOST_CYCLE), split)


def _day_plan(name: Any, raw: Any) -> tuple[Entry, ...]:
    table = Table({"entries": raw}, f"day plan {name!r:.60}", ("entries",), BadPlanSet)
    entries = listed(table, "entries", MOST_ENTRIES, "entries")
    if not entries:
        raise table.bad("no entries: give at least {from = '00:00', program = ...}")
    return tuple(_entry(f"day plan {name!r:.60}: entry {number}", each) for number, each in enumerate(entries, 1))


def _entry(where: str, raw: Any) -> Entry:
    table = Table(raw, where, ("from", "program"), BadPlanSet)
    at = table.get("from")
    if not isinstance(at, str) or not _CLOCK.fullmatch(at):
        raise table.wrong("from", "a time by the city's clock such as '06:00'")
    return Entry(int(at[:2]) * 60 + int(at[3:]), table.slug("program"))


def _calendar(table: Table, day_plans: Mapping[str, Any]) -> Calendar:
    raw = table.get("calendar")
    if raw is None:
        if len(day_plans) > 1:
            raise table.bad("no calendar: say which of the day plans holds on which day, see docs/signals.md")
        return every_night(next(iter(day_plans)))
    if isinstance(raw, Mapping):
        _check_rules(Table(raw, "calendar", ("id", "name", "rules", "default"), BadPlanSet))
    try:
        return parse_calendar(raw)
    except BadCalendar as error:
        raise BadPlanSet(f"calendar: {error}") from None


def _check_rules(table: Table) -> None:
    """Few enough rules, and few enough countries: holidays of a country take a while to be worked out."""
    places = set()
    for rule in listed(table, "rules", MOST_RULES, "rules"):
        holidays = rule.get("holidays") if isinstance(rule, Mapping) else None
        if isinstance(holidays, Mapping):
            places.add((str(holidays.get("country")), str(holidays.get("subdivision"))))
    if len(places) > MOST_COUNTRIES:
        raise table.bad(f"holidays of {len(places)} countries: use at most {MOST_COUNTRIES}")


def _coordination(raw: Any) -> Coordination:
    table = Table(raw, "coordination", ("group", "cycle", "ratio", "programs", "road"), BadPlanSet)
    usual = Shared(table.whole("cycle", 1, MOST_CYCLE * 4), table.whole("ratio", 1, 4, 1))
    programs = {
        _id(name, "coordination: programs"): None if each is None else _shared(f"coordination: {name}", each)
        for name, each in mapped(table, "programs", MOST_PROGRAMS, "programs").items()
    }
    road = _along(table.get("road")) if table.get("road") is not None else Along()
    return Coordination(table.slug("group"), usual, programs, road)


def _along(raw: Any) -> Along:
    table = Table(raw, "coordination: road", ("at", "outbound", "inbound"), BadPlanSet)
    ways = []
    for way in ("outbound", "inbound"):
        groups = listed(table, way, MOST_GROUPS, "groups")
        if not all(isinstance(each, str) for each in groups):
            raise table.wrong(way, "a list of ids of groups of vehicles that drive through")
        ways.append(tuple(groups))
    at = table.number("at", 0, MOST_METRES) if table.get("at") is not None else None
    return Along(at, *ways)


def _shared(where: str, raw: Any) -> Shared:
    table = Table(raw, where, ("cycle", "ratio"), BadPlanSet)
    return Shared(table.whole("cycle", 1, MOST_CYCLE * 4), table.whole("ratio", 1, 4, 1))


def _time_zone(table: Table) -> str:
    name = table.get("time_zone")
    try:
        if not isinstance(name, str) or len(name) > 60:
            raise ValueError
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise table.wrong("time_zone", "an IANA name such as 'Asia/Ho_Chi_Minh'") from None
