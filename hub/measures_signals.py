"""What the hub measures of its junctions, for Prometheus. Each is described in docs/metrics.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.measures import PREFIX
from hub.model.junctions import JunctionMode
from hub.model.signals import OrderKind, PlanState
from hub.signals.room import SignalRoom


class SignalMeasures(Collector):
    """Read at every scrape from the junctions themselves."""

    def __init__(self, room: SignalRoom) -> None:
        self._room = room

    def describe(self) -> Iterable[Metric]:
        """Nothing up front: names are known at the scrape."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """All families."""
        room, modes = self._room, Counter[str]()
        for junction in room.junctions():
            report = room.book.believed(junction.id)
            modes["unknown" if report is None else report.mode.value] += 1
        shown = GaugeMetricFamily(PREFIX + "junctions", "Junctions by what their controllers say now", labels=["mode"])
        for mode in (*(each.value for each in JunctionMode), "unknown"):
            shown.add_metric([mode], modes[mode])
        yield shown
        kinds = Counter(order.kind for order in room.ledger.ruling.values())
        orders = GaugeMetricFamily(PREFIX + "junction_orders", "Orders that hold a junction now", labels=["kind"])
        for kind in OrderKind:
            orders.add_metric([kind.value], kinds[kind])
        yield orders
        plans = GaugeMetricFamily(
            PREFIX + "signal_plan_sets", "Plan sets that run or are on their way", labels=["state"]
        )
        coming = Counter(record.state for record in room.ledger.coming.values())
        for state in (PlanState.DOWNLOADING, PlanState.DOWNLOADED):
            plans.add_metric([state.value], coming[state])
        plans.add_metric([PlanState.ACTIVE.value], len(room.ledger.active))
        yield plans
