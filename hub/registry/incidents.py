"""Incidents, their history, and the messages that they leave for notifications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select

from hub.model.alarms import Alarm, AlarmState
from hub.model.audit import AuditEntry
from hub.model.incidents import Incident, IncidentChanges, IncidentLine, IncidentNote, Message, MessageLine
from hub.model.reports import EventReport
from hub.registry import tables
from hub.registry.alarms import alarm_of
from hub.registry.audit import note
from hub.registry.batches import among
from hub.registry.database import Database
from hub.registry.events import PHASE, event_of

_incidents, _log, _messages, _facts = tables.incidents, tables.incident_log, tables.messages, tables.facts
_alarms, _journal, _events = tables.alarms, tables.alarm_log, tables.events
_CURSOR, _SEEN = "incidents.cursor", "incidents.events"
_PRUNED_AT_ONCE = 1_000


class JournalRow(NamedTuple):
    """A line of the alarms' journal and the alarm as it stood when the line was read; None: its device was deleted."""

    id: int
    alarm_id: str
    time: float
    what: str
    alarm: Alarm | None


class Moments(NamedTuple):
    """Events of a moment, and the id of the last event that was looked at for them."""

    events: list[EventReport]
    reached: int


class IncidentChoice(NamedTuple):
    """Which incidents: all that meet every condition given; opened in after <= t < before."""

    running: bool | None = None
    playbook: str | None = None
    device: str | None = None
    after: float | None = None
    before: float | None = None


