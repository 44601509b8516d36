"""Desired against reported, for every light, over and over: nothing depends on a message having arrived.

A light that lost its order (power cut, reboot, a broker that forgot, a hub that was away) is ordered again; one
that fails to follow is asked less and less often.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import defaultdict
from collections.abc import Callable

import structlog

from hub.background import Background
from hub.control.abilities import Abilities, same_level
from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.control.desk import OrderDesk
from hub.control.dispatch import Dispatcher
from hub.model.devices import Device, DeviceKind
from hub.model.light import Cause, Desired, LightReport
from hub.ports import Clock
from hub.registry import RegistryUnavailable
from hub.registry.city import COMMANDABLE, City
from schedules.timeline import Moment

log = structlog.get_logger("lamplighter.control")

BY = "reconciler"
BREATH = 1000  # lights looked at without a pause
PROGRAM_CAUSES = (Cause.PROGRAM, Cause.DEFAULT)
HELD_CAUSES = (Cause.OVERRIDE, Cause.EMERGENCY, Cause.INCIDENT, Cause.SENSOR)


def follows(
    desired: Desired, planned: Moment, report: LightReport, in_effect: float | None, now: float, grace: float
) -> bool:
    """True when what a light reports agrees with what it should do.

    Under an override: that very level is in effect and an order is its cause (which kind, a lamp is not told). Under its
    program: the program is its cause, and the level in effect is the program's, or for `grace` seconds after a step the one
    before it. A light that was switched on the spot (`local`) is left alone. A failed lamp that reports 0 follows when it
    confirmed the order.
    """
    if report.cause is Cause.LOCAL:
        return True
    if desired.override is not None:
        return report.cause in HELD_CAUSES and in_effect == desired.level
    if report.cause not in PROGRAM_CAUSES:
        return False
    if in_effect is None or abs(in_effect - planned.level) <= 1:
        return True
    return now - planned.since <= planned.ramp + grace


def holds(desired: Desired, report: LightReport | None) -> bool:
    """True when a light that keeps no program, and says only its level, does what it should, by this report of it.

    Its level must be the desired one, and the order that it was confirmed by (if one was) of the rule that rules now.
    """
    if report is None or not same_level(report.level, desired.level):
        return False
    return report.cause is Cause.LOCAL or (desired.override is None) is (report.cause in PROGRAM_CAUSES)


class Reconciler:
    """Looks at every light each `interval` seconds and orders strays back, in bounded portions.

    A stray is ordered again after `patience`, then with doubled waits up to an hour, each spread at random. One under its
    program has `grace` after its configuration changed, which `configured` says: it follows that by itself.
    """

    def __init__(
        self,
        city: City,
        arbiter: Arbiter,
        board: Board,
        desk: OrderDesk,
        dispatcher: Dispatcher,
        clock: Clock,
        abilities: Abilities,
        *,
        interval: float = 2.0,
        patience: float = 10.0,
        grace: float = 30.0,
        portion: int = 2000,
        configured: Callable[[str], float] = lambda device: -math.inf,
    ) -> None:
        self._city, self._arbiter, self._board = city, arbiter, board
        self._desk, self._dispatcher, self._clock, self._abilities = desk, dispatcher, clock, abilities
        self._interval, self._patience, self._grace, self._portion = interval, patience, grace, portion
        self._configured = configured
        self._tries: dict[str, tuple[int, float]] = {}
        self._background = Background("reconciler", self._turn, expected=(RegistryUnavailable,))
        self.strays = 0

    def start(self) -> None:
        """Begin to look."""
        self._background.start()

    async def stop(self) -> None:
        """Stop looking."""
        await self._background.stop()

    async def _turn(self) -> None:
        await asyncio.sleep(self._interval)
        await self.look()

    async def look(self) -> None:
        """One look at the whole city."""
        now = self._clock.now()
        self._desk.expire(now)
        held: dict[str, list[str]] = defaultdict(list)
        free: list[str] = []
        for device, desired in await self._strays(now):
            if desired.override is None:
                free.append(device)
            else:
                held[desired.override].append(device)
        for override, lights in held.items():
            await self._desk.hold(override, lights, BY)
        if free:
            await self._desk.resume(free, BY)

    async def _strays(self, now: float) -> list[tuple[str, Desired]]:
        busy = self._dispatcher.busy()
        grace = self._grace * self._clock.rate
        wall = time.monotonic()
        due: list[tuple[str, Desired]] = []
        strays = 0
        for index, device in enumerate(list(self._city.devices.values())):
            if index % BREATH == BREATH - 1:
                await asyncio.sleep(0)  # other work gets its turn in a large city
            if device.kind is not DeviceKind.LIGHT or device.status not in COMMANDABLE or device.id in busy:
                continue
            desired = self._stray(device, now, grace)
            if desired is None:
                self._tries.pop(device.id, None)
                continue
            strays += 1
            if len(due) < self._portion and self._is_due(device.id, wall):
                due.append((device.id, desired))
        self.strays = strays
        for gone in [each for each in self._tries if each not in self._city.devices]:
            del self._tries[gone]
        return due

    def _stray(self, device: Device, now: float, grace: float) -> Desired | None:
        """What a light should do, when it is known to do something else and can be told so."""
        if not self._abilities.switchable(device.id) or not self._board.online(device.id):
            return None
        report = self._board.report(device.id)
        desired = self._arbiter.desired(device, now)
        if not self._abilities.keeps_program(device.id):
            return None if self._is_held(device.id, desired, report) else desired
        if report is None:
            return desired if desired.override is not None else None
        planned = self._arbiter.planned(device, now)
        if follows(desired, planned, report, self._board.in_effect(device.id), now, grace):
            return None
        by_itself = desired.override is None and report.cause in PROGRAM_CAUSES
        return None if by_itself and now - self._configured(device.id) <= planned.ramp + grace else desired

    def _is_held(self, device: str, desired: Desired, report: LightReport | None) -> bool:
        """The same for a light that the hub switches at every step; one that never reports is taken at what it was told."""
        told = self._dispatcher.last_told(device)
        if told is not None and (report is None or report.received < told.time):
            return same_level(told.level, desired.level)
        return holds(desired, report)

    def _is_due(self, device: str, wall: float) -> bool:
        """Whether a stray is to be ordered now; `wall` is a clock that nobody sets."""
        tries, due_at = self._tries.setdefault(device, (0, wall + self._patience))
        if wall < due_at:
            return False
        wait = min(3600.0, self._patience * 2 ** (tries + 1)) * random.uniform(0.8, 1.2)
        self._tries[device] = (tries + 1, wall + wait)
        return True
