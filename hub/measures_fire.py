"""What the hub measures of the fire path, for Prometheus. Each is described in docs/metrics.md."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.fire.desk import FireDesk
from hub.fire.self_test import SelfTests
from hub.measures import PREFIX
from hub.model.fire import FireEvent

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)


class FireMeasures(Collector):
    """`desk` and `tests` are set once they are built."""

    desk: FireDesk
    tests: SelfTests

    def __init__(self) -> None:
        self._took = Histogram(
            PREFIX + "fire_seconds",
            "Seconds from the receipt of a fire panel's event to each stage of its way",
            ["stage"],
            buckets=_BUCKETS,
            registry=None,
        )

    def seen(self, event: FireEvent, stage: str, took: float) -> None:
        """An event has reached a stage."""
        self._took.labels(stage).observe(took)

    def describe(self) -> Iterable[Metric]:
        """Nothing up front: names are known at the scrape."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """All families."""
        yield from self._took.collect()
        yield GaugeMetricFamily(PREFIX + "fire_panels", "Fire panels in service", len(self.desk.panels()))
        yield GaugeMetricFamily(PREFIX + "fire_panels_lost", "Fire panels that are lost", self.desk.beats.lost)
        last = self.tests.last
        yield GaugeMetricFamily(
            PREFIX + "fire_self_test_ok", "1 when the newest test of the fire path passed, 0 when it failed or none was made",
            float(last is not None and last.outcome == "passed"),
        )  # fmt: skip
        yield GaugeMetricFamily(
            PREFIX + "fire_self_test_time_seconds", "When the newest test of the fire path began, Unix seconds; 0: none was made",
            0.0 if last is None else last.started,
        )  # fmt: skip
