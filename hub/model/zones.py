"""Zones: a tree by `parent`, of any depth (province, ward, street, cabinet ...), whose branches can be moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """A WGS 84 position in degrees."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Zone:
    """A place that lights belong to. `kind` is a word of the city's own; `path` is the line of a street, if known.

    `calendar` says which programs run there and, where a zone beneath has none of its own, in that one too.
    """

    id: str
    name: str
    kind: str
    parent: str | None = None
    location: Location | None = None
    path: tuple[Location, ...] = ()
    calendar: str | None = None


class BadParent(ValueError):
    """A parent that does not exist or would make the tree a circle."""


class ZoneTree:
    """All zones at one moment, with the questions that are asked of a tree. Immutable."""

    def __init__(self, zones: Mapping[str, Zone]) -> None:
        self.zones = dict(zones)
        self._children: dict[str | None, list[str]] = {}
        for zone in self.zones.values():
            parent = zone.parent if zone.parent in self.zones else None
            self._children.setdefault(parent, []).append(zone.id)
        for siblings in self._children.values():
            siblings.sort()

    def __contains__(self, zone: object) -> bool:
        return zone in self.zones

    def children(self, zone: str | None) -> list[str]:
        """Ids right below `zone`; the roots for None."""
        return self._children.get(zone, [])

    def below(self, zone: str) -> Iterator[str]:
        """`zone` and every zone beneath it, parents before children."""
        waiting = [zone]
        while waiting:
            current = waiting.pop()
            yield current
            waiting.extend(self.children(current))

    def path(self, zone: str | None) -> tuple[str, ...]:
        """`zone` and its ancestors, the nearest first; empty for None or an unknown zone."""
        found: list[str] = []
        while zone is not None and zone in self.zones and zone not in found:
            found.append(zone)
            zone = self.zones[zone].parent
        return tuple(found)

    def check_parent(self, zone: str, parent: str | None) -> None:
        """Raise BadParent when `zone` cannot hang below `parent`."""
        if parent is None:
            return
        if parent not in self.zones:
            raise BadParent(f"no zone {parent!r}: create it first, or leave out parent for a root")
        if zone in self.path(parent):
            raise BadParent(
                f"zone {zone!r} cannot hang below {parent!r}, which lies inside it: move {parent!r} out first"
            )
