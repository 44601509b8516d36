"""Limits that protect lamps and roads: what needs a second person, and what is too soon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hub.background import Breath
from hub.control.arbiter import Arbiter
from hub.model.devices import Device
from hub.model.light import PRIORITY, Cause
from hub.model.overrides import Override
from hub.ports import Clock
from hub.registry.city import City
from schedules.darkness import dark_between


class Asked(Protocol):
    """What of an order (`hub.control.desk.OverrideRequest`) is judged."""

    @property
    def level(self) -> float: ...
    @property
    def until(self) -> float: ...
    @property
    def cause(self) -> Cause: ...


class Need(StrEnum):
    """Why an order needs a second person."""

    MANY_LIGHTS = "many-lights"
    DARK_ROAD = "dark-road"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of a city (settings `limits`). 0 lights, 0 seconds, False: no such limit."""

    lights_without_approval: int = 0
    seconds_between_flips: float = 0.0
    dark_needs_approval: bool = False
    road_kinds: tuple[str, ...] = ("street", "road")


class NeedsApproval(Exception):
    """The order is within the rights of the one who asks, but a second person must approve it."""

    def __init__(self, needs: Sequence[tuple[Need, str]], lights: int) -> None:
        super().__init__("; ".join(sentence for _, sentence in needs))
        self.needs = tuple(need for need, _ in needs)
        self.lights = lights


class TooSoon(Exception):
    """Lights would be switched on and off, or off and on, faster than they may; `wait` is in the city's seconds."""

    def __init__(self, lights: Sequence[str], wait: float, least: float) -> None:
        some = ", ".join(lights[:3]) + (f" and {len(lights) - 3} more" if len(lights) > 3 else "")
        super().__init__(
            f"{some} changed between on and off less than {least:.0f} s ago: order again in {wait:.0f} s, or choose lights"
            " that did not"
        )
        self.wait, self.least = wait, least


