"""What stands at the fire panels, written in the transaction that keeps their words, and the tests of the fire path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy import Connection, delete, select, tuple_, update

from hub.model.fire import CONDITIONS, FIRE_EVENTS, FireEvent, PanelReport, SelfTest
from hub.model.panels import Change, Found, Held, PointKey, take
from hub.model.reports import EventReport
from hub.registry import tables
from hub.registry.database import Database
from hub.registry.events import PHASE, record_events
from hub.registry.fire_events import FireEvents, add
from hub.registry.panels import Taken, key_of, load, report_of, save, standing_of

_AT_ONCE = 500
_KEY = [tables.events.c[name] for name in ("device", "type", "point", "time", "phase")]
_panels, _points, _events, _tests = tables.fire_panels, tables.fire_points, tables.fire_events, tables.fire_tests


class Fire:
    """Panels, points and tests; written by Reports, `start_test` and `end_test`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.events = FireEvents(database)

    def standing(self) -> dict[str, Held]:
        """What every panel is known to hold, by device. `newest` is left empty."""
        with self._database.read() as connection:
            reports = connection.execute(select(_panels))
            held = {row.device: Held(report_of(row.device, row)) for row in reports}
            for row in connection.execute(select(_points)):
                held.setdefault(row.device, Held()).standing[key_of(row)] = standing_of(row)
        return held

    def start_test(self, started: float, by: str) -> SelfTest:
        """A test has begun."""
        with self._database.write() as connection:
            row = {"started": started, "by": by, "stages": {}, "detail": ""}
            id = connection.scalar(self._database.insert(_tests).values(row).returning(_tests.c.id))
        return SelfTest(int(id or 0), started, by)

    def end_test(self, test: SelfTest) -> None:
        """A test has ended."""
        body = asdict(replace(test, stages=dict(test.stages)))
        with self._database.write() as connection:
            connection.execute(update(_tests).where(_tests.c.id == body.pop("id")).values(body))

    def tests(self, below: int | None = None, limit: int = 100) -> list[SelfTest]:
        """At most `limit` tests, the newest first; with `below`, those of smaller ids."""
        query = select(_tests).order_by(_tests.c.id.desc()).limit(limit)
        if below is not None:
            query = query.where(_tests.c.id < below)
        with self._database.read() as connection:
            return [SelfTest(**row._asdict()) for row in connection.execute(query)]

    def prune_tests(self, before: float) -> int:
        """Forget tests from before `before`; returns how many there were."""
        with self._database.write() as connection:
            return connection.execute(delete(_tests).where(_tests.c.started < before)).rowcount


def record_fire(
    database: Database,
    connection: Connection,
    taken: Taken,
    events: Sequence[EventReport],
    panels: Sequence[PanelReport],
) -> tuple[Taken, list[EventReport], list[FireEvent]]:
    """Take in what panels said; what is held of them now, and what is news of it, as events and with its place in the proof. What
    is not registered is left out."""
    words: list[EventReport | PanelReport] = [*events, *panels]
    taken = load(connection, taken, words)
    words = [word for word in words if word.device in taken.known]
    known = _on_record(connection, [each for each in events if each.device in taken.known and _old(taken, each)])
    words = [word for word in words if isinstance(word, PanelReport) or _unique(word) not in known]
    of_panels = [word for word in words if isinstance(word, PanelReport) or word.type in CONDITIONS]
    changes = take({device: each.held for device, each in taken.known.items()}, of_panels)
    changes += [Change(e, Found.EVENT) for e in words if isinstance(e, EventReport) and e.type not in CONDITIONS]
    save(database, connection, taken.known)
    new = record_events(database, connection, [change.event for change in changes])
    found = {(c.event.device, c.event.type, c.event.point, c.event.time, c.event.active): c.found for c in changes}
    rows = [(event, found[event.device, event.type, event.point, event.time, event.active]) for event in new]
    return taken, new, add(database, connection, rows)


def _old(taken: Taken, event: EventReport) -> bool:
    """Whether an event may be on record: it is not newer than all that is."""
    if event.type not in CONDITIONS:
        return True
    newest = taken.known[event.device].held.newest.get(PointKey(CONDITIONS[event.type], event.point))
    return newest is not None and event.time <= newest.time


def _on_record(connection: Connection, events: Sequence[EventReport]) -> set[tuple[object, ...]]:
    """The keys of those of `events` that are on record: they came twice."""
    found: set[tuple[object, ...]] = set()
    for first in range(0, len(events), _AT_ONCE):
        keys = [_unique(event) for event in events[first : first + _AT_ONCE]]
        found |= {tuple(row) for row in connection.execute(select(*_KEY).where(tuple_(*_KEY).in_(keys)))}
    return found


def _unique(event: EventReport) -> tuple[object, ...]:
    return event.device, event.type, event.point, event.time, PHASE[event.active]


def of_fire(event: EventReport) -> bool:
    """Whether an event goes the fire path."""
    return event.type in FIRE_EVENTS
