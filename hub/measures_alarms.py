"""What the hub measures of its alarms, for Prometheus. Each is described in docs/metrics.md."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.alarms.desk import AlarmDesk
from hub.alarms.listing import Listing
from hub.measures import PREFIX
from hub.model.alarms import Severity
from hub.registry.city import City


class AlarmMeasures(Collector):
    """Read at every scrape from the alarms themselves."""

    def __init__(self, alarms: AlarmDesk, city: City) -> None:
        self._alarms, self._city = alarms, city

    def describe(self) -> Iterable[Metric]:
        """Nothing up front: names are known at the scrape."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """All families."""
        counts = Listing(self._alarms.book, self._city).counts()
        standing = GaugeMetricFamily(PREFIX + "alarms", "Alarms on the operator's list", labels=["severity"])
        for severity in Severity:
            standing.add_metric([severity], counts[severity])
        yield standing
        yield GaugeMetricFamily(PREFIX + "alarms_unseen", "Alarms on the list that nobody has seen", counts["unseen"])
        away = GaugeMetricFamily(PREFIX + "alarms_away", "Alarms that a flag keeps from the list", labels=["flag"])
        for flag in ("shelved", "suppressed", "out-of-service"):
            away.add_metric([flag], counts[flag])
        yield away
        yield GaugeMetricFamily(PREFIX + "alarm_rows_waiting", "Rows that wait for the rules", self._alarms.waiting)
        yield CounterMetricFamily(PREFIX + "alarm_rows_skipped", "Rows that no rule looked at", self._alarms.skipped)
