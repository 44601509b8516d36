"""Who wins: emergency > operator override > incident > sensor > program > default.

Among equals the latest start wins, among sensors and among incidents the higher level.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.control.cabinets import full_or_dark, must_be_whole
from hub.control.timetable import Timetable
from hub.model.devices import Device, DeviceKind
from hub.model.light import PRIORITY, Cause, Desired
from hub.model.overrides import Override
from hub.model.zones import Location
from hub.registry.city import FED, City
from schedules.calendar import Calendar
from schedules.program import skipped
from schedules.site import Site
from schedules.timeline import Moment, moment


class Assigned(NamedTuple):
    """What a device's program follows from: its calendar, whose sun, and its place in the row of its zone's lights."""

    calendar: Calendar
    place: Location
    position: int


def rank(override: Override) -> tuple[int, float, float, str]:
    """Overrides in ascending order of who wins; among those of sensors, or of incidents, the highest level does."""
    level = override.level if override.cause in (Cause.SENSOR, Cause.INCIDENT) else 0.0
    return PRIORITY[override.cause], level, override.start, override.id


class Arbiter:
    """The level every light should have now, computed afresh from the active overrides and its zone's calendar.

    `site` is where the sun is taken for devices without a place of their own, and whose clock all programs follow.
    `sensed` says whether what a sensor rule ordered rules a device now.
    """

    def __init__(self, city: City, timetable: Timetable, site: Site) -> None:
        self._city, self._timetable, self._site = city, timetable, site
        self._overrides: dict[str, Override] = {}
        self._of_zone: dict[str, set[str]] = {}
        self._of_device: dict[str, set[str]] = {}
        self._plans: dict[str, Assigned] = {}
        self._positions: dict[str, int] = {}
        self._moments: dict[tuple[str, Location], Moment] = {}
        self._dark: dict[tuple[str, Location], Moment] = {}
        self._coming: dict[tuple[str, Location], Moment] = {}
        self.sensed: Callable[[Override, Device, float], bool] = lambda override, device, now: True
        self._whole: dict[str, frozenset[str]] = {}  # feed -> the overrides that cover all of its segment
        self._changes = 0
        self._lines: dict[
            tuple[str | None, bool], Sequence[Override]
        ] = {}  # (zone, False) or (feed, True) -> what covers it
        self._lines_drawn = (-1, -1)  # the version of the city and the change of overrides that these follow from
        self._drawn = (-1, -1)  # the versions of city and timetable that these follow from

    def put(self, override: Override) -> None:
        """Add an override, or replace it by its newer self."""
        self._overrides[override.id] = override
        self._changes += 1
        for zone in override.zones:
            self._of_zone.setdefault(zone, set()).add(override.id)
        for device in override.devices:
            self._of_device.setdefault(device, set()).add(override.id)

    def drop(self, override: Override) -> None:
        """Forget an override that is over."""
        self._overrides.pop(override.id, None)
        self._changes += 1
        for covered, names in ((self._of_zone, override.zones), (self._of_device, override.devices)):
            for name in names:
                covered.get(name, set()).discard(override.id)
                if not covered.get(name):
                    covered.pop(name, None)

    def overrides(self) -> Iterable[Override]:
        """Those held in memory: active ones, and ended ones until they are dropped."""
        return list(self._overrides.values())

    def winner(self, device: Device, now: float) -> Override | None:
        """The override that rules over `device` at `now`. One over a part of a segment rules no light without a controller:
        they have one contactor."""
        return next((each for each in self._in_line(device) if self._holds(each, device, now)), None)

    def ranked(self, device: Device, now: float) -> list[Override]:
        """Every override that holds over `device` at `now`: the one that rules, then the next in line."""
        return [each for each in self._in_line(device) if self._holds(each, device, now)]

    def _in_line(self, device: Device) -> Sequence[Override]:
        """What covers `device`, whoever wins first. Worked out once for all lights of a zone or segment that nothing else covers:
        a city is asked light by light, and often."""
        self._draw()
        fed = device.profile == FED
        if not fed and device.id in self._of_device:
            return self._lined_up(self._covering(device))
        key = (device.feed or "") if fed else device.zone, fed
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = self._lined_up(self._covering_all(device) if fed else self._covering(device))
        return line

    def _draw(self) -> None:
        """Forget what followed from an older city or other overrides."""
        drawn = self._city.version, self._changes
        if self._lines_drawn != drawn:
            self._lines_drawn = drawn
            self._lines.clear()
            self._whole.clear()

    def _lined_up(self, ids: Iterable[str]) -> Sequence[Override]:
        return sorted((self._overrides[each] for each in ids), key=rank, reverse=True)

    def _holds(self, override: Override, device: Device, now: float) -> bool:
        return override.active(now) and self._applies(override, device, now)

    def _covering(self, device: Device) -> set[str]:
        ids = set(self._of_device.get(device.id, ()))
        for zone in self._city.tree.path(device.zone):
            ids |= self._of_zone.get(zone, set())
        return ids

    def _applies(self, override: Override, device: Device, now: float) -> bool:
        return override.cause is not Cause.SENSOR or self.sensed(override, device, now)

    def _covering_all(self, device: Device) -> frozenset[str]:
        self._draw()
        feed = device.feed or ""
        known = self._whole.get(feed)
        if known is None:
            each = [self._covering(light) for light in self._city.segment(feed).values()] or [self._covering(device)]
            known = self._whole[feed] = frozenset(set.intersection(*each))
        return known

    def beside(self, device: Device, override: str | None) -> str | None:
        """Why an override that covers this light without a controller does not rule it; None when it covers the segment."""
        if device.profile != FED or override is None or override in self._covering_all(device):
            return None
        lights = self._city.segment(device.feed or "").values()
        return must_be_whole(device.feed or "", sum(override not in self._covering(light) for light in lights))

    def desired(self, device: Device, now: float) -> Desired:
        """What `device` should be doing at `now`."""
        override = self.winner(device, now) if self._overrides else None
        if override is not None:
            level = full_or_dark(device, override.level)
            return Desired(level, override.cause, override.until, override.ramp, override.id)
        planned = self.planned(device, now)
        return Desired(planned.level, Cause.PROGRAM, planned.next, planned.ramp)

    def planned(self, device: Device, now: float) -> Moment:
        """What the calendar says for `device` at `now`; level 0 for a lamp whose turn it is to be skipped.

        A light without a controller has the program of its cabinet, is on at full level, and is never skipped.
        """
        plan = self.assigned(device)
        known = self._in_force(plan, now)
        if device.profile == FED:
            level = full_or_dark(device, known.level)
            return known if known.level == level else replace(known, level=level)
        if skipped(known.skip, plan.position, known.night):
            return self._dark[plan.calendar.id, plan.place]
        return known

    def in_force(self, device: Device, now: float) -> Moment:
        """The same without regard to whose turn it is to be dark."""
        return self._in_force(self.assigned(device), now)

    def _in_force(self, plan: Assigned, now: float) -> Moment:
        key = plan.calendar.id, plan.place
        known = self._moments.get(key)
        if known is None or not known.since <= now < (known.next or now):
            coming = self._coming.pop(key, None)
            if coming is not None and coming.since <= now < (coming.next or now):
                known = coming
            else:
                known = moment(plan.calendar, self._timetable.programs, self.at(plan.place), now)
            self._moments[key], self._dark[key] = known, replace(known, level=0.0)
        return known

    def follows(self, device: Device) -> tuple[str, Location]:
        """The calendar and the place that `device` has its steps by: devices of the same two have them at the same time."""
        plan = self.assigned(device)
        return plan.calendar.id, plan.place

    def prepare(self, device: Device, now: float) -> None:
        """Work out what the next step of `device` brings, so that nothing has to be worked out when it comes."""
        plan = self.assigned(device)
        known, key = self._in_force(plan, now), (plan.calendar.id, plan.place)
        if known.next is not None and key not in self._coming:
            self._coming[key] = moment(plan.calendar, self._timetable.programs, self.at(plan.place), known.next)

    def recompute(self) -> None:
        """Forget what was worked out: the clock was set."""
        for cache in (self._moments, self._dark, self._coming):
            cache.clear()

    def _forget(self, calendars: set[str]) -> None:
        """Forget what follows from these calendars, and nothing else."""
        for device in [device for device, plan in self._plans.items() if plan.calendar.id in calendars]:
            del self._plans[device]
        for cache in (self._moments, self._dark, self._coming):
            for key in [key for key in cache if key[0] in calendars]:
                del cache[key]

    @property
    def zone(self) -> ZoneInfo:
        """The city's clock."""
        return self._site.zone

    def at(self, place: Location) -> Site:
        """A place with the city's clock."""
        return Site(place.lat, place.lon, self._site.time_zone)

    def assigned(self, device: Device) -> Assigned:
        """What the device's program follows from."""
        drawn = self._city.version, self._timetable.version
        if self._drawn != drawn:
            if self._drawn[0] != drawn[0]:
                self._plans.clear()
                self._positions.clear()
            if self._drawn[1] != drawn[1]:  # what holds when is by calendar and place, whatever devices follow it
                self._forget(self._timetable.since(self._drawn[1]))
            self._drawn = drawn
        known = self._plans.get(device.id)
        if known is None:
            place, calendar = self.place_for(device), self._timetable.of(self._city.followed(device).zone)
            known = self._plans[device.id] = Assigned(calendar, place, self.position(device))
        return known

    def position(self, device: Device) -> int:
        """The device's place in the row of the lights right in its zone, from 0, by id with numbers in their order."""
        if device.id not in self._positions:
            row = (each.id for each in self._city.devices_right_in(device.zone) if each.kind is DeviceKind.LIGHT)
            for position, name in enumerate(sorted(row, key=_natural)):
                self._positions[name] = position
        return self._positions.setdefault(device.id, 0)

    def place_for(self, device: Device) -> Location:
        """Where the sun is taken for: the connection that carries the device, else its zone, else the city."""
        device = self._city.followed(device)
        owner = self._city.device(self._city.topic_owner(device.id)) or device
        found = owner.location or device.location or self.place_of(device.zone)
        return Location(round(found.lat, 2), round(found.lon, 2))

    def place_of(self, zone: str | None) -> Location:
        """Where the sun is taken for in a zone: its own place, else that of the nearest zone above, else the city's."""
        for each in self._city.tree.path(zone):
            located = self._city.tree.zones[each].location
            if located is not None:
                return located
        return Location(self._site.lat, self._site.lon)


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sorts "lamp-9" before "lamp-10"."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name)]
