"""What the hub measures of itself, for Prometheus. Each is described in docs/metrics.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.api.stream import EventStream
from hub.control.reconciler import Reconciler
from hub.ports import Driver, Lane, StoreUnavailable, TelemetryStore
from hub.registry.city import City
from hub.telemetry.inbox import LaneInbox
from hub.telemetry.ingest import Ingest
from hub.telemetry.latest import LatestValues

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
    ) -> None:
        self._inbox, self._ingest, self._store, self._drivers = inbox, ingest, store, drivers
        self._reconciler, self._stream, self._city, self._latest = reconciler, stream, city, latest

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
        ):
            yield CounterMetricFamily(PREFIX + name, text, value)
        failing = GaugeMetricFamily(PREFIX + "ingest_failing", "1 while this part cannot write", labels=["part"])
        for part in ("store", "registry"):
            failing.add_metric([part], float(part in counters.failing))
        yield failing
        yield from self._store_sizes()
        yield from self._driver_counters()
        gauges: tuple[tuple[str, str, Callable[[], float]], ...] = (
            ("devices", "Registered devices", lambda: len(self._city.devices)),
            ("devices_reporting", "Devices with a latest value", lambda: len(self._latest)),
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
        yield GaugeMetricFamily(PREFIX + "store_bytes", "Bytes of readings on disk", sizes.bytes)
        yield GaugeMetricFamily(PREFIX + "store_rows", "Rows of readings in the store", sizes.rows)

    def _driver_counters(self) -> Iterable[Metric]:
        up = GaugeMetricFamily(PREFIX + "driver_up", "1 while the driver is connected", labels=["driver"])
        counts = GaugeMetricFamily(PREFIX + "driver_count", "A driver's own counters", labels=["driver", "what"])
        for name, driver in self._drivers.items():
            up.add_metric([name], float(driver.health().ok))
            for what, value in driver.counters().items():
                counts.add_metric([name, what], value)
        yield up
        yield counts
