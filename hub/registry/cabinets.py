"""The newest state of each cabinet."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from hub.model.cabinets import CabinetReport
from hub.registry import tables
from hub.registry.batches import among
from hub.registry.database import Database

_cabinets = tables.cabinets
_BODY = ("segments", "feedback", "door", "breaker", "remote")


class Cabinets:
    """What the cabinets last said; written by Reports."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[CabinetReport]:
        """Every cabinet that ever reported, by id."""
        with self._database.read() as connection:
            rows = connection.execute(select(_cabinets).order_by(_cabinets.c.device))
            return [CabinetReport(row.device, row.time, row.received, **row.body) for row in rows]


def record_cabinets(database: Database, connection: Connection, reports: Sequence[CabinetReport]) -> None:
    """Keep states of registered devices that are not older than what is kept."""
    newest: dict[str, CabinetReport] = {}
    for report in reports:
        before = newest.get(report.device)
        if before is None or report.time >= before.time:
            newest[report.device] = report
    registered = select(tables.devices.c.id).where(among(connection, tables.devices.c.id, list(newest)))
    rows = [
        {
            "device": device,
            "time": newest[device].time,
            "received": newest[device].received,
            "body": {name: getattr(newest[device], name) for name in _BODY},
        }
        for device in connection.scalars(registered).all()
    ]
    if not rows:
        return
    insert = database.insert(_cabinets)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["device"],
            set_={name: insert.excluded[name] for name in ("time", "received", "body")},
            where=insert.excluded["time"] >= _cabinets.c.time,
        ),
        rows,
    )
