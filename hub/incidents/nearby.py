"""Which lights are near a place: a grid over the city, drawn anew when the city changes."""

from __future__ import annotations

import math
from collections.abc import Iterator

from hub.model.devices import Device, DeviceKind
from hub.model.zones import Location
from hub.registry.city import COMMANDABLE, City

_CELL = 0.005  # degrees: about 550 m
_METRES = 111_195.0  # a degree of latitude


def distance(one: Location, other: Location) -> float:
    """Metres between two places of one city (equirectangular; within a millimetre a metre of the great circle)."""
    east = math.radians(one.lon - other.lon) * math.cos(math.radians((one.lat + other.lat) / 2))
    return math.degrees(math.hypot(math.radians(one.lat - other.lat), east)) * _METRES


class Nearby:
    """Used on the event loop."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._version = -1
        self._cells: dict[tuple[int, int], list[Device]] = {}

    def lights(self, place: Location, metres: float) -> list[str]:
        """Ids of the lights in service with a place of their own within so many metres, in order of distance."""
        self._draw()
        found = [
            (far, device.id)
            for device in self._around(place, metres)
            if device.location is not None and (far := distance(place, device.location)) <= metres
        ]
        return [id for _, id in sorted(found)]

    def _around(self, place: Location, metres: float) -> Iterator[Device]:
        high = metres / _METRES
        wide = high / max(0.01, math.cos(math.radians(place.lat)))
        for row in range(_cell(place.lat - high), _cell(place.lat + high) + 1):
            for column in range(_cell(place.lon - wide), _cell(place.lon + wide) + 1):
                yield from self._cells.get((row, column), ())

    def _draw(self) -> None:
        if self._version == self._city.version:
            return
        self._cells.clear()
        for device in self._city.devices.values():
            if device.kind is DeviceKind.LIGHT and device.status in COMMANDABLE and device.location is not None:
                cell = _cell(device.location.lat), _cell(device.location.lon)
                self._cells.setdefault(cell, []).append(device)
        self._version = self._city.version


def _cell(degrees: float) -> int:
    return math.floor(degrees / _CELL)
