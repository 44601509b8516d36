"""Answers of devices that do not name the command they obeyed: a state that agrees with an order confirms it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from hub.control.abilities import Abilities, same_level
from hub.control.board import Board
from hub.model.commands import Command
from hub.model.light import Cause, LightReport
from hub.ports import Delivery, Inbox, Lane


class Reading:
    """An inbox in front of the inbox: the light reports of what is put in are read first. Implements hub.ports.Inbox.

    `read` and `extend` (what else a delivery says) may be set once the parts that they ask are built; until then reports are
    passed on as they are.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.read: Callable[[LightReport], LightReport] = lambda report: report
        self.extend: Callable[[Delivery], None] = lambda delivery: None

    def put(self, lane: Lane, delivery: Delivery) -> None:
        """Take `delivery`, its light reports read."""
        if delivery.lights:
            delivery.lights = [self.read(report) for report in delivery.lights]
        self.extend(delivery)
        self._inbox.put(lane, delivery)

    def full(self, lane: Lane) -> bool:
        """True while the lane is at its bound."""
        return self._inbox.full(lane)

    async def room(self, lane: Lane) -> None:
        """Return when the lane has room again."""
        await self._inbox.room(lane)

    def gives_way(self, lane: Lane) -> bool:
        """True while it should wait for fire."""
        return self._inbox.gives_way(lane)


class Expected(NamedTuple):
    """An order that a device was told and has not answered: the level it should report."""

    command: Command
    level: float


class Answers:
    """Reads reports of lights as answers.

    The report of a device that answers by its state gets the command that it agrees with, as far as one is open for
    it, and the cause of that; one that agrees with nothing keeps its own cause (`local`) and confirms nothing.
    A report of the level that was confirmed before keeps what was said then. One older than what is known answers nothing: a
    broker may hand over again what it handed over before.
    """

    def __init__(self, abilities: Abilities, board: Board, expected: Callable[[str], Expected | None]) -> None:
        self._abilities, self._board, self._expected = abilities, board, expected

    def read(self, report: LightReport) -> LightReport:
        """The report with what it answers."""
        if report.command is not None or not self._abilities.answers_by_state(report.device):
            return report
        known = self._board.report(report.device)
        if known is not None and report.time < known.time and known.received <= report.received:
            return report  # said before what is known: no answer to anything since
        expected = self._expected(report.device)
        if expected is not None and same_level(expected.level, report.level):
            return replace(report, command=expected.command.id, cause=self._abilities.cause(expected.command))
        if known is not None and known.cause is not Cause.LOCAL and same_level(known.level, report.level):
            return replace(report, command=known.command, cause=known.cause)
        return report
