"""What connections are to hold of programs, compiled once for each calendar and place however many lamps have them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hub.control.arbiter import Arbiter
from hub.control.timetable import Timetable
from hub.model.devices import Device, DeviceKind
from hub.model.zones import Location
from hub.ports import Clock
from hub.registry.city import City
from schedules.calendar import Calendar
from schedules.plan import Plan, compile_plan
from schedules.timeline import program_day

Stamp = tuple[int, int, int, bool]
_Key = tuple[str, Location]


class Held(NamedTuple):
    """The plan that a light is to hold, by the name it has in its connection's configuration."""

    name: str
    calendar: str
    position: int
    plan: Plan


class Plans:
    """Plans and present programs by calendar and place. What they follow from is in `stamp`."""

    def __init__(self, city: City, timetable: Timetable, arbiter: Arbiter, clock: Clock) -> None:
        self._city, self._timetable, self._arbiter, self._clock = city, timetable, arbiter, clock
        self._compiled: dict[_Key, Plan] = {}
        self._present: dict[_Key, Mapping[str, Any]] = {}
        self._drawn = (-1, 0.0)
        self._today: list[int] = []

    def stamp(self) -> Stamp:
        """Changes whenever something here may: with the city, the programs, and at midnight and noon, when program days begin."""
        local = datetime.fromtimestamp(self._clock.now(), self._arbiter.zone)
        return self._city.version, self._timetable.version, local.toordinal(), local.hour >= 12

    def of(self, light: Device) -> Held:
        """What `light` is to hold. Where a gateway's lamps follow the sun of several places, each has its plan and its name."""
        calendar, place, position = self._arbiter.assigned(light)
        owner = self._city.device(self._city.topic_owner(light.id)) or light
        at_home = owner is light or self._arbiter.assigned(owner).place == place
        name = calendar.id if at_home else f"{calendar.id}@{place.lat:g},{place.lon:g}"
        return Held(name, calendar.id, position, self._plan(calendar, place))

    def program(self, device: Device) -> Mapping[str, Any]:
        """The program of the present program day, as `device` keeps it."""
        calendar, place, _ = self._arbiter.assigned(device)
        self._forget_old()
        found = self._present.get((calendar.id, place))
        if found is None:
            programs, site = self._timetable.programs, self._arbiter.at(place)
            today = program_day(calendar, programs, site, self._clock.now())
            found = self._present[calendar.id, place] = programs[today.program].wire(site)
        return found

    def lamps(self, gateway: Device) -> list[Device]:
        """The lights that it speaks for."""
        return [each for each in self._city.children(gateway.id) if each.kind is DeviceKind.LIGHT]

    def _plan(self, calendar: Calendar, place: Location) -> Plan:
        self._forget_old()
        found = self._compiled.get((calendar.id, place))
        if found is None:
            # from yesterday on: a program day from noon may still be that of its date
            today = datetime.fromtimestamp(self._clock.now(), self._arbiter.zone).date() - timedelta(days=1)
            found = compile_plan(calendar, self._timetable.programs, self._arbiter.at(place), today)
            self._compiled[calendar.id, place] = found
        return found

    def _forget_old(self) -> None:
        """Program days begin at midnight and noon of the city's clock, and these at a quarter of an hour of any clock."""
        drawn = self._timetable.version, self._clock.now() // 900
        if self._drawn == drawn:
            return
        _, _, *today = self.stamp()
        stale = self._timetable.since(self._drawn[0])
        for key in [
            key for key in self._compiled.keys() | self._present.keys() if today != self._today or key[0] in stale
        ]:
            self._compiled.pop(key, None)
            self._present.pop(key, None)
        self._drawn, self._today = drawn, today
