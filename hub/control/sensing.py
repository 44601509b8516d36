"""Sensors in the loop: what rules ask for becomes overrides with an end, renewed while the sensors ask.

An override that a rule laid has the cause `sensor` and is by "sensing:<id of the rule>". Nothing else is remembered: a hub that
starts finds what the last one ordered, and lamps without a hub go back to their program at its end.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import structlog

from hub.background import Background
from hub.control.arbiter import Arbiter
from hub.control.dead_sensors import DeadSensors
from hub.control.desk import SENSING, NoLights, OrderDesk, OverrideRequest
from hub.control.sensors import Key, Sensors
from hub.control.timetable import Timetable
from hub.model.devices import Device
from hub.model.light import Cause
from hub.model.overrides import Override
from hub.model.readings import Row
from hub.model.zones import Location
from hub.ports import Clock
from hub.registry import RegistryUnavailable, Written
from hub.registry.city import FED, City
from schedules.calendar import Calendar
from schedules.program import skipped
from schedules.sensed import Demand, Twilight
from schedules.sensing import Ask, Photocell, Raise, Rule, around, raised, raises, shifted
from schedules.sensing_reader import BadSensing, parse_sensing
from schedules.timeline import Span, timeline

log = structlog.get_logger("lamplighter.control")

DAY = 86_400.0
RENEW = 1 / 3  # of an order's time is left when it is renewed
SLACK = 1.0  # seconds by which two ends may differ and are the same
BRIEFEST = 10.0  # seconds: nothing is begun for less


class Followed:
    """A rule with what is known of it now. `ask` is what it asks for, since `since`; None: the program rules alone."""

    def __init__(self, rule: Rule, written: Written) -> None:
        self.rule, self.written = rule, written
        self.tracker: Twilight | Demand = Twilight(rule) if isinstance(rule, Photocell) else Demand(rule)
        self.ask: Ask | None = None
        self.since: float | None = None
        self.adopts = False  # what an earlier run ordered for it is believed, until its sensors say otherwise

    @property
    def keys(self) -> list[Key]:
        """The readings that it needs."""
        return [(sensor, self.rule.metric) for sensor in self.rule.sensors]

    def settle(self, ask: Ask | None, now: float) -> None:
        """Keep what it asks for now."""
        if ask is None:
            self.since = None
        elif self.ask is None or self.ask.effect != ask.effect:
            self.since = self.tracker.since if isinstance(self.tracker, Demand) else now
        self.ask = ask


class Sensing:
    """Follows the rules of the registry. Changed on the event loop only."""

    def __init__(
        self,
        city: City,
        arbiter: Arbiter,
        timetable: Timetable,
        sensors: Sensors,
        dead: DeadSensors,
        desk: OrderDesk,
        clock: Clock,
        *,
        interval: float = 1.0,
    ) -> None:
        self._city, self._arbiter, self._timetable, self.sensors = city, arbiter, timetable, sensors
        self._dead, self._desk, self._clock, self._interval = dead, desk, clock, interval
        self._followed: dict[str, Followed] = {}
        self._naming: dict[Key, list[Followed]] = {}
        self._spans: dict[tuple[str, Location], tuple[int, float, list[Span]]] = {}
        self._news = asyncio.Event()
        self._background = Background("sensing", self._turn, expected=(RegistryUnavailable,))
        self.followed: Mapping[str, Followed] = MappingProxyType(self._followed)
        self.unusable: dict[str, str] = {}
        self.refused: dict[str, Written] = {}
        arbiter.sensed = self.applies

    def load(self, rules: Iterable[Written]) -> None:
        """Take up what the registry holds; what this version cannot follow is named in `unusable`."""
        for written in rules:
            try:
                self.put(written, parse_sensing(written.body))
                self._followed[written.id].adopts = True
            except BadSensing as error:
                self.refused[written.id] = written
                self.unusable[f"sensor rule {written.id}"] = str(error)
                log.error("sensor rule cannot be followed; the program rules alone", id=written.id, error=str(error))

    def put(self, written: Written, rule: Rule) -> None:
        """Add a rule or replace the one of its id."""
        self._forget(rule.id)
        self._followed[rule.id] = Followed(rule, written)
        self._draw()
        for key in self._followed[rule.id].keys:
            if key in self.sensors.values:
                self._followed[rule.id].tracker.take(key[0], self.sensors.values[key])

    def drop(self, id: str) -> None:
        """Forget a rule; what it holds ends."""
        self._forget(id)
        self._draw()

    def _forget(self, id: str) -> None:
        self._followed.pop(id, None)
        self.refused.pop(id, None)
        self.unusable.pop(f"sensor rule {id}", None)

    def _draw(self) -> None:
        self._naming = {}
        for each in self._followed.values():
            for key in each.keys:
                self._naming.setdefault(key, []).append(each)
        self.sensors.watch(self._naming)
        self._dead.drawn = False
        self._news.set()

    def naming(self, zone: str) -> list[str]:
        """Ids of the rules of this very zone."""
        return sorted(id for id, each in self._followed.items() if each.rule.zone == zone)

    def start(self) -> None:
        """Begin."""
        self._background.start()

    async def stop(self) -> None:
        """End; what holds goes on to its end."""
        await self._background.stop()

    async def _turn(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._interval):
                await self._news.wait()
        self._news.clear()
        await self.look()

    def take(self, rows: Sequence[Row]) -> None:
        """Take in durable rows. Without rules this costs nothing."""
        if not self._naming:
            return
        for key, value in self.sensors.take(rows):
            for each in self._naming[key]:
                each.tracker.take(key[0], value)
            self._news.set()

    def clock_set(self) -> None:
        """The clock jumped: believe no time that lies ahead."""
        now = self._clock.now()
        self.sensors.clock_set(now)
        self._dead.clock_set()
        for each in self._followed.values():
            each.tracker.clock_set(now)
        self._news.set()

    async def look(self) -> None:
        """Bring what is ordered to what the rules ask for now."""
        now = self._clock.now()
        await self._dead.tell(self.sensors, now)
        held = {
            each.by: each for each in self._arbiter.overrides() if each.cause is Cause.SENSOR and not each.over(now)
        }
        for id, each in list(self._followed.items()):
            holding = held.pop(SENSING + id, None)
            self._judge(each, holding, now)
            await self._bring(each, holding, now)
        for by, orphan in held.items():
            if by.startswith(SENSING):
                await self._desk.end(orphan.id, by)

    # --- what a rule asks for --------------------------------------------------------------------------------------

    def _judge(self, each: Followed, holding: Override | None, now: float) -> None:
        rule, tracker = each.rule, each.tracker
        gone = [device for device, metric in each.keys if self.sensors.dead((device, metric), now)]
        alive = [sensor for sensor in rule.sensors if sensor not in gone]
        if isinstance(tracker, Twilight):
            tracker.forget(gone, now)
            if holding is not None and each.adopts:
                tracker.adopt(holding.level)
            each.settle(self._shifted(each.rule, tracker, now) if alive else None, now)
        elif isinstance(rule, Raise):
            tracker.forget(gone)
            if holding is not None and each.adopts:
                tracker.adopt(alive, holding.until - rule.hold)
            asked = tracker.asked is not None and now < tracker.asked + rule.hold
            programs = self._programs(rule.zone, now) if asked else []
            each.settle(raised(rule, programs, tracker.asked, now), now)
        each.adopts = False

    def _shifted(self, rule: Rule, tracker: Twilight, now: float) -> Ask | None:
        assert isinstance(rule, Photocell)
        edge = around(self._course(self._timetable.of(rule.zone), rule.zone, now), rule, now)
        if edge is None:
            return None
        decided = tracker.decided(edge, now)
        return shifted(edge, tracker.dark, decided, now)

    def _programs(self, zone: str, now: float) -> list[list[Span]]:
        """What every calendar that rules in or beneath the zone says around now."""
        calendars = {calendar.id: calendar for below in self._city.tree.below(zone)
                     for calendar in [self._timetable.of(below)]}  # fmt: skip
        return [self._course(calendar, zone, now) for calendar in calendars.values()]

    def _course(self, calendar: Calendar, zone: str, now: float) -> list[Span]:
        place = self._arbiter.place_of(zone)
        known = self._spans.get((calendar.id, place))
        touched = self._timetable.touched(calendar.id)
        if known is None or known[0] != touched or not known[1] + DAY <= now < known[1] + 2 * DAY:
            begin = now - 1.5 * DAY
            spans = timeline(calendar, self._timetable.programs, self._arbiter.at(place), begin, begin + 4 * DAY)
            known = self._spans[calendar.id, place] = touched, begin, list(spans)
        return known[2]

    def applies(self, override: Override, device: Device, now: float) -> bool:
        """Whether what a rule ordered rules this lamp now: a raise never below its program, a photocell only where the
        lamp's program is that of the rule's zone."""
        each = self._followed.get(override.by.removeprefix(SENSING))
        if each is None:
            return True
        if isinstance(each.rule, Raise):
            lit = self._arbiter.in_force(device, now).level > 0
            return raises(each.rule, self._arbiter.planned(device, now).level, lit)
        if self._timetable.of(self._city.followed(device).zone) is not self._timetable.of(each.rule.zone):
            return False
        ask = each.ask
        return ask is None or device.profile == FED or not skipped(ask.skip, self._arbiter.position(device), ask.night)

    # --- and what is ordered ---------------------------------------------------------------------------------------

    async def _bring(self, each: Followed, holding: Override | None, now: float) -> None:
        ask, by = each.ask, SENSING + each.rule.id
        if ask is None:
            if holding is not None:
                await self._desk.end(holding.id, by)
            return
        if holding is None and ask.until - now < BRIEFEST:
            return
        if holding is not None and holding.level == ask.level and not self._is_due(holding, ask, now):
            return
        request = OverrideRequest(
            (each.rule.zone,), (), ask.level, ask.until, self._reason(each), by, ramp=ask.ramp, cause=Cause.SENSOR
        )
        with contextlib.suppress(NoLights):
            await self._desk.sense(request, None if holding is None else holding.id)

    @staticmethod
    def _is_due(holding: Override, ask: Ask, now: float) -> bool:
        """Whether an order is to be given again: it would end too late, or soon and too early."""
        if abs(holding.until - ask.until) <= SLACK:
            return False
        return ask.until < holding.until or holding.until - now <= (ask.until - now) * RENEW

    def _reason(self, each: Followed) -> str:
        rule, tracker = each.rule, each.tracker
        if isinstance(tracker, Twilight):
            return f"{rule.name}: illuminance {tracker.value or 0:g} lx ({', '.join(rule.sensors[:3])})"
        key = tracker.by or rule.sensors[0], rule.metric
        value = self.sensors.values.get(key)
        return f"{rule.name}: {rule.metric} {'' if value is None else f'{value.value:g} '}({key[0]})"
