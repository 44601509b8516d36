"""Which devices can be believed to hear us: by their connections, and by when they were last heard of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.model.devices import Device
from hub.model.presence import Absence, OfflineBecause
from hub.model.readings import Row
from hub.model.reports import PresenceReport
from hub.ports import Clock
from hub.registry.city import FED, City

SILENT_INTERVALS = 3  # report intervals of silence after which a device counts as offline


class Presence:
    """Last heard, present, left. Changed on the event loop only.

    `intervals` are the seconds between the reports of devices of a profile; `report_every` those of all others.
    """

    def __init__(self, city: City, clock: Clock, report_every: float, intervals: Mapping[str, float]) -> None:
        self._city, self._clock = city, clock
        self._silence = SILENT_INTERVALS * report_every
        self._silences = {profile: SILENT_INTERVALS * every for profile, every in intervals.items()}
        self.briefest = min([self._silence, *self._silences.values()])
        self.heard: dict[str, float] = {}
        self.present: dict[str, bool] = {}
        self.left_at: dict[str, float] = {}
        self._away: set[str] = set()
        self._drawn: int | None = None

    @property
    def away(self) -> set[str]:
        """Devices whose own connection or whose gateway's has ended."""
        if self._drawn != self._city.version:
            self._drawn = self._city.version
            self._away = set()
            for device, present in self.present.items():
                if not present:
                    self._away |= self._carried(device)
        return self._away

    def load(
        self, heard: Iterable[tuple[str, float]], present: Mapping[str, bool], left_at: Mapping[str, float]
    ) -> None:
        """Take in what was known before."""
        for device, at in heard:
            self.heard[device] = max(at, self.heard.get(device, at))
        self.present.update(present)
        self.left_at.update(left_at)
        self._drawn = None

    # --- what devices say ------------------------------------------------------------------------------------------

    def resumed(self, row: Row, before: float | None) -> set[str]:
        """The devices that are online again by this row; `before` is when its device was heard of last.

        A row that came earlier (replayed, or overtaken) says nothing new, unless the hub's own clock was set back since.
        """
        changed: set[str] = set()
        if before is None or row.received > before or before > self._clock.now():
            self.heard[row.device] = row.received
            if before is None or row.received - before > self.silence(row.device):
                changed = self._carried(row.device)
        owner = self._city.topic_owner(row.device)
        if self.present.get(owner) is False and row.time > self.left_at.get(owner, 0.0):
            changed |= self._arrived(owner)
        return changed

    def said(self, device: str, received: float) -> set[str]:
        """A device said something that is no row; returns the devices that are online again by it."""
        before = self.heard.get(device)
        self.heard[device] = received if before is None else max(before, received)
        return self._carried(device) if before is None or received - before > self.silence(device) else set()

    def take(self, report: PresenceReport) -> set[str]:
        """A connection that came or went; returns the devices whose state it changes."""
        device = report.device
        if self.present.get(device) is report.online:
            before = self.heard.get(device)
            if not report.online or before is None or report.received <= before:
                return set()
            self.heard[device] = report.received
            return self._carried(device) if report.received - before > self.silence(device) else set()
        if report.online:
            self.heard[device] = max(report.received, self.heard.get(device, 0.0))
            return self._arrived(device)
        self.present[device] = False
        self.left_at[device] = report.received
        carried = self._carried(device)
        self.away.update(carried)
        return carried

    def _arrived(self, device: str) -> set[str]:
        self.present[device] = True
        carried = self._carried(device)
        self.away.difference_update(carried)
        return carried

    def _carried(self, device: str) -> set[str]:
        """A device and those that it speaks for."""
        found = {device, *(child.id for child in self._city.children(device))}
        found.update([fed.id for each in found for fed in self._city.fed_by(each) if fed.profile == FED])
        return found

    def forget(self, device: str) -> None:
        """Drop a device that was deleted."""
        for cache in (self.heard, self.present, self.left_at):
            cache.pop(device, None)
        self._drawn = None

    # --- what people ask -------------------------------------------------------------------------------------------

    def silence(self, device: str) -> float:
        """Seconds without a word after which the device counts as offline."""
        return self._silence_of(self._city.device(device))

    def _silence_of(self, device: Device | None) -> float:
        if device is None or not self._silences:
            return self._silence
        return self._silences.get(device.profile, self._silence)

    def absence(self, device: str, heard: float | None, unreachable: float | None) -> Absence | None:
        """Why a device is offline, None while it is online.

        `heard` is when it was last heard of, `unreachable` since when its gateway says that it cannot reach it.
        """
        owner = self._city.topic_owner(device)
        if self.present.get(owner) is False:
            because = OfflineBecause.LEFT if owner == device else OfflineBecause.GATEWAY
            return Absence(because, self.left_at.get(owner))
        if unreachable is not None:
            return Absence(OfflineBecause.UNREACHABLE, unreachable)
        if owner != device:
            by_owner = self.heard.get(owner)
            heard = by_owner if heard is None else heard if by_owner is None else max(heard, by_owner)
        if heard is None:
            return Absence(OfflineBecause.NEVER, None)
        ends = heard + self.silence(device)
        return None if ends > self._clock.now() else Absence(OfflineBecause.SILENT, ends)
