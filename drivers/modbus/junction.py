"""What a signal controller on a line said so far: what of a poll is news, and what is wrong there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from drivers.modbus.signals import Unreadable, directory, status
from hub.model.devices import Device
from hub.model.junctions import JunctionMode, JunctionReport
from hub.model.signal_faults import LAMPS, FaultClass, fault_class

FUTURE = 60.0  # s that its clock may be ahead of the hub's until its time is not believed
_DRIFT = 0.5  # s that its clock error may change until it is told
_EVENTS = ("signalFault", "signalMinorFault", "signalLocal", "signalConflict", "signalLampFailure", "detectorFailure")


class Controller:
    """The controller of one junction. It is asked each second, and tells when something but the second changed, each `life`
    seconds, and each second while it is watched."""

    def __init__(self, device: Device, life: float) -> None:
        self._device, self._life = device, life
        self._stored: dict[str, str] | None = None
        self._told: JunctionReport | None = None
        self._told_at = 0.0
        self._every, self._watched_until = 0.0, 0.0

    def watch(self, every: float, until: float) -> None:
        """Tell so often until then, by the loop's clock."""
        self._every, self._watched_until = every, until

    def again(self) -> None:
        """What was told got lost on its way."""
        self._told = None

    def take(self, parts: Sequence[tuple[str, bytes]], received: float, now: float) -> JunctionReport | None:
        """What a poll says, when that is to be told; raises Unreadable."""
        entries = [raw for part, raw in parts if part == "directory"]
        found = next((status(raw, self._device, received, FUTURE) for part, raw in parts if part == "status"), None)
        if entries:
            stored = {name: sum for raw in entries for name, sum in directory(raw).items()}
            if stored != self._stored:
                self._stored = stored
                if found is None and self._told is not None:
                    found = replace(self._told, received=received)
                    return self._tell(replace(found, stored=stored), now)
        if found is None or not self._news(found, now):
            return None
        return self._tell(replace(found, stored=self._stored), now)

    def _tell(self, report: JunctionReport, now: float) -> JunctionReport:
        self._told, self._told_at = report, now
        return report

    def _news(self, report: JunctionReport, now: float) -> bool:
        told = self._told
        if told is None or now - self._told_at >= (self._every if now < self._watched_until else self._life):
            return True
        drifted = abs((report.clock_error or 0.0) - (told.clock_error or 0.0)) > _DRIFT
        return drifted or _brief(report) != _brief(told)


def _brief(report: JunctionReport) -> tuple[object, ...]:
    return (
        report.mode, report.by, report.plan, report.selected, report.until, report.checksum, report.faults,
        bool(report.correction),
    )  # fmt: skip


def conditions(report: JunctionReport, held: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, bool, str]]:
    """(type, point, whether it holds, text) of all that can be wrong at a controller. `held` are those that held until now."""
    wrong: dict[tuple[str, str], str] = {}
    for fault in report.faults:
        kind, _, point = fault.partition(":")
        if kind in LAMPS:
            wrong["signalLampFailure", point] = "lamp failed"
        elif kind == "detector":
            wrong["detectorFailure", point] = "detector failed"
        elif fault_class(fault) is FaultClass.MINOR:
            wrong["signalMinorFault", kind] = fault
        elif report.mode is JunctionMode.FAULT and ":" in fault:
            wrong["signalConflict", ""] = f"failed to flash: {fault}"
        else:
            wrong["signalFault", ""] = fault
    if report.mode is JunctionMode.FAULT and not wrong:
        wrong["signalFault", ""] = "failed to flash"
    if report.mode in (JunctionMode.LOCAL, JunctionMode.MANUAL):
        wrong["signalLocal", ""] = "police panel" if report.mode is JunctionMode.MANUAL else "set to local on the spot"
    for (type, point), text in wrong.items():
        yield type, point, True, text
    for type, point in held:
        if type in _EVENTS and (type, point) not in wrong:
            yield type, point, False, ""


__all__ = ["Controller", "Unreadable", "conditions"]
