"""The condition of a sensor that rules need and that has fallen silent."""

from __future__ import annotations

import asyncio

import structlog

from hub.control.board import Board
from hub.control.sensors import Key, Sensors
from hub.control.watch import Watch
from hub.model.reports import EventReport
from hub.ports import Clock
from hub.registry import Registry
from hub.registry.city import City

log = structlog.get_logger("lamplighter.control")

SENSOR_DEAD = "sensorDead"
SETTLE = 60.0  # seconds on the wall after the start within which the broker hands over what it kept for the hub


class DeadSensors:
    """Begins and ends it, in the registry first: as any event it outlives a restart. Its point is the metric that is missed."""

    def __init__(self, city: City, board: Board, registry: Registry, watch: Watch, clock: Clock) -> None:
        self._city, self._board, self._registry, self._watch, self._clock = city, board, registry, watch, clock
        self._began: dict[Key, float] = {}
        self._settled: float | None = None
        self.drawn = False

    def clock_set(self) -> None:
        """The clock jumped: sensors have the time of a start to be heard by the new one."""
        self._settled = None

    async def tell(self, sensors: Sensors, now: float) -> None:
        """Bring the conditions to what is dead now. Raises RegistryUnavailable, and then nothing has changed."""
        if self._settled is None:
            self._settled = self._clock.ahead(SETTLE)
        watched = set(sensors.watched)
        if not self.drawn:
            self._began = {
                (device, event.point): event.time
                for device in self._city.devices
                for event in self._board.conditions(device)
                if event.type == SENSOR_DEAD
            }
            self.drawn = True
        dead = {key for key in watched if sensors.dead(key, now) and self._city.device(key[0]) is not None}
        begin = dead - self._began.keys() if now >= self._settled else set()
        end = self._began.keys() - dead
        if not begin and not end:
            return
        events = [EventReport(device, SENSOR_DEAD, True, now, now, metric) for device, metric in sorted(begin)]
        events += [
            EventReport(key[0], SENSOR_DEAD, False, max(now, self._began[key]), now, key[1]) for key in sorted(end)
        ]
        recorded = await asyncio.to_thread(self._registry.reports.record, events=events)
        self._watch.devices(self._board.take([], [], [], recorded.new_events, []))
        for device, metric in sorted(begin):
            self._began[device, metric] = now
            log.warning("sensor is dead; rules that need it follow the clock", device=device, metric=metric)
        for device, metric in sorted(end):
            del self._began[device, metric]
            if (device, metric) in watched:
                log.info("sensor reports again", device=device, metric=metric)
