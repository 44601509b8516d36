"""Events that devices reported."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, and_, delete, exists, func, or_, select

from hub.model.reports import EventReport
from hub.registry import tables
from hub.registry.batches import EVENTS, batch
from hub.registry.database import Database
from hub.registry.records import EventRow, Extent

_events = tables.events
_BEGAN, _ENDED, _HAPPENED = "began", "ended", "happened"
_ACTIVE: dict[str, bool | None] = {_BEGAN: True, _ENDED: False, _HAPPENED: None}
_PHASE = {active: phase for phase, active in _ACTIVE.items()}
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
            return [_event(row) for row in connection.execute(query)]

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
            return [EventRow(row.id, _event(row)) for row in connection.execute(query)]

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
        (seq, e.device, e.type, e.point, e.time, _PHASE[e.active], e.received, e.text) for seq, e in enumerate(events)
    ]
    new = batch(connection, EVENTS, rows)
    registered = new.join(tables.devices, tables.devices.c.id == new.c.device)
    chosen = select(*(new.c[name] for name in _COLUMNS)).select_from(registered).order_by(new.c.seq)
    insert = database.insert(_events).from_select(list(_COLUMNS), chosen).on_conflict_do_nothing()
    added = connection.execute(insert.returning(_events))
    return [_event(row) for row in sorted(added, key=lambda row: int(row.id))]


def _event(row: Row[Any]) -> EventReport:
    return EventReport(
        device=row.device,
        type=row.type,
        active=_ACTIVE[row.phase],
        time=row.time,
        received=row.received,
        point=row.point,
        text=row.text,
    )
