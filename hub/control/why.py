"""Why a light has its level: which rule won, which lost and why, and why it may be doing something else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from hub.control.abilities import Abilities, same_level
from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.control.cabinet_watch import RELAY
from hub.control.cabinets import full_or_dark
from hub.control.desk import OrderDesk
from hub.control.timetable import Timetable
from hub.model.cabinets import split_feed
from hub.model.devices import Device
from hub.model.light import Cause
from hub.model.overrides import Override
from hub.model.presence import Absence, OfflineBecause
from hub.model.reports import EventReport
from hub.registry.city import COMMANDABLE, FED, City
from schedules.calendar import Calendar, every_night
from schedules.program import Program, Skip, Step, skipped
from schedules.timeline import Moment, moment, timeline

BREATH = 1000  # lights looked at without a pause


class Lost(StrEnum):
    """Why a rule does not rule."""

    LOWER_PRIORITY = "lower-priority"
    STARTED_EARLIER = "started-earlier"
    LOWER_LEVEL = "lower-level"  # of two sensor rules, or two incidents, the brighter one rules


class Because(StrEnum):
    """Why a light may be doing something else than it should."""

    OFFLINE = "offline"
    UNPOWERED = "unpowered"
    NOT_IN_SERVICE = "not-in-service"
    NOT_SWITCHABLE = "not-switchable"
    NEVER_REPORTED = "never-reported"
    LOCAL = "local"
    CABINET_LOCAL = "cabinet-local"
    UNDER_WAY = "under-way"
    FADING = "fading"
    CONDITION = "condition"
    NOT_FOLLOWED = "not-followed"


@dataclass(frozen=True, slots=True)
class Planned:
    """What the calendar says for a light: the step of the program that the rule of the calendar chose.

    `calendar` None: the program of the settings. `source` is the zone that has the calendar, `number` that of its rule
    (0: its default program), `note` the rule's own name, `text` the rule in English. `level` is that of a lamp like this one
    that is not skipped. `unusable` is the calendar that should rule and cannot be run.
    """

    calendar: Calendar | None
    source: str | None
    program: Program
    number: int
    note: str
    text: str
    step: int
    level: float
    skip: Skip | None
    skipped: bool
    unusable: str | None = None

    @property
    def at(self) -> Step | None:
        """The step as it was written."""
        return self.program.steps[self.step - 1] if self.step else None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that asks for a level: an override, or what the calendar says. `lost` is None for the one that rules."""

    cause: Cause
    level: float
    start: float | None
    until: float | None
    override: Override | None = None
    planned: Planned | None = None
    lost: Lost | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """Why what a light does is not, or cannot be known to be, what it should do. `feed` is what powers it, where that matters;
    `breaker_open` says that its cabinet's breaker is why it has no power."""

    because: Because
    since: float | None = None
    level: float | None = None
    absence: OfflineBecause | None = None
    gateway: str | None = None
    conditions: tuple[str, ...] = ()
    feed: str | None = None
    breaker_open: bool = False


@dataclass(frozen=True, slots=True)
class Why:
    """The rule that rules over a light, those that lost (the next in line first), and why it differs."""

    device: Device
    winner: Rule
    losers: tuple[Rule, ...]
    planned: Planned
    difference: Difference | None


@dataclass(slots=True)
class Share:
    """Lights of a zone over which the same rule rules with the same level; `device` is one of them."""

    rule: Rule
    device: str
    lights: int = 0


