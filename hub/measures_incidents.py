"""What the hub measures of its incidents, for Prometheus. Each is described in docs/metrics.md."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.incidents.desk import IncidentDesk
from hub.measures import PREFIX


class IncidentMeasures(Collector):
    """Read at every scrape from the incidents themselves."""

    def __init__(self, incidents: IncidentDesk) -> None:
        self._incidents = incidents

    def describe(self) -> Iterable[Metric]:
        """Nothing up front: names are known at the scrape."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """All families."""
        desk = self._incidents
        dry = sum(each.dry for each in desk.running.values())
        running = GaugeMetricFamily(PREFIX + "incidents_running", "Incidents that run", labels=["dry_run"])
        running.add_metric(["no"], len(desk.running) - dry)
        running.add_metric(["yes"], dry)
        yield running
        yield GaugeMetricFamily(
            PREFIX + "incidents_refused", "Running incidents that were refused lights or junctions", desk.refusing
        )
