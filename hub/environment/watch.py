"""Looks at the air every quarter of an hour: begins and ends the conditions of stations, as events that outlive a restart.

`limitExceeded` (point `pm2_5/24h`), `sensorStuck` and `sensorDrift` (point: the metric). Each bears the time at which it began to
be so, which lies before the hub could know. Drift is judged once a day, from a week of hours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

import structlog

from hub.background import Background
from hub.environment.air import DRIFT, EXCEEDED, STUCK, Air
from hub.environment.hours import HOUR, Hours
from hub.environment.limits import Exceedance
from hub.environment.neighbours import drift, drifts, near, stuck
from hub.environment.quarters import QUARTER, Quarter, Still, bounds, still
from hub.model.devices import Device
from hub.model.metrics import METRICS
from hub.model.reports import EventReport
from hub.ports import Clock, Span, StoreUnavailable
from hub.registry import RegistryUnavailable

log = structlog.get_logger("lamplighter.environment")

SETTLE = 180.0  # seconds after a quarter-hour until its readings have come
BACK = 30 * HOUR  # what is looked at: the longest time that a sensor may be still, and a little
WEEK = 7 * 24 * HOUR
Key = tuple[str, str, str]
"""Device, type, point."""


class Conditions(Protocol):
    """What holds at devices, as the hub knows it."""

    def of(self, device: str) -> Iterable[EventReport]:
        """Of one device."""

    async def tell(self, events: Sequence[EventReport]) -> Sequence[EventReport]:
        """Begin and end some, in the registry first; returns those that were not told before."""


class Wrong(NamedTuple):
    """Something that is so since a time, in words."""

    since: float
    text: str


class Seen(NamedTuple):
    """What one look found: what is wrong, and {key: since when it is right again} where that is known. Keys in neither are as
    they were where `judged` does not hold them, else over."""

    wrong: Mapping[Key, Wrong]
    judged: frozenset[Key]
    over: Mapping[Key, float]


class AirWatch:
    """`interval` is in seconds of the city's clock."""

    def __init__(self, air: Air, clock: Clock, conditions: Conditions, *, interval: float = QUARTER) -> None:
        self._air, self._clock, self._conditions, self._interval = air, clock, conditions, interval
        self._drift_of: float | None = None
        self._background = Background("air", self._turn, expected=(StoreUnavailable, RegistryUnavailable), pause=60.0)

    def start(self) -> None:
        """Begin."""
        self._background.start()

    async def stop(self) -> None:
        """End between looks."""
        await self._background.stop()

    async def _turn(self) -> None:
        now = self._clock.now()
        due = (now - SETTLE) // self._interval * self._interval + self._interval + SETTLE
        await asyncio.sleep(max(1.0, (due - now) / self._clock.rate))
        await self.look()

    async def look(self) -> None:
        """Bring the conditions of every station to what is so now."""
        stations = self._air.stations()
        before = {
            (device, event.type, event.point): event
            for device in self._air.sensors()
            for event in self._conditions.of(device)
            if event.type in (STUCK, DRIFT, EXCEEDED)
        }
        if not stations and not before:
            return
        seen = await asyncio.to_thread(self._see, stations, frozenset(before))
        events = self._news(before, seen)
        if events:
            told = {(event.device, event.type, event.point) for event in await self._conditions.tell(events)}
            if again := [event for event in events if (event.device, event.type, event.point) not in told]:
                await self._conditions.tell(
                    [replace(event, time=event.received) for event in again]
                )  # begun twice at a time
            for event in events:
                log.info("air", device=event.device, type=event.type, point=event.point, active=event.active)

    def _news(self, before: Mapping[Key, EventReport], seen: Seen) -> list[EventReport]:
        now = self._clock.now()
        begun = [
            EventReport(device, type, True, wrong.since, now, point, wrong.text)
            for (device, type, point), wrong in sorted(seen.wrong.items())
            if (device, type, point) not in before
        ]
        ended = [
            EventReport(key[0], key[1], False, max(before[key].time, seen.over.get(key, now)), now, key[2])
            for key in sorted(before.keys() & seen.judged)
            if key not in seen.wrong
        ]
        return begun + ended

    # --- in a thread ---------------------------------------------------------------------------------------------

    def _see(self, stations: Sequence[Device], before: frozenset[Key]) -> Seen:
        wrong: dict[Key, Wrong] = {}
        served = {station.id for station in stations}
        judged = {key for key in before if key[0] not in served}  # of what is out of service nothing is said any more
        over: dict[Key, float] = {}
        now = self._clock.now()
        quarters = {each.id: self._air.reader.quarters(each, Span(now - BACK, now)) for each in stations}
        beside = {each.id: near(each, stations, self._air.within) for each in stations}
        for device in stations:
            for metric, known in quarters[device.id].items():
                key = (device.id, STUCK, metric)
                judged.add(key)
                others = [quarters[other].get(metric, []) for other in beside[device.id]]
                times = still(known, bounds()[metric].still)
                if found := _still_now(known[-1], times, others, key in before):
                    wrong[key] = Wrong(found.start, f"{metric} has read {found.value:g} without a change")
                else:
                    over[key] = times[-1].end if times else known[0].time
        self._see_limits(stations, before, wrong, judged, over)
        if (day := self._air.yesterday().end) != self._drift_of:
            self._see_drift(stations, beside, before, wrong, judged, now)
            self._drift_of = day
        return Seen(wrong, frozenset(judged), over)

    def _see_limits(
        self,
        stations: Sequence[Device],
        before: frozenset[Key],
        wrong: dict[Key, Wrong],
        judged: set[Key],
        over: dict[Key, float],
    ) -> None:
        yesterday, hour = self._air.yesterday(), self._air.last_hour()
        span = Span(min(yesterday.start, hour.end - BACK), hour.end)
        for device, hours in zip(stations, self._air.hours(stations, span), strict=True):
            judged.update(key for key in before if key[:2] == (device.id, EXCEEDED))
            for each in self._air.exceeded(device, hours, [(yesterday.start, yesterday.end)]):
                if each.limit.orientation:
                    continue
                key = (device.id, EXCEEDED, f"{each.limit.metric}/{each.limit.average}")
                last = yesterday.end if each.limit.average == "24h" else hour.end
                if each.end >= last:
                    wrong[key] = Wrong(each.start, exceedance_text(each))
                else:
                    over[key] = max(each.end, over.get(key, 0.0))

    def _see_drift(
        self,
        stations: Sequence[Device],
        beside: Mapping[str, Sequence[str]],
        before: frozenset[Key],
        wrong: dict[Key, Wrong],
        judged: set[Key],
        now: float,
    ) -> None:
        end = self._air.last_hour().end
        near_others = [each for each in stations if beside[each.id]]
        read = {hours.device: hours for hours in self._air.hours(near_others, Span(end - WEEK, end))}
        for device in near_others:
            for metric in read[device.id].metrics:
                wanted = bounds()[metric]
                found = drift(read[device.id].values(metric), _others(read, beside[device.id], metric))
                key = (device.id, DRIFT, metric)
                if found is None:
                    continue
                judged.add(key)
                if drifts(found, wanted, key in before):
                    unit = METRICS[metric].unit
                    text = f"{metric} reads {found.off:+.1f} {unit} off its neighbours, which read {found.level:.1f}"
                    wrong[key] = Wrong(now, text)


def _others(read: Mapping[str, Hours], ids: Iterable[str], metric: str) -> list[dict[float, float]]:
    return [read[id].values(metric) for id in ids if id in read]


def _still_now(
    newest: Quarter, times: Sequence[Still], others: Sequence[Sequence[Quarter]], before: bool
) -> Still | None:
    """The time without a change that the newest quarter-hour belongs to, when that means that it is stuck; a sensor that was
    stuck `before` is so until it moves."""
    lasting = [each for each in times if newest.time < each.end]
    found = lasting if before else stuck(lasting, others)
    return found[-1] if found else None


def exceedance_text(each: Exceedance) -> str:
    """In words, with where the limit comes from."""
    limit = each.limit
    unit = METRICS[limit.metric].unit
    return f"{limit.metric} {each.peak:.1f} {unit} (mean of {limit.average}), limit {limit.value:g}: {limit.source}"
