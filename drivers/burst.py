"""What a burst of messages held, gathered into one delivery."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field

from hub.model.cabinets import CabinetReport
from hub.model.fire import PanelReport
from hub.model.junctions import JunctionReport
from hub.model.light import LightReport
from hub.model.readings import Rejected, Row
from hub.model.reports import EventReport, PlanReport, PresenceReport, ResultReport
from hub.ports import Delivery

_REFUSED_BYTES = 500  # of a refused message, in memory as much as a reading


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a network says of a command it carried: `reference` is the one its Publish had; `delivered` that the device
    received it, which is not to say that it obeyed."""

    device: str
    reference: str
    delivered: bool
    received: float


@dataclass(slots=True)
class Burst:
    """Grows while messages are decoded."""

    rows: list[Row] = field(default_factory=list)
    lights: list[LightReport] = field(default_factory=list)
    results: list[ResultReport] = field(default_factory=list)
    events: list[EventReport] = field(default_factory=list)
    presence: list[PresenceReport] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    plans: list[PlanReport] = field(default_factory=list)
    cabinets: list[CabinetReport] = field(default_factory=list)
    panels: list[PanelReport] = field(default_factory=list)
    junctions: list[JunctionReport] = field(default_factory=list)
    deliveries: list[DeliveryReport] = field(default_factory=list)  # for the driver itself; not in the Delivery
    kept: Set[bytes] = frozenset()  # payloads that the broker had retained; not in the Delivery either

    @property
    def only_rows(self) -> bool:
        """True when it holds readings and nothing else."""
        return bool(self.rows) and not (
            self.lights or self.results or self.events or self.presence or self.rejected or self.plans
            or self.cabinets or self.panels or self.junctions or self.deliveries
        )  # fmt: skip

    def size(self) -> int:
        """Readings, reports and refusals in it, these by their bytes; 0 when there is nothing to deliver."""
        reports = len(self.lights) + len(self.results) + len(self.events) + len(self.presence) + len(self.plans)
        reports += len(self.cabinets) + len(self.junctions) + sum([1 + len(report.points) for report in self.panels])
        refused = sum([1 + len(item.raw) // _REFUSED_BYTES for item in self.rejected])
        return reports + refused + sum([len(row.values) for row in self.rows])

    def delivery(self, done: Callable[[], None], failed: Callable[[], None] = lambda: None) -> Delivery:
        """The delivery of it all."""
        return Delivery(
            done, self.rows, self.lights, self.results, self.events, self.presence, self.rejected, self.plans,
            max(1, self.size()), failed, self.cabinets, self.panels, self.junctions,
        )  # fmt: skip
