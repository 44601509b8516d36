"""Changes to programs and calendars: checked by schedules/, the registry first, then memory and screens; one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from hub.api.edits.places import Edits
from hub.api.edits.writing import write
from hub.api.problems import Problem, bad_input, not_found
from hub.api.services import Services
from hub.api.versions import Versions, must_be
from hub.control.timetable import Timetable
from hub.model.audit import AuditEntry
from hub.model.zones import Zone
from hub.registry import Written
from schedules.calendar import Calendar
from schedules.calendar_reader import BadCalendar, check_calendar, parse_calendar
from schedules.program import Program
from schedules.program_reader import BadProgram, parse_program
from schedules.templates import TEMPLATES

Raw = Mapping[str, Any]


def read_program(raw: Raw) -> Program:
    """The program; 422 bad-program."""
    try:
        return parse_program(raw)
    except BadProgram as error:
        raise bad_input("body.program", str(error), "bad-program") from None


def read_calendar(raw: Raw, programs: Mapping[str, Program]) -> Calendar:
    """The calendar, of programs that are there; 422 bad-calendar."""
    try:
        calendar = parse_calendar(raw)
        check_calendar(calendar, programs)
    except BadCalendar as error:
        raise bad_input("body.calendar", str(error), "bad-calendar") from None
    return calendar


class PlanEdits:
    """Everything that changes programs and calendars through the API. Raises problems ready to be answered."""

    def __init__(self, services: Services, edits: Edits) -> None:
        self._hub, self._edits = services, edits
        self._one_at_a_time = asyncio.Lock()

    @property
    def _timetable(self) -> Timetable:
        return self._hub.timetable

    # --- programs --------------------------------------------------------------------------------------------------

    async def add_program(self, raw: Raw, by: str) -> None:
        """409 exists, 422 bad-program."""
        program = read_program(raw)
        self._not_of_the_settings(program.id)
        async with self._one_at_a_time:
            written = self._written(program.id, raw, by)
            await write(self._hub.registry.plans.programs.add, written, audit=self._line(by, "program.added", written))
            self._timetable.put_program(written, program)

    async def replace_program(self, raw: Raw, by: str, wanted: Versions = None) -> None:
        """404, 412, 422; every calendar that names it must agree with the new one."""
        program = read_program(raw)
        self._not_of_the_settings(program.id)
        async with self._one_at_a_time:
            must_be("program", self._known_program(program.id), wanted)
            programs = {**self._timetable.programs, program.id: program}
            for name in self._timetable.naming(program.id):
                try:
                    check_calendar(self._timetable.calendars[name], programs)
                except BadCalendar as error:
                    raise bad_input("body.program", f"calendar {name!r} names it; {error}", "bad-program") from None
            written = self._written(program.id, raw, by)
            await write(
                self._hub.registry.plans.programs.replace, written, audit=self._line(by, "program.replaced", written)
            )
            self._timetable.put_program(written, program)
            self._show(self._timetable.naming(program.id))

    async def drop_program(self, id: str, by: str, wanted: Versions = None) -> None:
        """404, 409 in-use, 412."""
        self._not_of_the_settings(id)
        async with self._one_at_a_time:
            before = self._known_program(id)
            must_be("program", before, wanted)
            if names := self._timetable.naming(id):
                raise Problem(409, "in-use", f"calendars name program {id!r}: change {_some(names)} first")
            await write(self._hub.registry.plans.programs.delete, id, audit=self._line(by, "program.deleted", before))
            self._timetable.drop_program(id)

    def _known_program(self, id: str) -> Written:
        found = self._timetable.written_programs().get(id)
        if found is None:
            raise not_found("program", id)
        return found

    def _not_of_the_settings(self, id: str) -> None:
        if id == self._timetable.usual.id:
            raise Problem(
                409,
                "from-settings",
                f"program {id!r} is that of the settings: change lighting.program there, or add another",
            )

    # --- calendars -------------------------------------------------------------------------------------------------

    async def add_calendar(self, raw: Raw, by: str) -> None:
        """409 exists, 422 bad-calendar."""
        async with self._one_at_a_time:
            calendar = self._calendar(raw)
            written = self._written(calendar.id, raw, by)
            await write(
                self._hub.registry.plans.calendars.add, written, audit=self._line(by, "calendar.added", written)
            )
            self._timetable.put_calendar(written, calendar)

    async def replace_calendar(self, raw: Raw, by: str, wanted: Versions = None) -> None:
        """404, 412, 422 bad-calendar."""
        async with self._one_at_a_time:
            calendar = self._calendar(raw)
            must_be("calendar", self._known_calendar(calendar.id), wanted)
            written = self._written(calendar.id, raw, by)
            await write(
                self._hub.registry.plans.calendars.replace, written, audit=self._line(by, "calendar.replaced", written)
            )
            self._timetable.put_calendar(written, calendar)
            self._show([calendar.id])

    async def drop_calendar(self, id: str, by: str, wanted: Versions = None) -> None:
        """404, 409 in-use, 412."""
        async with self._one_at_a_time:
            before = self._known_calendar(id)
            must_be("calendar", before, wanted)
            if names := self._timetable.following(id):
                raise Problem(409, "in-use", f"zones follow calendar {id!r}: give {_some(names)} another one first")
            await write(self._hub.registry.plans.calendars.delete, id, audit=self._line(by, "calendar.deleted", before))
            self._timetable.drop_calendar(id)

    async def follow(self, zone: str, calendar: str | None, by: str) -> Zone:
        """Set a zone's own calendar. 404, 422 no-calendar."""
        async with self._one_at_a_time:
            if zone not in self._hub.city.tree:
                raise not_found("zone", zone)
            if calendar is not None and calendar not in self._timetable.written_calendars():
                raise bad_input("body.calendar", f"no calendar {calendar!r}: add it first", "no-calendar")
            before = self._hub.city.tree.zones[zone].calendar
            line = AuditEntry(
                self._hub.clock.now(), by, "zone.calendar", zone, {"calendar": calendar, "before": before}
            )
            changed = await self._edits.change_zone(zone, {"calendar": calendar}, line)
            self._show_zones([zone])
            return changed

    def _calendar(self, raw: Raw) -> Calendar:
        calendar = read_calendar(raw, self._timetable.programs)
        if calendar.id == self._timetable.usual.id:
            raise bad_input("body.id", f"{calendar.id!r} means the program of the settings: choose another id")
        return calendar

    def _known_calendar(self, id: str) -> Written:
        found = self._timetable.written_calendars().get(id)
        if found is None:
            raise not_found("calendar", id)
        return found

    # --- both ------------------------------------------------------------------------------------------------------

    async def install(self, template: str, by: str) -> str:
        """Add a template's calendar, and programs that are not there yet; returns the calendar's id. 404, 409 exists."""
        found = next((each for each in TEMPLATES if each.id == template), None)
        if found is None:
            raise not_found("template", template, "GET /api/v1/templates lists them")
        async with self._one_at_a_time:
            new = {
                program: self._written(program.id, raw, by)
                for program, raw in zip(found.programs, found.written_programs, strict=True)
                if self._timetable.programs.get(program.id) != program
            }
            calendar = self._written(found.calendar.id, found.written_calendar, by)
            line = self._line(by, "calendar.added", calendar)
            line.detail.update(template=template, programs=[each.body for each in new.values()])
            await write(self._hub.registry.plans.install, list(new.values()), calendar, audit=line)
            for program, written in new.items():
                self._timetable.put_program(written, program)
            self._timetable.put_calendar(calendar, found.calendar)
        return found.calendar.id

    def _written(self, id: str, raw: Raw, by: str) -> Written:
        return Written(id, dict(raw), self._hub.clock.now(), by)

    def _line(self, by: str, what: str, written: Written) -> AuditEntry:
        """The audit's line: what was written, or, of what was deleted, what it was."""
        return AuditEntry(self._hub.clock.now(), by, what, written.id, {"body": written.body})

    def _show(self, calendars: Iterable[str]) -> None:
        """Tell the screens of the lights that these calendars rule."""
        self._show_zones([zone for calendar in calendars for zone in self._timetable.following(calendar)])

    def _show_zones(self, zones: Iterable[str]) -> None:
        self._hub.screens.devices(self._hub.city.lights(zones))


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
