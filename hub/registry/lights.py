"""The newest state of each light."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Executable, FromClause, select, true

from hub.model.light import Cause, LightReport
from hub.registry import tables
from hub.registry.batches import LEVELS, LIGHTS, batch, of_batch
from hub.registry.database import Database
from hub.registry.records import LightRecord

_lights = tables.lights
_CAUSES = {cause.value: cause for cause in Cause}
_REPORTED = ("level", "cause", "time", "received", "command")


class Lights:
    """What the lights last said; written by Reports."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[LightRecord]:
        """Every light that ever reported, by device."""
        columns = (_lights.c[name] for name in ("device", *_REPORTED, "in_effect"))
        query = select(*columns).where(_lights.c.time.is_not(None)).order_by(_lights.c.device)
        with self._database.read() as connection:
            return [
                LightRecord(LightReport(device, level, _CAUSES[cause], time, received, command), in_effect)
                for device, level, cause, time, received, command, in_effect in connection.execute(query)
            ]


def newest(reports: Sequence[LightReport]) -> list[LightReport]:
    """One report a device: the one of the latest time, the last of these in the order given."""
    found: dict[str, LightReport] = {}
    for report in reports:
        before = found.get(report.device)
        if before is None or report.time >= before.time:
            found[report.device] = report
    return list(found.values())


def record_lights(database: Database, connection: Connection, reports: Sequence[LightReport]) -> None:
    """Keep states of registered devices that are not older than what is kept."""
    rows = [(r.device, r.level, r.cause.value, r.time, r.received, r.command) for r in newest(reports)]
    connection.execute(_keep(database, batch(connection, LIGHTS, rows)))


@of_batch
def _keep(database: Database, new: FromClause) -> Executable:
    registered = new.join(tables.devices, tables.devices.c.id == new.c.device)
    columns = ["device", *_REPORTED]
    insert = database.insert(_lights).from_select(
        columns, select(*(new.c[name] for name in columns)).select_from(registered).where(true())
    )
    return insert.on_conflict_do_update(
        index_elements=["device"],
        set_={name: insert.excluded[name] for name in _REPORTED},
        where=_lights.c.time.is_(None) | (insert.excluded["time"] >= _lights.c.time),
    )


def record_levels(database: Database, connection: Connection, levels: Sequence[tuple[str, float]]) -> None:
    """Keep the confirmed levels of registered devices."""
    connection.execute(_confirm(database, batch(connection, LEVELS, list(dict(levels).items()))))


@of_batch
def _confirm(database: Database, new: FromClause) -> Executable:
    registered = new.join(tables.devices, tables.devices.c.id == new.c.device)
    insert = database.insert(_lights).from_select(
        ["device", "in_effect"], select(new.c.device, new.c.in_effect).select_from(registered).where(true())
    )
    return insert.on_conflict_do_update(index_elements=["device"], set_={"in_effect": insert.excluded["in_effect"]})
