"""Events that devices reported."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    FromClause,
    Row,
    Select,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
)

from hub.model.reports import EventReport
from hub.registry import tables
from hub.registry.batches import EVENTS, among, batch, of_batch
from hub.registry.database import Database
from hub.registry.records import EventRow, Extent

_events = tables.events
_BEGAN, _ENDED, _HAPPENED = "began", "ended", "happened"
ACTIVE: dict[str, bool | None] = {_BEGAN: True, _ENDED: False, _HAPPENED: None}
PHASE = {active: phase for phase, active in ACTIVE.items()}
_PRUNED_AT_ONCE = 5_000  # events, so that others may write in between
_COLUMNS = ("device", "type", "point", "time", "phase", "received", "text")


class Events:
    """What began, ended or happened at devices; written by Reports."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def active(self) -> builtins.list[EventReport]:
        """Conditions that hold: the newest event of each (device, type, point) where that is a beginning, by device."""
        began, later = _events.alias("began"), _events.alias("later")
        replaced = exists().where(_replaces(later, began))
        query = select(began).where(began.c.phase == _BEGAN, ~replaced).order_by(began.c.device, began.c.id)
        with self._database.read() as connection:
            return [event_of(row) for row in connection.execute(query)]

    def between(
        self, devices: Iterable[str], types: Iterable[str], start: float, end: float
    ) -> builtins.list[EventReport]:
        """Beginnings and ends of these types at these devices: each that tells of the time from `start` to `end`, ascending."""
        began, later = _events.alias("began"), _events.alias("later")
        over = exists().where(_replaces(later, began), later.c.time <= start)
        with self._database.read() as connection:
            query = (
                select(began)
                .where(among(connection, began.c.device, devices), began.c.type.in_(list(types)))
                .where(began.c.phase != _HAPPENED, began.c.time < end, or_(began.c.time > start, ~over))
                .order_by(began.c.time, began.c.id)
            )
            return [event_of(row) for row in connection.execute(query)]

    def outdated(self, events: Sequence[EventReport]) -> set[int]:
        """The places in `events` of those that say nothing of now: a later beginning or end of the same is known."""
        found: set[int] = set()
        with self._database.read() as connection:
            for place, event in enumerate(events):
                later = select(_events.c.id).where(
                    _events.c.device == event.device,
                    _events.c.type == event.type,
                    _events.c.point == event.point,
                    _events.c.time > event.time,
                    _events.c.phase != _HAPPENED,
                )
                if event.active is not None and connection.scalar(later.limit(1)) is not None:
                    found.add(place)
        return found

    def list(self, device: str | None = None, after: int | None = None, limit: int = 100) -> builtins.list[EventRow]:
        """At most `limit` events, the last to arrive first; with `after`, those that arrived before that id."""
        query = select(_events).order_by(_events.c.id.desc()).limit(limit)
        if device is not None:
            query = query.where(_events.c.device == device)
        if after is not None:
            query = query.where(_events.c.id < after)
        with self._database.read() as connection:
            return [EventRow(row.id, event_of(row)) for row in connection.execute(query)]

    def after(self, last: int, limit: int = 1_000) -> builtins.list[EventRow]:
        """At most `limit` events that arrived after the one with the id `last`, the first to arrive first."""
        query = select(_events).where(_events.c.id > last).order_by(_events.c.id).limit(limit)
        with self._database.read() as connection:
            return [EventRow(row.id, event_of(row)) for row in connection.execute(query)]

    def newest(self) -> int:
        """The id of the last event to arrive; 0 when there is none."""
        with self._database.read() as connection:
            return connection.scalar(select(func.max(_events.c.id))) or 0

    def prune(self, before: float) -> int:
        """Forget what arrived before `before` and is over: what ended, with its beginning, and what just happened. Returns how
        many events there were. Beginnings go first, so that none ever stands without its end."""
        old, other = _events.alias("old"), _events.alias("other")
        arrived = old.c.received < before
        replaced = exists().where(_replaces(other, old), other.c.received < before)
        needed = exists().where(other.c.phase == _BEGAN, _replaces(old, other))
        began = select(old.c.id).where(arrived, old.c.phase == _BEGAN, replaced)
        over = select(old.c.id).where(arrived, or_(old.c.phase == _HAPPENED, and_(old.c.phase == _ENDED, ~needed)))
        return self._delete(began) + self._delete(over)

    def _delete(self, chosen: Select[int]) -> int:
        id, last, removed = chosen.selected_columns[0], 0, 0
        while True:
            portion = chosen.where(id > last).order_by(id).limit(_PRUNED_AT_ONCE)  # nothing is looked at twice
            with self._database.read() as connection:
                ids = list(connection.scalars(portion))
            if not ids:
                return removed
            last = ids[-1]
            with self._database.write() as connection:
                removed += connection.execute(delete(_events).where(_events.c.id.in_(ids))).rowcount

    def extent(self) -> Extent:
        """How many events there are."""
        with self._database.read() as connection:
            return Extent(*connection.execute(select(func.count(), func.min(_events.c.received))).one())


def _replaces(later: FromClause, earlier: FromClause) -> ColumnElement[bool]:
    """True where `later` begins or ends what `earlier` began, after it."""
    return and_(
        later.c.device == earlier.c.device,
        later.c.type == earlier.c.type,
        later.c.point == earlier.c.point,
        later.c.time >= earlier.c.time,
        later.c.phase != _HAPPENED,
        or_(later.c.time > earlier.c.time, and_(later.c.time == earlier.c.time, later.c.id > earlier.c.id)),
    )


def record_events(database: Database, connection: Connection, events: Sequence[EventReport]) -> list[EventReport]:
    """Append events of registered devices; returns those that were not there before, in the order given."""
    rows = [
        (seq, e.device, e.type, e.point, e.time, PHASE[e.active], e.received, e.text) for seq, e in enumerate(events)
    ]
    new = batch(connection, EVENTS, rows)
    added = connection.execute(_append(database, new))
    return [event_of(row) for row in sorted(added, key=lambda row: int(row.id))]


@of_batch
def _append(database: Database, new: FromClause) -> Executable:
    registered = new.join(tables.devices, tables.devices.c.id == new.c.device)
    chosen = select(*(new.c[name] for name in _COLUMNS)).select_from(registered).order_by(new.c.seq)
    insert = database.insert(_events).from_select(list(_COLUMNS), chosen).on_conflict_do_nothing()
    return insert.returning(_events)


def event_of(row: Row[Any]) -> EventReport:
    return EventReport(
        device=row.device,
        type=row.type,
        active=ACTIVE[row.phase],
        time=row.time,
        received=row.received,
        point=row.point,
        text=row.text,
    )
