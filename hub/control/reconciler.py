"""Desired against reported, for every light, over and over: nothing depends on a message having arrived.

Lights that something happened to are looked at at once, all others in turn (`looks`).

A light that lost its order (power cut, reboot, a broker that forgot, a hub that was away) is ordered again; one
that fails to follow is asked less and less often.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

import structlog

from hub.background import Background, Breath
from hub.control.board import Board
from hub.control.desk import RECONCILER, OrderDesk
from hub.control.dispatch import Dispatcher
from hub.control.following import Following, Standing
from hub.control.local import FACT
from hub.control.looks import Looks
from hub.control.unresponsive import Unresponsive
from hub.model.devices import DeviceKind
from hub.ports import Clock
from hub.registry import Registry, RegistryUnavailable
from hub.registry.city import COMMANDABLE, City

log = structlog.get_logger("lamplighter.control")

WORK, PAUSE = 0.002, 0.002  # seconds that lights are looked at without a pause, and that all other work has then
RESTS = 4  # times as long as a look took, it rests afterwards


class _Tries(NamedTuple):
    """How often a stray was ordered, and when (by a clock that nobody sets) it may be ordered next."""

    given: int
    due: float


class _Stray(NamedTuple):
    """A light astray, and the `lights` that can only be ordered with it."""

    light: str
    lights: Collection[str]
    zone: str | None
    override: str | None


class _Seen(NamedTuple):
    """What a look found: strays that no command is under way to, whose condition begins or ends, and who is
    wanted next time too."""

    strays: list[_Stray]
    began: list[str]
    ended: list[str]
    again: list[str]


class Reconciler:
    """Looks each `interval` seconds at the lights that `looks` names, and orders strays back, in portions.

    A stray is ordered again after `patience`, then with doubled waits up to an hour, each spread at random; after `tries`
    orders in vain it gets the condition `lampUnresponsive`, until it follows. Strays of a zone go together, so that one
    message can reach them: a portion of `portion` lights is made of whole zones.
    """

    def __init__(
        self,
        city: City,
        board: Board,
        registry: Registry,
        desk: OrderDesk,
        dispatcher: Dispatcher,
        clock: Clock,
        following: Following,
        unresponsive: Unresponsive,
        looks: Looks,
        *,
        interval: float = 2.0,
        patience: float = 10.0,
        portion: int = 2000,
        tries: int = 3,
    ) -> None:
        self._city, self._board, self._registry, self._clock = city, board, registry, clock
        self._desk, self._dispatcher = desk, dispatcher
        self._following, self._unresponsive, self._looks = following, unresponsive, looks
        self._interval, self._patience, self._portion, self._most = interval, patience, portion, tries
        self._pause = interval
        self._tries: dict[str, _Tries] = {}
        self._wake = asyncio.Event()
        self._background = Background("reconciler", self._turn, expected=(RegistryUnavailable,))
        self.strays = 0

    def start(self) -> None:
        """Begin to look."""
        self._background.start()

    async def stop(self) -> None:
        """Stop looking."""
        await self._background.stop()

    async def clock_set(self) -> None:
        """The clock jumped: look at once, and believe nothing of what is known by a time that may lie ahead. Raises
        RegistryUnavailable."""
        self._dispatcher.clock_set()
        self._board.clock_set()
        self._looks.want_all()
        self._wake.set()
        await self._desk.take_up()

    async def _turn(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pause):
                await self._wake.wait()
        self._wake.clear()
        began = time.monotonic()
        await self.look()
        # While a whole city answers, each of its lights is marked several times: fewer looks judge it once.
        self._pause = min(max(self._interval, RESTS * (time.monotonic() - began)), max(self._interval, self._patience))

    async def look(self) -> None:
        """One look at the lights that need one."""
        now = self._clock.now()
        self._desk.expire(now)
        lights = self._looks.take(now)
        try:
            seen = await self._see(lights)
            await self._straighten(seen)
        except BaseException:
            self._looks.again(lights)
            raise
        self._looks.again(seen.again)
        await self._keep_local()

    async def _straighten(self, seen: _Seen) -> None:
        orders: dict[str | None, set[str]] = defaultdict(set)
        for stray in self._portion_of(await self._due(seen.strays)):
            orders[stray.override].update(stray.lights)
        for override, lights in orders.items():
            if override is None:
                await self._desk.resume(sorted(lights), RECONCILER)
            else:
                await self._desk.hold(override, sorted(lights), RECONCILER)
        await self._unresponsive.tell(seen.began, seen.ended)

    async def _see(self, wanted: Iterable[str]) -> _Seen:
        busy, now = self._dispatcher.busy(), self._clock.now()
        seen = _Seen([], [], [], [])
        breath = Breath(WORK, PAUSE)
        for name in wanted:
            if breath.due():
                await breath.take()
                now = self._clock.now()
            device = self._city.device(name)
            if device is None or device.kind is not DeviceKind.LIGHT:
                continue
            lights = self._city.switched_with(device)
            if name in busy or (len(lights) > 1 and not busy.isdisjoint(lights)):
                seen.again.append(name)
                continue
            if device.status not in COMMANDABLE:
                seen.ended.append(device.id)
                continue
            standing, desired, until = self._following.judge(device, now)
            if standing is not Standing.ASTRAY:
                self._looks.want_at(name, until)
                self._tries.pop(device.id, None)
                if standing is Standing.FOLLOWS and self._unresponsive.holds(device.id):
                    seen.ended.append(device.id)
                continue
            seen.again.append(name)
            seen.strays.append(_Stray(device.id, lights, self._city.followed(device).zone, desired.override))
            if device.id in self._tries and self._tries[device.id].given >= self._most:
                seen.began.append(device.id)
        self.strays = len(seen.strays)
        for gone in [each for each in self._tries if each not in self._city.devices]:
            del self._tries[gone]
        return seen

    async def _due(self, strays: list[_Stray]) -> list[_Stray]:
        """Strays to be ordered now: those whose time has come, and with them those of their zone that went astray a little
        later."""
        wall, breath = time.monotonic(), Breath(WORK, PAUSE)
        due: list[_Stray] = []
        fresh: dict[tuple[str | None, str | None], list[_Stray]] = defaultdict(list)
        for stray in strays:
            if breath.due():
                await breath.take()
            tries = self._tries.get(stray.light)
            if tries is None:
                tries = self._tries[stray.light] = _Tries(0, wall + self._patience)
            if tries.due <= wall:
                due.append(stray)
            elif tries.given == 0:
                fresh[stray.zone, stray.override].append(stray)
        for place in {(stray.zone, stray.override) for stray in due}:
            due += fresh[place]
        return due

    def _portion_of(self, strays: list[_Stray]) -> list[_Stray]:
        """As many as may be ordered at once: whole zones, neighbours together. Each is counted as tried."""
        wall, tree = time.monotonic(), self._city.tree
        zones: dict[tuple[str | None, str | None], list[_Stray]] = defaultdict(list)
        for stray in strays:
            zones[stray.zone, stray.override].append(stray)
        portion: list[_Stray] = []
        for zone, override in sorted(zones, key=lambda key: (key[1] or "", *reversed(tree.path(key[0])))):
            members = zones[zone, override]
            if portion and len(portion) + len(members) > self._portion:
                break
            portion += members
        for stray in portion:
            count = self._tries[stray.light].given + 1
            wait = min(3600.0, self._patience * 2**count) * random.uniform(0.8, 1.2)
            self._tries[stray.light] = _Tries(count, wall + wait)
        return portion

    async def _keep_local(self) -> None:
        """Since when lights are local is kept, so that a restart does not prolong it."""
        text = self._board.holds.changes()
        if text is not None:
            try:
                await asyncio.to_thread(self._registry.facts.set, FACT, text)
            except RegistryUnavailable:
                self._board.holds.not_kept()
                raise
