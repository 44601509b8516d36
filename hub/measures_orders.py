"""What the hub measures of its orders, for Prometheus. Each is described in docs/metrics.md."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.control.ticks import Ticks
from hub.control.turns import Turns
from hub.measures import PREFIX


class OrderMeasures(Collector):
    """Read at every scrape from the parts themselves."""

    def __init__(self, turns: Turns, ticks: Ticks) -> None:
        self._turns, self._ticks = turns, ticks

    def describe(self) -> Iterable[Metric]:
        """Nothing up front: names are known at the scrape."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """All families."""
        waiting = GaugeMetricFamily(PREFIX + "orders_waiting", "Orders that wait for their turn", labels=["limit"])
        for limit, orders in self._turns.waiting().items():
            waiting.add_metric([limit], orders)
        yield waiting
        sent = CounterMetricFamily(PREFIX + "orders_sent", "Orders that the broker took", labels=["to"])
        for to, count in self._turns.sent.items():
            sent.add_metric([to], count)
        yield sent
        late = HistogramMetricFamily(PREFIX + "step_lateness_seconds", "From a step to its lamp's order at the broker")
        late.add_metric([], self._ticks.lateness.buckets(), self._ticks.lateness.total)
        yield late
        yield CounterMetricFamily(PREFIX + "clock_jumps", "How often the clock was set by seconds", self._ticks.jumps)
