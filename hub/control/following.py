"""Whether a light does what it should: desired against reported."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

from hub.control.abilities import Abilities, same_level
from hub.control.arbiter import Arbiter
from hub.control.board import Board
from hub.control.running import Told
from hub.model.devices import Device
from hub.model.light import Cause, Desired, LightReport
from hub.ports import Clock
from hub.registry.city import FED
from schedules.timeline import Moment

PROGRAM_CAUSES = (Cause.PROGRAM, Cause.DEFAULT)
HELD_CAUSES = (Cause.OVERRIDE, Cause.EMERGENCY, Cause.INCIDENT, Cause.SENSOR)


class Standing(Enum):
    """How a light stands to what it should do."""

    FOLLOWS = auto()
    ASTRAY = auto()
    LOCAL = auto()  # switched on the spot, or its cabinet is on local: left alone for the time being
    UNKNOWN = auto()  # it cannot be told, or has not said what it does


class Judgement(NamedTuple):
    """What a light should do, how it stands to that, and until when both hold unless something happens."""

    standing: Standing
    desired: Desired
    until: float


def follows(
    desired: Desired, planned: Moment, report: LightReport, in_effect: float | None, now: float, grace: float
) -> bool:
    """True when what a light reports agrees with what it should do.

    Under an override: that very level is in effect and an order is its cause (which kind, a lamp is not told). Under its
    program: the program is its cause, and the level in effect is the program's, or for `grace` seconds after a step the one
    before it. A failed lamp that reports 0 follows when it confirmed the order.
    """
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


class Following:
    """Judges lights by what is known of them now.

    A light under its program has `grace` after its configuration changed, which `configured` says: it follows that by itself.
    """

    def __init__(
        self,
        arbiter: Arbiter,
        board: Board,
        abilities: Abilities,
        clock: Clock,
        last_told: Callable[[str], Told | None],
        *,
        grace: float = 30.0,
        configured: Callable[[str], float] = lambda device: -math.inf,
    ) -> None:
        self._arbiter, self._board, self._abilities, self._clock = arbiter, board, abilities, clock
        self._last_told, self._grace, self._configured = last_told, grace, configured

    def judge(self, device: Device, now: float) -> Judgement:
        """What `device` should do at `now`, and whether it does."""
        desired = self._arbiter.desired(device, now)
        standing, until = self._standing(device, desired, now)
        return Judgement(standing, desired, until)

    def _standing(self, device: Device, desired: Desired, now: float) -> tuple[Standing, float]:
        if not self._abilities.switchable(device.id) or not self._board.online(device.id):
            return Standing.UNKNOWN, math.inf
        if device.profile == FED and self._board.cabinets.local(device.feed):
            return Standing.LOCAL, math.inf
        report = self._board.report(device.id)
        if report is not None and report.cause is Cause.LOCAL:
            left_alone = self._board.local_until(device, now)
            if left_alone is not None:
                return Standing.LOCAL, left_alone
        planned = self._arbiter.planned(device, now)
        until = min(math.inf if each is None else each for each in (desired.until, planned.next))
        if not self._abilities.keeps_program(device.id):
            good = self._is_held(device.id, desired, report)
            return (Standing.FOLLOWS, until) if good else (Standing.ASTRAY, now)
        if report is None:
            return (Standing.UNKNOWN, until) if desired.override is None else (Standing.ASTRAY, now)
        in_effect, grace = self._board.in_effect(device.id), self._grace * self._clock.rate
        if follows(desired, planned, report, in_effect, now, -math.inf):
            return Standing.FOLLOWS, until
        by_itself = desired.override is None and report.cause in PROGRAM_CAUSES
        good = follows(desired, planned, report, in_effect, now, grace)
        good = good or (by_itself and now - self._configured(device.id) <= planned.ramp + grace)
        return (Standing.FOLLOWS if good else Standing.ASTRAY), now

    def _is_held(self, device: str, desired: Desired, report: LightReport | None) -> bool:
        """The same for a light that the hub switches at every step; one that never reports is taken at what it was told."""
        told = self._last_told(device)
        if told is not None and (report is None or report.received < told.time):
            return same_level(told.level, desired.level)
        return holds(desired, report)
