"""What stands at the fire panels: read and written in the transaction that keeps their words, remembered for the next one."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, Connection, Executable, FromClause, Row, bindparam, delete, select, true, tuple_

from hub.model.fire import CONDITIONS, PanelCondition, PanelCounts, PanelReport
from hub.model.panels import Found, Held, Newest, PointKey, Standing
from hub.model.reports import EventReport
from hub.registry import tables
from hub.registry.batches import FIRE_KEYS, FIRE_POINTS, among, batch, listed, of_batch, one_of
from hub.registry.columns import Words
from hub.registry.database import Database
from hub.registry.events import ACTIVE

_devices, _panels, _points, _events = tables.devices, tables.fire_panels, tables.fire_points, tables.fire_events
_POINT = (_points.c.device, _points.c.condition, _points.c.point)
_REMEMBERED, _MOST_KEYS = 1_000, 20_000  # panels; points of one
_WHOLE = [PointKey(condition, "") for condition in PanelCondition]


@dataclass(slots=True)
class Known:
    """What is held of a panel, and of which of its points the newest event was looked for."""

    held: Held
    looked: set[PointKey] = field(default_factory=set)
    before: dict[PointKey, Standing] = field(default_factory=dict)  # as the registry has it
    report: PanelReport | None = None  # likewise


class Taken(NamedTuple):
    """What was remembered of some panels; it is the taker's until it is kept."""

    turn: int
    known: dict[str, Known]


