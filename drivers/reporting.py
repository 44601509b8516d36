"""What reports of every driver have in common: how far their clock is believed, and how much text is kept."""

from __future__ import annotations

import re

from hub.model.commands import Command, Operation
from hub.model.devices import Device, DeviceKind
from hub.model.junctions import JunctionReport
from hub.model.light import LightReport
from hub.model.metrics import METRICS
from hub.model.readings import Quality, Row
from hub.model.reasons import sentence
from hub.ports import CannotCarry

_AHEAD = 60.0  # seconds that a report may be ahead of the hub's clock
_NUMBER = re.compile(r"p?([0-9]{1,5})")  # names of programs and stages that are numbers
_PLAUSIBLE = float(2**28)  # Unix times below are of a clock that was never set


def light_row(report: LightReport, device: Device, time: float | None, future: float) -> Row:
    """The reading that a light's report is, so that history has every change: at the `time` that the light gave, as readings
    are, when that is at most `future` seconds ahead."""
    at, quality = row_time(time, report.received, future)
    return Row(device.id, DeviceKind.LIGHT, at, report.received, {"level": report.level}, int(quality))


def junction_row(report: JunctionReport, time: float | None, future: float) -> Row:
    """The readings that a state is, so that history has every change of mode, plan and stage: at the `time` that it gave."""
    at, quality = row_time(time, report.received, future)
    values = {"signal_mode": float(report.mode.number)}
    plan = _NUMBER.fullmatch(report.plan or "")
    stage = _NUMBER.fullmatch(report.stage or "")
    if plan is not None and int(plan[1]) <= METRICS["signal_plan"].high:
        values["signal_plan"] = float(plan[1])
    if stage is not None and int(stage[1]) <= METRICS["signal_stage"].high:
        values["signal_stage"] = float(stage[1])
    if report.clock_error is not None:
        values["signal_clock_error"] = report.clock_error
    return Row(report.device, DeviceKind.JUNCTION, at, report.received, values, int(quality))


def row_time(time: float | None, received: float, future: float) -> tuple[float, Quality]:
    """Source time and quality of the readings in a report that was given this `time`."""
    if time is None:
        return received, Quality.NO_SOURCE_TIME
    if not _PLAUSIBLE <= time <= received + future:
        return received, Quality.CLOCK_SUSPECT
    return time, Quality.GOOD if time <= received + _AHEAD else Quality.CLOCK_SUSPECT


def report_time(time: float | None, received: float, future: float) -> tuple[float, Quality]:
    """When a report is true of, by the device's clock; by ours, and flagged, when that clock cannot be believed.

    A wrong clock must not hide that a lamp obeyed or that something burns, so unlike a reading no report is refused for it.
    Nor may it be ahead by more than a minute (or `future`): it would outlast the reports that come after the clock is set.
    """
    if time is None:
        return received, Quality.NO_SOURCE_TIME
    if not _PLAUSIBLE <= time <= received + min(future, _AHEAD):
        return received, Quality.CLOCK_SUSPECT
    return time, Quality.GOOD


def clean(text: str, longest: int) -> str:
    """`text` cut to `longest` characters, without the NUL that databases refuse."""
    return text[:longest].replace("\x00", "\ufffd")


def only_read(device: Device | None, command: Command) -> None:
    """Raise CannotCarry when a fire panel is asked for anything but its state: the hub never silences, resets or switches one."""
    if device is not None and device.kind is DeviceKind.FIRE_PANEL and command.operation is not Operation.READ:
        raise CannotCarry(
            sentence("cannot", type="fire panel", operation=command.operation.value, able=Operation.READ.value)
        )
