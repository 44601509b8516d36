"""How far an order is, by what the controller says of itself. Only that counts: an acknowledgement is no read-back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hub.model.commands import Outcome
from hub.model.junctions import ChosenBy, JunctionMode, JunctionReport
from hub.model.signals import OrderKind, PlanRecord, Progress, SignalOrder

_MODES = {OrderKind.FLASH: JunctionMode.FLASH, OrderKind.DARK: JunctionMode.DARK}
_ENDS = {Outcome.REJECTED: Progress.REFUSED, Outcome.FAILED: Progress.FAILED, Outcome.TIMED_OUT: Progress.TIMED_OUT}


def by_report(order: SignalOrder, report: JunctionReport, stored: Mapping[str, str]) -> SignalOrder:
    """The order as it stands by a report that came after it; the same when that changes nothing."""
    if not order.open or report.kept or report.received < order.created:
        return order
    if order.kind in _MODES:
        running = report.mode is _MODES[order.kind]
        confirmed = running or report.command == order.command
    elif order.kind is OrderKind.LOCAL:
        confirmed = running = report.by is ChosenBy.CALENDAR or report.mode in (JunctionMode.LOCAL, JunctionMode.MANUAL)
    else:
        running = runs(report, order.name, order.checksum)
        held = stored.get(order.name or "") == order.checksum
        confirmed = running or (held and report.selected == order.name)
    progress = Progress.RUNNING if running else Progress.CONFIRMED if confirmed else order.progress
    if progress is order.progress:
        return order
    at = report.received
    return replace(
        order, progress=progress, confirmed=order.confirmed if order.confirmed is not None or not confirmed else at,
        running=order.running if order.running is not None or not running else at,
    )  # fmt: skip


def by_outcome(order: SignalOrder, outcome: Outcome, detail: str, now: float) -> SignalOrder:
    """The order when its command ended for this junction: one that the controller has not confirmed is over."""
    if not order.open or order.progress is not Progress.ORDERED or outcome not in _ENDS:
        return order
    return replace(order, progress=_ENDS[outcome], detail=detail, ended=now)


def runs(report: JunctionReport, name: str | None, checksum: str | None) -> bool:
    """Whether the controller runs the program of that name with that content."""
    return report.mode is JunctionMode.PLAN and report.plan == name and report.checksum == checksum


def follows(report: JunctionReport, record: PlanRecord) -> str | None:
    """The program of a plan set that the controller runs; None when it runs none of them, or something else of that name."""
    for program, name in record.names.items():
        if runs(report, name, record.checksums.get(program)):
            return program
    return None
