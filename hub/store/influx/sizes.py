"""What the databases hold and weigh, and giving disk space back (1.x says its bytes by shard, 2.x and 3.x do not)."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime

from hub.model.devices import DeviceKind
from hub.ports import StoreSizes
from hub.store.influx.asking import Asker
from hub.store.influx.http import Connection, Forbidden
from hub.store.influx.influxql import bounds, by_interval, quoted
from hub.store.influx.lines import TIME_LIMIT
from hub.store.together import together

_PATIENCE = 120.0  # s
_WEEK = 7 * 86_400_000_000  # us
_VICTORIA = re.compile(r'^vm_(?P<what>data_size_bytes|rows)\{type="(?P<type>[^"]+)"\} (?P<number>\S+)$', re.MULTILINE)


class Counter:
    """Counts rows week by week, and remembers weeks that nothing was written to since."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._rows: dict[str, dict[int, int]] = {}
        self._stale: dict[str, tuple[int, int]] = {}

    def touched(self, database: str, first: int, last: int) -> None:
        """Rows of these times (us) were written."""
        before = self._stale.get(database, (first, last))
        self._stale[database] = (min(before[0], first), max(before[1], last))

    def forget(self, database: str) -> None:
        """Rows were deleted."""
        self._rows.pop(database, None)

    def rows(self, database: str, measurements: str, field: str) -> dict[int, int]:
        """{week, counted from the Unix epoch: rows}."""
        known = self._rows.get(database)
        stale = self._stale.pop(database, None)
        low, high = -TIME_LIMIT, TIME_LIMIT
        if known is not None:
            if stale is None:
                return known
            low, high = stale[0] // _WEEK * _WEEK, (stale[1] // _WEEK + 1) * _WEEK
        counted: dict[int, int] = {}
        statement = (
            f"SELECT count({quoted(field)}) FROM {measurements} WHERE {bounds(low, high)} "
            f"GROUP BY {by_interval(_WEEK, 0)} fill(none)"
        )
        try:
            for series in self._asker.ask(statement, database, _PATIENCE):
                for time, count in series.values:
                    counted[time // _WEEK] = counted.get(time // _WEEK, 0) + count
        except BaseException:
            if stale is not None:
                self.touched(database, *stale)
            raise
        kept = {week: count for week, count in (known or {}).items() if not low <= week * _WEEK < high}
        self._rows[database] = kept | counted
        return self._rows[database]


def measured(asker: Asker, database: str) -> str:
    """The measurements of devices that the database has, for FROM; empty when it has none."""
    kinds = {kind.value for kind in DeviceKind}
    return ", ".join(quoted(row["name"]) for row in asker.rows("SHOW MEASUREMENTS", database) if row["name"] in kinds)


def database_sizes(asker: Asker, counter: Counter, database: str, field: str, disk: int) -> StoreSizes:
    """Rows are the points that have `field`; `disk` is passed on."""
    measurements = measured(asker, database)
    if not measurements:
        return StoreSizes(0, disk, None, None)
    weeks = counter.rows(database, measurements, field)

    def times(function: str) -> list[float]:
        statement = f"SELECT {function}({quoted(field)}) FROM {measurements} WHERE {bounds(-TIME_LIMIT, TIME_LIMIT)}"
        return [one.values[0][0] / 1e6 for one in asker.ask(statement, database, _PATIENCE) if one.values]

    oldest, newest = min(times("first"), default=None), max(times("last"), default=None)
    if oldest is None or newest is None:
        return StoreSizes(sum(weeks.values()), disk, oldest, newest)
    parts = [
        StoreSizes(rows, 0, max(week * _WEEK / 1e6, oldest), min((week + 1) * _WEEK / 1e6, newest))
        for week, rows in weeks.items()
    ]
    return together(parts)._replace(bytes=disk, oldest=oldest, newest=newest)


def disk_bytes(asker: Asker) -> dict[str, dict[int, int]]:
    """{database: {shard: bytes}}, of 1.x; empty where the account may not see it."""
    found: dict[str, dict[int, int]] = {}
    with suppress(Forbidden):
        for row in asker.rows("SHOW STATS FOR 'shard'"):
            found.setdefault(row["database"], {})[int(row["id"])] = int(row["diskBytes"])
    return found


def drop_shards(asker: Asker, database: str, time: float) -> int:
    """Delete the files (1.x) that hold nothing but what is older than `time`; returns bytes freed.

    An account that may not do so leaves it to the server's own retention, which does the same within half an hour.
    """
    held = disk_bytes(asker).get(database, {})
    freed = 0
    with suppress(Forbidden):
        for row in asker.rows("SHOW SHARDS"):
            if row["database"] == database and datetime.fromisoformat(row["end_time"]).timestamp() <= time:
                asker.do(f"DROP SHARD {int(row['id'])}")
                freed += held.get(int(row["id"]), 0)
    return freed


def victoria_sizes(connection: Connection) -> StoreSizes:
    """Of a VictoriaMetrics: `rows` are its samples, one a field; it does not say its oldest and newest times."""
    numbers = {"data_size_bytes": 0.0, "rows": 0.0}
    for found in _VICTORIA.finditer(connection.get("/metrics").body.decode(errors="replace")):
        if found["what"] == "data_size_bytes" or found["type"] != "indexdb":
            numbers[found["what"]] += float(found["number"])
    return StoreSizes(int(numbers["rows"]), int(numbers["data_size_bytes"]), None, None)
