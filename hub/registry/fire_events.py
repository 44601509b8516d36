"""Events of fire panels with the proof of their way."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Executable, FromClause, Row, delete, func, literal, select, update

from hub.model.fire import Acknowledgement, FireEvent, Notification
from hub.model.panels import Found
from hub.model.reports import EventReport
from hub.registry import tables
from hub.registry.batches import FIRE_EVENTS, STAMPS, batch, of_batch
from hub.registry.database import Database
from hub.registry.events import ACTIVE, PHASE
from hub.registry.records import Extent

_events = tables.fire_events
_PRUNED_AT_ONCE = 5_000


class Stamp(NamedTuple):
    """What became known of an event's way; None leaves what is there."""

    event: int
    persisted: float | None = None
    alarm: str | None = None
    episode: int | None = None
    alarmed: float | None = None
    streamed: float | None = None
    clock_error: float | None = None


class FireEvents:
    """The proof of delivery."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, id: int) -> FireEvent | None:
        """One event."""
        with self._database.read() as connection:
            row = connection.execute(select(_events).where(_events.c.id == id)).first()
        return None if row is None else _event(row)

    def list(
        self,
        *,
        device: str | None = None,
        type: str | None = None,
        start: float | None = None,
        end: float | None = None,
        below: int | None = None,
        limit: int = 100,
    ) -> builtins.list[FireEvent]:
        """At most `limit` events received in start <= t < end, the last to arrive first; with `below`, those of smaller ids."""
        query = select(_events).order_by(_events.c.id.desc()).limit(limit)
        for column, value in ((_events.c.device, device), (_events.c.type, type)):
            if value is not None:
                query = query.where(column == value)
        if start is not None:
            query = query.where(_events.c.received >= start)
        if end is not None:
            query = query.where(_events.c.received < end)
        if below is not None:
            query = query.where(_events.c.id < below)
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(query)]

    def after(self, last: int, limit: int = 1_000) -> builtins.list[FireEvent]:
        """At most `limit` events that arrived after the one with the id `last`, the first to arrive first."""
        query = select(_events).where(_events.c.id > last).order_by(_events.c.id).limit(limit)
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(query)]

    def newest(self) -> int:
        """The id of the last event to arrive; 0 when there is none."""
        with self._database.read() as connection:
            return connection.scalar(select(func.max(_events.c.id))) or 0

    def stamp(self, stamps: Sequence[Stamp]) -> None:
        """Note what became known; a time that is there already stays."""
        with self._database.write() as connection:
            stamp(connection, stamps)

    def notified(self, found: Mapping[int, Sequence[Notification]]) -> None:
        """Keep what became of the notifications of events."""
        with self._database.write() as connection:
            for id, those in found.items():
                body = [list(each) for each in those]
                connection.execute(update(_events).where(_events.c.id == id).values(notified=body))

    def prune(self, before: float) -> int:
        """Forget what was received before `before`; returns how many events there were."""
        old = select(_events.c.id).where(_events.c.received < before).order_by(_events.c.id).limit(_PRUNED_AT_ONCE)
        removed = 0
        while True:
            with self._database.write() as connection:
                count = connection.execute(delete(_events).where(_events.c.id.in_(old.scalar_subquery()))).rowcount
            removed += count
            if count < _PRUNED_AT_ONCE:
                return removed

    def extent(self) -> Extent:
        """How many events there are."""
        with self._database.read() as connection:
            return Extent(*connection.execute(select(func.count(), func.min(_events.c.received))).one())


def stamp(connection: Connection, stamps: Sequence[Stamp]) -> None:
    """Note what became known of events; what is there already stays."""
    if stamps:
        connection.execute(_stamp(batch(connection, STAMPS, stamps)))


@of_batch
def _stamp(new: FromClause) -> Executable:
    kept = {name: func.coalesce(_events.c[name], new.c[name]) for name in Stamp._fields[1:]}
    return update(_events).where(_events.c.id == new.c.event).values(kept)


def acknowledge(connection: Connection, seen: Iterable[tuple[str, int, Acknowledgement]]) -> None:
    """People have seen alarms: (alarm, episode, who and when) is kept with each of their events."""
    for alarm, episode, who in seen:
        for row in connection.execute(
            select(_events).where(_events.c.alarm == alarm, _events.c.episode == episode)
        ).all():
            body = [*row.acknowledged, list(who)]
            connection.execute(update(_events).where(_events.c.id == row.id).values(acknowledged=body))


def add(
    database: Database,
    connection: Connection,
    rows: Sequence[tuple[EventReport, Found]],
) -> list[FireEvent]:
    """Add events that are on record, in that order."""
    if not rows:
        return []
    new = batch(
        connection,
        FIRE_EVENTS,
        [
            (seq, e.device, e.type, e.point, PHASE[e.active], e.time, e.received, e.text, found.value)
            for seq, (e, found) in enumerate(rows)
        ],
    )
    added = sorted(row.id for row in connection.execute(_append(database, new)))
    return [
        FireEvent(id, e.device, e.type, e.point, e.active, e.time, e.received, e.text, found.value)
        for id, (e, found) in zip(added, rows, strict=True)
    ]


@of_batch
def _append(database: Database, new: FromClause) -> Executable:
    columns = [column.name for column in new.c if column.name != "seq"]
    nothing = literal([], _events.c.acknowledged.type)
    chosen = select(*(new.c[name] for name in columns), nothing, nothing).select_from(new).order_by(new.c.seq)
    insert = database.insert(_events).from_select([*columns, "acknowledged", "notified"], chosen)
    return insert.returning(_events.c.id)


def _event(row: Row[Any]) -> FireEvent:
    return FireEvent(
        row.id, row.device, row.type, row.point, ACTIVE[row.phase], row.time, row.received, row.text, row.found,
        row.persisted, row.alarm, row.episode, row.alarmed, row.streamed, row.clock_error,
        tuple(Acknowledgement(*each) for each in row.acknowledged), tuple(Notification(*each) for each in row.notified),
    )  # fmt: skip
