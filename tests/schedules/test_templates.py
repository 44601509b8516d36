"""The programs and calendars that come with Lamplighter."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from schedules.nights import night
from schedules.templates import TEMPLATES, Template, calendar_name, program_name
from schedules.timeline import year
from tests.schedules.places import BERLIN, CITIES, HUE, shown

BY_ID = {template.id: template for template in TEMPLATES}


def of(id: str, day: str) -> list[tuple[str, float]]:
    template = BY_ID[id]
    programs = {program.id: program for program in template.programs}
    return shown(night(template.calendar, programs, HUE, date.fromisoformat(day)), HUE)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.id)
def test_each_has_its_words_and_runs_anywhere(template: Template) -> None:
    for words in (template.names, template.texts, *template.program_names.values()):
        assert set(words) == {"en", "vi"}
    assert template.program_names.keys() == {program.id for program in template.programs}
    assert all(text.endswith(".") for text in template.texts.values())
    programs = {program.id: program for program in template.programs}
    assert set(programs) == template.calendar.named()
    for site in (*CITIES[:4], BERLIN):
        for days in range(0, 730, 61):
            found = night(template.calendar, programs, site, date(2027, 1, 1) + timedelta(days))
            assert found.switches[-1].level == 0


def test_a_program_is_called_in_each_language_until_it_is_renamed() -> None:
    for template in TEMPLATES:
        for program in template.programs:
            names = template.program_names[program.id]
            assert {language: program_name(program, language) for language in names} == names
            assert program_name(replace(program, name="Của ta"), "vi") == "Của ta"
        assert calendar_name(template.calendar, "vi") == template.names["vi"]
        assert calendar_name(replace(template.calendar, name="Của ta"), "vi") == "Của ta"


@pytest.mark.parametrize(
    ("id", "day", "switches"),
    [
        ("full-night", "2026-11-21", [("21 17:15", 100), ("22 05:57", 0)]),
        ("step-dimming", "2026-11-21", [("21 17:15", 70), ("21 23:00", 30), ("22 05:00", 70), ("22 05:57", 0)]),
        ("two-mode-cabinet", "2026-11-21", [("21 18:45", 100), ("21 22:00", 100), ("22 04:45", 0)]),
        ("seasonal-clock", "2026-11-21", [("21 17:30", 100), ("22 05:45", 0)]),
        ("seasonal-clock", "2026-04-01", [("01 18:30", 100), ("02 05:00", 0)]),
        ("heat-wave", "2027-06-30", [("30 18:56", 100), ("30 22:00", 50), ("01 04:51", 0)]),
        ("heat-wave", "2027-07-01", [("01 18:26", 100), ("02 05:21", 0)]),
        ("decorative", "2026-11-21", [("21 17:15", 100), ("21 22:00", 0)]),
        ("festival", "2027-02-12", [("12 17:51", 100), ("13 06:17", 0)]),
        ("festival", "2027-02-13", [("13 17:51", 100), ("13 22:00", 0)]),
    ],
)
def test_their_nights(id: str, day: str, switches: list[tuple[str, float]]) -> None:
    assert of(id, day) == switches


@pytest.mark.parametrize(("id", "share"), [("half-night-third", 1 / 3), ("half-night-half", 1 / 2)])
def test_lamp_skipping_saves_its_share_of_the_hours_after_ten(id: str, share: float) -> None:
    skipping, full = (
        sum(month.burning for month in year(t.calendar, {p.id: p for p in t.programs}, HUE, 2026))
        for t in (BY_ID[id], BY_ID["full-night"])
    )
    after_ten = sum(
        (each.switches[-1].time - each.switches[-2].time) / 3600
        for each in (
            night(BY_ID[id].calendar, {p.id: p for p in BY_ID[id].programs}, HUE, date(2026, 1, 1) + timedelta(days))
            for days in range(365)
        )
    )
    assert full - skipping == pytest.approx(after_ten * share, abs=1)
