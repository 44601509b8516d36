"""Zones in the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from hub.model.audit import AuditEntry
from hub.model.zones import Location, Zone, ZoneTree
from hub.registry import tables
from hub.registry.audit import note
from hub.registry.database import Database
from hub.registry.errors import Exists, Missing, NotEmpty

_zones = tables.zones


class Zones:
    """The tree of zones. Writes keep it a tree: they raise hub.model.zones.BadParent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Zone]:
        """Every zone, by id."""
        with self._database.read() as connection:
            return _all(connection)

    def get(self, id: str) -> Zone | None:
        """The zone of that id."""
        with self._database.read() as connection:
            row = connection.execute(select(_zones).where(_zones.c.id == id)).first()
        return None if row is None else _zone(row)

    def add(self, zone: Zone) -> None:
        """Add a zone; raises Exists, BadParent."""
        with self._database.write() as connection:
            tree = _above(connection, zone)
            if zone.id in tree:
                raise Exists(f"zone {zone.id!r} exists already: choose another id, or change that zone")
            tree.check_parent(zone.id, zone.parent)
            connection.execute(insert(_zones).values(_columns(zone)))

    def update(self, zone: Zone, *, audit: AuditEntry | None = None) -> None:
        """Replace the zone of that id, and keep a line of the audit; raises Missing, BadParent."""
        with self._database.write() as connection:
            tree = _above(connection, zone)
            if zone.id not in tree:
                raise _missing(zone.id)
            tree.check_parent(zone.id, zone.parent)
            connection.execute(update(_zones).where(_zones.c.id == zone.id).values(_columns(zone)))
            note(connection, audit)

    def delete(self, id: str) -> None:
        """Delete a zone without children and devices; raises Missing, NotEmpty."""
        with self._database.write() as connection:
            for table, column, what in (
                (_zones, _zones.c.parent, "zones"),
                (tables.devices, tables.devices.c.zone, "devices"),
            ):
                count = connection.scalar(select(func.count()).select_from(table).where(column == id)) or 0
                if count:
                    names = connection.scalars(
                        select(table.c.id).where(column == id).order_by(table.c.id).limit(3)
                    ).all()
                    more = " ..." if count > len(names) else ""
                    raise NotEmpty(
                        f"zone {id!r} still holds {count} {what} ({', '.join(names)}{more}): move or delete them first"
                    )
            if not connection.execute(delete(_zones).where(_zones.c.id == id)).rowcount:
                raise _missing(id)


def _all(connection: Connection) -> list[Zone]:
    return [_zone(row) for row in connection.execute(select(_zones).order_by(_zones.c.id))]


def _above(connection: Connection, zone: Zone) -> ZoneTree:
    """The part of the tree that its new place is judged by: the zone as it was, its parent to be and all above that."""
    found: dict[str, Zone] = {}
    for id in (zone.id, zone.parent):
        while id is not None and id not in found:
            row = connection.execute(select(_zones).where(_zones.c.id == id)).first()
            if row is None:
                break
            found[id] = _zone(row)
            id = row.parent
    return ZoneTree(found)


def _missing(id: str) -> Missing:
    return Missing(f"no zone {id!r}: it was deleted, or never added")


def _zone(row: Row[Any]) -> Zone:
    return Zone(
        id=row.id,
        name=row.name,
        kind=row.kind,
        parent=row.parent,
        location=location(row.lat, row.lon),
        path=tuple(Location(lat, lon) for lat, lon in row.path),
        calendar=row.calendar,
    )


def _columns(zone: Zone) -> dict[str, Any]:
    return {
        "id": zone.id,
        "name": zone.name,
        "kind": zone.kind,
        "parent": zone.parent,
        "lat": zone.location and zone.location.lat,
        "lon": zone.location and zone.location.lon,
        "path": [[point.lat, point.lon] for point in zone.path],
        "calendar": zone.calendar,
    }


def location(lat: float | None, lon: float | None) -> Location | None:
    """A position from its two columns."""
    return None if lat is None or lon is None else Location(lat, lon)
