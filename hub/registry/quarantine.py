"""Rejected bytes, kept whole, counted by device and reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, and_, delete, func, insert, select, update
from sqlalchemy.sql import true

from hub.model.readings import Rejected
from hub.registry import tables
from hub.registry.database import Database
from hub.registry.records import Held, QuarantineCount, QuarantineRow, Retried, Selection
from hub.registry.retried import settle
from hub.registry.shares import fair_cap

_rows, _counts = tables.quarantine, tables.quarantine_counts
OWN_SOURCES = ("store", "registry")  # what these refuse is a row or a report of ours as JSON, not what a device sent
_AT_ONCE = 1000  # rows deleted in one transaction, so that others get their turn
EVERYTHING = Selection()

_Group = tuple[str | None, str]  # device, code


class Quarantine:
    """What could not be understood; written by Reports."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- what is there ---------------------------------------------------------------------------------------------

    def page(
        self,
        selection: Selection = EVERYTHING,
        *,
        after: int | None = None,
        limit: int = 100,
        beginning: int | None = None,
    ) -> list[QuarantineRow]:
        """At most `limit` rows, the newest first; with `after`, those older than that id.

        With `beginning`, no more than so many of their bytes are read.
        """
        older = true() if after is None else _rows.c.id < after
        chosen = select(_rows.c.id).where(_chosen(selection), older).order_by(_rows.c.id.desc()).limit(limit)
        raw = _rows.c.raw if beginning is None else func.substr(_rows.c.raw, 1, beginning, type_=LargeBinary)
        columns: list[Any] = [column for column in _rows.c if column is not _rows.c.raw]
        with self._database.read() as connection:
            ids = list(connection.scalars(chosen))
            query = select(*columns, raw.label("raw")).where(_rows.c.id.in_(ids)).order_by(_rows.c.id.desc())
            return [_row(row) for row in connection.execute(query)]

    def get(self, id: int) -> QuarantineRow | None:
        """The row of that id."""
        if not 0 < id < 2**63:
            return None
        with self._database.read() as connection:
            row = connection.execute(select(_rows).where(_rows.c.id == id)).first()
        return None if row is None else _row(row)

    def counts(self, *, device: str | None = None, code: str | None = None, limit: int = 1000) -> list[QuarantineCount]:
        """How often each device was rejected for each reason, the most frequent first; at most `limit`."""
        query = select(_counts.c.device, _counts.c.code, _counts.c.count, _counts.c.last)
        if device is not None:
            query = query.where(_counts.c.device == device)
        if code is not None:
            query = query.where(_counts.c.code == code)
        query = query.order_by(_counts.c.count.desc(), _counts.c.device, _counts.c.code).limit(limit)
        with self._database.read() as connection:
            return [QuarantineCount(device or None, *rest) for device, *rest in connection.execute(query)]

    def held(self) -> dict[str, Held]:
        """What is kept of each reason."""
        found: dict[str, Held] = {}
        for (_, code), held in self._groups().items():
            before = found.get(code, Held(0, 0))
            found[code] = Held(before.rows + held.rows, before.bytes + held.bytes)
        return found

    def extent(self, selection: Selection) -> tuple[int, int]:
        """How many rows are selected, and the id of the last."""
        query = select(func.count(), func.max(_rows.c.id)).where(_chosen(selection))
        with self._database.read() as connection:
            count, last = connection.execute(query).one()
        return int(count), int(last or 0)

    def batch(
        self, selection: Selection, after: int, last: int, most: int = 500, most_bytes: int = 4_000_000
    ) -> list[QuarantineRow]:
        """The next selected rows in the order of arrival, with `after` < id <= `last`: at most `most`, and no more than
        together have `most_bytes` (but one at least)."""
        bounds = and_(_rows.c.id > after, _rows.c.id <= last)
        chosen = select(_rows.c.id, _rows.c.size).where(_chosen(selection), bounds).order_by(_rows.c.id).limit(most)
        with self._database.read() as connection:
            ids: list[int] = []
            total = 0
            for id, size in connection.execute(chosen):
                total += size
                if ids and total > most_bytes:
                    break
                ids.append(id)
            query = select(_rows).where(_rows.c.id.in_(ids)).order_by(_rows.c.id)
            return [_row(row) for row in connection.execute(query)]

    # --- what becomes of it ----------------------------------------------------------------------------------------

    def settle(self, retried: Sequence[Retried], now: float) -> set[int]:
        """Take out messages that are understood now, give the others their new reason and one more try; returns the ids
        of those rows that are still there.

        A row that was refused once more since it was read (its tries have grown) stays.
        """
        with self._database.write() as connection:
            return settle(connection, retried, now)

    def delete(self, selection: Selection) -> int:
        """Drop the selected rows; returns how many went. Their counts stay."""
        return self._drop(_chosen(selection))

    def trim(self, max_rows: int, max_bytes: int, before: float) -> int:
        """Drop rows received before `before`, then so many that at most `max_rows` of together at most `max_bytes` are
        left; returns how many went. Counts go when their last rejection was before `before`, and the oldest of more than
        `max_rows`.

        Too much is taken from the (device, reason) that holds the most, its oldest first, so that a flood from
        one device does not push out what others sent.
        """
        removed = self._drop(_rows.c.received < before)
        self._trim_counts(max_rows, before)
        groups = self._groups()
        row_cap = fair_cap((held.rows for held in groups.values()), max_rows)
        byte_cap = fair_cap((held.bytes for held in groups.values()), max_bytes)
        for group, held in groups.items():
            if (row_cap is not None and held.rows > row_cap) or (byte_cap is not None and held.bytes > byte_cap):
                last = self._last_beyond(_of(group), row_cap, byte_cap)
                if last is not None:
                    removed += self._drop(and_(_of(group), _rows.c.id <= last))
        left = self._groups()
        if sum(held.rows for held in left.values()) > max_rows or sum(held.bytes for held in left.values()) > max_bytes:
            last = self._last_beyond(true(), max_rows, max_bytes, at_least=0)
            if last is not None:
                removed += self._drop(_rows.c.id <= last)
        return removed

    def grown(self, after: int) -> tuple[int, Held]:
        """What came with ids beyond `after`, and the last id there is: cheap when little came."""
        query = select(func.max(_rows.c.id), func.count(), func.sum(_rows.c.size)).where(_rows.c.id > after)
        with self._database.read() as connection:
            last, rows, size = connection.execute(query).one()
        return int(last or after), Held(int(rows), int(size or 0))

    def _drop(self, condition: ColumnElement[bool]) -> int:
        """Delete in portions."""
        removed = 0
        while True:
            portion = select(_rows.c.id).where(condition).order_by(_rows.c.id).limit(_AT_ONCE)
            with self._database.write() as connection:
                gone = connection.execute(delete(_rows).where(_rows.c.id.in_(portion))).rowcount
            removed += gone
            if gone < _AT_ONCE:
                return removed

    def _trim_counts(self, most: int, before: float) -> None:
        too_many = select(_counts.c.last).order_by(_counts.c.last.desc()).offset(most).limit(1)
        with self._database.write() as connection:
            connection.execute(delete(_counts).where(_counts.c.last < before))
            if (last := connection.scalar(too_many)) is not None:
                connection.execute(delete(_counts).where(_counts.c.last <= last))

    def _groups(self) -> Mapping[_Group, Held]:
        query = select(_rows.c.device, _rows.c.code, func.count(), func.sum(_rows.c.size))
        with self._database.read() as connection:
            found = connection.execute(query.group_by(_rows.c.device, _rows.c.code))
            return {(device, code): Held(rows, int(size)) for device, code, rows, size in found}

    def _last_beyond(
        self, condition: ColumnElement[bool], max_rows: int | None, max_bytes: int | None, at_least: int = 1
    ) -> int | None:
        """The newest id of those that the newest `max_rows`, of `max_bytes`, leave no room for; `at_least` rows have it."""
        query = select(_rows.c.id, _rows.c.size).where(condition).order_by(_rows.c.id.desc())
        with self._database.read() as connection:
            total = 0
            for kept, (id, size) in enumerate(connection.execute(query)):
                total += size
                beyond = (max_rows is not None and kept >= max_rows) or (max_bytes is not None and total > max_bytes)
                if beyond and kept >= at_least:
                    return int(id)
        return None


