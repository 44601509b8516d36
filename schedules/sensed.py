"""What sensors say, followed over time: dark or light, and who asks. Changed by readings; never reads a clock."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

from schedules.sensing import Edge, Photocell, Raise


class Value(NamedTuple):
    """A reading of a sensor, in the rule's unit, and when it held."""

    time: float
    value: float


class Twilight:
    """Whether it is dark, by a photocell's thresholds: a new word takes `delay` seconds without a break.

    Between the thresholds the last word stands. None until there is one.
    """

    def __init__(self, rule: Photocell) -> None:
        self._rule = rule
        self._values: dict[str, float] = {}
        self._below: float | None = None
        self._above: float | None = None
        self._decided: tuple[float, float] | None = None
        self.dark: bool | None = None

    @property
    def value(self) -> float | None:
        """The median of what the sensors read, in lx."""
        return median(self._values.values()) if self._values else None

    def take(self, sensor: str, reading: Value) -> None:
        """A new reading of one sensor."""
        self.judge(reading.time)
        self._values[sensor] = reading.value
        self._weigh(reading.time)

    def forget(self, sensors: Iterable[str], now: float) -> None:
        """These sensors are dead: without any that lives there is no word."""
        gone = [sensor for sensor in sensors if self._values.pop(sensor, None) is not None]
        if gone and self._values:
            self._weigh(now)
        elif gone:
            self.dark = self._below = self._above = None

    def _weigh(self, time: float) -> None:
        value = self.value
        assert value is not None
        if value >= self._rule.on_below:
            self._below = None
        elif self._below is None:
            self._below = time
        if value <= self._rule.off_above:
            self._above = None
        elif self._above is None:
            self._above = time

    def judge(self, now: float) -> bool | None:
        """The word at `now`."""
        if self._below is not None and now - self._below >= self._rule.delay:
            self.dark = True
        if self._above is not None and now - self._above >= self._rule.delay:
            self.dark = False
        return self.dark

    def decided(self, edge: Edge, now: float) -> float | None:
        """When what this window waits for was first seen in it; None: not yet."""
        if self._decided is None or self._decided[0] != edge.time:
            self._decided = None
            if self.judge(now) is edge.on:
                self._decided = edge.time, now
        return None if self._decided is None else self._decided[1]

    def clock_set(self, now: float) -> None:
        """The clock was set: nothing can have been seen later than now."""
        self._below, self._above = _at_most(self._below, now), _at_most(self._above, now)

    def adopt(self, level: float) -> None:
        """An order of before holds this level: what it was given for is believed until readings say otherwise."""
        if self.dark is None and self._values:
            self.dark = level > 0


class Demand:
    """When a sensor asked last to raise the level, with hysteresis for each."""

    def __init__(self, rule: Raise) -> None:
        self._rule = rule
        self._asking: dict[str, bool] = {}
        self._asked: dict[str, float] = {}
        self.since: float | None = None

    def take(self, sensor: str, reading: Value) -> None:
        """A new reading of one sensor."""
        rule, value = self._rule, reading.value
        beyond = value > rule.threshold if rule.above else value < rule.threshold
        back = value <= rule.release if rule.above else value >= rule.release
        asking = self._asking[sensor] = beyond or (self._asking.get(sensor, False) and not back)
        if asking:
            before = self.asked
            if before is None or reading.time > before + rule.hold:
                self.since = reading.time
            self._asked[sensor] = reading.time

    def forget(self, sensors: Iterable[str]) -> None:
        """These sensors are dead: what they asked for is void."""
        for sensor in sensors:
            self._asking.pop(sensor, None)
            self._asked.pop(sensor, None)

    def clock_set(self, now: float) -> None:
        """The clock was set: nobody can have asked later than now."""
        self._asked = {sensor: min(asked, now) for sensor, asked in self._asked.items()}
        self.since = _at_most(self.since, now)

    def adopt(self, sensors: Iterable[str], asked: float) -> None:
        """An order of before holds: these living sensors count as having asked last at `asked`."""
        for sensor in sensors:
            self._asking.setdefault(sensor, True)
            self._asked.setdefault(sensor, asked)
            self.since = self.since or asked

    @property
    def asked(self) -> float | None:
        """When any of the sensors asked last."""
        return max(self._asked.values(), default=None)

    @property
    def by(self) -> str | None:
        """Who asked last."""
        return max(self._asked, key=lambda sensor: self._asked[sensor], default=None)


def _at_most(time: float | None, now: float) -> float | None:
    return None if time is None else min(time, now)


def an_hour(count: float, time: float, before: float | None) -> float | None:
    """A count of things since the report `before`, as things an hour; None while there is no report before it."""
    if before is None or time <= before:
        return None
    return count * 3600 / (time - before)
