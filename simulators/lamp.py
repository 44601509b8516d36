"""The physics of one LED luminaire: power against level, counters, heat. Levels are per cent of light output."""

from __future__ import annotations

import math
from enum import StrEnum

from simulators.noise import stream, uniform

_THERMAL_SECONDS = 1200.0
_INRUSH_SECONDS = 0.5
_CYCLE_SECONDS = 900.0  # of burning between two starts of a lamp that cycles
_DAWN_OF_LEDS = 1_577_836_800.0  # 2020-01-01: no lamp of the city is older
_NIGHT = 11.4 / 24  # share of a year that lamps burn at Vietnamese latitudes


class Fault(StrEnum):
    """What may be wrong with a lamp."""

    NONE = "none"
    LED = "led"  # stays dark
    DRIVER = "driver"  # part of the LEDs is dead: draws too little
    CONTROLLER = "controller"  # burns by its program but never answers
    OVERLOAD = "overload"  # draws too much
    STUCK = "stuck"  # its relay is welded: burns by day too
    CYCLING = "cycling"  # goes out and on again
    CAPACITOR = "capacitor"  # its power factor is poor


class Lamp:
    """One luminaire. Everything it knows follows from its seed and from what it was driven to, and when.

    `energy` is in Wh, `burning` in s, `rise` is the housing's temperature above the air in K. All times are Unix
    seconds and must not go back; `advance` brings the counters up to a moment.
    """

    __slots__ = (
        "burning",
        "energy",
        "fault",
        "id",
        "key",
        "lit_since",
        "overhead",
        "powered",
        "ramp_end",
        "rated",
        "rise",
        "standby",
        "switches",
        "time",
        "_from",
        "_start",
        "_to",
    )

    def __init__(self, id: str, rated: float, seed: int, now: float, fault: Fault = Fault.NONE) -> None:
        self.id = id
        self.rated = rated
        self.key = stream(seed, id)
        self.standby = 0.3 + 0.2 * uniform(self.key, 1)
        self.overhead = 0.03 + 0.05 * uniform(self.key, 2)
        self.fault = fault
        self.powered = True
        self.time = now
        age = max(0.0, now - _DAWN_OF_LEDS - 4 * 365 * 86_400 * uniform(self.key, 3))
        self.burning = age * _NIGHT
        self.energy = self.burning / 3600.0 * rated * 0.8
        self.switches = int(age / 86_400)
        self.rise = 0.0
        self.lit_since = -math.inf
        self._from = self._to = 0.0
        self._start = self.ramp_end = now

    @property
    def target(self) -> float:
        """The level it is at or on its way to."""
        return self._to

    def driven(self, at: float) -> float:
        """The level its driver is told at `at`, on the ramp or after it."""
        if at >= self.ramp_end:
            return self._to
        if at <= self._start:
            return self._from
        return self._from + (self._to - self._from) * (at - self._start) / (self.ramp_end - self._start)

    def output(self, at: float) -> float:
        """The level of light that really comes out; 0 when the LEDs are dead or the supply is gone."""
        if self.fault is Fault.LED or not self.powered:
            return 0.0
        return self.driven(at) or (100.0 if self.fault is Fault.STUCK else 0.0)

    def drive(self, level: float, ramp: float, at: float) -> None:
        """Go to `level` within `ramp` seconds from `at` on."""
        self.advance(at)
        before = self.driven(at)
        if before == 0.0 < level:
            self.switches += 1
            self.lit_since = at
        self._from, self._to, self._start, self.ramp_end = before, level, at, at + ramp

    def light_at_once(self, level: float) -> None:
        """Start a simulation in the middle of the night: as if it had been at `level` for hours."""
        self._from = self._to = level
        self.rise = self._rise(self.power(level))

    def power(self, level: float, lit: bool = False) -> float:
        """Active power in W at a steady level; `lit` for level 0 at the very end of a ramp."""
        if not self.powered:
            return 0.0
        if level <= 0.0 and not lit:
            if self.fault is not Fault.STUCK:
                return self.standby
            level = 100.0
        if self.fault is Fault.LED:
            return self.standby + 1.5
        share = self.overhead + (1.0 - self.overhead) * level / 100.0
        if self.fault is Fault.DRIVER:
            share *= 0.55
        elif self.fault is Fault.OVERLOAD:
            share *= 1.3
        return self.standby + (self.rated - self.standby) * share

    def power_at(self, at: float) -> float:
        """Active power in W at a moment, on the ramp too."""
        return self.power(self.driven(at), lit=at < self.ramp_end)

    def power_factor(self, at: float) -> float:
        """Power factor at a moment; that of standby when the LEDs are dead."""
        return power_factor(self.output(at)) * (0.7 if self.fault is Fault.CAPACITOR else 1.0)

    def current(self, at: float, power: float, voltage: float) -> float:
        """RMS current in A, with the inrush of a driver that was just switched on."""
        if voltage <= 0.0:
            return 0.0
        steady = power / (voltage * self.power_factor(at))
        since = at - self.lit_since
        return steady * (1.0 + 4.0 * math.exp(-since / _INRUSH_SECONDS)) if 0.0 <= since < 5.0 else steady

    def advance(self, at: float) -> None:
        """Bring energy, burning time and heat up to `at`. Power is linear in level, so the sum over a ramp is exact."""
        start = self.time
        if at <= start:
            return
        if start < self.ramp_end:
            middle = min(at, self.ramp_end)
            first = self.power(self.driven(start), lit=True)
            last = self.power(self.driven(middle), lit=True)
            self._spend(middle - start, (first + last) / 2.0, burning=True)
            start = middle
        if at > start:
            self._spend(at - start, self.power(self._to), burning=self._to > 0.0)
        self.time = at

    def _spend(self, seconds: float, power: float, burning: bool) -> None:
        self.energy += power * seconds / 3600.0
        if burning and self.powered and self.fault is not Fault.LED:
            if self.fault is Fault.CYCLING:
                self.switches += int((self.burning + seconds) // _CYCLE_SECONDS - self.burning // _CYCLE_SECONDS)
            self.burning += seconds
        goal = self._rise(power)
        self.rise = goal + (self.rise - goal) * math.exp(-seconds / _THERMAL_SECONDS)

    def _rise(self, power: float) -> float:
        return 25.0 * power / self.rated


def power_factor(level: float) -> float:
    """Power factor of the driver: good at full output, poor at deep dim, poorest in standby."""
    if level <= 0.0:
        return 0.35
    return 0.97 - 0.32 * (1.0 - level / 100.0) ** 3
