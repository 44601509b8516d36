"""Keeps the quarantine within its bounds, also while somebody floods it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from hub.background import Background
from hub.ports import Clock
from hub.registry import Held, Registry, RegistryUnavailable

log = structlog.get_logger("lamplighter.telemetry")
DAY = 86400.0
_ROOM = 0.95  # of the bounds is left when they were reached, so that not every look finds too much again


@dataclass(frozen=True, slots=True)
class QuarantineBounds:
    """What is kept of messages that could not be understood: at most so many rows and bytes, for so many days."""

    rows: int
    bytes: int
    days: float


class QuarantineKeeper:
    """Looks every `look` seconds how much came, which is cheap, and trims when that is too much, or an hour has passed.

    Between two looks a flood can go beyond the bounds by what it sends in that time.
    """

    def __init__(
        self, registry: Registry, clock: Clock, bounds: QuarantineBounds, *, look: float = 1.0, looks_an_age: int = 3600
    ) -> None:
        self._quarantine, self._clock, self._bounds = registry.quarantine, clock, bounds
        self._look, self._looks_an_age = look, looks_an_age
        self._last = self._looked = 0
        self._held = Held(0, 0)
        self._background = Background("quarantine", self._turn, expected=(RegistryUnavailable,), pause=10.0)

    def start(self) -> None:
        """Begin, with a first look at once."""
        self._background.start()

    async def stop(self) -> None:
        """Stop between looks."""
        await self._background.stop()

    async def _turn(self) -> None:
        await asyncio.to_thread(self.look)
        await asyncio.sleep(self._look)

    def look(self) -> None:
        """One look."""
        last, came = self._quarantine.grown(self._last)
        self._held = Held(self._held.rows + came.rows, self._held.bytes + came.bytes)
        self._last = last
        bounds = self._bounds
        if self._too_much():
            self._count()  # replays and people took some out
        if self._too_much():
            self._trim(int(bounds.rows * _ROOM), int(bounds.bytes * _ROOM))
        elif self._looked % self._looks_an_age == 0:
            self._trim(bounds.rows, bounds.bytes)
        self._looked += 1

    def _too_much(self) -> bool:
        return self._held.rows > self._bounds.rows or self._held.bytes > self._bounds.bytes

    def _count(self) -> None:
        self._last, self._held = self._quarantine.grown(0)

    def _trim(self, rows: int, size: int) -> None:
        removed = self._quarantine.trim(rows, size, self._clock.now() - self._bounds.days * DAY)
        self._count()
        if removed:
            log.info("quarantine trimmed", removed=removed, left=self._held.rows, bytes=self._held.bytes)
