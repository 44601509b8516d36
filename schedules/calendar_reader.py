"""Reading a calendar as people write it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from schedules.calendar import Calendar, Condition, Rule
from schedules.conditions import (
    WEEKDAYS,
    Between,
    Dates,
    EveryYear,
    Holidays,
    Lunar,
    LunarDates,
    MonthDay,
    Weekdays,
)
from schedules.holiday import known_name, known_place
from schedules.program import Program
from schedules.reading import Table

_RULE_KEYS = ("program", "note", "from", "to", "dates", "weekdays", "nth", "holidays", "lunar")
_FULL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE = "a date such as '2026-11-21', or '11-21' for every year"
_LUNAR_DATE = "month and day of the lunar calendar such as '12-23'"


class BadCalendar(ValueError):
    """A calendar that cannot be followed; the message says what to write instead."""


def parse_calendar(raw: Mapping[str, Any]) -> Calendar:
    """A calendar from its table; BadCalendar names the rule that is wrong and says what to write instead."""
    table = Table(raw, "", ("id", "name", "rules", "default"), BadCalendar)
    id = table.slug("id")
    rules = table.get("rules", ())
    if isinstance(rules, str | Mapping) or not isinstance(rules, Sequence):
        raise table.wrong("rules", "a list of rules, the one that wins first")
    return Calendar(
        id,
        table.text("name", id),
        tuple(_rule(number, rule) for number, rule in enumerate(rules, 1)),
        table.slug("default"),
    )


def check_calendar(calendar: Calendar, programs: Mapping[str, Program]) -> None:
    """BadCalendar when the calendar names a program that `programs` lacks, or whose day begins at another hour.

    Days that begin at noon and at midnight do not join: the morning between them would belong to no program.
    """
    named = [("default", calendar.default)]
    named += [(f"rule {number}: program", rule.program) for number, rule in enumerate(calendar.rules, 1)]
    for where, program in named:
        if program not in programs:
            raise BadCalendar(f"{where} = {program!r}: there is no such program; make it first, or name another")
        day, usual = programs[program].day.value, programs[calendar.default].day.value
        if day != usual:
            raise BadCalendar(
                f"{where} = {program!r}: its day begins at {day}, that of the default program at {usual}: "
                f"use programs with day = '{usual}'"
            )


def _rule(number: int, raw: Any) -> Rule:
    table = Table(raw, f"rule {number}", _RULE_KEYS, BadCalendar)
    program, note = table.slug("program"), table.text("note", "")
    conditions: list[Condition] = []
    if "from" in table or "to" in table:
        conditions.append(_range(table))
    if "dates" in table:
        conditions.append(Dates(frozenset(_whole_date(table, each) for each in table.items("dates"))))
    if "weekdays" in table or "nth" in table:
        conditions.append(_weekdays(table))
    if "holidays" in table:
        conditions.append(_holidays(f"rule {number}: holidays", table.get("holidays")))
    if "lunar" in table:
        conditions.append(_lunar(f"rule {number}: lunar", table.get("lunar")))
    if not conditions:
        raise table.bad(f"no condition, so it would hold always: give one of {', '.join(_RULE_KEYS[2:])}")
    return Rule(program, tuple(conditions), note)


def _range(table: Table) -> Condition:
    first, last = (_date(table, key) if key in table else None for key in ("from", "to"))
    if isinstance(first, tuple) and isinstance(last, tuple):
        return EveryYear(first, last)
    if isinstance(first, tuple) or isinstance(last, tuple):
        raise table.bad("from and to: write both with the year, or both without")
    if first is not None and last is not None and last < first:
        raise table.wrong("to", f"a date that is not before from = '{first}'")
    return Between(first, last)


def _date(table: Table, key: str) -> date | MonthDay:
    value = table.get(key)
    found = _full(value) or _month_day(value)
    if found is None:
        raise table.wrong(key, _DATE)
    return found


def _whole_date(table: Table, value: Any) -> date:
    found = _full(value)
    if found is None:
        raise table.bad(f"dates: {value!r}: use dates with the year such as '2026-11-21'")
    return found


def _full(value: Any) -> date | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _FULL.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _month_day(value: Any) -> MonthDay | None:
    found = _full(f"2000-{value}") if isinstance(value, str) else None
    return (found.month, found.day) if found else None


def _weekdays(table: Table) -> Weekdays:
    if "weekdays" not in table:
        raise table.bad("nth needs weekdays: write for instance weekdays = ['sun'] with nth = [1, -1]")
    names, nth = table.items("weekdays"), table.items("nth") if "nth" in table else ()
    if not all(isinstance(name, str) and name in WEEKDAYS for name in names):
        raise table.wrong("weekdays", f"a list of {', '.join(WEEKDAYS)}")
    if not all(each in (1, 2, 3, 4, 5, -1) and not isinstance(each, bool | float) for each in nth):
        raise table.wrong("nth", "a list of 1 to 5, or -1 for the last of the month")
    return Weekdays(frozenset(map(WEEKDAYS.index, names)), frozenset(nth))


def _holidays(where: str, raw: Any) -> Holidays:
    table = Table(raw, where, ("country", "subdivision", "names", "before", "after"), BadCalendar)
    country = table.text("country")
    subdivision = table.text("subdivision") if "subdivision" in table else None
    names = table.items("names") if "names" in table else ()
    if not known_place(country):
        raise table.wrong("country", "a code of ISO 3166 that the package `holidays` knows, such as 'VN'")
    if not known_place(country, subdivision):
        raise table.wrong("subdivision", f"a code of ISO 3166-2 without '{country}-', or leave it out")
    for name in names:
        if not isinstance(name, str) or not known_name(country, subdivision, name):
            raise table.bad(f"names: {name!r}: use a name as the package `holidays` has it, in any of its languages")
    return Holidays(
        country,
        subdivision,
        frozenset(name.casefold() for name in names),
        table.whole("before", 0, 30, 0),
        table.whole("after", 0, 30, 0),
    )


def _lunar(where: str, raw: Any) -> Lunar | LunarDates:
    table = Table(raw, where, ("from", "to", "dates"), BadCalendar)
    if ("from" in table) != ("to" in table) or ("from" in table) == ("dates" in table):
        raise table.bad("write from and to, or dates")
    if "dates" in table:
        return LunarDates(frozenset(_lunar_date(table, "dates", each) for each in table.items("dates")))
    return Lunar(*(_lunar_date(table, key, table.get(key)) for key in ("from", "to")))


def _lunar_date(table: Table, key: str, value: Any) -> MonthDay:
    month, _, day = value.partition("-") if isinstance(value, str) else ("", "", "")
    if not (len(month) == len(day) == 2 and (month + day).isascii() and (month + day).isdigit()):
        raise table.wrong(key, _LUNAR_DATE)
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 30):
        raise table.wrong(key, f"{_LUNAR_DATE}, months to 12 and days to 30")
    return int(month), int(day)
