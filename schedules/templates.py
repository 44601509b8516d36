"""Programs and calendars to begin with, as they come with Lamplighter (templates.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from schedules.calendar import Calendar
from schedules.calendar_reader import check_calendar, parse_calendar
from schedules.program import Program
from schedules.program_reader import parse_program


@dataclass(frozen=True, slots=True)
class Template:
    """A calendar with its programs; `names` and `texts` (one sentence) by language: en, vi. `program_names` by program.

    `written_calendar` and `written_programs` are the same as a person would have written them.
    """

    id: str
    names: Mapping[str, str]
    texts: Mapping[str, str]
    program_names: Mapping[str, Mapping[str, str]]
    calendar: Calendar
    programs: tuple[Program, ...]
    written_calendar: Mapping[str, Any]
    written_programs: Sequence[Mapping[str, Any]]


def _template(raw: Mapping[str, Any]) -> Template:
    written = [each | {"name": each["name"]["en"]} for each in raw["programs"]]
    programs = tuple(parse_program(each) for each in written)
    names = {each["id"]: each["name"] for each in raw["programs"]}
    calendar = parse_calendar(raw["calendar"])
    check_calendar(calendar, {program.id: program for program in programs})
    return Template(raw["id"], raw["name"], raw["text"], names, calendar, programs, raw["calendar"], written)


_WRITTEN = tomllib.loads(files("schedules").joinpath("templates.toml").read_text("utf-8"))
TEMPLATES = tuple(_template(each) for each in _WRITTEN["templates"])
_PROGRAMS = {program: names for each in TEMPLATES for program, names in each.program_names.items()}
_CALENDARS = {each.calendar.id: each.names for each in TEMPLATES}


def program_name(program: Program, language: str) -> str:
    """How a program is called: one that came with Lamplighter and was not renamed, in that language."""
    names = _PROGRAMS.get(program.id, {})
    return names[language] if names and program.name == names["en"] else program.name or program.id


def calendar_name(calendar: Calendar, language: str) -> str:
    """The same for a calendar; those of templates have no name of their own."""
    own = calendar.name if calendar.name != calendar.id else ""  # left out, it is the id
    return own or _CALENDARS.get(calendar.id, {}).get(language, calendar.id)
