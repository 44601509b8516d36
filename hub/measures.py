"""What the hub measures of itself, for Prometheus. Each is described in docs/metrics.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.api.live.stream import EventStream
from hub.control.board import Board
from hub.control.reconciler import Reconciler
from hub.disk import Disk
from hub.ports import Driver, Lane, StoreUnavailable, TelemetryStore
from hub.registry import Held, Registry, RegistryUnavailable
from hub.registry.city import City
from hub.store.spool import SpooledStore
from hub.telemetry.inbox import LaneInbox
from hub.telemetry.ingest import Ingest
from hub.telemetry.latest import LatestValues
from hub.telemetry.replay import Replays
from hub.telemetry.rollups import Rollups

PREFIX = "lamplighter_"


class Measures(Collector):
    """Read at every scrape from the parts themselves; nothing is counted twice."""

    def __init__(
        self,
        inbox: LaneInbox,
        ingest: Ingest,
        store: TelemetryStore,
        drivers: Mapping[str, Driver],
        reconciler: Reconciler,
        stream: EventStream,
        city: City,
        latest: LatestValues,
        rollups: Rollups,
        replays: Replays,
        registry: Registry,
        board: Board,
        disk: Disk,
    ) -> None:
        self._inbox, self._ingest, self._store, self._drivers = inbox, ingest, store, drivers
        self._reconciler, self._stream, self._city, self._latest = reconciler, stream, city, latest
        self._rollups, self._replays, self._registry, self._board = rollups, replays, registry, board
        self._disk = disk

    def describe(self) -> Iterable[Metric]:
        """Nothing up front: names are known at the scrape."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """All families."""
        depth = GaugeMetricFamily(PREFIX + "inbox_depth", "Readings waiting in memory for the disk", labels=["lane"])
        for lane in Lane:
            depth.add_metric([lane], self._inbox.depth(lane))
        yield depth
        counters = self._ingest.counters
        for name, text, value in (
            ("ingest_rows", "Rows that became durable", counters.rows),
            ("ingest_readings", "Readings that became durable", counters.readings),
            ("ingest_rejected", "Messages put into quarantine", counters.rejected),
            ("ingest_batches", "Batches written", counters.batches),
            ("ingest_given_back", "Batches that failed; their messages come again", counters.given_back),
        ):
            yield CounterMetricFamily(PREFIX + name, text, value)
        failing = GaugeMetricFamily(PREFIX + "ingest_failing", "1 while this part cannot write", labels=["part"])
        for part in ("store", "registry"):
            failing.add_metric([part], float(part in counters.failing))
        yield failing
        yield from self._store_sizes()
        yield from self._room()
        yield from self._spool()
        yield from self._rolled()
        yield from self._quarantine()
        yield from self._driver_counters()
        gauges: tuple[tuple[str, str, Callable[[], float]], ...] = (
            ("devices", "Registered devices", lambda: len(self._city.devices)),
            ("devices_reporting", "Devices with a latest value", lambda: len(self._latest)),
            ("devices_clock_off", "Devices whose clock is off by more than a minute", lambda: self._board.clocks_wrong),
            ("lights_astray", "Lights that do not do what they should", lambda: self._reconciler.strays),
            ("event_pending", "Changes that wait for the next frame of the event stream", lambda: self._stream.pending),
            ("event_subscribers", "Screens listening to the event stream", lambda: self._stream.subscribers),
        )
        for name, text, read in gauges:
            yield GaugeMetricFamily(PREFIX + name, text, read())

    def _store_sizes(self) -> Iterable[Metric]:
        try:
            sizes = self._store.sizes()
        except StoreUnavailable:
            return
        families = (
            GaugeMetricFamily(
                PREFIX + "store_rows", "Rows in the store, of readings and of each tier", labels=["tier"]
            ),
            GaugeMetricFamily(PREFIX + "store_bytes", "Bytes on disk, of readings and of each tier", labels=["tier"]),
            GaugeMetricFamily(PREFIX + "store_oldest_seconds", "Source time of the oldest row", labels=["tier"]),
            GaugeMetricFamily(PREFIX + "store_newest_seconds", "Source time of the newest row", labels=["tier"]),
            GaugeMetricFamily(PREFIX + "store_days", "Days that the rows cover", labels=["tier"]),
        )
        for tier, held in {"raw": sizes, **{tier.value: held for tier, held in sizes.tiers.items()}}.items():
            for family, value in zip(families, (*held[:4], held.days), strict=True):
                if value is not None:
                    family.add_metric([tier], value)
        yield from families

    def _room(self) -> Iterable[Metric]:
        try:
            room = self._disk.room()
        except OSError:
            return
        yield GaugeMetricFamily(PREFIX + "disk_free_bytes", "Bytes free on the disk with the data folder", room.free)
        yield GaugeMetricFamily(PREFIX + "disk_low_bytes", "Free bytes below which room must be made", room.limit)

    def _spool(self) -> Iterable[Metric]:
        if not isinstance(self._store, SpooledStore):
            return
        backlog = self._store.backlog()
        for name, text, value in (
            ("spool_batches", "Batches that wait on disk for the store", backlog.batches),
            ("spool_rows", "Rows that wait on disk for the store", backlog.rows),
            ("spool_bytes", "Bytes on disk of the spool", backlog.bytes),
            ("spool_share", "Used share of the spool's quota", backlog.share),
            ("spool_oldest_seconds", "Age of the oldest waiting batch", self._store.oldest_age()),
            ("spool_store_away", "1 while the store takes no readings", float(self._store.away)),
        ):
            yield GaugeMetricFamily(PREFIX + name, text, value)

    def _rolled(self) -> Iterable[Metric]:
        age = GaugeMetricFamily(PREFIX + "rolled_age_seconds", "How far the tier is behind the clock", labels=["tier"])
        for tier, span in self._rollups.spans.items():
            age.add_metric([tier.value], self._rollups.age(span))
        yield age
        lateness = self._rollups.lateness
        yield GaugeMetricFamily(PREFIX + "late_hours", "Hours that wait to be restated", lateness.waiting)
        late = CounterMetricFamily(PREFIX + "late_rows", "Rows after their quarter was rolled up", labels=["what"])
        late.add_metric(["restated"], lateness.counters.restated)
        late.add_metric(["beyond"], lateness.counters.beyond)
        yield late

    def _quarantine(self) -> Iterable[Metric]:
        replayed = CounterMetricFamily(PREFIX + "quarantine_replayed", "Messages read again", labels=["outcome"])
        replayed.add_metric(["understood"], self._replays.understood)
        replayed.add_metric(["refused"], self._replays.refused)
        yield replayed
        try:
            held = self._registry.quarantine.held()
        except RegistryUnavailable:
            return
        rows = GaugeMetricFamily(PREFIX + "quarantine_rows", "Messages kept in quarantine", labels=["code"])
        size = GaugeMetricFamily(PREFIX + "quarantine_bytes", "Their bytes", labels=["code"])
        for code, each in _largest(held).items():
            rows.add_metric([code], each.rows)
            size.add_metric([code], each.bytes)
        yield rows
        yield size

    def _driver_counters(self) -> Iterable[Metric]:
        up = GaugeMetricFamily(PREFIX + "driver_up", "1 while the driver is connected", labels=["driver"])
        counts = GaugeMetricFamily(PREFIX + "driver_count", "A driver's own counters", labels=["driver", "what"])
        for name, driver in self._drivers.items():
            up.add_metric([name], float(driver.health().ok))
            for what, value in driver.counters().items():
                counts.add_metric([name, what], value)
        yield up
        yield counts


def _largest(held: Mapping[str, Held], most: int = 30) -> dict[str, Held]:
    """The reasons with the most rows; the rest together as `other`, so that the labels stay few."""
    ranked = sorted(held.items(), key=lambda item: item[1], reverse=True)
    found = dict(ranked[:most])
    if rest := ranked[most:]:
        found["other"] = Held(sum(each.rows for _, each in rest), sum(each.bytes for _, each in rest))
    return found
