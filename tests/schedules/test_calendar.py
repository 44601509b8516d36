"""Calendars: which program runs on which date."""

from __future__ import annotations

import calendar as months
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.calendar import Calendar
from schedules.calendar_reader import BadCalendar, check_calendar, parse_calendar
from schedules.conditions import WEEKDAYS
from tests.schedules.places import NIGHT, program

DAYS = [date(2026, 1, 1) + timedelta(each) for each in range(3 * 365)]


def calendar(*rules: dict[str, Any]) -> Calendar:
    named = [{"program": f"rule-{number}"} | rule for number, rule in enumerate(rules, 1)]
    return parse_calendar({"id": "c", "rules": named, "default": "usual"})


def days(rule: dict[str, Any], year: int = 2026) -> list[str]:
    """The dates of a year on which a rule holds."""
    plan = calendar(rule)
    found = (date(year, 1, 1) + timedelta(each) for each in range(366))
    return [str(day) for day in found if day.year == year and plan.choose(day)[0] == "rule-1"]


def _numbers(first: str, last: str) -> list[str]:
    start, count = date.fromisoformat(first), (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    return [str(start + timedelta(each)) for each in range(count)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"from": "2026-05-16", "to": "2026-06-30"}, _numbers("2026-05-16", "2026-06-30")),
        ({"from": date(2026, 12, 30)}, ["2026-12-30", "2026-12-31"]),
        ({"to": "2026-01-02"}, ["2026-01-01", "2026-01-02"]),
        ({"from": "12-30", "to": "01-02"}, ["2026-01-01", "2026-01-02", "2026-12-30", "2026-12-31"]),
        ({"from": "02-28", "to": "02-29"}, ["2026-02-28"]),
        ({"dates": ["2026-11-21", date(2027, 1, 1)]}, ["2026-11-21"]),
        ({"weekdays": ["sun"], "from": "02-01", "to": "02-28"}, ["2026-02-01", "2026-02-08", "2026-02-15", "2026-02-22"]),
        ({"weekdays": ["sun"], "nth": [1, -1], "from": "2026-02-01", "to": "2026-03-31"},
         ["2026-02-01", "2026-02-22", "2026-03-01", "2026-03-29"]),
        ({"weekdays": ["fri"], "nth": [5]}, ["2026-01-30", "2026-05-29", "2026-07-31", "2026-10-30"]),
        ({"holidays": {"country": "VN", "names": ["National Day"], "before": 1, "after": 2}},
         _numbers("2026-08-31", "2026-09-04")),
        ({"holidays": {"country": "DE", "subdivision": "BY"}, "from": "2026-01-01", "to": "2026-01-31"},
         ["2026-01-01", "2026-01-06"]),
        ({"lunar": {"from": "12-23", "to": "01-07"}}, _numbers("2026-02-10", "2026-02-23")),
        ({"lunar": {"dates": ["01-15", "08-15"]}}, ["2026-03-03", "2026-09-25"]),
    ],
)  # fmt: skip
def test_the_days_of_a_rule(rule: dict[str, Any], expected: list[str]) -> None:
    assert days(rule) == expected


def test_names_of_holidays_in_any_language_of_the_country_mean_the_same() -> None:
    names = ("Lunar New Year", "TẾT NGUYÊN ĐÁN")
    assert [days({"holidays": {"country": "VN", "names": [name]}}) for name in names] == [["2026-02-17"]] * 2