class Explainer:
    """Answers "why?" for a light or a zone. Call it on the event loop."""

    def __init__(
        self, city: City, arbiter: Arbiter, timetable: Timetable, board: Board, desk: OrderDesk, abilities: Abilities
    ) -> None:
        self._city, self._arbiter, self._timetable = city, arbiter, timetable
        self._board, self._desk, self._abilities = board, desk, abilities

    def why(self, device: Device, now: float) -> Why:
        """Everything about one light at `now`."""
        held = self._arbiter.ranked(device, now)
        planned = self._planned(device, now)
        rules = [*(_held(each, device) for each in held), planned]
        if planned.cause is Cause.PROGRAM:
            rules.append(self._default(device, now))
        winner, *losers = rules
        ranked = tuple(_lost(winner, each) for each in losers)
        assert planned.planned is not None
        return Why(device, winner, ranked, planned.planned, self._difference(device, winner, now))

    async def shares(self, lights: Iterable[str], now: float) -> list[Share]:
        """Which rules rule over many lights, the one with the most lights first."""
        shares: dict[object, Share] = {}
        rules: dict[str | None, tuple[str, str | None]] = {}  # zone -> its calendar, and whose it is
        for index, name in enumerate(lights):
            if index % BREATH == BREATH - 1:
                await asyncio.sleep(0)  # other work gets its turn in a large city
            device = self._city.device(name)
            if device is None:
                continue
            desired = self._arbiter.desired(device, now)
            key: object = desired.override and (desired.override, desired.level)
            if key is None:
                zone = self._city.followed(device).zone
                if zone not in rules:
                    rules[zone] = self._timetable.of(zone).id, self._timetable.source(zone)
                key = rules[zone], desired.level
            share = shares.get(key)
            if share is None:
                share = shares[key] = Share(self._winner(device, now), name)
            share.lights += 1
        return sorted(shares.values(), key=lambda share: -share.lights)

    def _winner(self, device: Device, now: float) -> Rule:
        override = self._arbiter.winner(device, now)
        return self._planned(device, now) if override is None else _held(override, device)

    # --- what the calendar says --------------------------------------------------------------------------------------

    def _planned(self, device: Device, now: float) -> Rule:
        zone = self._city.followed(device).zone
        calendar, source = self._timetable.of(zone), self._timetable.source(zone)
        named = self._city.tree.zones[source].calendar if source is not None else None
        usable = named == calendar.id
        return self._from(calendar, device, now, source if usable else None, None if usable else named)

    def _default(self, device: Device, now: float) -> Rule:
        """What the program of the settings says, which rules where no calendar does."""
        return self._from(every_night(self._timetable.usual.id), device, now, None, None)

    def _from(self, calendar: Calendar, device: Device, now: float, source: str | None, unusable: str | None) -> Rule:
        site, programs = self._arbiter.at(self._arbiter.place_for(device)), self._timetable.programs
        found = moment(calendar, programs, site, now)
        span = next(timeline(calendar, programs, site, now, now + 1))
        position = self._arbiter.position(device)
        dark, level = skipped(found.skip, position, found.night), full_or_dark(device, found.level)
        if device.profile == FED:
            dark = False
        number = next((n for n, rule in enumerate(calendar.rules, 1) if rule.holds(span.day)), 0)
        note = calendar.rules[number - 1].note if number else ""
        planned = Planned(
            calendar if source is not None else None, source, programs[found.program], number, note, found.rule,
            span.step, level, found.skip, dark, unusable,
        )  # fmt: skip
        cause = Cause.DEFAULT if source is None else Cause.PROGRAM
        return Rule(cause, 0.0 if dark else level, _finite(found), found.next, planned=planned)

    # --- what the light does -----------------------------------------------------------------------------------------

    def _difference(self, device: Device, winner: Rule, now: float) -> Difference | None:
        if device.status not in COMMANDABLE:
            return Difference(Because.NOT_IN_SERVICE)
        absence = self._board.absence(device.id)
        if absence is not None:
            return self._away(device, absence)
        report = self._board.report(device.id)
        if report is None:
            return Difference(Because.NEVER_REPORTED)
        if same_level(report.level, winner.level):
            return None
        if not self._abilities.switchable(device.id):
            return Difference(Because.NOT_SWITCHABLE, level=report.level)
        if device.profile == FED and self._board.cabinets.local(device.feed):
            return Difference(Because.CABINET_LOCAL, level=report.level, feed=device.feed)
        stuck = self._of_contactor(device)
        if report.cause is Cause.LOCAL and not stuck:  # a state that no order explains looks like somebody's hand
            return Difference(Because.LOCAL, report.time, report.level)
        if self._desk.under_way(device.id):
            return Difference(Because.UNDER_WAY, level=report.level)
        if winner.start is not None and now - winner.start <= self._ramp(winner):
            return Difference(Because.FADING, winner.start, report.level)
        conditions = [*self._board.conditions(device.id), *stuck]
        if conditions:
            types = tuple(dict.fromkeys(each.type for each in conditions))
            return Difference(Because.CONDITION, conditions[0].time, report.level, conditions=types)
        return Difference(Because.NOT_FOLLOWED, report.time, report.level)

    def _of_contactor(self, device: Device) -> list[EventReport]:
        """What is wrong at the contactor of a light without a controller."""
        cabinet, segment = split_feed(device.feed or "")
        if device.profile != FED or not segment:
            return []
        return [each for each in self._board.conditions(cabinet) if each.type == RELAY and each.point == segment]

    def _away(self, device: Device, absence: Absence) -> Difference:
        owner = self._city.topic_owner(device.id)
        gateway = owner if owner != device.id else None
        light = self._board.report(device.id)
        level = None if light is None else light.level
        if absence.because is OfflineBecause.UNPOWERED:
            report = self._board.cabinets.report(split_feed(device.feed or "").cabinet)
            tripped = report is not None and report.breaker is False
            return Difference(
                Because.UNPOWERED, absence.since, level, absence.because, feed=device.feed, breaker_open=tripped
            )
        return Difference(Because.OFFLINE, absence.since, level, absence.because, gateway)

    @staticmethod
    def _ramp(rule: Rule) -> float:
        if rule.override is not None:
            return rule.override.ramp
        return rule.planned.at.ramp if rule.planned is not None and rule.planned.at is not None else 0.0


def _held(override: Override, device: Device) -> Rule:
    return Rule(override.cause, full_or_dark(device, override.level), override.start, override.until, override)


def _lost(winner: Rule, rule: Rule) -> Rule:
    lost = Lost.STARTED_EARLIER if rule.cause is winner.cause else Lost.LOWER_PRIORITY
    if rule.cause is winner.cause and rule.cause in (Cause.SENSOR, Cause.INCIDENT) and rule.level < winner.level:
        lost = Lost.LOWER_LEVEL
    return Rule(rule.cause, rule.level, rule.start, rule.until, rule.override, rule.planned, lost)


def _finite(found: Moment) -> float | None:
    return found.since if found.since > float("-inf") else None
