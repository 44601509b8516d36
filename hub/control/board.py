"""What is known of every device's state: lights, presence, conditions, counts. A cache of registry and broker."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from hub.control.arbiter import Arbiter
from hub.model.devices import Device, DeviceKind
from hub.model.light import LightReport, LightState
from hub.model.readings import Row
from hub.model.reports import EventReport, PresenceReport
from hub.ports import Clock
from hub.registry import LightRecord
from hub.registry.city import City

COMMUNICATION_FAILURE = "communicationFailure"
SILENT_INTERVALS = 3  # report intervals of silence after which a device counts as offline


class Counts(NamedTuple):
    """A zone with everything beneath it."""

    lights: int
    online: int
    on: int
    faulty: int


class Board:
    """The states behind the operator's screen. Changed on the event loop only.

    A device is online while its connection (its own, or its gateway's) is, by the last word of presence and
    anything it said since, it was heard of within three report intervals, and its gateway does not report it unreachable.
    """

    def __init__(self, city: City, arbiter: Arbiter, clock: Clock, report_every: float) -> None:
        self._city, self._arbiter, self._clock = city, arbiter, clock
        self._silence = SILENT_INTERVALS * report_every
        self._reports: dict[str, LightReport] = {}
        self._in_effect: dict[str, float] = {}
        self._heard: dict[str, float] = {}
        self._present: dict[str, bool] = {}
        self._left_at: dict[str, float] = {}
        self._conditions: dict[str, dict[tuple[str, str], EventReport]] = {}
        self.version = 0

    def load(
        self, lights: Iterable[LightRecord], conditions: Iterable[EventReport], heard: Iterable[tuple[str, float]]
    ) -> None:
        """Fill from the registry and the store at start."""
        for record in lights:
            self._reports[record.report.device] = record.report
            if record.in_effect is not None:
                self._in_effect[record.report.device] = record.in_effect
        for event in conditions:
            self._conditions.setdefault(event.device, {})[event.type, event.point] = event
        self._heard.update(heard)
        self.version += 1

    # --- what devices say ------------------------------------------------------------------------------------------

    def take(
        self,
        rows: Iterable[Row],
        lights: Iterable[LightReport],
        in_effect: Iterable[tuple[str, float]],
        events: Iterable[EventReport],
        presence: Iterable[PresenceReport],
    ) -> set[str]:
        """Take in durable reports; returns the devices whose shown state changed."""
        changed: set[str] = set()
        for row in rows:
            self._hear(row.device, row.time, row.received, changed)
        for report in lights:
            known = self._reports.get(report.device)
            if known is None or known.time <= report.time:
                self._reports[report.device] = report
                changed.add(report.device)
        for device, level in in_effect:
            if self._in_effect.get(device) != level:
                self._in_effect[device] = level
                changed.add(device)
        for event in events:
            self._condition(event)
            changed.add(event.device)
        for report_ in presence:
            if self._present.get(report_.device) is not report_.online:
                changed |= self._presence(report_)
        if changed:
            self.version += 1
        return changed

    def _hear(self, device: str, time: float, received: float, changed: set[str]) -> None:
        if received > self._heard.get(device, 0.0):
            if not self.online(device):
                changed.add(device)
            self._heard[device] = received
        owner = self._city.topic_owner(device)
        if self._present.get(owner) is False and time > self._left_at.get(owner, 0.0):
            self._present[owner] = True
            changed.add(owner)

    def _presence(self, report: PresenceReport) -> set[str]:
        self._present[report.device] = report.online
        if report.online:
            self._heard[report.device] = max(report.received, self._heard.get(report.device, 0.0))
        else:
            self._left_at[report.device] = report.received
        return {report.device} | {child.id for child in self._city.children(report.device)}

    def _condition(self, event: EventReport) -> None:
        if event.active is None:
            return
        conditions = self._conditions.setdefault(event.device, {})
        key = event.type, event.point
        known = conditions.get(key)
        if known is not None and known.time > event.time:
            return
        if event.active:
            conditions[key] = event
        else:
            conditions.pop(key, None)

    def forget(self, device: str) -> None:
        """Drop a device that was deleted."""
        caches: tuple[dict[str, Any], ...] = (
            self._reports, self._in_effect, self._heard, self._present, self._left_at, self._conditions,
        )  # fmt: skip
        for cache in caches:
            cache.pop(device, None)
        self.version += 1

    # --- what people ask -------------------------------------------------------------------------------------------

    def report(self, device: str) -> LightReport | None:
        """The last state report of a light."""
        return self._reports.get(device)

    def in_effect(self, device: str) -> float | None:
        """The level of the last order that the light confirmed, or of its own program."""
        return self._in_effect.get(device)

    def online(self, device: str) -> bool:
        """True while it can be believed to hear us."""
        owner = self._city.topic_owner(device)
        if self._present.get(owner) is False or self._unreachable(device):
            return False
        heard = self.last_seen(device)
        if owner != device:
            heard = max(heard or 0.0, self._heard.get(owner, 0.0))
        return heard is not None and heard > self._clock.now() - self._silence

    def _unreachable(self, device: str) -> bool:
        conditions = self._conditions.get(device)
        return conditions is not None and any(kind == COMMUNICATION_FAILURE for kind, _ in conditions)

    def offline_because(self, device: str) -> str | None:
        """Why a device is not online, as a sentence part; None when it is."""
        if self.online(device):
            return None
        owner = self._city.topic_owner(device)
        if owner != device and self._present.get(owner) is False:
            return f"its gateway {owner} is offline"
        if self._present.get(owner) is False:
            return "it is offline"
        if self._unreachable(device):
            return f"its gateway {owner} cannot reach it"
        return (
            "it has been silent for three report intervals" if self.last_seen(device) else "it has never been heard of"
        )

    def last_seen(self, device: str) -> float | None:
        """When anything of the device itself last arrived."""
        report = self._reports.get(device)
        heard = self._heard.get(device)
        if report is None:
            return heard
        return max(report.received, heard or 0.0)

    def conditions(self, device: str) -> list[EventReport]:
        """What is wrong at the device now: events that began and did not end."""
        return sorted(
            self._conditions.get(device, {}).values(), key=lambda event: (event.time, event.type, event.point)
        )

    def light(self, device: str) -> LightState:
        """Requested, in effect, actual."""
        known = self._city.device(device)
        report = self._reports.get(device)
        return LightState(
            requested=self._arbiter.desired(known, self._clock.now()).level if known is not None else None,
            in_effect=self._in_effect.get(device),
            actual=report.level if report is not None else None,
            cause=report.cause if report is not None else None,
            online=self.online(device),
            last_seen=self.last_seen(device),
        )

    def counts(self, zone: str) -> Counts:
        """Counts of one zone with its children."""
        return self._count(device for device in self._city.devices_in(zone))

    def all_counts(self) -> dict[str, Counts]:
        """Counts of every zone, in one pass over the tree."""
        totals: dict[str, list[int]] = {}
        tree = self._city.tree
        for root in tree.children(None):
            for zone in reversed(list(tree.below(root))):
                total = totals.setdefault(zone, [0, 0, 0, 0])
                for index, value in enumerate(self._count(self._city.devices_right_in(zone))):
                    total[index] += value
                parent = tree.zones[zone].parent
                if parent in tree and zone != root:
                    above = totals.setdefault(str(parent), [0, 0, 0, 0])
                    for index, value in enumerate(total):
                        above[index] += value
        return {zone: Counts(*total) for zone, total in totals.items()}

    def _count(self, devices: Iterable[Device]) -> Counts:
        lights = online = on = faulty = 0
        for device in devices:
            if device.kind is not DeviceKind.LIGHT:
                continue
            lights += 1
            online += self.online(device.id)
            report = self._reports.get(device.id)
            on += report is not None and report.level > 0
            faulty += bool(self._conditions.get(device.id))
        return Counts(lights, online, on, faulty)