class Limits:
    """Judges orders of people before they are placed. An emergency is never held up; sensor rules are not judged at all."""

    def __init__(self, city: City, arbiter: Arbiter, clock: Clock, bounds: Bounds) -> None:
        self.bounds = bounds
        self._city, self._arbiter, self._clock = city, arbiter, clock
        self._flipped: dict[str, float] = {}  # light -> when people last changed it between on and off

    def load(self) -> None:
        """After a restart: overrides that began just now count as having changed their lights."""
        now = self._clock.now()
        for override in self._arbiter.overrides():
            if override.cause is not Cause.SENSOR and now - override.start < self._least:
                self._note(self._city.lights(override.zones, override.devices), override.start)

    @property
    def _least(self) -> float:
        return self._clock.ahead(self.bounds.seconds_between_flips) - self._clock.now()

    # --- orders ----------------------------------------------------------------------------------------------------

    def check(
        self, request: Asked, lights: Sequence[str], now: float, *, approved: bool, flips: Sequence[str] | None = None
    ) -> tuple[Need, ...]:
        """Raise TooSoon, or NeedsApproval unless it is approved; returns what an emergency was excused from. `flips`: what
        `flips` or `flips_of` said, where it is known."""
        if request.cause is Cause.SENSOR:
            return ()
        needs = self.needs(request, lights, now)
        if request.cause is Cause.EMERGENCY:
            return tuple(need for need, _ in needs)
        self._check_flips(self.flips(request, lights, now) if flips is None else flips, now)
        if needs and not approved:
            raise NeedsApproval(needs, len(lights))
        return ()

    def needs(self, request: Asked, lights: Sequence[str], now: float) -> list[tuple[Need, str]]:
        """What of an order would need a second person, and why."""
        found = []
        most = self.bounds.lights_without_approval
        if 0 < most < len(lights):
            found.append((Need.MANY_LIGHTS, f"it touches {len(lights)} lights, more than {most}"))
        roads = self.dark_roads(request, lights, now)
        if roads:
            some = ", ".join(roads[:3]) + (f" and {len(roads) - 3} more" if len(roads) > 3 else "")
            found.append((Need.DARK_ROAD, f"it leaves no light on between dusk and dawn in {some}"))
        return found

    def dark_roads(self, request: Asked, lights: Sequence[str], now: float) -> list[str]:
        """Roads that the order would leave without a light, at an hour of it between dusk and dawn there."""
        if request.level > 0 or not self.bounds.dark_needs_approval:
            return []
        tree, off = self._city.tree, set(lights)
        touched = {self._city.devices[light].zone for light in lights}
        roads = {
            each for zone in touched for each in tree.path(zone) if tree.zones[each].kind in self.bounds.road_kinds
        }
        return [
            road
            for road in sorted(roads)
            if all(light in off or self._held_dark(light, now) for light in self._city.lights([road]))
            and dark_between(self._arbiter.at(self._arbiter.place_of(road)), now, request.until)
        ]

    def _held_dark(self, light: str, now: float) -> bool:
        winner = self._arbiter.winner(self._city.devices[light], now)
        return winner is not None and winner.level == 0 and winner.cause is not Cause.SENSOR

    # --- flips -----------------------------------------------------------------------------------------------------

    def flips(self, request: Asked, lights: Sequence[str], now: float) -> list[str]:
        """Those of `lights` that the order of a person would change between on and off."""
        if self.bounds.seconds_between_flips <= 0 or request.cause is Cause.SENSOR:
            return []
        return [light for light in lights if self._flips(self._city.devices[light], request, now)]

    async def flips_of(self, request: Asked, lights: Sequence[str], now: float) -> list[str]:
        """The same as `flips` of what may be a city: other work goes on meanwhile."""
        if self.bounds.seconds_between_flips <= 0 or request.cause is Cause.SENSOR:
            return []
        found, breath = [], Breath()
        for light in lights:
            if breath.due():
                await breath.take()
            device = self._city.device(light)
            if device is not None and self._flips(device, request, now):
                found.append(light)
        return found

    def _flips(self, device: Device, request: Asked, now: float) -> bool:
        desired = self._arbiter.desired(device, now)
        ruled = desired.override is not None and PRIORITY[desired.cause] > PRIORITY[request.cause]
        return not ruled and (desired.level > 0) is not (request.level > 0)

    async def check_end(self, override: Override, now: float) -> list[str]:
        """Those lights that ending the `override` of a person would change between on and off; raises TooSoon. Other work goes
        on meanwhile."""
        if self.bounds.seconds_between_flips <= 0 or override.cause is Cause.SENSOR:
            return []
        flips, breath = [], Breath()
        for light in self._city.lights(override.zones, override.devices):
            if breath.due():
                await breath.take()
            device = self._city.device(light)
            if device is None:  # deleted meanwhile
                continue
            first, *rest = [*self._arbiter.ranked(device, now), None]
            if first is None or first.id != override.id:
                continue
            following = rest[0]
            level = following.level if following is not None else self._arbiter.planned(device, now).level
            if (level > 0) is not (override.level > 0):
                flips.append(light)
        if override.cause is not Cause.EMERGENCY:
            self._check_flips(flips, now)
        return flips

    def _check_flips(self, lights: Sequence[str], now: float) -> None:
        least = self._least
        early = [light for light in lights if now - self._flipped.get(light, float("-inf")) < least]
        if early:
            wait = max(self._flipped[light] for light in early) + least - now
            raise TooSoon(early, wait / self._clock.rate, least / self._clock.rate)

    def flipped(self, lights: Sequence[str], now: float) -> None:
        """These lights were changed between on and off by people."""
        least = self._least
        self._flipped = {light: time for light, time in self._flipped.items() if now - time < least}
        self._note(lights, now)

    def clock_set(self) -> None:
        """The clock jumped: nobody can have changed a light later than now."""
        now = self._clock.now()
        self._flipped = {light: min(time, now) for light, time in self._flipped.items()}

    def _note(self, lights: Sequence[str], now: float) -> None:
        self._flipped.update(dict.fromkeys(lights, now))
