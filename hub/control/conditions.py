"""Conditions that the hub itself begins and ends: in the registry first, then on the board, then on the screens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

from hub.control.board import Board
from hub.control.watch import Watch
from hub.model.reports import EventReport
from hub.registry import Registry


class Conditions:
    """Used on the event loop."""

    def __init__(self, board: Board, registry: Registry, watch: Watch) -> None:
        self._board, self._registry, self._watch = board, registry, watch

    def of(self, device: str) -> Iterable[EventReport]:
        """What holds at a device."""
        return self._board.conditions(device)

    async def tell(self, events: Sequence[EventReport]) -> Sequence[EventReport]:
        """Begin and end some; returns those that are news. What the hub says is so now: one that would be older than what is
        known (found again in hours that came late) bears the time at which it was found. Raises RegistryUnavailable, and then
        nothing has changed."""
        late = await asyncio.to_thread(self._registry.events.outdated, events)
        events = [replace(event, time=event.received) if place in late else event for place, event in enumerate(events)]
        recorded = await asyncio.to_thread(self._registry.reports.record, events=events)
        self._watch.devices(self._board.take([], [], [], recorded.new_events, []))
        return recorded.new_events
