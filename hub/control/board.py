"""What is known of every device's state: lights, presence, conditions, counts. A cache of registry and broker."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from hub.control.arbiter import Arbiter
from hub.control.cabinets import SET_BACK, Cabinets
from hub.control.clocks import Clocks
from hub.control.local import LocalHolds
from hub.control.presence import Presence
from hub.model.cabinets import CabinetReport, split_feed
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause, LightReport, LightState
from hub.model.presence import Absence, ClockError, OfflineBecause, PresenceCopy
from hub.model.readings import Quality, Rejected, Row
from hub.model.reasons import sentence
from hub.model.reports import EventReport, PresenceReport
from hub.ports import Clock
from hub.registry import LightRecord
from hub.registry.city import FED, City

COMMUNICATION_FAILURE = "communicationFailure"
_CLOCK_REFUSALS = {"future-time": float("inf"), "too-old": float("-inf")}
_SUSPECT = int(Quality.CLOCK_SUSPECT)
_NO_INTERVALS: Mapping[str, float] = MappingProxyType({})


class Counts(NamedTuple):
    """A zone with everything beneath it. `by_hub`: lights that the hub switches, because their type holds no program."""

    lights: int
    online: int
    on: int
    faulty: int
    by_hub: int = 0


class Board:
    """The states behind the operator's screen. Changed on the event loop only.

    A device is online while its connection (its own, or its gateway's) is, by the last word of presence and
    anything it said since, it was heard of within three report intervals, and its gateway does not report it unreachable.
    `by_hub` are the device types that hold no program.
    """

    def __init__(
        self,
        city: City,
        arbiter: Arbiter,
        clock: Clock,
        report_every: float,
        intervals: Mapping[str, float] = _NO_INTERVALS,
        by_hub: Collection[str] = (),
        holds: LocalHolds | None = None,
    ) -> None:
        self._city, self._arbiter, self._clock, self._by_hub = city, arbiter, clock, by_hub
        self._presence = Presence(city, clock, report_every, intervals)
        self._clocks = Clocks(clock.rate)
        self.cabinets = Cabinets(city, clock)
        self._reports: dict[str, LightReport] = {}
        self._in_effect: dict[str, float] = {}
        self._conditions: dict[str, dict[tuple[str, str], EventReport]] = {}
        self._switched: Counter[str] = Counter()
        self._switched_drawn = -1
        self.holds = holds or LocalHolds()
        self.version = 0
        self.taken_up = 0  # grows when what is known changes otherwise than by reports
        self.news: Callable[[], object] = lambda: (
            None
        )  # told when conditions began or ended: all that is durable comes by here

    def load(
        self, lights: Iterable[LightRecord], conditions: Iterable[EventReport], cabinets: Iterable[CabinetReport] = ()
    ) -> None:
        """Fill from the registry at start."""
        self.cabinets.take(cabinets)
        for record in lights:
            self._reports[record.report.device] = record.report
            self.holds.take(record.report)
            if record.in_effect is not None:
                self._in_effect[record.report.device] = record.in_effect
        for event in conditions:
            self._conditions.setdefault(event.device, {})[event.type, event.point] = event
        self.taken_up += 1
        self.version += 1

    def heard(self, heard: Iterable[tuple[str, float]]) -> None:
        """Take in when devices were heard of, as far as the store knows."""
        self._presence.load(heard, {}, {})
        self.taken_up += 1
        self.version += 1

    def restore(self, known: PresenceCopy) -> None:
        """Fill from a snapshot at start."""
        self._presence.load(known.heard.items(), known.present, known.left_at)
        self._clocks.wrong.update(known.clocks)
        self.taken_up += 1
        self.version += 1

    def copy(self) -> PresenceCopy:
        """Presence and clocks as they are now, for a snapshot."""
        presence = self._presence
        return PresenceCopy(
            presence.heard.copy(), presence.present.copy(), presence.left_at.copy(), self._clocks.wrong.copy()
        )

    # --- what devices say ------------------------------------------------------------------------------------------

    def take(
        self,
        rows: Sequence[Row],
        lights: Iterable[LightReport],
        in_effect: Iterable[tuple[str, float]],
        events: Iterable[EventReport],
        presence: Iterable[PresenceReport],
        rejected: Iterable[Rejected] = (),
        cabinets: Iterable[CabinetReport] = (),
    ) -> set[str]:
        """Take in durable reports, and what was refused; returns the devices whose shown state changed."""
        changed = self._hear(rows) | self._hear_cabinets(cabinets)
        for report in lights:
            known = self._reports.get(report.device)
            if known is None or known.time <= report.time or known.received > self._clock.now() + SET_BACK:
                self._reports[report.device] = report
                self.holds.take(report)
                changed.add(report.device)
        for device, level in in_effect:
            if self._in_effect.get(device) != level:
                self._in_effect[device] = level
                changed.add(device)
        for event in events:
            self._condition(event)
            changed.add(event.device)
        if events:
            self.news()
        for report_ in presence:
            changed |= self._presence.take(report_)
        for refused in rejected:
            error = _CLOCK_REFUSALS.get(refused.code)
            known_ = error is not None and self._city.device(refused.device or "")
            if error is not None and known_ and self._clocks.judge(known_.id, error, refused.received):
                changed.add(known_.id)
        if changed:
            self.version += 1
        return changed

    def _hear_cabinets(self, reports: Iterable[CabinetReport]) -> set[str]:
        reports = list(reports)
        changed: set[str] = set()
        for report in reports:
            changed |= self._presence.said(report.device, report.received)
        return changed | self.cabinets.take(reports)

    def _hear(self, rows: Sequence[Row]) -> set[str]:
        """What most rows say is only that their device lives; this loop is the price of every row."""
        heard, away = self._presence.heard, self._presence.away
        late, wrong = self._clocks.late, self._clocks.wrong
        limit, briefest = self._clocks.limit, self._presence.briefest
        back: list[tuple[Row, float | None]] = []
        odd: set[str] = set()
        for row in rows:
            device = row.device
            received = row.received
            before = heard.get(device)
            if before is None or not 0.0 <= received - before <= briefest or device in away:
                back.append((row, before))
                if before is not None and received < before:
                    continue
            else:
                heard[device] = received
            if (
                not -limit <= row.time - received <= limit
                or device in late
                or device in wrong
                or row.quality == _SUSPECT
            ):
                odd.add(device)
        changed = self._clocks.hear(odd, rows) if odd else set()
        for row, before in back:
            changed |= self._presence.resumed(row, before)
        return changed

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

    def clock_set(self) -> None:
        """The clock jumped."""
        self.holds.clock_set(self._clock.now())
        self.cabinets.clock_set()

    def forget(self, device: str) -> None:
        """Drop a device that was deleted."""
        caches: tuple[dict[str, Any], ...] = (self._reports, self._in_effect, self._conditions)
        for cache in caches:
            cache.pop(device, None)
        self.holds.forget(device)
        self._presence.forget(device)
        self.cabinets.forget(device)
        self._clocks.forget(device)
        self.version += 1

    # --- what people ask -------------------------------------------------------------------------------------------

    def report(self, device: str) -> LightReport | None:
        """The last state report of a light."""
        return self._reports.get(device)

    def state_time(self, device: str) -> float:
        """The time of a light's last state report, minus infinity when there is none."""
        report = self._reports.get(device)
        return -math.inf if report is None else report.time

    def in_effect(self, device: str) -> float | None:
        """The level of the last order that the light confirmed, or of its own program."""
        return self._in_effect.get(device)

    def online(self, device: str) -> bool:
        """True while it can be believed to hear us."""
        return self.absence(device) is None

    def absence(self, device: str) -> Absence | None:
        """Why a device is offline and since when; None while it is online."""
        unpowered = self.unpowered(device)
        if unpowered is not None:
            return Absence(OfflineBecause.UNPOWERED, unpowered)
        return self._presence.absence(device, self.last_seen(device), self._unreachable(device))

    def unpowered(self, device: str) -> float | None:
        """Since when a light is without power, as its cabinet says; None while it has."""
        known = self._city.device(device)
        return None if known is None or known.feed is None else self.cabinets.unpowered(known)

    def _unreachable(self, device: str) -> float | None:
        """Since when its gateway says that it cannot reach it."""
        conditions = [*self._conditions.get(device, {}).values()]
        known = self._city.device(device)
        if known is not None and known.profile == FED and known.feed is not None:  # nobody reaches it but its cabinet
            conditions += self._conditions.get(split_feed(known.feed).cabinet, {}).values()
        return min((event.time for event in conditions if event.type == COMMUNICATION_FAILURE), default=None)

    def offline_because(self, device: str) -> str | None:
        """Why a device is not online, as a sentence part; None when it is."""
        absence = self.absence(device)
        if absence is None:
            return None
        owner, known = self._city.topic_owner(device), self._city.device(device)
        if absence.because is OfflineBecause.UNPOWERED:
            return sentence("no-power") if known is None else self.cabinets.why_unpowered(known)
        return {
            OfflineBecause.LEFT: sentence("offline"),
            OfflineBecause.GATEWAY: sentence("gateway-offline", gateway=owner),
            OfflineBecause.UNREACHABLE: sentence("unreachable", gateway=owner),
            OfflineBecause.SILENT: sentence("silent"),
            OfflineBecause.NEVER: sentence("never-heard"),
        }[absence.because]

    def silence(self, device: str) -> float:
        """Seconds without a word after which the device counts as silent: three of its report intervals."""
        return self._presence.silence(device)

    def clock_error(self, device: str) -> ClockError | None:
        """How far the device's clock is off, when that is more than a minute."""
        return self._clocks.wrong.get(device)

    @property
    def clocks_wrong(self) -> int:
        """How many devices' clocks are off by more than a minute."""
        return len(self._clocks.wrong)

    def last_seen(self, device: str) -> float | None:
        """When anything of the device itself last arrived."""
        report = self._reports.get(device)
        heard = self._presence.heard.get(device)
        if report is None:
            return heard
        return max(report.received, heard or 0.0)

    def conditions(self, device: str) -> list[EventReport]:
        """What is wrong at the device now: events that began and did not end.

        A light without power is not faulty: what began since it has none, and that nobody reaches it, is left out meanwhile.
        """
        found = self._conditions.get(device)
        if not found:
            return []
        since = self.unpowered(device)
        events = [
            event
            for event in found.values()
            if since is None or (event.time < since and event.type != COMMUNICATION_FAILURE)
        ]
        return sorted(events, key=lambda event: (event.time, event.type, event.point))

    def condition(self, device: str, kind: str) -> EventReport | None:
        """The event by which a condition of that type, of the device as a whole, began; None when it does not hold."""
        conditions = self._conditions.get(device)
        return conditions.get((kind, "")) if conditions else None

    def local_until(self, device: Device, now: float) -> float | None:
        """Until when a light is left alone that was switched on the spot; None when it is not, or not any more: its time is
        over, or somebody ordered something else since. What a sensor rule orders, and renews, is nobody's order."""
        until, since = self.holds.until(device.id), self.holds.since(device.id)
        if until is None or since is None or now >= until:
            return None
        winner = self._arbiter.winner(device, now)
        ordered = winner is not None and winner.cause is not Cause.SENSOR and min(winner.start, now) > since
        return None if ordered else until

    def light(self, device: str) -> LightState:
        """Requested, in effect, actual."""
        known, now = self._city.device(device), self._clock.now()
        report = self._reports.get(device)
        desired = self._arbiter.desired(known, now) if known is not None else None
        cause = report.cause if report is not None else None
        if cause is Cause.OVERRIDE and desired is not None and desired.override is not None:
            cause = desired.cause  # a lamp knows that an order holds it, not that it is an emergency
        return LightState(
            requested=desired.level if desired is not None else None,
            in_effect=self._in_effect.get(device),
            actual=report.level if report is not None else None,
            cause=cause,
            online=self.online(device),
            last_seen=self.last_seen(device),
            local_until=self.local_until(known, now) if known is not None else None,
        )

    def counts(self, zone: str) -> Counts:
        """Counts of one zone with its children."""
        return Counts(*self._count(self._city.devices_in(zone)))._replace(by_hub=self.by_hub(zone))

    def by_hub(self, zone: str) -> int:
        """How many lights of a zone with its children the hub switches itself."""
        if self._switched_drawn != self._city.version:
            self._switched_drawn, self._switched = self._city.version, Counter()
            for device in self._city.devices.values():
                if device.profile in self._by_hub and device.kind is DeviceKind.LIGHT:
                    self._switched.update(self._city.tree.path(device.zone))
        return self._switched[zone]

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
        return {zone: Counts(*total)._replace(by_hub=self.by_hub(zone)) for zone, total in totals.items()}

    def _count(self, devices: Iterable[Device]) -> tuple[int, int, int, int]:
        lights = online = on = faulty = 0
        for device in devices:
            if device.kind is not DeviceKind.LIGHT:
                continue
            lights += 1
            online += self.online(device.id)
            report = self._reports.get(device.id)
            on += report is not None and report.level > 0 and self.unpowered(device.id) is None
            faulty += bool(self.conditions(device.id))
        return lights, online, on, faulty