def test_the_first_rule_that_holds_wins_and_says_so() -> None:
    plan = calendar(
        {"dates": ["2026-11-21"], "note": "marathon"},
        {"from": "11-01", "to": "11-30", "weekdays": ["sat", "sun"]},
    )
    said = [plan.choose(date(2026, 11, day)) for day in (21, 22, 23)]
    assert said == [
        ("rule-1", "rule 1: marathon (on 2026-11-21)"),
        ("rule-2", "rule 2: from 11-01 to 11-30 of every year and on sat, sun"),
        ("usual", "the default program: no rule holds"),
    ]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"from": "2026-05-16"}, "from 2026-05-16"),
        ({"weekdays": ["sun", "mon"], "nth": [-1, 2]}, "on the last, 2. mon, sun of the month"),
        ({"holidays": {"country": "DE", "subdivision": "BY", "before": 2}},
         "on public holidays of DE-BY with 2 days before"),
        ({"lunar": {"from": "12-23", "to": "01-07"}}, "from 12-23 to 01-07 by the lunar calendar"),
        ({"lunar": {"dates": ["08-15"]}}, "on 08-15 by the lunar calendar"),
    ],
)  # fmt: skip
def test_a_rule_reads_as_a_person_would_say_it(rule: dict[str, Any], text: str) -> None:
    assert str(calendar(rule).rules[0]) == text


def _naive(rule: dict[str, Any], day: date) -> bool:
    """Does `rule` hold on `day`? Written without looking at how the calendar does it."""
    text = f"{day.month:02}-{day.day:02}"
    if "from" in rule:
        inside = text >= rule["from"], text <= rule["to"]
        if not (all(inside) if rule["from"] <= rule["to"] else any(inside)):
            return False
    if "dates" in rule and str(day) not in rule["dates"]:
        return False
    if "weekdays" in rule:
        name = f"{day:%a}".lower()
        if name not in rule["weekdays"]:
            return False
        same = [week[day.weekday()] for week in months.monthcalendar(day.year, day.month) if week[day.weekday()]]
        places = {same.index(day.day) + 1, same.index(day.day) - len(same)}
        if "nth" in rule and not places & set(rule["nth"]):
            return False
    return True


_WHEN = st.dates(date(2028, 1, 1), date(2028, 12, 31)).map(lambda day: f"{day:%m-%d}")
_RULE = st.one_of(
    st.fixed_dictionaries({"from": _WHEN, "to": _WHEN}),
    st.fixed_dictionaries({"dates": st.lists(st.sampled_from(DAYS).map(str), min_size=1, max_size=40)}),
    st.fixed_dictionaries(
        {"weekdays": st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True)},
        optional={"nth": st.lists(st.sampled_from([1, 2, 3, 4, 5, -1]), min_size=1, unique=True)},
    ),
)
_RULES = st.lists(st.tuples(_RULE, _RULE).map(lambda pair: pair[0] | pair[1]), max_size=4)


@given(rules=_RULES, some=st.lists(st.sampled_from(DAYS), min_size=1, max_size=50))
def test_a_calendar_chooses_like_a_naive_one(rules: list[dict[str, Any]], some: list[date]) -> None:
    plan = calendar(*rules)
    for day in some:
        expected = next((f"rule-{n}" for n, rule in enumerate(rules, 1) if _naive(rule, day)), "usual")
        assert plan.choose(day)[0] == expected


BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "rule 1: no condition, so it would hold always: give one of from, to, dates, weekdays, nth, holidays, lunar"),
    ({"when": "always"}, "rule 1: unknown key 'when': use program, note, from, to, dates, weekdays, nth, holidays, lunar"),
    ({"program": "Summer"}, "rule 1: program = 'Summer': use an id of lower-case letters"),
    ({"from": "21.11."}, "rule 1: from = '21.11.': use a date such as '2026-11-21', or '11-21' for every year"),
    ({"from": datetime(2026, 1, 1, 12)}, "rule 1: from = datetime.datetime(2026, 1, 1, 12, 0): use a date such as "),  # noqa: DTZ001
    ({"from": "02-30", "to": "03-01"}, "rule 1: from = '02-30': use a date such as '2026-11-21', or '11-21' for every year"),
    ({"from": "W01-1", "to": "W02-1"}, "rule 1: from = 'W01-1': use a date such as '2026-11-21', or '11-21' for every year"),
    ({"from": "11-21"}, "rule 1: from and to: write both with the year, or both without"),
    ({"from": "11-21", "to": "2026-12-01"}, "rule 1: from and to: write both with the year, or both without"),
    ({"from": "2026-11-21", "to": "2026-11-20"}, "rule 1: to = '2026-11-20': use a date that is not before from = '2026-11-21'"),
    ({"dates": []}, "rule 1: dates = []: use a list with at least one item"),
    ({"dates": "2026-11-21"}, "rule 1: dates = '2026-11-21': use a list with at least one item"),
    ({"dates": ["11-21"]}, "rule 1: dates: '11-21': use dates with the year such as '2026-11-21'"),
    ({"weekdays": ["sunday"]}, "rule 1: weekdays = ['sunday']: use a list of mon, tue, wed, thu, fri, sat, sun"),
    ({"nth": [1]}, "rule 1: nth needs weekdays: write for instance weekdays = ['sun'] with nth = [1, -1]"),
    ({"weekdays": ["sun"], "nth": [6]}, "rule 1: nth = [6]: use a list of 1 to 5, or -1 for the last of the month"),
    ({"weekdays": ["sun"], "nth": [True]}, "rule 1: nth = [True]: use a list of 1 to 5, or -1 for the last of the month"),
    ({"holidays": "VN"}, "rule 1: holidays: 'VN': use a table with country, subdivision, names, before, after"),
    ({"holidays": {"country": "Vietnam"}},
     "rule 1: holidays: country = 'Vietnam': use a code of ISO 3166 that the package `holidays` knows, such as 'VN'"),
    ({"holidays": {"country": "DE", "subdivision": "XX"}},
     "rule 1: holidays: subdivision = 'XX': use a code of ISO 3166-2 without 'DE-', or leave it out"),
    ({"holidays": {"country": "VN", "names": ["Tet"]}},
     "rule 1: holidays: names: 'Tet': use a name as the package `holidays` has it, in any of its languages"),
    ({"holidays": {"country": "VN", "before": 31}}, "rule 1: holidays: before = 31: use a whole number from 0 to 30"),
    ({"lunar": {"from": "12-23"}}, "rule 1: lunar: write from and to, or dates"),
    ({"lunar": {"from": "12-23", "to": "01-07", "dates": ["01-15"]}}, "rule 1: lunar: write from and to, or dates"),
    ({"lunar": {}}, "rule 1: lunar: write from and to, or dates"),
    ({"lunar": {"dates": ["1-15"]}}, "rule 1: lunar: dates = ['1-15']: use month and day of the lunar calendar such as '12-23'"),
    ({"lunar": {"from": "12-31", "to": "01-07"}},
     "rule 1: lunar: from = '12-31': use month and day of the lunar calendar such as '12-23', months to 12 "),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "says"), BAD, ids=[says[8:60] for _, says in BAD])
def test_a_bad_rule_is_refused_with_a_sentence_that_helps(rule: dict[str, Any], says: str) -> None:
    with pytest.raises(BadCalendar) as refused:
        calendar(rule)
    assert str(refused.value).startswith(says)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"default": None}, "default = None: use an id"),
        ({"rules": {"program": "p"}}, "rules = {'program': 'p'}: use a list of rules, the one that wins first"),
        ({"colour": "red"}, "unknown key 'colour': use id, name, rules, default"),
        ({"rules": ["p"]}, "rule 1: 'p': use a table with program, note"),
    ],
)
def test_a_bad_calendar_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(BadCalendar) as refused:
        parse_calendar({"id": "c", "default": "usual"} | change)
    assert str(refused.value).startswith(says)


def test_a_calendar_names_programs_that_exist() -> None:
    plan = calendar({"dates": ["2026-11-21"]})
    programs = {each: program(*NIGHT, id=each) for each in ("usual", "rule-1")}
    check_calendar(plan, programs)
    with pytest.raises(BadCalendar, match="rule 1: program = 'rule-1': there is no such program"):
        check_calendar(plan, {"usual": programs["usual"]})
    with pytest.raises(BadCalendar, match="default = 'usual': there is no such program"):
        check_calendar(plan, {})
    from_midnight = program({"at": "22:00", "level": 30}, id="rule-1", day="midnight")
    with pytest.raises(BadCalendar, match="its day begins at midnight, that of the default program at noon: use pro"):
        check_calendar(plan, programs | {"rule-1": from_midnight})
