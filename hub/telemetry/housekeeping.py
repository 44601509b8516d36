"""What is thrown away and when: old readings and aggregates, old commands, once an hour, in whole periods; once a day what is
old of the audit and of events."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping

import structlog

from hub.background import Background
from hub.ports import Clock, StoreUnavailable, TelemetryStore, Tier
from hub.registry import Registry, RegistryUnavailable
from hub.telemetry.rollups import Rollups

log = structlog.get_logger("lamplighter.telemetry")
DAY = 86400.0


class Housekeeping:
    """Frees disk.

    `keep`: days that readings (None) and each tier are kept, 0 for ever; what is not rolled up yet is never dropped.
    `command_days`: how long finished commands and their outcomes can be looked up. `audit_days`, `event_days`, `fire_days`:
    how long lines of the audit, events that are over and the proof of fire events are kept, 0 for ever.
    """

    def __init__(
        self,
        store: TelemetryStore,
        registry: Registry,
        clock: Clock,
        rollups: Rollups,
        *,
        keep: Mapping[Tier | None, int],
        command_days: int = 400,
        audit_days: int = 1826,
        event_days: int = 730,
        fire_days: int = 3653,
        interval: float = 3600.0,
    ) -> None:
        self._store, self._registry, self._clock, self._rollups = store, registry, clock, rollups
        self._keep, self._command_days, self._interval = keep, command_days, interval
        self._audit_days, self._event_days, self._fire_days = audit_days, event_days, fire_days
        self._records_at = -math.inf
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
        now, late = self._clock.now(), self._rollups.lateness.reach()  # of what may be restated nothing goes
        freed = 0
        for tier, kept in self._keep.items():
            before = self._rollups.release(tier, min(now - kept * DAY, late)) if kept else 0.0
            if before > 0:
                freed += self._store.drop_before(before, tier)
        self._rollups.look()
        pruned = self._registry.orders.prune(now - self._command_days * DAY)
        if freed or pruned:
            log.info("freed", bytes=freed, commands=pruned)
        if not 0 <= now - self._records_at < DAY:
            self._tidy_records(now)
            self._records_at = now

    def _tidy_records(self, now: float) -> None:
        lines = self._registry.audit.prune(now - self._audit_days * DAY) if self._audit_days else 0
        events = self._registry.events.prune(now - self._event_days * DAY) if self._event_days else 0
        journal = self._registry.alarms.prune(now - self._event_days * DAY) if self._event_days else 0
        fire = 0
        if self._fire_days:
            before = now - self._fire_days * DAY
            fire = self._registry.fire.events.prune(before) + self._registry.fire.prune_tests(before)
        told = self._registry.deliveries.prune(now - self._audit_days * DAY) if self._audit_days else 0
        incidents = self._registry.incidents.prune(now - self._event_days * DAY) if self._event_days else 0
        signals = self._registry.signals.prune(now - self._event_days * DAY) if self._event_days else 0
        if lines or events or journal or fire or told or incidents or signals:
            log.info(
                "freed",
                audit=lines,
                events=events,
                alarm_log=journal,
                fire=fire,
                notifications=told,
                incidents=incidents,
                signal_orders=signals,
            )
