"""Alarms and their journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, FromClause, Row, delete, func, insert, select, true

from hub.model.alarms import (
    Alarm,
    AlarmChanges,
    AlarmKey,
    AlarmLine,
    AlarmNote,
    AlarmSource,
    AlarmState,
    Service,
    Shelf,
)
from hub.model.audit import AuditEntry
from hub.model.fire import FIRE_EVENTS, Acknowledgement
from hub.model.reports import EventReport
from hub.registry import tables
from hub.registry.audit import note
from hub.registry.batches import ALARM_LINES, ALARMS, among, batch, of_batch
from hub.registry.columns import as_json
from hub.registry.database import Database, upsert
from hub.registry.events import record_events
from hub.registry.fire_events import Stamp, acknowledge, stamp
from hub.registry.records import Extent

_alarms, _log, _facts = tables.alarms, tables.alarm_log, tables.facts
_CURSOR, _FIRE_CURSOR = "alarms.cursor", "alarms.fire-cursor"
_PRUNED_AT_ONCE = 5_000


class Alarms:
    """The truth of hub.alarms."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Alarm]:
        """Every alarm, by id."""
        with self._database.read() as connection:
            return [alarm_of(row) for row in connection.execute(select(_alarms).order_by(_alarms.c.id))]

    def cursor(self) -> int | None:
        """The id of the last event that became alarms; None when none ever was looked at."""
        with self._database.read() as connection:
            kept = connection.scalar(select(_facts.c.value).where(_facts.c.key == _CURSOR))
        return None if kept is None else int(kept)

    def fire_cursor(self) -> int:
        """The id of the last event of a fire panel that became an alarm; 0 when none did."""
        with self._database.read() as connection:
            return int(connection.scalar(select(_facts.c.value).where(_facts.c.key == _FIRE_CURSOR)) or 0)

    def apply(
        self,
        changes: AlarmChanges,
        events: Sequence[EventReport] = (),
        audit: Sequence[AuditEntry] = (),
        stamps: Sequence[Stamp] = (),
    ) -> list[EventReport]:
        """Write all of it or nothing, durable on return; returns those of `events` that were not there before. `stamps` are
        noted with the events of fire panels, and so is who acknowledged their alarms."""
        with self._database.write(first=changes.fire_cursor is not None) as connection:
            new = record_events(self._database, connection, events) if events else []
            if changes.alarms:
                rows = [tuple(_row(alarm).values()) for alarm in changes.alarms]
                connection.execute(_keep(self._database, batch(connection, ALARMS, rows)))
            if changes.gone:
                connection.execute(delete(_alarms).where(among(connection, _alarms.c.id, changes.gone)))
            if changes.notes:
                lines = [(seq, n.alarm, n.time, n.what, n.who, n.text) for seq, n in enumerate(changes.notes)]
                connection.execute(_append(batch(connection, ALARM_LINES, lines)))
            stamp(connection, stamps)
            acknowledge(connection, _seen(changes))
            for key, cursor in ((_CURSOR, changes.cursor), (_FIRE_CURSOR, changes.fire_cursor)):
                if cursor is None:
                    continue
                connection.execute(_keep_fact(self._database.sqlite), {"key": key, "value": str(cursor)})
            for entry in audit:
                note(connection, entry)
        return new

    def log(self, alarm: str, below: int | None = None, limit: int = 100) -> list[AlarmLine]:
        """At most `limit` lines of an alarm's journal, the newest first; with `below`, those of smaller ids."""
        query = select(_log).where(_log.c.alarm == alarm).order_by(_log.c.id.desc()).limit(limit)
        if below is not None:
            query = query.where(_log.c.id < below)
        with self._database.read() as connection:
            return [
                AlarmLine(row.id, AlarmNote(row.alarm, row.time, row.what, row.who, row.text))
                for row in connection.execute(query)
            ]

    def prune(self, before: float) -> int:
        """Forget journal lines from before `before`; returns how many there were."""
        old = select(_log.c.id).where(_log.c.time < before).order_by(_log.c.time).limit(_PRUNED_AT_ONCE)
        removed = 0
        while True:
            with self._database.write() as connection:
                count = connection.execute(delete(_log).where(_log.c.id.in_(old.scalar_subquery()))).rowcount
            removed += count
            if count < _PRUNED_AT_ONCE:
                return removed

    def extent(self) -> Extent:
        """How many lines the journal has."""
        with self._database.read() as connection:
            return Extent(*connection.execute(select(func.count(), func.min(_log.c.time))).one())


@of_batch
def _keep(database: Database, new: FromClause) -> Executable:
    columns = [column.name for column in new.c]
    insert = database.insert(_alarms).from_select(columns, select(*new.c).where(true()))
    changed = {name: insert.excluded[name] for name in columns if name != "id"}
    return insert.on_conflict_do_update(index_elements=["id"], set_=changed)


@of_batch
def _append(new: FromClause) -> Executable:
    columns = [column.name for column in new.c if column.name != "seq"]
    return insert(_log).from_select(columns, select(*(new.c[name] for name in columns)).order_by(new.c.seq))


@cache
def _keep_fact(on_sqlite: bool) -> Executable:
    insert = upsert(_facts, on_sqlite)
    return insert.on_conflict_do_update(index_elements=["key"], set_={"value": insert.excluded["value"]})


def _seen(changes: AlarmChanges) -> Iterator[tuple[str, int, Acknowledgement]]:
    """Who acknowledged which alarms of fire, and which of their episodes."""
    of_fire = {alarm.id: alarm.times for alarm in changes.alarms if alarm.key.type in FIRE_EVENTS}
    for line in changes.notes:
        if line.what == "acknowledged" and line.alarm in of_fire:
            yield line.alarm, of_fire[line.alarm], Acknowledgement(line.time, line.who, line.text)


def _row(alarm: Alarm) -> dict[str, Any]:
    return {
        "id": alarm.id, "device": alarm.key.device, "type": alarm.key.type, "point": alarm.key.point,
        "state": alarm.state.value, "source": alarm.source.value, "revision": alarm.revision, "began": alarm.began,
        "changed": alarm.changed, "told": alarm.told, "times": alarm.times, "text": alarm.text,
        "acknowledged": alarm.acknowledged, "acknowledged_by": alarm.acknowledged_by, "cause": alarm.cause,
        "shelf": as_json(None if alarm.shelf is None else list(alarm.shelf)),
        "service": as_json(None if alarm.service is None else list(alarm.service)),
    }  # fmt: skip


def alarm_of(row: Row[Any]) -> Alarm:
    """An alarm as it is stored."""
    return Alarm(
        row.id, AlarmKey(row.device, row.type, row.point), AlarmState(row.state), AlarmSource(row.source), row.revision,
        row.began, row.changed, row.told, row.times, row.text, row.acknowledged, row.acknowledged_by, row.cause,
        None if row.shelf is None else Shelf(*row.shelf), None if row.service is None else Service(*row.service),
    )  # fmt: skip
