"""Where readings are kept: the embedded store, or the server that the settings name."""

from __future__ import annotations

from pathlib import Path

import structlog

from hub.ports import Clock, TelemetryStore
from hub.registry import Registry
from hub.registry.city import City
from hub.settings import Settings
from hub.store import DuckDbStore
from hub.store.influx import Flavour, InfluxAccess
from hub.store.spool import Refused, Spool, SpooledStore, segments_in
from hub.telemetry.batch import refusal

log = structlog.get_logger("lamplighter")


def open_store(settings: Settings, folder: Path, city: City, registry: Registry, clock: Clock) -> TelemetryStore:
    """The store of one hub, running. What waited on disk and can never be taken goes to quarantine."""
    if not settings.influx.url:
        if waiting := segments_in(folder / "spool"):
            log.warning("readings wait on disk for the InfluxDB of before; set influx.url to bring them there",
                        folder=str(folder / "spool"), files=len(waiting))  # fmt: skip
        return DuckDbStore(folder / "telemetry", clock.now)
    from hub.store.influx import InfluxStore

    def refused(rows: Refused) -> None:
        registry.reports.record(rejected=[refusal(row, reason) for row, reason in rows])

    access = influx_access(settings)
    spool = Spool(folder / "spool", settings.spool.megabytes * 1_000_000, clock.now)
    spooled = SpooledStore(
        InfluxStore(access, city.zone_of, clock.now), spool, now=clock.now, refused=refused,
        settle_seconds=settings.spool.settle_seconds,
    )  # fmt: skip
    spooled.start()
    return spooled


def influx_access(settings: Settings) -> InfluxAccess:
    """How the hub signs in at the server that the settings name."""
    influx = settings.influx
    return InfluxAccess(
        influx.url, influx.database, None if influx.flavour == "auto" else Flavour(influx.flavour),
        org=influx.org, token=influx.token, username=influx.username, password=influx.password,
        ca_file=influx.ca_file, timeout=influx.timeout, keep=settings.store.keep(),
        gzip=None if influx.gzip == "auto" else influx.gzip,
    )  # fmt: skip
