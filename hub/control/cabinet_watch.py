"""Raises what is wrong at a cabinet by what it says of itself, and ends it again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from hub.background import Background
from hub.control.board import Board
from hub.control.watch import Watch
from hub.model.cabinets import CabinetReport
from hub.model.reports import EventReport
from hub.ports import Clock
from hub.registry import Registry, RegistryUnavailable

DOOR, BREAKER, RELAY = "cabinetDoorOpen", "circuitBreakerTripped", "relayFailure"
PATIENCE = 5.0  # seconds that a contactor may take until its feedback is as it was ordered


class CabinetWatch:
    """Looks at every cabinet each `interval` seconds: open door, open breaker, a contactor that does not follow.

    A condition that the cabinet reported itself is not raised again. What is wrong ends when the cabinet says that it is right.
    """

    def __init__(self, board: Board, registry: Registry, clock: Clock, watch: Watch, *, interval: float = 1.0) -> None:
        self._board, self._registry, self._clock, self._watch = board, registry, clock, watch
        self._interval = interval
        self._background = Background("cabinets", self._turn, expected=(RegistryUnavailable,))

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
        """One look at all cabinets."""
        events = [event for report in self._board.cabinets.all() for event in self._events(report)]
        if events:
            await asyncio.to_thread(self._registry.reports.record, events=events)
            self._watch.devices(self._board.take([], [], [], events, []))

    def _events(self, report: CabinetReport) -> Iterator[EventReport]:
        now, held = self._clock.now(), {(each.type, each.point): each for each in self._board.conditions(report.device)}
        for type, point, wrong, text in self._states(report, now):
            known = held.get((type, point))
            if wrong and known is None:
                yield EventReport(report.device, type, True, report.time, now, point, text)
            elif not wrong and known is not None:
                yield EventReport(report.device, type, False, max(report.time, known.time), now, point)

    def _states(self, report: CabinetReport, now: float) -> Iterator[tuple[str, str, bool, str]]:
        """(type, point, whether it is wrong, text) of all that the cabinet says something about."""
        if report.door is not None:
            yield DOOR, "", report.door, "the cabinet's door is open"
        if report.breaker is not None:
            yield BREAKER, "", not report.breaker, "the breaker is open: all segments are without power"
        for segment in report.feedback:
            since = self._board.cabinets.differs(report.device, segment)
            stuck = since is not None and now - since > PATIENCE * self._clock.rate
            if since is None or stuck:
                on = report.feedback[segment]
                yield RELAY, segment, stuck, "ordered off, there is power" if on else "ordered on, there is no power"
