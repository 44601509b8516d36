"""Brings lights to what incidents ask for: overrides with the cause `incident`, and what became of each lamp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from hub.background import Breath
from hub.control.abilities import same_level
from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.control.cabinets import full_or_dark
from hub.control.desk import NoLights, OrderDesk, OverrideRequest
from hub.control.limits import Limits, NeedsApproval, TooSoon
from hub.model.devices import Device
from hub.model.incidents import Incident, Lighting, OrderOf, read_order
from hub.model.light import PRIORITY, Cause
from hub.model.overrides import Override
from hub.model.refusals import REFUSED
from hub.registry.city import City

SLACK = 1.0  # seconds by which two ends may differ and are the same


class Told(NamedTuple):
    """What came of ordering the lights at `place` of an incident: `refused` says why not, `text` what was ordered."""

    incident: str
    place: int
    refused: str
    text: str = ""


class Lamp(StrEnum):
    """What a lamp of an incident does. Only `FOLLOWS` counts as done."""

    FOLLOWS = "follows"
    HELD = "held"  # something above the incident rules it, or another incident with more light
    NOT_YET = "not-yet"  # it reports another level
    UNKNOWN = "unknown"  # it has never reported a level
    OFFLINE = "offline"
    UNPOWERED = "unpowered"


@dataclass(frozen=True, slots=True)
class LampNow:
    """A lamp, what it should do by now and after the incident's order, and what it does. `by`: the override that holds it."""

    device: str
    state: Lamp
    now: float | None
    then: float
    by: str | None = None


class IncidentLights:
    """Used on the event loop, by one caller at a time."""

    def __init__(self, city: City, arbiter: Arbiter, board: Board, orders: OrderDesk, limits: Limits) -> None:
        self._city, self._arbiter, self._board, self._orders, self._limits = city, arbiter, board, orders, limits

    async def bring(self, incidents: Sequence[Incident], now: float) -> list[Told]:
        """Order what is missing, and end what no incident asks for any more; returns what is news. Raises RegistryUnavailable."""
        held = self._held()
        told: list[Told] = []
        for incident in incidents:
            if incident.dry or not incident.running:
                continue
            for place, lighting in enumerate(incident.lights):
                name = OrderOf(incident.playbook, incident.id, place).by
                found = await self._bring(incident, place, lighting, sorted(held.pop(name, ()), key=_age), now)
                told += [] if found is None else [found]
        for name, orphans in held.items():
            for each in orphans:
                await self._end(each, name)
        return told

    def _held(self) -> dict[str, list[Override]]:
        held: dict[str, list[Override]] = {}
        for each in self._arbiter.overrides():
            if each.cause is Cause.INCIDENT and read_order(each.by) is not None:
                held.setdefault(each.by, []).append(each)
        return held

    async def _bring(
        self, incident: Incident, place: int, lighting: Lighting, held: Sequence[Override], now: float
    ) -> Told | None:
        if lighting.why_none or not (lighting.zones or lighting.devices):
            return _news(incident, place, lighting.why_none or incident.refused[place])
        active = [each for each in held if each.active(now)]
        newest = active[-1] if active else None
        if newest is not None and abs(newest.until - incident.until) <= SLACK:
            for each in active[:-1]:
                await self._end(each, each.by)
            return _news(incident, place, "") if incident.refused[place] else None
        if incident.until <= now:
            return None
        request = self.request(incident, place, lighting)
        lights = self.lights(lighting)
        try:
            if needs := self._limits.needs(
                request, lights, now
            ):  # first: nobody approves it, and it is looked at again
                raise NeedsApproval(needs, len(lights))
            placed = await self._orders.renew(request, [each.id for each in active])
        except (NoLights, NeedsApproval) as error:
            return _news(incident, place, str(error))
        except TooSoon as error:  # the same words at every try: each new sentence is told
            return _news(incident, place, REFUSED.say("too-soon", seconds=f"{error.least:.0f}"))
        text = f"{placed.targets} lights, {lighting.level:g} %"
        return Told(incident.id, place, "", text) if newest is None or incident.refused[place] else None

    async def _end(self, override: Override, by: str) -> None:
        try:
            await self._orders.end(override.id, by)
        except TooSoon:
            return  # it is looked at again

    @staticmethod
    def request(incident: Incident, place: int, lighting: Lighting) -> OverrideRequest:
        """The order for one lighting."""
        where = " ".join(filter(None, (incident.device or "hub", incident.point)))
        return OverrideRequest(
            lighting.zones, lighting.devices, lighting.level, incident.until,
            f"{incident.name}: {incident.type} ({where})"[:300],
            OrderOf(incident.playbook, incident.id, place).by, lighting.ramp, Cause.INCIDENT,
        )  # fmt: skip

    # --- what would refuse, and what lamps do ------------------------------------------------------------------------

    def lights(self, lighting: Lighting) -> list[str]:
        """Ids of the lights in service that a lighting stands for."""
        return self._city.lights(lighting.zones, lighting.devices)

    async def refusal(self, incident: Incident, place: int, now: float) -> str:
        """Why the lights at `place` would not be ordered now; empty when they would."""
        lighting = incident.lights[place]
        lights = self.lights(lighting)
        if lighting.why_none or not lights:
            return lighting.why_none or REFUSED.say("no-lights")
        try:
            request = self.request(incident, place, lighting)
            flips = await self._limits.flips_of(request, lights, now)
            self._limits.check(request, self.lights(lighting), now, approved=False, flips=flips)
        except (NeedsApproval, TooSoon) as error:
            return str(error)
        return ""

    async def lamps(self, incident: Incident, place: int, now: float) -> list[LampNow]:
        """Every lamp of a lighting: one that is off, unpowered or not heard of never counts as following. Other work goes on
        between two of them: it may be a city."""
        lighting, breath, found = incident.lights[place], Breath(), []
        for name in self.lights(lighting):
            if breath.due():
                await breath.take()
            if (device := self._city.device(name)) is not None:  # None: deleted meanwhile
                found.append(self._lamp(device, incident, place, lighting, now))
        return found

    def _lamp(self, device: Device, incident: Incident, place: int, lighting: Lighting, now: float) -> LampNow:
        winner = self._arbiter.winner(device, now)
        report = self._board.report(device.id)
        level = None if report is None else report.level
        order = read_order(winner.by) if winner is not None else None
        mine = order is not None and order.incident == incident.id
        wanted = full_or_dark(device, lighting.level)
        if winner is not None and not mine and self._above(winner, lighting):
            return LampNow(device.id, Lamp.HELD, level, full_or_dark(device, winner.level), winner.by)
        if mine and order is not None and order.place != place and winner is not None:
            wanted = full_or_dark(device, max(winner.level, lighting.level))
        if self._board.unpowered(device.id) is not None:
            state = Lamp.UNPOWERED
        elif not self._board.online(device.id):
            state = Lamp.OFFLINE
        elif level is None:
            state = Lamp.UNKNOWN
        else:
            state = Lamp.FOLLOWS if same_level(level, wanted) else Lamp.NOT_YET
        return LampNow(device.id, state, level, wanted)

    @staticmethod
    def _above(winner: Override, lighting: Lighting) -> bool:
        if winner.cause is Cause.INCIDENT:
            return winner.level > lighting.level
        return PRIORITY[winner.cause] > PRIORITY[Cause.INCIDENT]


def _news(incident: Incident, place: int, refused: str) -> Told | None:
    return None if incident.refused[place] == refused else Told(incident.id, place, refused)


def _age(override: Override) -> tuple[float, str]:
    return override.start, override.id
