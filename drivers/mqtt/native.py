"""Upward messages of native devices to rows and reports (contract: MQTT, native devices)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from drivers.burst import Burst
from drivers.mqtt import reports
from drivers.mqtt.fire_state import panel, repaired
from drivers.mqtt.junction_state import JunctionState, junction
from drivers.mqtt.reports import Report
from drivers.mqtt.topics import Upward
from drivers.reporting import junction_row, light_row
from drivers.senml import Limits, PackDecoder
from drivers.senml.refusals import PackError, RecordError, Refusals
from hub.model.commands import Operation
from hub.model.devices import Device, DeviceKind
from hub.model.readings import Rejected
from hub.model.reports import PresenceReport
from hub.ports import Confirmation, Directory, ProfileInfo

NATIVE = "native"  # the name of the hub's own contract among the profiles
FED = "feed"  # that of lights without a controller, which a native cabinet switches by its contactors
_MENDED = (DeviceKind.FIRE_PANEL, DeviceKind.GATEWAY)  # a text that is no UTF-8 does not hide that something burns
_Take = Callable[[bytes, Device, float, Burst, Refusals], None]


class NativeDecoder:
    """Decodes one message at a time into a burst. Never raises, whatever the bytes: what is wrong is put aside."""

    info = ProfileInfo(
        NATIVE, "Lamplighter's own MQTT contract", frozenset(DeviceKind), frozenset(Operation), Confirmation.RESULT,
        groups=True,
    )  # fmt: skip

    fed = ProfileInfo(
        FED, "Light without a controller, switched by its cabinet", frozenset({DeviceKind.LIGHT}),
        frozenset({Operation.SET_LEVEL}), Confirmation.STATE,
    )  # fmt: skip

    def __init__(self, directory: Directory, limits: Limits) -> None:
        self._directory = directory
        self._limits = limits
        self._packs = PackDecoder(directory, limits)
        self._read_states = reports.reader(reports.State, "state")
        self._read_junctions = reports.reader(JunctionState, "state")
        self._read_events = reports.reader(reports.Event, "event")
        self._read_results = reports.reader(reports.Result, "result")
        self._urgent: dict[str, _Take] = {
            "state": self._states,
            "event": self._events,
            "result": self._results,
            "presence": self._presence,
        }

    def decode(self, origin: Upward, payload: bytes, received: float, into: Burst) -> None:
        """Add what `payload` says to `into`. An empty payload (a retained message was cleared) says nothing."""
        if not payload:
            return
        speaker = self._directory.device(origin.device)
        if speaker is None:
            reason = f"no device {origin.device[:80]!r} is registered: register it"
            into.rejected.append(Rejected(received, origin.topic, origin.device, "unknown-device", reason, payload))
            return
        if origin.channel == "telemetry":
            rows, rejected = self._packs.decode(payload, speaker, origin.topic, received)
            into.rows += rows
            if rejected:
                into.rejected += rejected
            return
        take = self._urgent.get(origin.channel)
        if take is None:
            return
        refusals = Refusals()
        try:
            take(payload, speaker, received, into, refusals)
        except PackError as error:
            refusals.add(error.code, str(error))
            mended = repaired(payload) if speaker.kind in _MENDED and error.code == "bad-json" else None
            if mended is not None:
                self._once_more(take, mended, speaker, received, into, refusals)
        if refusals:
            into.rejected += refusals.rejected(received, origin.topic, speaker.id, payload)

    def _once_more(
        self, take: _Take, payload: bytes, speaker: Device, received: float, into: Burst, refusals: Refusals
    ) -> None:
        """Read a message whose texts were repaired: the original is in quarantine, and what it says counts."""
        try:
            take(payload, speaker, received, into, refusals)
        except PackError as error:
            refusals.add(error.code, str(error))

    def _states(self, payload: bytes, speaker: Device, received: float, into: Burst, refusals: Refusals) -> None:
        of_junctions: dict[int, JunctionState] | None = (
            None  # the same with more keys, read once a junction is among them
        )
        states = self._bounded(self._read_states(payload))
        for state in states:
            try:
                device = self._about(state, speaker)
                if device.kind is DeviceKind.LIGHT:
                    report = reports.light(state, device, received, self._limits.future)
                    into.lights.append(report)
                    if report.time >= received - self._limits.past:
                        into.rows.append(light_row(report, device, state.t, self._limits.future))
                elif device.kind is DeviceKind.CABINET:
                    into.cabinets += reports.cabinet(state, device, received, self._limits.future)
                elif device.kind is DeviceKind.FIRE_PANEL:
                    found = panel(state, device, received, self._limits.future)
                    into.panels.append(replace(found.report, kept=payload in into.kept))
                    for error in found.wrong:
                        refusals.add(error.code, str(error))
                elif device.kind is DeviceKind.JUNCTION:
                    of_junctions = of_junctions or dict(
                        zip(map(id, states), self._read_junctions(payload), strict=True)
                    )
                    self._junction(of_junctions[id(state)], device, received, payload in into.kept, into, refusals)
                held = reports.plans(state, device, received, self._limits.future) if device is speaker else None
                if held is not None:
                    into.plans.append(held)
            except RecordError as error:
                refusals.add(error.code, str(error))

    def _junction(
        self, state: JunctionState, device: Device, received: float, kept: bool, into: Burst, refusals: Refusals
    ) -> None:
        """What a signal controller says."""
        found = junction(state, device, received, self._limits.future)
        into.junctions.append(replace(found.report, kept=kept))
        if found.report.time >= received - self._limits.past:
            into.rows.append(junction_row(found.report, state.t, self._limits.future))
        for error in found.wrong:
            refusals.add(error.code, str(error))

    def _events(self, payload: bytes, speaker: Device, received: float, into: Burst, refusals: Refusals) -> None:
        for report in self._bounded(self._read_events(payload)):
            try:
                into.events.append(reports.event(report, self._about(report, speaker), received, self._limits.future))
            except RecordError as error:
                refusals.add(error.code, str(error))

    def _results(self, payload: bytes, speaker: Device, received: float, into: Burst, refusals: Refusals) -> None:
        for report in self._bounded(self._read_results(payload)):
            try:
                into.results.append(reports.result(report, self._about(report, speaker), received, self._limits.future))
            except RecordError as error:
                refusals.add(error.code, str(error))

    def _presence(self, payload: bytes, speaker: Device, received: float, into: Burst, _: Refusals) -> None:
        into.presence.append(PresenceReport(speaker.id, reports.online(payload), received))

    def _bounded(self, found: list[reports.R]) -> list[reports.R]:
        if len(found) > self._limits.records:
            raise PackError("too-large", f"{len(found)} entries in one message: send at most {self._limits.records}")
        return found

    def _about(self, report: Report, speaker: Device) -> Device:
        """The device that a report is about; raises RecordError when `speaker` may not speak for it."""
        name = report.d
        if name is None or name == speaker.id:
            return speaker
        device = self._directory.device(name)
        if device is None:
            raise RecordError(
                "unknown-device", f'no device {name[:80]!r} is registered: register it, or name one that is in "d"'
            )
        if not self._directory.speaks_for(speaker.id, name):
            raise RecordError(
                "not-yours", f"{speaker.id!r} may not speak for {name!r}: set address of {name!r} to {speaker.id!r}"
            )
        return device
