"""What the controllers of the city last said, and for how long that may be believed. In memory only: controllers say it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from hub.model.devices import Device
from hub.model.junctions import JunctionMode, JunctionReport
from hub.model.signal_faults import major
from hub.ports import Clock
from hub.registry.city import COMMANDABLE
from hub.signals.refusals import WhyNot

STALE_AFTER = 3.0  # of its report intervals


@dataclass(frozen=True, slots=True)
class Heard:
    """The newest report of a controller; when it last showed life (None: not since the start), and since when it shows the same
    program or mode, both by a clock that nobody sets."""

    report: JunctionReport
    alive: float | None
    since: float


class Book:
    """Newest report by junction. `every`: the seconds between reports that nobody asked for."""

    def __init__(self, clock: Clock, every: float) -> None:
        self._clock, self._every = clock, every
        self.patience = STALE_AFTER * every
        """Seconds after which what a controller said is not of now."""
        self._heard: dict[str, Heard] = {}

    def take(self, report: JunctionReport) -> bool:
        """Take a report in; False when it is older than what is known. What it does not say of its store still holds."""
        known = self._heard.get(report.device)
        if known is not None and report.kept and known.report.time >= report.time:
            return False
        alive_before = known is not None and known.alive is not None and not report.kept
        if known is not None and alive_before and 0.0 < known.report.time - report.time < self._every:
            return False  # overtaken on the way; further back its clock was set
        if report.stored is None and known is not None:
            report = replace(report, stored=known.report.stored)
        if not report.detectors and known is not None:
            report = replace(report, detectors=known.report.detectors)
        now, alive = self._clock.monotonic(), known.alive if known is not None else None
        same = known is not None and _shown(known.report) == _shown(report)
        since = known.since if known is not None and same else now
        self._heard[report.device] = Heard(report, alive if report.kept else now, since)
        return True

    def forget(self, junction: str) -> None:
        """Drop a junction that was deleted."""
        self._heard.pop(junction, None)

    def of(self, junction: str) -> JunctionReport | None:
        """What its controller last said."""
        known = self._heard.get(junction)
        return None if known is None else known.report

    def age(self, junction: str) -> float | None:
        """Seconds since its controller was last heard; None when it was not since the start of the hub."""
        known = self._heard.get(junction)
        if known is None or known.alive is None:
            return None
        return (self._clock.monotonic() - known.alive) * self._clock.rate

    def lasting(self, junction: str) -> float:
        """Seconds for which the program or mode of now has been seen; 0 when nothing was."""
        known = self._heard.get(junction)
        return 0.0 if known is None else (self._clock.monotonic() - known.since) * self._clock.rate

    def fresh(self, junction: str) -> bool:
        """Whether what it said is of now."""
        age = self.age(junction)
        return age is not None and age <= self.patience

    def believed(self, junction: str) -> JunctionReport | None:
        """What its controller says of now; None when that is too old."""
        return self.of(junction) if self.fresh(junction) else None

    def stored(self, junction: str) -> Mapping[str, str]:
        """The programs that it says it holds: {name: checksum}."""
        report = self.of(junction)
        return MappingProxyType(dict(report.stored or {})) if report is not None else MappingProxyType({})

    def why_not(self, device: Device) -> list[WhyNot]:
        """Why it takes no order now; empty when it does."""
        found = []
        if device.status not in COMMANDABLE:
            found.append(WhyNot("not-in-service", {"status": device.status.value}))
        report, age = self.of(device.id), self.age(device.id)
        if report is None:
            return [*found, WhyNot("never-said")]
        if age is None or not self.fresh(device.id):
            seconds = max(0.0, self._clock.now() - report.received) if age is None else age
            return [*found, WhyNot("silent", {"seconds": round(seconds)})]
        if report.mode is JunctionMode.MANUAL:
            found.append(WhyNot("manual"))
        if report.mode is JunctionMode.LOCAL:
            found.append(WhyNot("spot"))
        if report.mode is JunctionMode.FAULT or major(report.faults):
            grave = major(report.faults) or report.faults
            found.append(WhyNot("fault", {"faults": ", ".join(grave) or "failed to flash"}))
        return found


def _shown(report: JunctionReport) -> tuple[object, ...]:
    return report.mode, report.plan, report.checksum
