"""The condition of a light that is ordered again and again and does not follow."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from hub.control.board import Board
from hub.control.watch import Watch
from hub.model.reports import EventReport
from hub.ports import Clock
from hub.registry import Registry

LAMP_UNRESPONSIVE = "lampUnresponsive"


class Unresponsive:
    """Begins and ends the condition, in the registry first: as any event it outlives a restart."""

    def __init__(self, board: Board, registry: Registry, watch: Watch, clock: Clock) -> None:
        self._board, self._registry, self._watch, self._clock = board, registry, watch, clock

    def holds(self, device: str) -> bool:
        """Whether the light has the condition now."""
        return self._board.condition(device, LAMP_UNRESPONSIVE) is not None

    async def tell(self, began: Collection[str], ended: Collection[str]) -> None:
        """These lights have it from now on; these have it no more. Raises RegistryUnavailable, and then nothing has changed."""
        now = self._clock.now()
        events = [self._event(device, True, now) for device in began if not self.holds(device)]
        for device in ended:
            known = self._board.condition(device, LAMP_UNRESPONSIVE)
            if known is not None:  # never before it began, even when the clock was set back meanwhile
                events.append(self._event(device, False, max(now, known.time)))
        if not events:
            return
        recorded = await asyncio.to_thread(self._registry.reports.record, events=events)
        self._watch.devices(self._board.take([], [], [], recorded.new_events, []))

    @staticmethod
    def _event(device: str, active: bool, now: float) -> EventReport:
        return EventReport(device, LAMP_UNRESPONSIVE, active, now, now)
