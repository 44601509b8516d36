"""The hub's own steps: lights that keep no program are switched when their step comes, not at some look afterwards.

Nothing depends on it. A step that was missed (the hub was away, the registry could not write) is found by what lights report,
here at the next start and by the reconciler. Why not a scheduler from a library: docs/decisions/015-ticks.md.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable

import structlog

from hub.background import Background, Breath
from hub.clock import ClockWatch
from hub.control.abilities import Abilities
from hub.control.arbiter import Arbiter
from hub.control.desk import PROGRAM, OrderDesk
from hub.control.dispatch import Dispatcher
from hub.control.following import Following, Standing
from hub.control.lateness import Lateness
from hub.control.timetable import Timetable
from hub.model.devices import Device, DeviceKind
from hub.model.overrides import Override
from hub.model.zones import Location
from hub.ports import Clock
from hub.registry import RegistryUnavailable
from hub.registry.city import COMMANDABLE, City
from schedules.timeline import Moment

log = structlog.get_logger("lamplighter.control")

LOOK = 0.5  # seconds between looks at the clock and at what has changed
AHEAD = 0.02  # seconds before the next step within which nothing else is begun


async def nothing() -> None:
    """Nobody needs to be told."""


_Steps = tuple[str, Location]  # lights of the same calendar and place have their steps at the same time


class Ticks:
    """Wakes at the next step of any light that the hub switches, and at the end of every override over such a light.

    What is owed to a light (an order, and the time of its step) is kept until the order is in the registry. A clock that jumps
    is told by a clock that nobody sets: then everything is worked out anew, and `jumped` is called.
    """

    def __init__(
        self,
        city: City,
        arbiter: Arbiter,
        timetable: Timetable,
        abilities: Abilities,
        following: Following,
        desk: OrderDesk,
        dispatcher: Dispatcher,
        clock: Clock,
        jumped: Callable[[], Awaitable[None]] = nothing,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._city, self._arbiter, self._timetable, self._abilities = city, arbiter, timetable, abilities
        self._following, self._desk, self._dispatcher, self._clock = following, desk, dispatcher, clock
        self._tell_jump = jumped
        self._drawn = (-1, -1)
        self._lights: dict[_Steps, list[str]] = {}
        self._steps_of: dict[str, _Steps] = {}
        self._in_force: dict[_Steps, Moment] = {}
        self._next: list[tuple[float, int, _Steps]] = []
        self._numbers = itertools.count()
        self._unprepared: deque[_Steps] = deque()
        self._overrides: dict[str, Override] = {}
        self._owed: dict[str, float | None] = {}
        self._watch = ClockWatch(clock, monotonic)  # what is taken up at a start is judged by the clock of this moment
        self._untold = False  # a jump that `jumped` could not be told
        self._background = Background("ticks", self._turn, expected=(RegistryUnavailable,))
        self.lateness = Lateness()
        self.jumps = 0

    def start(self) -> None:
        """Begin, with whatever was missed while the hub was away."""
        self._background.start()

    async def stop(self) -> None:
        """End."""
        await self._background.stop()

    async def _turn(self) -> None:
        await asyncio.sleep(await self.look())

    async def look(self) -> float:
        """Carry out what is due; returns the seconds until something will be, at most half a second."""
        self._untold |= self._has_jumped()
        if self._untold:
            self._arbiter.recompute()
            self._drawn, self._in_force = (-1, -1), {}
            await self._tell_jump()
            self._untold = False
        if self._drawn != (self._city.version, self._timetable.version):
            await self._draw()
        now = self._clock.now()
        self._end_overrides(now)
        while self._next and self._next[0][0] <= now:
            due, _, steps = heapq.heappop(self._next)
            self._owed.update(dict.fromkeys(self._lights[steps], due))
            self._follow(steps, now)
        if self._owed:
            await self._pay()
        return await self._prepare()

    # --- when ----------------------------------------------------------------------------------------------------

    def _has_jumped(self) -> bool:
        """Whether the clock has gone another way than time since the last look."""
        jump = self._watch.set_by()
        if not jump:
            return False
        self.jumps += 1
        seconds = round(jump / self._clock.rate, 1)
        log.warning("the clock jumped; what every light should do is worked out anew", seconds=seconds)
        return True

    async def _draw(self) -> None:
        """Find the lights that the hub switches, and when each is next. Owed is what is new to a light: another calendar,
        another place, another program."""
        drawn = self._city.version, self._timetable.version
        lights: dict[_Steps, list[str]] = defaultdict(list)
        of: dict[str, _Steps] = {}
        stepped = [each for each in self._city.devices.values() if each.profile in self._abilities.stepped]
        breath = Breath()
        for device in stepped:
            if breath.due():
                await breath.take()
            if device.kind is DeviceKind.LIGHT and device.status in COMMANDABLE:
                steps = of[device.id] = self._arbiter.follows(device)
                lights[steps].append(device.id)
        before, self._in_force = self._in_force, {}
        moved = {light for light, steps in of.items() if self._steps_of.get(light) != steps}
        self._lights, self._steps_of, self._next = lights, of, []
        self._unprepared.clear()
        for index, steps in enumerate(list(lights)):
            if index % 20 == 19:
                await asyncio.sleep(0)
            self._follow(steps, self._clock.now())
            old, new = before.get(steps), self._in_force.get(steps)
            if old is not None and new is not None and old.next == new.since:  # its step came in the meantime
                self._owed.update(dict.fromkeys(lights[steps], new.since))
            elif old != new:
                moved.update(lights[steps])
        for light in moved - self._dispatcher.busy():
            self._owed.setdefault(light, None)
        for gone in [light for light in self._owed if light not in of]:
            del self._owed[gone]
        self._drawn = drawn

    def _follow(self, steps: _Steps, now: float) -> None:
        """Take up what is in force by these steps, and when the next one comes."""
        device = self._city.device(self._lights[steps][0])
        if device is None:
            return  # deleted; the lights are found anew at the next look
        moment = self._in_force[steps] = self._arbiter.in_force(device, now)
        if moment.next is not None:
            heapq.heappush(self._next, (moment.next, next(self._numbers), steps))
            self._unprepared.append(steps)

    def _end_overrides(self, now: float) -> None:
        """Owe those lights their level whose override has run out. One that somebody ended has been seen to by the desk."""
        active = {each.id: each for each in self._arbiter.overrides() if each.active(now)}
        for override in self._overrides.values():
            if override.id not in active and override.until <= now:
                for light in self._city.lights(override.zones, override.devices):
                    if light in self._steps_of:
                        self._owed[light] = override.until
        self._overrides = active

    async def _prepare(self) -> float:
        """Work out what the next steps will bring, as long as there is time; returns how long nothing is due."""
        while True:
            ends = [self._next[0][0]] if self._next else []
            ends += [each.until for each in self._overrides.values()]
            left = min([LOOK, *((end - self._clock.now()) / self._clock.rate for end in ends)])
            if left < AHEAD or not self._unprepared:
                return max(0.0, left)
            device = self._city.device(self._lights[self._unprepared.popleft()][0])
            if device is not None:
                self._arbiter.prepare(device, self._clock.now())
            await asyncio.sleep(0)

    # --- what ----------------------------------------------------------------------------------------------------

    async def _pay(self) -> None:
        """Order what is owed; what is in the registry is owed no more."""
        now = self._clock.now()
        orders: dict[str | None, set[str]] = defaultdict(set)
        breath = Breath()
        for light in list(self._owed):
            if breath.due():
                await breath.take()
            device = self._city.device(light)
            override = self._needs(device, now) if device is not None else ()
            if device is not None and override:
                orders[override[0]].update(self._city.switched_with(device))
            else:
                del self._owed[light]
        for override_id, lights in orders.items():
            due = {light: self._owed.get(light) for light in lights}
            await self._desk.step(override_id, sorted(lights), PROGRAM, self._noting(due))
            self._forget(lights)

    def _needs(self, device: Device, now: float) -> tuple[str | None] | tuple[()]:
        """The rule (an override or, None, the program) that the light is to be told to follow; nothing when it does, is being
        told that very level, or will be by an order of that rule that waits for its turn. What it says it does counts for
        nothing while it is being told another."""
        standing, desired, _ = self._following.judge(device, now)
        told = self._dispatcher.expected(device.id)
        if told is not None and standing in (Standing.FOLLOWS, Standing.ASTRAY):
            needs = told.level != desired.level
        else:
            needs = standing is Standing.ASTRAY and not self._dispatcher.waits_for(device.id, desired.override)
        return (desired.override,) if needs else ()

    def _noting(self, due: dict[str, float | None]) -> Callable[[str], None]:
        def handed(light: str) -> None:
            since = due.pop(light, None)
            if since is not None:
                self.lateness.note(max(0.0, self._clock.now() - since) / self._clock.rate)

        return handed

    def _forget(self, lights: Iterable[str]) -> None:
        for light in lights:
            self._owed.pop(light, None)