class PanelMemory:
    """Remembers what a transaction wrote. The next one takes it out, and keeps it again once that is durable: what failed or was
    overtaken by another is forgotten. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Known] = {}
        self._turns: dict[str, int] = {}
        self._turn = 0

    def take(self, devices: Iterable[str]) -> Taken:
        """Take out what is remembered of `devices`."""
        with self._lock:
            self._turn += 1
            self._turns |= dict.fromkeys(devices, self._turn)
            return Taken(self._turn, {each: self._known.pop(each) for each in devices if each in self._known})

    def keep(self, taken: Taken) -> None:
        """It is durable."""
        with self._lock:
            for device, known in taken.known.items():
                mine = self._turns.get(device) == taken.turn
                if mine and known.held.report is not None and len(known.looked) <= _MOST_KEYS:
                    self._known[device] = known
            while len(self._known) > _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._turns = {device: turn for device, turn in self._turns.items() if turn > taken.turn}


def load(connection: Connection, taken: Taken, words: Sequence[EventReport | PanelReport]) -> Taken:
    """What is held of each panel that says `words`; not of what is not registered.

    What is remembered is believed as long as the registry has the same state as its newest: of a panel that was deleted, even
    if it was registered anew, all is read again."""
    devices = {word.device for word in words}
    found: dict[str, Known] = {}
    fresh: dict[str, Known] = {}
    states = _states(connection.dialect.name == "postgresql")
    for row in connection.execute(states, {"ids": listed(connection, devices)}):
        report = None if row.time is None else report_of(row.id, row)
        known = taken.known.get(row.id)
        if known is None or _said(known.held.report) != _said(report) or report is None:
            known = fresh[row.id] = Known(Held(report))
        found[row.id] = known
    if fresh:
        for row in connection.execute(select(_points).where(among(connection, _points.c.device, fresh))):
            fresh[row.device].held.standing[key_of(row)] = standing_of(row)
    for known in found.values():
        known.before, known.report = dict(known.held.standing), known.held.report
    _look(connection, found, words)
    return Taken(taken.turn, found)


@cache
def _states(postgresql: bool) -> Executable:
    """The newest state of each of the devices `ids`."""
    both = _devices.outerjoin(_panels, _panels.c.device == _devices.c.id)
    query = select(_devices.c.id, *(each for each in _panels.c if each is not _panels.c.device)).select_from(both)
    return query.where(one_of(_devices.c.id, bindparam("ids", type_=ARRAY(Words()) if postgresql else None)))


def _said(report: PanelReport | None) -> tuple[float, float] | None:
    return None if report is None else (report.time, report.received)


def _look(connection: Connection, found: Mapping[str, Known], words: Iterable[EventReport | PanelReport]) -> None:
    """Read the newest event on record of every point that `words` may ask for."""
    wanted: dict[tuple[str, PointKey], None] = {}
    for word in words:
        if (known := found.get(word.device)) is not None:
            wanted |= {(word.device, key): None for key in _asked(known.held, word) if key not in known.looked}
    if not wanted:
        return
    asked = batch(
        connection, FIRE_KEYS, [(n, device, key.condition.event, key.point) for n, (device, key) in enumerate(wanted)]
    )
    places = list(wanted)
    for device, key in places:
        found[device].looked.add(key)
    for row in connection.execute(_newest(asked)):
        device, key = places[row.seq]
        found[device].held.newest[key] = Newest(row.time, ACTIVE[row.phase], Found(row.found))


@of_batch
def _newest(asked: FromClause) -> Executable:
    same = (_events.c.device == asked.c.device, _events.c.type == asked.c.type, _events.c.point == asked.c.point)
    newest = select(_events.c.id).where(*same).order_by(_events.c.time.desc(), _events.c.id.desc()).limit(1)
    there = _events.alias("there")
    return select(asked.c.seq, there.c.time, there.c.phase, there.c.found).select_from(
        asked.join(there, there.c.id == newest.correlate(asked).scalar_subquery())
    )


def _asked(held: Held, word: EventReport | PanelReport) -> Iterator[PointKey]:
    """The points whose newest event a word is compared with: of a state those that it names and do not stand, and those that
    stand and that it does not name."""
    if isinstance(word, EventReport):
        if word.type in CONDITIONS:
            yield PointKey(CONDITIONS[word.type], word.point)
        return
    named = {PointKey(each.state, each.point) for each in word.points}
    yield from named ^ {key for key, each in held.standing.items() if each.ended is None}
    yield from (key for key, each in held.standing.items() if each.ended is not None)
    yield from _WHOLE


def save(database: Database, connection: Connection, found: Mapping[str, Known]) -> None:
    """Write what has changed."""
    gone: list[tuple[str, PointKey]] = []
    changed: list[tuple[Any, ...]] = []
    for device, known in found.items():
        standing, before = known.held.standing, known.before
        gone += [(device, key) for key in before if key not in standing]
        changed += [
            (device, key.condition.value, key.point, at.since, at.received, at.text[:500], at.found.value, at.ended)
            for key, at in standing.items()
            if before.get(key) is not at
        ]
    if gone:
        over = batch(connection, FIRE_KEYS, [(n, device, *_words(key)) for n, (device, key) in enumerate(gone)])
        connection.execute(_remove(over))
    if changed:
        connection.execute(_keep(database, batch(connection, FIRE_POINTS, changed)))
    states = [known.held.report for known in found.values() if known.held.report is not known.report]
    _save_states(database, connection, [each for each in states if each is not None])


@of_batch
def _remove(over: FromClause) -> Executable:
    return delete(_points).where(tuple_(*_POINT).in_(select(over.c.device, over.c.type, over.c.point)))


@of_batch
def _keep(database: Database, new: FromClause) -> Executable:
    columns = [column.name for column in _points.c]
    insert = database.insert(_points).from_select(columns, select(*(new.c[name] for name in columns)).where(true()))
    keys = [column.name for column in _POINT]
    others = {name: insert.excluded[name] for name in columns if name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=others)


def _words(key: PointKey) -> tuple[str, str]:
    return key.condition.value, key.point


def _save_states(database: Database, connection: Connection, reports: Collection[PanelReport]) -> None:
    if not reports:
        return
    rows = [
        {"device": r.device, "time": r.time, "received": r.received, "counts": list(r.counts), "self_test": r.self_test}
        for r in reports
    ]
    insert = database.insert(_panels)
    others = {column.name: insert.excluded[column.name] for column in _panels.c if column.name != "device"}
    connection.execute(insert.on_conflict_do_update(index_elements=["device"], set_=others), rows)


def report_of(device: str, row: Row[Any]) -> PanelReport:
    """A row of fire_panels."""
    return PanelReport(device, row.time, row.received, PanelCounts(*row.counts), self_test=row.self_test)


def key_of(row: Row[Any]) -> PointKey:
    """The key of a row of fire_points."""
    return PointKey(PanelCondition(row.condition), row.point)


def standing_of(row: Row[Any]) -> Standing:
    """A row of fire_points."""
    return Standing(row.since, row.received, row.text, Found(row.found), row.ended)
