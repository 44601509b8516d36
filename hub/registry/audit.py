"""The audit in the database: lines are added and never changed, and none is deleted before its time (`registry.audit_days`)."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from hub.model.audit import AuditEntry
from hub.registry import tables
from hub.registry.database import Database
from hub.registry.records import Extent

_audit = tables.audit
_PRUNED_AT_ONCE = 5_000  # lines, so that others may write in between


class AuditRow(NamedTuple):
    """A line as stored; ids grow in the order of writing."""

    id: int
    entry: AuditEntry


class AuditChoice(NamedTuple):
    """Which lines: all that meet every condition given. `what` is the beginning of a word; after <= time < before."""

    who: str | None = None
    what: str | None = None
    about: str | None = None
    after: float | None = None
    before: float | None = None


def note(connection: Connection, entry: AuditEntry | None) -> None:
    """Add a line within a transaction, so that it is there exactly when what it tells of is."""
    if entry is not None:
        columns = {"time": entry.time, "who": entry.who, "what": entry.what, "about": entry.about}
        connection.execute(insert(_audit).values(columns | {"detail": entry.detail}))


class Audit:
    """Who did what."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, entry: AuditEntry) -> None:
        """Add a line for what changed nothing else here: a refusal, a failed sign-in."""
        with self._database.write() as connection:
            note(connection, entry)

    def page(self, chosen: AuditChoice = AuditChoice(), below: int | None = None, limit: int = 100) -> list[AuditRow]:  # noqa: B008
        """At most `limit` lines, the newest first; with `below`, those of smaller ids."""
        query = select(_audit).order_by(_audit.c.id.desc()).limit(limit)
        for column, value in ((_audit.c.who, chosen.who), (_audit.c.about, chosen.about)):
            if value is not None:
                query = query.where(column == value)
        if chosen.what is not None:
            query = query.where(_audit.c.what.startswith(chosen.what, autoescape=True))
        if chosen.after is not None:
            query = query.where(_audit.c.time >= chosen.after)
        if chosen.before is not None:
            query = query.where(_audit.c.time < chosen.before)
        if below is not None:
            query = query.where(_audit.c.id < below)
        with self._database.read() as connection:
            rows = connection.execute(query)
            return [AuditRow(row.id, AuditEntry(row.time, row.who, row.what, row.about, row.detail)) for row in rows]

    def prune(self, before: float) -> int:
        """Forget the lines from before `before`; returns how many there were."""
        old = select(_audit.c.id).where(_audit.c.time < before).order_by(_audit.c.time).limit(_PRUNED_AT_ONCE)
        removed = 0
        while True:
            with self._database.write() as connection:
                count = connection.execute(delete(_audit).where(_audit.c.id.in_(old.scalar_subquery()))).rowcount
            removed += count
            if count < _PRUNED_AT_ONCE:
                return removed

    def extent(self) -> Extent:
        """How many lines there are."""
        with self._database.read() as connection:
            return Extent(*connection.execute(select(func.count(), func.min(_audit.c.time))).one())
