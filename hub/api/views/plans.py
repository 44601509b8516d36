"""Programs, calendars and what follows from them, as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise

from hub.api.times import format_time
from hub.api.versions import version
from hub.api.views.things import Json, moment, place
from hub.control.arbiter import rank
from hub.control.timetable import Timetable
from hub.model.light import Cause
from hub.model.overrides import Override
from hub.model.zones import Location
from hub.registry import Written
from schedules.calendar import Calendar
from schedules.nights import night
from schedules.program import Day, Program, Skip, Step
from schedules.site import Site
from schedules.sun import SunEvent, sun_times
from schedules.templates import Template
from schedules.timeline import Hours, Span, timeline, year, year_by_program

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Course:
    """A calendar with its programs at a place: what the light there follows."""

    calendar: Calendar
    programs: Mapping[str, Program]
    site: Site

    def today(self, now: float) -> date:
        """The program day that holds `now`."""
        day = datetime.fromtimestamp(now, self.site.zone).date()
        before = night(self.calendar, self.programs, self.site, day - _DAY)
        return day - _DAY if now < before.end else day


# --- as written ------------------------------------------------------------------------------------------------------


def program(written: Written, timetable: Timetable) -> Json:
    """A program of the registry."""
    return written.body | {
        "calendars": timetable.naming(written.id),
        "from_settings": False,
        "changed": moment(written.changed),
        "by": written.by,
        "version": version(written),
        "unusable": timetable.unusable.get(f"program {written.id}"),
    }


def usual_program(timetable: Timetable) -> Json:
    """The program of the settings."""
    usual = timetable.usual
    return {
        "id": usual.id,
        "name": usual.name,
        "steps": [_step(step) for step in usual.steps],
        "day": usual.day.value,
        "gap": usual.gap,
        "calendars": timetable.naming(usual.id),
        "from_settings": True,
        "changed": None,
        "by": None,
        "version": None,
        "unusable": None,
    }


def _step(step: Step) -> Json:
    return {"at": step.at, "level": step.level, "offset": step.offset, "ramp": step.ramp, "skip": skip(step.skip)}


def calendar(written: Written, timetable: Timetable) -> Json:
    """A calendar of the registry."""
    return written.body | {
        "zones": timetable.following(written.id),
        "changed": moment(written.changed),
        "by": written.by,
        "version": version(written),
        "unusable": timetable.unusable.get(f"calendar {written.id}"),
    }


def template(found: Template) -> Json:
    """A template."""
    return {
        "id": found.id,
        "names": found.names,
        "texts": found.texts,
        "program_names": found.program_names,
        "calendar": found.written_calendar,
        "programs": found.written_programs,
    }


def skip(found: Skip | None) -> Json | None:
    """Lamp skipping."""
    return None if found is None else {"off": found.off, "of": found.of, "alternate": found.alternate}


# --- over time -------------------------------------------------------------------------------------------------------


def program_day(course: Course, day: date, overrides: Sequence[Override] = ()) -> Json:
    """The levels of one program day; `overrides` are those that could rule there."""
    found = night(course.calendar, course.programs, course.site, day)
    spans = timeline(course.calendar, course.programs, course.site, found.begin, found.end)
    begins = course.programs[found.program].day
    return {
        "date": day.isoformat(),
        "program": found.program,
        "rule": found.rule,
        "rule_number": course.calendar.ruling(day),
        "start": format_time(found.begin),
        "end": format_time(found.end),
        "location": place(Location(course.site.lat, course.site.lon)),
        "time_zone": course.site.time_zone,
        "sun": _sun(course.site, found.begin, begins),
        "steps": [piece for span in spans for piece in _pieces(span, overrides)],
        "notes": [
            {"step": note.step, "text": note.text, "code": note.code, "values": dict(note.values)}
            for note in found.notes
        ],
    }


def _sun(site: Site, begin: float, day: Day) -> Json:
    times = sun_times(site.lat, site.lon, begin, day is Day.NOON)
    return {event.value: moment(at) if isinstance(at := times[event], float) else None for event in SunEvent}


def _pieces(span: Span, overrides: Sequence[Override]) -> Iterator[Json]:
    """A span of the program, cut where overrides begin and end."""
    ends = {override: min(override.until, override.ended or override.until) for override in overrides}
    cuts = {time for override, end in ends.items() for time in (override.start, end) if span.start < time < span.end}
    for start, end in pairwise(sorted({span.start, span.end, *cuts})):
        ruling = max((each for each in overrides if each.active(start) and _rules(each, span)), key=rank, default=None)
        yield {
            "time": format_time(start),
            "end": format_time(end),
            "level": span.level if ruling is None else ruling.level,
            "ramp": span.ramp if ruling is None else ruling.ramp,
            "cause": (Cause.PROGRAM if ruling is None else ruling.cause).value,
            "step": span.step or None if ruling is None else None,
            "skip": skip(span.skip) if ruling is None else None,
            "override": None if ruling is None else ruling.id,
        }


def _rules(override: Override, span: Span) -> bool:
    """A sensor never brings a program down to its level; only a photocell switches off."""
    return override.cause is not Cause.SENSOR or override.level == 0 or override.level > span.level


def year_of(course: Course, of: int) -> Json:
    """A year: the hours of its months and of its programs, and which program runs from when to when."""
    hours = year(course.calendar, course.programs, course.site, of)
    shares = year_by_program(course.calendar, course.programs, course.site, of)
    days = (date.fromordinal(each) for each in range(date(of, 1, 1).toordinal(), date(of + 1, 1, 1).toordinal()))
    runs = []
    for number, dates in groupby(days, course.calendar.ruling):
        run = list(dates)
        program, rule = course.calendar.choose(run[0])
        runs.append(
            {
                "start": run[0].isoformat(),
                "end": run[-1].isoformat(),
                "program": program,
                "rule": rule,
                "rule_number": number,
            }
        )
    return {
        "year": of,
        "months": [_hours(each) for each in hours],
        "programs": [{"program": name, **_hours(shares[name])} for name in sorted(shares)],
        "runs": runs,
    }


def _hours(hours: Hours) -> Json:
    return {"burning": hours.burning, "full": hours.full}
