"""The air of the city, asked by the API and by the watch: hours, indices and exceedances of its stations."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hub.environment.corrections import Calibrations
from hub.environment.hours import HOUR, Hours, Marked, hours_of
from hub.environment.limits import Exceedance, Limit
from hub.environment.means import above_limits
from hub.environment.points import BEFORE, BEFORE_A_DAY, Point, daily, hourly
from hub.environment.quarters import Fault
from hub.environment.reading import Reader
from hub.environment.scale import POLLUTANTS
from hub.model.days import day_holding, day_number, day_start
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.reports import EventReport
from hub.ports import Clock, Span
from hub.registry import Registry
from hub.registry.city import City

STUCK, DRIFT, EXCEEDED = "sensorStuck", "sensorDrift", "limitExceeded"
_FAULTS = {STUCK: Fault.STUCK, DRIFT: Fault.DRIFT}
MARGIN = 2 * HOUR  # so that the quarter-hours at the borders have neighbours


class Station(NamedTuple):
    """A station at some hours and days."""

    device: Device
    hourly: list[Point]
    daily: list[Point]


class Air:
    """What the stations of a city measure. `zone` is where its days begin; `special` the zones of special quiet; `within` how
    many metres away a sensor is a neighbour.

    Methods that read block, and raise StoreUnavailable and RegistryUnavailable; `stations` is asked on the event loop.
    """

    def __init__(
        self,
        reader: Reader,
        registry: Registry,
        city: City,
        clock: Clock,
        zone: ZoneInfo,
        limits: Sequence[Limit],
        *,
        special: Iterable[str] = (),
        within: float = 5000.0,
        owner: str = "",
    ) -> None:
        self.reader, self._registry, self._city, self._clock = reader, registry, city, clock
        self.zone, self.limits, self._special, self.within, self.owner = (
            zone,
            tuple(limits),
            frozenset(special),
            within,
            owner,
        )

    def stations(self, zone: str | None = None) -> list[Device]:
        """The environmental sensors in service, by id; those of a zone with everything beneath it."""
        known = self._city.devices.values() if zone is None else self._city.devices_in(zone)
        served = (DeviceStatus.ACTIVE, DeviceStatus.MAINTENANCE)
        found = [each for each in known if each.kind is DeviceKind.ENVIRONMENT and each.status in served]
        return sorted(found, key=lambda each: each.id)

    def sensors(self) -> list[str]:
        """The ids of all environmental sensors, those out of service among them."""
        return sorted(each.id for each in self._city.devices.values() if each.kind is DeviceKind.ENVIRONMENT)

    def is_special(self, device: Device) -> bool:
        """Whether it stands where it is to be quiet: within one of the special zones."""
        return not self._special.isdisjoint(self._city.tree.path(device.zone))

    def last_hour(self) -> Span:
        """The last whole hour of the city."""
        end = self.hour_start(self._clock.now())
        return Span(end - HOUR, end)

    def hour_start(self, time: float) -> float:
        """The beginning of the city's hour that holds `time`."""
        ahead = datetime.fromtimestamp(time, self.zone).utcoffset()
        offset = (ahead.total_seconds() if ahead else 0.0) % HOUR
        return math.floor((time + offset) / HOUR) * HOUR - offset

    def whole(self, span: Span) -> Span:
        """The whole hours within the span that are over."""
        start = self.hour_start(span.start)
        end = min(self.hour_start(span.end), self.last_hour().end)
        return Span(start if start == span.start else start + HOUR, end)

    def days(self, span: Span) -> list[tuple[float, float]]:
        """The days that lie within the span and are over."""
        first = day_number(span.start, self.zone)
        first += day_start(first, self.zone) < span.start
        last = day_number(min(span.end, self._clock.now()), self.zone)
        return [(day_start(day, self.zone), day_start(day + 1, self.zone)) for day in range(first, last)]

    def yesterday(self) -> Span:
        """The last whole day."""
        return Span(*day_holding(day_holding(self._clock.now(), self.zone)[0] - 1, self.zone))

    # --- what is read --------------------------------------------------------------------------------------------

    def hours(self, devices: Sequence[Device], span: Span, metrics: Collection[str] = ()) -> list[Hours]:
        """The hours of each of these stations, of these metrics or of all; the span is of whole hours."""
        names = [device.id for device in devices]
        calibrations = Calibrations(self._registry.calibrations.of(names))
        marks = self._marks(names, span)
        count = max(0, round((span.end - span.start) / HOUR))
        wide = Span(span.start - MARGIN, span.end + MARGIN)
        return [
            hours_of(
                device.id, self.reader.quarters(device, wide, metrics), span.start, count, calibrations, marks.get(device.id, ())
            )
            for device in devices
        ]  # fmt: skip

    def indices(self, devices: Sequence[Device], span: Span) -> list[Station]:
        """Both indices of each whole hour and each whole day of the span."""
        return self._indices(devices, self.whole(span), self.days(span))

    def now(self, devices: Sequence[Device]) -> list[Station]:
        """Both indices of the last whole hour and of the last whole day."""
        return self._indices(devices, self.last_hour(), [self.yesterday()])

    def exceedances(self, devices: Sequence[Device], span: Span) -> list[list[Exceedance]]:
        """What was above a limit in the whole hours and days of the span, of each of these stations."""
        days = self.days(span)
        read = self.hours(devices, self.whole(span))
        return [self.exceeded(device, hours, days) for device, hours in zip(devices, read, strict=True)]

    def exceeded(self, device: Device, hours: Hours, days: Sequence[tuple[float, float]]) -> list[Exceedance]:
        """What was above a limit in these hours, and on these days."""
        until = hours.start + hours.count * HOUR
        return above_limits(hours, self.limits, self.is_special(device), self.zone, days, until)

    def _indices(self, devices: Sequence[Device], span: Span, days: Sequence[tuple[float, float]]) -> list[Station]:
        start = min([span.start - BEFORE * HOUR, *(day - BEFORE_A_DAY * HOUR for day, _ in days)])
        read = self.hours(devices, Span(start, max([span.end, *(end for _, end in days)])), POLLUTANTS)
        of_hours = hourly(read, round((span.start - start) / HOUR))
        return [
            Station(device, [point for point in hours if point.end <= span.end], of_days)
            for device, hours, of_days in zip(devices, of_hours, daily(read, days), strict=True)
        ]

    def _marks(self, devices: Sequence[str], span: Span) -> dict[str, list[Marked]]:
        """The times in which the watch found sensors stuck or drifting."""
        events = self._registry.events.between(devices, _FAULTS, span.start, span.end)
        open_: dict[tuple[str, str, str], EventReport] = {}
        found: dict[str, list[Marked]] = {}
        for event in events:
            key = event.device, event.type, event.point
            began = open_.pop(key, None)
            if began is not None:
                mark = Marked(event.point, _FAULTS[event.type], began.time, event.time)
                found.setdefault(event.device, []).append(mark)
            if event.active:
                open_[key] = event
        for (device, type, point), began in open_.items():
            found.setdefault(device, []).append(Marked(point, _FAULTS[type], began.time, None))
        return found
