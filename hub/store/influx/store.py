"""TelemetryStore on an InfluxDB server, or (for writing) on VictoriaMetrics. What is where: docs/influxdb.md."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import Any, TypeVar

import structlog

from hub.model.devices import DeviceKind
from hub.model.readings import Row
from hub.ports import (
    CannotAnswer,
    Health,
    LatestValue,
    RowsRefused,
    SeriesQuery,
    Span,
    StoreSizes,
    StoreUnavailable,
    Tier,
)
from hub.store.influx.access import Flavour, InfluxAccess
from hub.store.influx.asking import Asker
from hub.store.influx.databases import prepare
from hub.store.influx.flavour import Server, detect, started
from hub.store.influx.http import Connection
from hub.store.influx.influxql import bounds, literal, quoted
from hub.store.influx.lines import RowEncoder
from hub.store.influx.newest import NewestReader
from hub.store.influx.rolling import OWN, Roller, device_lines, intervals, zone_lines
from hub.store.influx.series import SeriesReader
from hub.store.influx.sizes import Counter, database_sizes, disk_bytes, drop_shards, victoria_sizes
from hub.store.influx.writer import NoDatabase, write
from hub.store.periods import microseconds

log = structlog.get_logger("lamplighter.store")

_T = TypeVar("_T")
_ROLLED_LINES = 5_000  # lines of aggregates in one request
_NO_READING = (
    "VictoriaMetrics takes readings in but does not answer InfluxQL: look at them in Grafana or by its own query language, "
    "or set influx.url to an InfluxDB"
)


class InfluxStore:
    """Readings in the server's databases `database` (raw) and `database-15m`, `-1h`, `-1d` (aggregates).

    Nothing fails here when the server is away: it is found out and set up at the first call that reaches it, and again when it
    has lost its databases. `zone_of` gives the tag `zone`; it is asked from the thread that appends. `now` is Unix seconds.
    A reading that comes again with another value replaces the first one (the embedded store keeps the first).
    """

    def __init__(self, access: InfluxAccess, zone_of: Callable[[str], str | None], now: Callable[[], float]) -> None:
        self._access, self._now = access, now
        self._connection = Connection(access)
        self._asker = Asker(self._connection)
        self._encoder = RowEncoder(zone_of)
        self._counter = Counter(self._asker)
        self._roller = Roller(self._asker, access)
        self._server: Server | None = None
        self._preparing = threading.Lock()
        self._failure: str | None = None
        self._dropped = -math.inf  # readings before then were deleted
        self._closed = False
        with suppress(StoreUnavailable):
            self._reported(self._ready)

    @property
    def durable(self) -> bool:
        """True when what `append` returned for survives a crash of the server; VictoriaMetrics writes to disk seconds later.

        False as well while it is not known what the server is.
        """
        server = self._server
        return (server.flavour if server else self._access.flavour) not in (None, Flavour.VICTORIA)

    def incarnation(self) -> str | None:
        """Where `durable` is False, what changes when the server is started anew; None for others. Raises StoreUnavailable."""
        return self._reported(lambda: started(self._connection) if self._ready().flavour is Flavour.VICTORIA else None)

    # --- writing ---------------------------------------------------------------------------------------------------

    def append(self, rows: Sequence[Row]) -> None:
        self._check_open()
        encoded = self._encoder.encode(rows)
        refused = dict(encoded.refused)
        if encoded.lines:
            found = self._reported(lambda: self._write(None, encoded.lines))
            refused |= {encoded.places[n]: reason for n, reason in found.items()}
            self._counter.touched(self._access.database, encoded.first, encoded.last)
        if refused:
            raise RowsRefused(dict(sorted(refused.items())))

    def roll_up(self, tier: Tier, span: Span, zones: Mapping[str, str | None]) -> int:
        """As the port says; nothing on VictoriaMetrics. ValueError when `span` is not of whole intervals."""
        self._check_open()
        spans = list(intervals(tier, span))
        return self._reported(lambda: self._roll_up(tier, spans, zones))

    def drop_before(self, time: float, tier: Tier | None = None) -> int:
        """1.x: drop the shards that ended before then. 2.x and 3.x do it by the retention that they were given: 0."""
        freed = self._reported(lambda: self._drop_before(time, self._access.home(tier)))
        if tier is None:
            self._dropped = max(self._dropped, time)
        return freed

    # --- reading ---------------------------------------------------------------------------------------------------

    def latest(self, received_after: float | None = None) -> list[LatestValue]:
        """Nothing from VictoriaMetrics."""
        reader = NewestReader(self._asker, self._access)
        return self._reported(lambda: reader.latest(received_after) if self._readable() else [])

    def readings(self, kind: DeviceKind, device: str, span: Span, limit: int) -> list[Row]:
        return self._reported(lambda: self._readings(kind, device, span, limit) if limit > 0 else [])

    def series(self, query: SeriesQuery) -> list[tuple[float, float]]:
        """A server at work has a minute for each statement; one that hangs is told by `influx.timeout`."""
        reader = SeriesReader(self._asker, self._access, self._raw_from)

        def answer() -> list[tuple[float, float]]:
            self._must_be_readable()
            self._connection.get("/ping")
            return reader.series(query)

        return self._reported(answer)

    def sizes(self) -> StoreSizes:
        """Bytes are 0 where the server does not say them (2.x, 3.x). `rows` of VictoriaMetrics are its samples, one a field."""
        return self._reported(self._sizes)

    def health(self) -> Health:
        if self._closed:
            return Health(False, "closed")
        if self._failure is not None:
            return Health(False, self._failure)
        return Health(True, self._name())

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._connection.close()

    # --- the server ------------------------------------------------------------------------------------------------

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed")

    def _reported(self, work: Callable[[], _T]) -> _T:
        self._check_open()
        try:
            result = work()
        except CannotAnswer:
            raise
        except StoreUnavailable as error:
            self._failure = str(error)
            raise
        self._failure = None
        return result

    def _ready(self) -> Server:
        """The server, found out and set up."""
        server = self._server
        if server is None:
            with self._preparing:
                server = self._server
                if server is None:
                    server = detect(self._connection)
                    prepare(server.flavour, self._connection, self._asker)
                    self._server = server
                    log.info("the store is on a server", server=self._name(), url=self._connection.url)
        return server

    def _name(self) -> str:
        server = self._server
        if server is None:
            return f"{self._connection.url} has not answered yet"
        title = "VictoriaMetrics" if server.flavour is Flavour.VICTORIA else "InfluxDB"
        return f"{title} {server.version} at {self._connection.url}, database {self._access.database}"

    def _readable(self) -> bool:
        return self._ready().flavour is not Flavour.VICTORIA

    def _must_be_readable(self) -> None:
        if not self._readable():
            raise CannotAnswer(_NO_READING)

    def _raw_from(self) -> float:
        days = self._access.keep.get(None)
        return max(self._dropped, self._now() - days * 86_400.0 if days else -math.inf)

    def _write(self, tier: Tier | None, lines: Sequence[str]) -> dict[int, str]:
        home = self._access.home(tier)
        for again in (False, True):
            v1 = self._ready().flavour is Flavour.V1
            send = self._connection.write_v1 if v1 else self._connection.write_v2
            try:
                return write(lambda body: send(home, body), lines)  # noqa: B023 - called before the next round
            except NoDatabase as error:
                if again:
                    raise StoreUnavailable(f"InfluxDB has no database {home} and did not make it: {error}") from error
                self._server = None
        raise AssertionError("unreachable")

    # --- the calls -------------------------------------------------------------------------------------------------

    def _roll_up(self, tier: Tier, spans: Sequence[tuple[int, int]], zones: Mapping[str, str | None]) -> int:
        if not self._readable():
            return 0
        count = 0
        metrics = self._roller.metrics(tier)
        for start, end in spans:
            for kind, names in metrics.items():
                found = self._roller.summaries(tier, kind, names, start, end)
                stored = self._roller.zones(tier, kind, start, end)
                lines = chain(device_lines(kind, found, start, end), zone_lines(kind, found, zones, stored, start, end))
                while some := list(islice(lines, _ROLLED_LINES)):
                    self._write_rolled(tier, some, start)
                count += sum(map(bool, found.values()))
        return count

    def _write_rolled(self, tier: Tier, lines: Sequence[str], time: int) -> None:
        home = self._access.home(tier)
        refused = self._write(tier, lines)
        self._counter.touched(home, time, time)
        if refused:
            reason = next(iter(refused.values()))
            log.warning("aggregates were refused", database=home, lines=len(refused), reason=reason, time=time / 1e6)

    def _drop_before(self, time: float, home: str) -> int:
        if self._ready().flavour is not Flavour.V1:
            return 0
        self._counter.forget(home)
        return drop_shards(self._asker, home, time)

    def _readings(self, kind: DeviceKind, device: str, span: Span, limit: int) -> list[Row]:
        """A row that the server holds twice counts once: it is asked on until `limit` are whole, or there are no more."""
        self._must_be_readable()
        found: dict[int, Row] = {}
        begins, asked = microseconds(span.start), limit + 1
        while len(found) <= limit:
            statement = (
                f'SELECT * FROM {quoted(kind.value)} WHERE "device" = {literal(device)} '
                f"AND {bounds(begins, microseconds(span.end))} ORDER BY time ASC LIMIT {asked}"
            )
            rows = list(self._asker.rows(statement, self._access.database))
            for row in rows:
                found[row["time"]] = _row(kind, device, row, found.get(row["time"]))
            if len(rows) < asked:
                break
            begins, asked = rows[-1]["time"], asked * 2
        return list(found.values())[:limit]

    def _sizes(self) -> StoreSizes:
        flavour = self._ready().flavour
        if flavour is Flavour.VICTORIA:
            return victoria_sizes(self._connection)
        disk = disk_bytes(self._asker) if flavour is Flavour.V1 else {}

        def of(tier: Tier | None) -> StoreSizes:
            home = self._access.home(tier)
            field = "received" if tier is None else "span"
            return database_sizes(self._asker, self._counter, home, field, sum(disk.get(home, {}).values()))

        return of(None)._replace(tiers={tier: of(tier) for tier in Tier})


def _row(kind: DeviceKind, device: str, row: Mapping[str, Any], before: Row | None) -> Row:
    """One row of the server's, with the values of `before`: the device moved to another zone between two deliveries of the
    same reading."""
    fixed = {"time", "device", "kind", "zone", *OWN}
    values = {name: float(value) for name, value in row.items() if name not in fixed and value is not None}
    if before is not None:
        values |= before.values
    received = float(row["received"]) if row["received"] is not None else row["time"] / 1e6
    return Row(device, kind, row["time"] / 1e6, received, values, int(row.get("quality") or 0))
