"""Dated calibrations of sensors. None is ever changed: a wrong one is deleted and a right one added, both in the audit."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, delete, insert, select

from hub.model.audit import AuditEntry
from hub.model.calibrations import Basis, Calibration
from hub.registry import tables
from hub.registry.audit import note
from hub.registry.batches import among
from hub.registry.database import Database
from hub.registry.errors import Exists, Missing

_calibrations = tables.calibrations


class Calibrations:
    """By device, metric and the time from which they hold. They outlive their device, as its readings do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, devices: Iterable[str]) -> builtins.list[Calibration]:
        """All of these devices, by device, metric and time."""
        with self._database.read() as connection:
            wanted = among(connection, _calibrations.c.device, devices)
            order = (_calibrations.c.device, _calibrations.c.metric, _calibrations.c.since)
            rows = connection.execute(select(_calibrations).where(wanted).order_by(*order))
            return [_calibration(row) for row in rows]

    def list(self, device: str | None = None, after: str | None = None, limit: int = 100) -> builtins.list[Calibration]:
        """At most `limit`, by id, which is the order in which they were written; with `after`, those after that id."""
        query = select(_calibrations).order_by(_calibrations.c.id).limit(limit)
        if device is not None:
            query = query.where(_calibrations.c.device == device)
        if after is not None:
            query = query.where(_calibrations.c.id > after)
        with self._database.read() as connection:
            return [_calibration(row) for row in connection.execute(query)]

    def get(self, id: str) -> Calibration:
        """One; raises Missing."""
        with self._database.read() as connection:
            row = connection.execute(select(_calibrations).where(_calibrations.c.id == id)).first()
        if row is None:
            raise Missing(f"no calibration {id!r}: it was deleted, or never added")
        return _calibration(row)

    def add(self, calibration: Calibration, *, audit: AuditEntry | None = None) -> None:
        """Add one; raises Exists when one of that metric begins at the same time."""
        table = _calibrations.c
        same = select(table.id).where(
            table.device == calibration.device,
            table.metric == calibration.metric,
            table.since == calibration.since,
        )
        with self._database.write() as connection:
            if (known := connection.scalar(same)) is not None:
                raise Exists(f"calibration {known!r} of the same sensor begins at the same time: delete it first")
            basis = None if calibration.basis is None else calibration.basis.value
            connection.execute(insert(_calibrations).values(calibration._asdict() | {"basis": basis}))
            note(connection, audit)

    def delete(self, id: str, *, audit: AuditEntry | None = None) -> None:
        """Delete one; raises Missing."""
        with self._database.write() as connection:
            if not connection.execute(delete(_calibrations).where(_calibrations.c.id == id)).rowcount:
                raise Missing(f"no calibration {id!r}: it was deleted, or never added")
            note(connection, audit)


def _calibration(row: Row[Any]) -> Calibration:
    basis = None if row.basis is None else Basis(row.basis)
    return Calibration(
        row.id, row.device, row.metric, row.since, row.factor, row.offset, basis, row.note, row.by, row.changed
    )
