"""Where people are told of alarms: channels with their sealed secrets, and routes."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update

from hub.model.audit import AuditEntry
from hub.model.notify import ChannelKind
from hub.registry import tables
from hub.registry.audit import note
from hub.registry.database import Database
from hub.registry.errors import Exists, Missing
from hub.registry.plans import Shelf

_channels = tables.notify_channels


class ChannelRow(NamedTuple):
    """A channel as written: `body` is without secrets, `sealed` holds them as hub.notify.sealing closed them."""

    id: str
    kind: ChannelKind
    body: dict[str, Any]
    sealed: str
    changed: float
    by: str


class Channels:
    """Channels by id; `routes` are beside them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.routes = Shelf(database, tables.notify_routes, "route")

    def all(self) -> list[ChannelRow]:
        """Every channel, by id."""
        with self._database.read() as connection:
            rows = connection.execute(select(_channels).order_by(_channels.c.id))
            return [ChannelRow(r.id, ChannelKind(r.kind), r.body, r.sealed, r.changed, r.by) for r in rows]

    def add(self, channel: ChannelRow, *, audit: AuditEntry | None = None) -> None:
        """Add one; raises Exists."""
        with self._database.write() as connection:
            if connection.scalar(select(_channels.c.id).where(_channels.c.id == channel.id)) is not None:
                raise Exists(f"channel {channel.id!r} exists already: choose another id, or change that channel")
            connection.execute(insert(_channels).values(_columns(channel)))
            note(connection, audit)

    def replace(self, channel: ChannelRow, *, audit: AuditEntry | None = None) -> None:
        """Replace the one of that id; raises Missing."""
        with self._database.write() as connection:
            change = update(_channels).where(_channels.c.id == channel.id).values(_columns(channel))
            if not connection.execute(change).rowcount:
                raise _missing(channel.id)
            note(connection, audit)

    def delete(self, id: str, *, audit: AuditEntry | None = None) -> None:
        """Delete one; raises Missing. Its deliveries stay on record."""
        with self._database.write() as connection:
            if not connection.execute(delete(_channels).where(_channels.c.id == id)).rowcount:
                raise _missing(id)
            note(connection, audit)


def _columns(channel: ChannelRow) -> dict[str, Any]:
    return channel._asdict() | {"kind": channel.kind.value}


def _missing(id: str) -> Missing:
    return Missing(f"no channel {id!r}: it was deleted, or never added")
