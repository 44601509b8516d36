"""Keeps the store's tiers of aggregates up to date: quarter-hours, hours and civil days, restated when readings come late.

Level-triggered: each turn looks at what is rolled up and does what is missing. What must survive (how far each tier
reaches, which hours are late) is in the registry; to roll anything up once more changes nothing.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

import structlog

from hub.background import Background
from hub.model.days import day_holding
from hub.ports import Clock, Span, StoreUnavailable, TelemetryStore, Tier
from hub.registry import Registry, RegistryUnavailable
from hub.registry.city import City
from hub.registry.rollups import Members
from hub.telemetry.kept import Kept, what_is_kept
from hub.telemetry.lateness import Lateness, Taken
from hub.telemetry.membership import Places, changed, digests, places
from hub.telemetry.rolling import HOUR, Step, again, beginning, days_anew, first_whole, next_step, quarter_before

log = structlog.get_logger("lamplighter.telemetry")
INTERVAL = 60.0
GRACE = 120.0
STEPS = 100
HOURS = 200
_ZONE = "rollups.time_zone"
_FROM_THE_FIRST = 0.0
_NEVER = Members("", math.inf)


def _nothing_waits() -> None:
    return None


class Rollups:
    """The job. `lateness` stands around the ingest loop's writing; `spans` says what each tier holds now.

    Quarters are rolled up `grace` seconds after their end, and none that ends after `oldest_waiting()`: the earliest
    source time of rows that were taken but are not in the store yet (a spool). At most `steps` calls of the store a turn.
    """

    def __init__(
        self,
        store: TelemetryStore,
        registry: Registry,
        city: City,
        clock: Clock,
        *,
        time_zone: str,
        late_days: float = 7.0,
        oldest_waiting: Callable[[], float | None] = _nothing_waits,
        grace: float = GRACE,
        steps: int = STEPS,
    ) -> None:
        self._store, self._progress, self._facts = store, registry.rollups, registry.facts
        self._city, self._clock, self._oldest_waiting = city, clock, oldest_waiting
        self._zone, self._late_days, self._steps = ZoneInfo(time_zone), late_days, steps
        self._grace = max(grace, 2.0 * clock.rate)
        self.lateness = Lateness(registry.rollups, clock, late_days, self._zone)
        self._changing = threading.Lock()
        self.spans: Mapping[Tier, Span] = MappingProxyType(self._progress.spans())
        self._places = places(-1, ())
        self._members = self._progress.members()
        self._members_of = -1
        self.kept: Kept = {}
        if self.spans:
            self.lateness.claim(self.spans[Tier.QUARTER].end)
        self._stopping = threading.Event()
        self._rolling = threading.Lock()
        self._background = Background("rollups", self._turn, expected=(StoreUnavailable, RegistryUnavailable))

    def start(self) -> None:
        """Begin, with a first turn at once."""
        self._background.start()

    async def stop(self) -> None:
        """End after the step that is under way."""
        self._stopping.set()
        await self._background.stop()
        await asyncio.to_thread(self._rolling.acquire)
        self._rolling.release()

    def where(self) -> Places:
        """The city's devices as a turn needs them; on the event loop, where the city is changed."""
        if self._places.version != self._city.version:
            self._places = places(self._city.version, self._city.devices.values())
        return self._places

    async def _turn(self) -> None:
        behind = await asyncio.to_thread(self.turn, self.where())
        await asyncio.sleep(1.0 if behind else max(1.0, INTERVAL / self._clock.rate))

    def turn(self, found: Places) -> bool:
        """One turn: restate what is late, roll up what is due. True when there is more to do than one turn does."""
        with self._rolling:
            self._begin()
            self._note_members(found)
            more = self._restate(found.zones)
            ended, steps = self._clock.now() - self._grace, 0
            while steps < self._steps and not self._stopping.is_set() and self._roll_next(ended, found.zones):
                steps += 1
            return more or steps == self._steps

    # --- what others ask -----------------------------------------------------------------------------------------

    def zones_hold(self, zones: Iterable[str], start: float) -> bool:
        """True when from `start` on these zones' aggregates are of exactly the devices that are right in them now."""
        if self._members_of != self._city.version:
            return False
        return all(self._members.get(zone, _NEVER).since <= start for zone in zones)

    def release(self, tier: Tier | None, before: float) -> float:
        """Until when readings (None) or a tier may be dropped: at most `before`, and nothing that is not rolled up yet.

        From then on the tier is taken to hold only what is younger.
        """
        spans = self.spans
        if not spans:
            return -math.inf
        late = self.lateness.oldest_waiting()
        if tier is None:
            return min(before, spans[Tier.QUARTER].end, late)
        if tier is Tier.QUARTER:
            before = min(before, spans[Tier.HOUR].end, spans[Tier.DAY].end)
            before = min(before, day_holding(late, self._zone)[0] if late < before else before)
        first = first_whole(tier, before, self._zone)
        if first > spans[tier].start:
            with self._changing:
                end = self.spans[tier].end
                self._set({tier: Span(min(first, end), end)})
        return before

    def age(self, span: Span) -> float:
        """Seconds from the span's end to now."""
        return self._clock.now() - span.end

    def look(self) -> None:
        """Find out what the store still holds and answers with."""
        self.kept = what_is_kept(self._store.sizes(), self.spans)

    # --- the steps -----------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Tiers at the first start, and days anew when the city's time zone is another than before."""
        zone = self._facts.get(_ZONE)
        if not self.spans:
            oldest = self._store.sizes().oldest
            self._set(beginning(oldest, self._clock.now(), self._late_days, self._zone))
        elif zone is not None and zone != self._zone.key:
            log.warning("the city's time zone was changed: days are made anew", before=zone, now=self._zone.key)
            with self._changing:
                self._set({Tier.DAY: days_anew(self.spans, self._zone)})
        if zone != self._zone.key:
            self._facts.set(_ZONE, self._zone.key)

    def _note_members(self, found: Places) -> None:
        if found.version == self._members_of:
            return
        now = digests(found)
        quarters = self.spans[Tier.QUARTER]
        rolled = quarters.end > quarters.start
        since = day_holding(quarters.end, self._zone)[1] if rolled else _FROM_THE_FIRST
        new = changed(self._members, now, since)
        gone = self._members.keys() - now.keys()
        if new or gone:
            self._progress.set_members(new, gone)
        self._members = {zone: each for zone, each in (self._members | new).items() if zone in now}
        self._members_of = found.version

    def _settled(self) -> float:
        """Before it nothing waits. To be asked after `claim` or `take`: what comes later is then marked late."""
        waiting = self._oldest_waiting()
        return math.inf if waiting is None else waiting

    def _restate(self, zones: Mapping[str, str | None]) -> bool:
        """Restate the oldest late hours; True when these were as many as one turn takes."""
        taken = self.lateness.take(HOURS)
        left = set(taken.hours)
        try:
            settled = self._settled()
            hours = [hour for hour in taken.hours if hour + HOUR <= settled]
            if hours:
                for step in again(hours, self.spans, self._zone):
                    if self._stopping.is_set():
                        return False
                    self._store.roll_up(step.tier, step.span, zones)
                self.lateness.restated(Taken(hours, taken.mark))
                left.difference_update(hours)
            return len(hours) == HOURS
        finally:
            self.lateness.give_back(left)

    def _roll_next(self, ended: float, zones: Mapping[str, str | None]) -> bool:
        step = next_step(self.spans, ended, self._zone)
        if step is not None and step.tier is Tier.QUARTER:
            claimed = self.lateness.claim(step.span.end)
            if (settled := self._settled()) < claimed:
                claimed = quarter_before(max(settled, step.span.start))
            step = Step(step.tier, Span(step.span.start, claimed)) if claimed > step.span.start else None
        if step is None:
            return False
        self._store.roll_up(step.tier, step.span, zones)
        with self._changing:
            self._set({step.tier: Span(self.spans[step.tier].start, step.span.end)})
        return True

    def _set(self, spans: Mapping[Tier, Span]) -> None:
        self._progress.reach(spans)
        self.spans = MappingProxyType({**self.spans, **spans})
