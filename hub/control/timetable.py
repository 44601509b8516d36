"""Which calendar each zone follows, and the programs that calendars name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import structlog

from hub.registry.city import City
from hub.registry.records import Written
from schedules.calendar import Calendar, every_night
from schedules.calendar_reader import BadCalendar, check_calendar, parse_calendar
from schedules.program import Program
from schedules.program_reader import BadProgram, parse_program

log = structlog.get_logger("lamplighter.control")


class Timetable:
    """A mirror of the registry's programs and calendars (the truth stays there). Changed on the event loop only.

    A zone without a calendar follows that of the nearest zone above it that has one; where none has, the program of
    the settings runs every night. `version` grows with every change, so that others can cache by it; `since` says which
    calendars such changes were about.
    """

    def __init__(self, city: City, usual: Program) -> None:
        self.version = 0
        self.usual = usual
        self._city = city
        self._every_night = every_night(usual.id)
        self._programs = {usual.id: usual}
        self._calendars: dict[str, Calendar] = {}
        self._written: dict[str, dict[str, Written]] = {"program": {}, "calendar": {}}
        self._of_zone: dict[str | None, Calendar] = {}
        self._drawn = (-1, -1)
        self._touched: dict[str, int] = {}
        self.programs: Mapping[str, Program] = MappingProxyType(self._programs)
        self.calendars: Mapping[str, Calendar] = MappingProxyType(self._calendars)
        self.unusable: dict[str, str] = {}

    def load(self, programs: Iterable[Written], calendars: Iterable[Written]) -> None:
        """Take up what the registry holds.

        What an older Lamplighter (or an older `holidays`) accepted and this one cannot run is named in `unusable`, with the
        reason; zones that follow such a calendar have the program of the settings until it is mended.
        """
        for written in programs:
            try:
                self.put_program(written, parse_program(written.body))
            except BadProgram as error:
                self._refuse("program", written, error)
        for written in calendars:
            try:
                calendar = parse_calendar(written.body)
                check_calendar(calendar, self._programs)
                self.put_calendar(written, calendar)
            except BadCalendar as error:
                self._refuse("calendar", written, error)

    def _refuse(self, what: str, written: Written, error: ValueError) -> None:
        self._written[what][written.id] = written
        self.unusable[f"{what} {written.id}"] = str(error)
        log.error(f"{what} cannot be run; zones that need it have the program of the settings",
                  id=written.id, error=str(error))  # fmt: skip

    # --- changes -------------------------------------------------------------------------------------------------

    def put_program(self, written: Written, program: Program) -> None:
        """Add a program or replace the one of its id."""
        self._programs[program.id] = program
        self._keep("program", written)
        self._touch(*self.naming(program.id), *({program.id} & {self.usual.id}))

    def put_calendar(self, written: Written, calendar: Calendar) -> None:
        """Add a calendar, whose programs are there, or replace the one of its id."""
        is_new = calendar.id not in self._calendars
        self._calendars[calendar.id] = calendar
        self._keep("calendar", written)
        self._touch(calendar.id, *([self._every_night.id] if is_new else []))  # zones may have had the usual one for it

    def _keep(self, what: str, written: Written) -> None:
        self._written[what][written.id] = written
        self.unusable.pop(f"{what} {written.id}", None)
        self.version += 1

    def drop_program(self, id: str) -> None:
        """Forget a program that no calendar names."""
        self._programs.pop(id, None)
        self._forget("program", id)

    def drop_calendar(self, id: str) -> None:
        """Forget a calendar that no zone follows."""
        self._calendars.pop(id, None)
        self._forget("calendar", id)
        self._touch(id)

    def _forget(self, what: str, id: str) -> None:
        self._written[what].pop(id, None)
        self.unusable.pop(f"{what} {id}", None)
        self.version += 1

    def _touch(self, *calendars: str) -> None:
        self._touched.update(dict.fromkeys(calendars, self.version))

    # --- questions -----------------------------------------------------------------------------------------------

    def touched(self, calendar: str) -> int:
        """The version in which what `calendar` says may have changed last."""
        return self._touched.get(calendar, 0)

    def since(self, version: int) -> set[str]:
        """Ids of the calendars that may say something else than in `version`, or rule in other zones."""
        return {calendar for calendar, at in self._touched.items() if at > version}

    def written_programs(self) -> Mapping[str, Written]:
        """Those of the registry, by id."""
        return self._written["program"]

    def written_calendars(self) -> Mapping[str, Written]:
        """Those of the registry, by id."""
        return self._written["calendar"]

    def naming(self, program: str) -> list[str]:
        """Ids of the calendars that name `program`."""
        return sorted(each.id for each in self._calendars.values() if program in each.named())

    def following(self, calendar: str) -> list[str]:
        """Ids of the zones that have this very calendar."""
        return sorted(zone.id for zone in self._city.tree.zones.values() if zone.calendar == calendar)

    def of(self, zone: str | None) -> Calendar:
        """The calendar that rules in `zone`."""
        drawn = (self.version, self._city.version)
        if self._drawn != drawn:
            self._of_zone.clear()
            self._drawn = drawn
        found = self._of_zone.get(zone)
        if found is None:
            found = self._of_zone[zone] = self._find(zone)
        return found

    def _find(self, zone: str | None) -> Calendar:
        source = self.source(zone)
        named = self._city.tree.zones[source].calendar if source is not None else None
        return self._calendars.get(named or "", self._every_night)

    def source(self, zone: str | None) -> str | None:
        """The zone, `zone` itself or one above it, whose calendar rules in `zone`; None: the program of the settings."""
        tree = self._city.tree
        return next((each for each in tree.path(zone) if tree.zones[each].calendar is not None), None)
