"""The readings of the sensors that rules name: their newest values, and which sensors are dead."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Protocol

from hub.control.board import Board
from hub.model.metrics import Behaviour, behaviour_of
from hub.model.readings import Quality, Row
from hub.registry.city import City
from schedules.sensed import Value, an_hour

Key = tuple[str, str]
"""A device and one of its metrics."""

_SUSPECT = int(Quality.CLOCK_SUSPECT)


class Known(Protocol):
    """A value that the hub knows already, with both its times."""

    @property
    def time(self) -> float: ...

    @property
    def received(self) -> float | None: ...

    @property
    def value(self) -> float: ...


class Sensors:
    """Values by (device, metric); counts of things as things an hour. Changed on the event loop only.

    `known` gives the newest values of a device, by metric, for a sensor that a rule names from now on.
    A reading counts from its source time on, and from its receipt where the device's clock is wrong or ahead. A sensor is
    dead without a reading of the metric for three report intervals, as a device is silent, and when it is not registered.
    """

    def __init__(self, city: City, board: Board, known: Callable[[str], Mapping[str, Known]]) -> None:
        self._city, self._board, self._known = city, board, known
        self._metrics: dict[str, list[str]] = {}
        self._last: dict[Key, float] = {}
        self.values: dict[Key, Value] = {}

    @property
    def watched(self) -> Collection[Key]:
        """Those that rules name."""
        return [(device, metric) for device, metrics in self._metrics.items() for metric in metrics]

    def watch(self, wanted: Iterable[Key]) -> None:
        """Follow these and no others, beginning with what is known of them."""
        before = set(self.watched)
        self._metrics = {}
        for device, metric in sorted(set(wanted)):
            self._metrics.setdefault(device, []).append(metric)
        keys = set(self.watched)
        for gone in before - keys:
            self._last.pop(gone, None)
            self.values.pop(gone, None)
        for device, metric in keys - before:
            known = self._known(device).get(metric)
            if known is not None:
                time = known.time if known.received is None else min(known.time, known.received)
                self._put((device, metric), time, known.value)

    def take(self, rows: Iterable[Row]) -> list[tuple[Key, Value]]:
        """Take in durable rows; returns what is new of those watched."""
        found: list[tuple[Key, Value]] = []
        metrics_of: Mapping[str, list[str]] = self._metrics
        for row in rows:
            if row.device not in metrics_of:
                continue
            time = row.received if row.quality & _SUSPECT else min(row.time, row.received)
            for metric in metrics_of[row.device]:
                value = row.values.get(metric)
                if value is not None and (new := self._put((row.device, metric), time, value)):
                    found.append(((row.device, metric), new))
        return found

    def _put(self, key: Key, time: float, value: float) -> Value | None:
        before = self._last.get(key)
        if before is not None and time <= before:
            return None
        self._last[key] = time
        if behaviour_of(key[1]) is Behaviour.DELTA:
            rate = an_hour(value, time, before)
            if rate is None:
                return None
            value = rate
        found = self.values[key] = Value(time, value)
        return found

    def clock_set(self, now: float) -> None:
        """The clock was set: nothing can have been read later than now."""
        self._last = {key: min(time, now) for key, time in self._last.items()}

    def heard(self, key: Key) -> float | None:
        """When its newest reading was taken; None: never."""
        return self._last.get(key)

    def dead(self, key: Key, now: float) -> bool:
        """Whether it cannot be believed any more."""
        heard = self._last.get(key)
        return heard is None or self._city.device(key[0]) is None or now - heard >= self._board.silence(key[0])
