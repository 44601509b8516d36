"""Who wins: emergency > operator override > incident > sensor > program > default; among equals the latest start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hub.model.devices import Device
from hub.model.light import PRIORITY, Cause, Desired
from hub.model.overrides import Override
from hub.model.zones import Location
from hub.registry.city import City
from schedules.calendar import every_night
from schedules.program import Program
from schedules.site import Site
from schedules.timeline import Moment, moment


def rank(override: Override) -> tuple[int, float, str]:
    """Overrides in ascending order of who wins."""
    return PRIORITY[override.cause], override.start, override.id


class Arbiter:
    """The level every light should have now, computed afresh from the active overrides and the program."""

    def __init__(self, city: City, program: Program, site: Site) -> None:
        self._city, self._program, self._site = city, program, site
        self._calendar, self._programs = every_night(program.id), {program.id: program}
        self._overrides: dict[str, Override] = {}
        self._of_zone: dict[str, set[str]] = {}
        self._of_device: dict[str, set[str]] = {}
        self._places: dict[str, Location] = {}
        self._places_of = -1  # the city's version that `_places` belongs to
        self._moments: dict[Location, Moment] = {}

    def put(self, override: Override) -> None:
        """Add an override, or replace it by its newer self."""
        self._overrides[override.id] = override
        for zone in override.zones:
            self._of_zone.setdefault(zone, set()).add(override.id)
        for device in override.devices:
            self._of_device.setdefault(device, set()).add(override.id)

    def drop(self, override: Override) -> None:
        """Forget an override that is over."""
        self._overrides.pop(override.id, None)
        for zone in override.zones:
            self._of_zone.get(zone, set()).discard(override.id)
        for device in override.devices:
            self._of_device.get(device, set()).discard(override.id)

    def overrides(self) -> Iterable[Override]:
        """Those held in memory: active ones, and ended ones until they are dropped."""
        return list(self._overrides.values())

    def winner(self, device: Device, now: float) -> Override | None:
        """The override that rules over `device` at `now`."""
        ids = set(self._of_device.get(device.id, ()))
        for zone in self._city.tree.path(device.zone):
            ids |= self._of_zone.get(zone, set())
        candidates = [self._overrides[each] for each in ids if self._overrides[each].active(now)]
        return max(candidates, key=rank, default=None)

    def desired(self, device: Device, now: float) -> Desired:
        """What `device` should be doing at `now`."""
        override = self.winner(device, now) if self._overrides else None
        if override is not None:
            return Desired(override.level, override.cause, override.until, override.ramp, override.id)
        planned = self.planned(device, now)
        return Desired(planned.level, Cause.PROGRAM, planned.next, planned.ramp)

    def planned(self, device: Device, now: float) -> Moment:
        """What the program says for `device` at `now`."""
        place = self.place(device)
        known = self._moments.get(place)
        if known is None or not known.since <= now < (known.next or now):
            known = self._moments[place] = moment(self._calendar, self._programs, self._at(place), now)
        return known

    def wire(self, device: Device) -> dict[str, Any]:
        """The program as `device` keeps it."""
        return self._program.wire(self._at(self.place(device)))

    def _at(self, place: Location) -> Site:
        return Site(place.lat, place.lon, self._site.time_zone)

    def place(self, device: Device) -> Location:
        """Where the sun is taken for: the connection that carries the device, else its zone, else the city."""
        if self._places_of != self._city.version:
            self._places.clear()
            self._moments.clear()
            self._places_of = self._city.version
        known = self._places.get(device.id)
        if known is None:
            owner = self._city.device(self._city.topic_owner(device.id)) or device
            found = owner.location or device.location or self._zone_location(device)
            known = self._places[device.id] = Location(round(found.lat, 2), round(found.lon, 2))
        return known

    def _zone_location(self, device: Device) -> Location:
        for zone in self._city.tree.path(device.zone):
            located = self._city.tree.zones[zone].location
            if located is not None:
                return located
        return Location(self._site.lat, self._site.lon)
