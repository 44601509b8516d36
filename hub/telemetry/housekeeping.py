"""What is thrown away and when: old readings, old commands, old quarantine. Once an hour, in whole periods."""

from __future__ import annotations

import asyncio

import structlog

from hub.background import Background
from hub.ports import Clock, StoreUnavailable, TelemetryStore
from hub.registry import Registry, RegistryUnavailable

log = structlog.get_logger("lamplighter.telemetry")
DAY = 86400.0


class Housekeeping:
    """Frees disk. `command_days`: how long finished commands and their outcomes can be looked up."""

    def __init__(
        self,
        store: TelemetryStore,
        registry: Registry,
        clock: Clock,
        *,
        raw_days: int,
        quarantine_days: int,
        quarantine_rows: int,
        quarantine_bytes: int,
        command_days: int = 400,
        interval: float = 3600.0,
    ) -> None:
        self._store, self._registry, self._clock = store, registry, clock
        self._raw_days, self._command_days, self._interval = raw_days, command_days, interval
        self._quarantine = quarantine_rows, quarantine_bytes, quarantine_days
        self._background = Background(
            "housekeeping", self._turn, expected=(StoreUnavailable, RegistryUnavailable), pause=60.0
        )

    def start(self) -> None:
        """Begin, with a first round at once."""
        self._background.start()

    async def stop(self) -> None:
        """Stop between rounds."""
        await self._background.stop()

    async def _turn(self) -> None:
        await asyncio.to_thread(self.tidy)
        await asyncio.sleep(self._interval)

    def tidy(self) -> None:
        """One round."""
        now = self._clock.now()
        rows, size, days = self._quarantine
        freed = self._store.drop_before(now - self._raw_days * DAY)
        trimmed = self._registry.quarantine.trim(rows, size, now - days * DAY)
        pruned = self._registry.orders.prune(now - self._command_days * DAY)
        if freed or trimmed or pruned:
            log.info("freed", bytes=freed, quarantined=trimmed, commands=pruned)
