"""What the hub measures of its notifications, for Prometheus. Each is described in docs/metrics.md."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.measures import PREFIX
from hub.notify.desk import NotifyDesk


class NotifyMeasures(Collector):
    """Read at every scrape from the desk itself."""

    def __init__(self, notify: NotifyDesk) -> None:
        self._notify = notify

    def describe(self) -> Iterable[Metric]:
        """Nothing up front: names are known at the scrape."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """All families."""
        label = ["channel"]
        waiting = GaugeMetricFamily(
            PREFIX + "notifications_waiting", "Messages that wait for their channel", labels=label
        )
        failing = GaugeMetricFamily(
            PREFIX + "notification_failing_seconds",
            "Since when a channel delivers nothing of what it tried",
            labels=label,
        )
        delivered = CounterMetricFamily(PREFIX + "notifications_delivered", "Alarms told", labels=label)
        failed = CounterMetricFamily(PREFIX + "notification_attempts_failed", "Attempts that failed", labels=label)
        lost = CounterMetricFamily(PREFIX + "notifications_given_up", "Messages given up", labels=label)
        since = {point: seconds for (_, point), seconds in self._notify.parts().items()}
        for id, outbox in self._notify.outboxes.items():
            waiting.add_metric([id], len(outbox.waiting))
            failing.add_metric([id], since.get(id, 0.0))
            delivered.add_metric([id], outbox.counters.delivered)
            failed.add_metric([id], outbox.counters.failed)
            lost.add_metric([id], outbox.counters.given_up)
        yield from (waiting, failing, delivered, failed, lost)
        yield GaugeMetricFamily(
            PREFIX + "notifications_planned", "Messages that wait for their time", len(self._notify.planned)
        )