class Incidents:
    """The truth of hub.incidents."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def running(self) -> list[Incident]:
        """Those that have not ended, the oldest first."""
        query = select(_incidents).where(_incidents.c.ended.is_(None)).order_by(_incidents.c.opened, _incidents.c.id)
        with self._database.read() as connection:
            return [_incident(row) for row in connection.execute(query)]

    def get(self, id: str) -> Incident | None:
        """The incident of that id."""
        with self._database.read() as connection:
            row = connection.execute(select(_incidents).where(_incidents.c.id == id)).first()
        return None if row is None else _incident(row)

    def page(self, chosen: IncidentChoice, below: str | None = None, limit: int = 100) -> list[Incident]:
        """At most `limit`, the newest first; with `below`, those of smaller ids."""
        query = select(_incidents).order_by(_incidents.c.id.desc()).limit(limit)
        if chosen.running is not None:
            query = query.where(_incidents.c.ended.is_(None) if chosen.running else _incidents.c.ended.is_not(None))
        for column, value in ((_incidents.c.playbook, chosen.playbook), (_incidents.c.device, chosen.device)):
            if value is not None:
                query = query.where(column == value)
        if chosen.after is not None:
            query = query.where(_incidents.c.opened >= chosen.after)
        if chosen.before is not None:
            query = query.where(_incidents.c.opened < chosen.before)
        if below is not None:
            query = query.where(_incidents.c.id < below)
        with self._database.read() as connection:
            return [_incident(row) for row in connection.execute(query)]

    def apply(self, changes: IncidentChanges, audit: Sequence[AuditEntry] = ()) -> None:
        """Write all of it or nothing; durable on return."""
        with self._database.write() as connection:
            if changes.incidents:
                statement = self._database.insert(_incidents)
                columns = [column.name for column in _incidents.c if column.name != "id"]
                connection.execute(
                    statement.on_conflict_do_update(
                        index_elements=["id"], set_={name: statement.excluded[name] for name in columns}
                    ),
                    [_row(incident) for incident in changes.incidents],
                )
            if changes.notes:
                rows = [
                    {"incident": n.incident, "time": n.time, "what": n.what, "who": n.who, "text": n.text}
                    for n in changes.notes
                ]
                connection.execute(insert(_log), rows)
            _leave(connection, changes.messages)
            for key, reached in ((_CURSOR, changes.cursor), (_SEEN, changes.seen)):
                if reached is None:
                    continue
                kept = self._database.insert(_facts).values(key=key, value=str(reached))
                connection.execute(
                    kept.on_conflict_do_update(index_elements=["key"], set_={"value": kept.excluded["value"]})
                )
            for entry in audit:
                note(connection, entry)

    def log(self, incident: str, below: int | None = None, limit: int = 100) -> list[IncidentLine]:
        """At most `limit` lines of an incident's history, the newest first; with `below`, those of smaller ids."""
        query = select(_log).where(_log.c.incident == incident).order_by(_log.c.id.desc()).limit(limit)
        if below is not None:
            query = query.where(_log.c.id < below)
        with self._database.read() as connection:
            return [
                IncidentLine(row.id, IncidentNote(row.incident, row.time, row.what, row.who, row.text))
                for row in connection.execute(query)
            ]

    # --- what alarms say ---------------------------------------------------------------------------------------------

    def cursor(self) -> int | None:
        """The last line of the alarms' journal that was dealt with; None when none ever was."""
        return self._kept(_CURSOR)

    def seen(self) -> int | None:
        """The last event that was looked at because it may be one of a moment; None when none ever was."""
        return self._kept(_SEEN)

    def _kept(self, key: str) -> int | None:
        with self._database.read() as connection:
            kept = connection.scalar(select(_facts.c.value).where(_facts.c.key == key))
        return None if kept is None else int(kept)

    def moments(self, after: int, limit: int = 500) -> Moments:
        """At most `limit` events without beginning and end that arrived after that one, the first to arrive first."""
        wanted = select(_events).where(_events.c.id > after, _events.c.phase == PHASE[None])
        with self._database.read() as connection:
            newest = connection.scalar(select(func.max(_events.c.id))) or after
            rows = connection.execute(wanted.where(_events.c.id <= newest).order_by(_events.c.id).limit(limit)).all()
        reached = rows[-1].id if len(rows) == limit else max(newest, after)
        return Moments([event_of(row) for row in rows], reached)

    def newest_line(self) -> int:
        """The id of the newest line of the alarms' journal; 0 when there is none."""
        with self._database.read() as connection:
            return connection.scalar(select(_journal.c.id).order_by(_journal.c.id.desc()).limit(1)) or 0

    def journal(self, after: int, limit: int = 500) -> list[JournalRow]:
        """At most `limit` lines of the alarms' journal after that one, the oldest first, each with its alarm."""
        lines = select(_journal).where(_journal.c.id > after).order_by(_journal.c.id).limit(limit)
        with self._database.read() as connection:
            rows = list(connection.execute(lines))
            wanted = {row.alarm for row in rows}
            chosen = select(_alarms).where(among(connection, _alarms.c.id, wanted))
            alarms = {row.id: alarm_of(row) for row in connection.execute(chosen)} if wanted else {}
        return [JournalRow(row.id, row.alarm, row.time, row.what, alarms.get(row.alarm)) for row in rows]

    def raised(self, alarms: Sequence[str]) -> set[str]:
        """Those of these alarms whose condition holds."""
        states = [state.value for state in AlarmState if state.raised]
        with self._database.read() as connection:
            query = select(_alarms.c.id).where(among(connection, _alarms.c.id, alarms), _alarms.c.state.in_(states))
            return set(connection.scalars(query))

    # --- what notifications read -------------------------------------------------------------------------------------

    def messages(self, after: int, limit: int = 100) -> list[MessageLine]:
        """At most `limit` messages after the one with that id, the oldest first: what notifications follow."""
        query = select(_messages).where(_messages.c.id > after).order_by(_messages.c.id).limit(limit)
        with self._database.read() as connection:
            return [
                MessageLine(
                    row.id,
                    Message(
                        row.time,
                        row.incident,
                        row.playbook,
                        row.device,
                        row.what,
                        row.severity,
                        row.text,
                        tuple(row.to),
                    ),
                )
                for row in connection.execute(query)
            ]

    def prune(self, before: float) -> int:
        """Forget incidents that ended before `before`, with their history and messages; returns how many there were."""
        old = (
            select(_incidents.c.id).where(_incidents.c.ended < before).order_by(_incidents.c.id).limit(_PRUNED_AT_ONCE)
        )
        removed = 0
        while True:
            with self._database.write() as connection:
                ids = list(connection.scalars(old))
                for column in (_log.c.incident, _messages.c.incident, _incidents.c.id):
                    connection.execute(delete(column.table).where(among(connection, column, ids)))
            removed += len(ids)
            if len(ids) < _PRUNED_AT_ONCE:
                return removed


def _leave(connection: Connection, messages: Sequence[Message]) -> None:
    if messages:
        connection.execute(insert(_messages), [{
            "time": m.time, "incident": m.incident, "playbook": m.playbook, "device": m.device, "what": m.what,
            "severity": m.severity, "text": m.text, "to": list(m.to),
        } for m in messages])  # fmt: skip


def _row(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id, "playbook": incident.playbook, "device": incident.device, "opened": incident.opened,
        "ended": incident.ended, "body": msgspec.to_builtins(incident),
    }  # fmt: skip


def _incident(row: Row[Any]) -> Incident:
    return msgspec.convert(row.body, Incident)
