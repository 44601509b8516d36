"""Dimming programs, calendars, rules of sensors, playbooks, intersections and routes in the database, as people wrote them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table, delete, insert, select, update

from hub.model.audit import AuditEntry
from hub.registry import tables
from hub.registry.audit import note
from hub.registry.database import Database
from hub.registry.errors import Exists, Missing
from hub.registry.records import Written


class Plans:
    """Shelves of programs, calendars, rules of sensors, playbooks, intersections and routes. What is on them was checked before.

    That a calendar names programs that exist, and that nothing is deleted that is in use, is the caller's business.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.programs = Shelf(database, tables.programs, "program")
        self.calendars = Shelf(database, tables.calendars, "calendar")
        self.sensing = Shelf(database, tables.sensing, "sensor rule")
        self.playbooks = Shelf(database, tables.playbooks, "playbook")
        self.intersections = Shelf(database, tables.intersections, "intersection")
        self.routes = Shelf(database, tables.signal_routes, "route")

    def install(self, programs: Sequence[Written], calendar: Written, *, audit: AuditEntry | None = None) -> None:
        """Add a calendar together with its programs, all or nothing; raises Exists."""
        with self._database.write() as connection:
            for program in programs:
                self.programs.insert(connection, program)
            self.calendars.insert(connection, calendar)
            note(connection, audit)


class Shelf:
    """One of them."""

    def __init__(self, database: Database, table: Table, what: str) -> None:
        self._database, self._table, self._what = database, table, what

    def all(self) -> list[Written]:
        """Everything, by id."""
        with self._database.read() as connection:
            found = connection.execute(select(self._table).order_by(self._table.c.id))
            return [Written(row.id, row.body, row.changed, row.by) for row in found]

    def add(self, written: Written, *, audit: AuditEntry | None = None) -> None:
        """Add one; raises Exists."""
        with self._database.write() as connection:
            self.insert(connection, written)
            note(connection, audit)

    def insert(self, connection: Connection, written: Written) -> None:
        """The same within a transaction."""
        if connection.scalar(select(self._table.c.id).where(self._table.c.id == written.id)) is not None:
            raise Exists(f"{self._what} {written.id!r} exists already: choose another id, or change that {self._what}")
        connection.execute(insert(self._table).values(written._asdict()))

    def replace(self, written: Written, *, audit: AuditEntry | None = None) -> None:
        """Replace the one of that id; raises Missing."""
        with self._database.write() as connection:
            change = update(self._table).where(self._table.c.id == written.id).values(written._asdict())
            if not connection.execute(change).rowcount:
                raise self._missing(written.id)
            note(connection, audit)

    def delete(self, id: str, *, audit: AuditEntry | None = None) -> None:
        """Delete one; raises Missing."""
        with self._database.write() as connection:
            if not connection.execute(delete(self._table).where(self._table.c.id == id)).rowcount:
                raise self._missing(id)
            note(connection, audit)

    def _missing(self, id: str) -> Missing:
        return Missing(f"no {self._what} {id!r}: it was deleted, or never added")