def record_rejected(database: Database, connection: Connection, rejected: Sequence[Rejected]) -> None:
    """Keep and count rejected bytes. What the store or the registry itself refuses again is one more try of its row."""
    new = [r for r in rejected if r.source not in OWN_SOURCES or not _tried_again(connection, r)]
    if not new:
        return
    connection.execute(
        insert(_rows),
        [
            {
                "received": r.received,
                "source": r.source,
                "device": r.device,
                "code": r.code,
                "reason": r.reason,
                "size": len(r.raw),
                "raw": r.raw,
            }
            for r in new
        ],
    )
    counted = Counter((r.device or "", r.code) for r in new)
    last = {(r.device or "", r.code): r.received for r in sorted(new, key=lambda r: r.received)}
    statement = database.insert(_counts)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["device", "code"],
            set_={
                "count": _counts.c.count + statement.excluded["count"],
                "last": func.max(_counts.c.last, statement.excluded["last"])
                if database.sqlite
                else func.greatest(_counts.c.last, statement.excluded["last"]),
            },
        ),
        [{"device": d, "code": c, "count": n, "last": last[d, c]} for (d, c), n in counted.items()],
    )


def _tried_again(connection: Connection, rejected: Rejected) -> bool:
    same = and_(_rows.c.received == rejected.received, _rows.c.source == rejected.source, _rows.c.raw == rejected.raw)
    statement = update(_rows).where(same).values(code=rejected.code, reason=rejected.reason, tries=_rows.c.tries + 1)
    return connection.execute(statement).rowcount > 0


def _of(group: _Group) -> ColumnElement[bool]:
    device, code = group
    return and_(_rows.c.device.is_(None) if device is None else _rows.c.device == device, _rows.c.code == code)


def _chosen(selection: Selection) -> ColumnElement[bool]:
    return and_(true(), *_conditions(selection))


def _conditions(selection: Selection) -> Iterator[ColumnElement[bool]]:
    if selection.ids is not None:
        yield _rows.c.id.in_([id for id in selection.ids if 0 < id < 2**63])
    if selection.device is not None:
        yield _rows.c.device == selection.device if selection.device else _rows.c.device.is_(None)
    if selection.code is not None:
        yield _rows.c.code == selection.code
    if selection.source is not None:
        yield func.substr(_rows.c.source, 1, len(selection.source)) == selection.source
    if selection.after is not None:
        yield _rows.c.received >= selection.after
    if selection.before is not None:
        yield _rows.c.received < selection.before


def _row(row: Any) -> QuarantineRow:
    return QuarantineRow(
        id=row.id,
        received=row.received,
        source=row.source,
        device=row.device,
        code=row.code,
        reason=row.reason,
        size=row.size,
        raw=bytes(row.raw),
        tries=row.tries,
        tried=row.tried,
    )
