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
    """A calendar with its programs; `names` and `texts` (one sentence) by language: en, vi.

    `written_calendar` and `written_programs` are the same as a person would have written them.
    """

    id: str
    names: Mapping[str, str]
    texts: Mapping[str, str]
    calendar: Calendar
    programs: tuple[Program, ...]
    written_calendar: Mapping[str, Any]
    written_programs: Sequence[Mapping[str, Any]]


def _template(raw: Mapping[str, Any]) -> Template:
    programs = tuple(parse_program(each) for each in raw["programs"])
    calendar = parse_calendar(raw["calendar"])
    check_calendar(calendar, {program.id: program for program in programs})
    return Template(raw["id"], raw["name"], raw["text"], calendar, programs, raw["calendar"], raw["programs"])


_WRITTEN = tomllib.loads(files("schedules").joinpath("templates.toml").read_text("utf-8"))
TEMPLATES = tuple(_template(each) for each in _WRITTEN["templates"])
