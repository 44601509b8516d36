"""Rejected bytes, kept whole, counted by device and reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select

from hub.model.readings import Rejected
from hub.registry import tables
from hub.registry.database import Database
from hub.registry.records import QuarantineCount, QuarantineRow

_rows, _counts = tables.quarantine, tables.quarantine_counts


class Quarantine:
    """What could not be understood; written by Reports."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, *, device: str | None = None, code: str | None = None, after: int | None = None, limit: int = 100
    ) -> list[QuarantineRow]:
        """At most `limit` rows, the newest first; with `after`, those older than that id."""
        query = select(_rows).order_by(_rows.c.id.desc()).limit(limit)
        if device is not None:
            query = query.where(_rows.c.device == device)
        if code is not None:
            query = query.where(_rows.c.code == code)
        if after is not None:
            query = query.where(_rows.c.id < after)
        with self._database.read() as connection:
            return [_row(row) for row in connection.execute(query)]

    def get(self, id: int) -> QuarantineRow | None:
        """The row of that id."""
        if not 0 < id < 2**63:
            return None
        with self._database.read() as connection:
            row = connection.execute(select(_rows).where(_rows.c.id == id)).first()
        return None if row is None else _row(row)

    def counts(self) -> list[QuarantineCount]:
        """How often each device was rejected for each reason, the most frequent first."""
        columns = (_counts.c.device, _counts.c.code, _counts.c.count, _counts.c.last)
        query = select(*columns).order_by(_counts.c.count.desc(), _counts.c.device, _counts.c.code)
        with self._database.read() as connection:
            return [QuarantineCount(device or None, *rest) for device, *rest in connection.execute(query)]

    def trim(self, max_rows: int, max_bytes: int, before: float) -> int:
        """Drop rows received before `before`, then the oldest until at most `max_rows` of together at most `max_bytes`
        are left; returns how many went. Counts go when their last rejection was before `before`."""
        with self._database.write() as connection:
            removed = connection.execute(delete(_rows).where(_rows.c.received < before)).rowcount
            connection.execute(delete(_counts).where(_counts.c.last < before))
            newest_first = _rows.c.id.desc()
            ranked = select(
                _rows.c.id,
                func.row_number().over(order_by=newest_first).label("rank"),
                func.sum(_rows.c.size).over(order_by=newest_first).label("total"),
            ).subquery()
            too_much = or_(ranked.c.rank > max_rows, ranked.c.total > max_bytes)
            last = connection.scalar(select(func.max(ranked.c.id)).where(too_much))
            if last is not None:
                removed += connection.execute(delete(_rows).where(_rows.c.id <= last)).rowcount
            return removed


def record_rejected(database: Database, connection: Connection, rejected: Sequence[Rejected]) -> None:
    """Keep and count rejected bytes."""
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
            for r in rejected
        ],
    )
    counted = Counter((r.device or "", r.code) for r in rejected)
    last = {(r.device or "", r.code): r.received for r in sorted(rejected, key=lambda r: r.received)}
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


def _row(row: Row[Any]) -> QuarantineRow:
    return QuarantineRow(
        id=row.id,
        received=row.received,
        source=row.source,
        device=row.device,
        code=row.code,
        reason=row.reason,
        size=row.size,
        raw=bytes(row.raw),
    )
