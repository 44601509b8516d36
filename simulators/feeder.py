"""The cable from a cabinet to its lamps: voltage falls with distance and load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from simulators.lamp import Lamp
from simulators.noise import signed, smooth

NOMINAL = 228.0
_OHM_PER_METRE = 1.3e-3  # 16 mm2 copper; three balanced phases leave little in the neutral


class Load(NamedTuple):
    """What the feeder carries at a moment. Voltages and currents are in the order of the lamps."""

    voltages: list[float]
    powers: list[float]
    supply: float
    power: float
    current: float
    losses: float


def supply_voltage(key: int, at: float) -> float:
    """V at the cabinet: the grid's slow wandering and a little flicker."""
    return NOMINAL + 3.0 * smooth(key, at, 5400.0) + 0.4 * signed(key, int(at))


class Feeder:
    """Lamps on the six branches of a cabinet: two directions of the street, three phases each.

    `distances` are metres of cable from the cabinet, negative for the other direction; the n-th lamp hangs on
    phase n modulo 3.
    """

    def __init__(self, key: int, lamps: Sequence[Lamp], distances: Sequence[float]) -> None:
        self.key = key
        self.lamps = list(lamps)
        branches: dict[tuple[bool, int], list[int]] = {}
        for index, distance in enumerate(distances):
            branches.setdefault((distance < 0, index % 3), []).append(index)
        self._branches = [sorted(branch, key=lambda i: abs(distances[i])) for branch in branches.values()]
        self._reach = [abs(distance) for distance in distances]

    def load(self, at: float) -> Load:
        """Power, voltage and current everywhere at `at`."""
        supply = supply_voltage(self.key, at)
        powers = [lamp.power_at(at) for lamp in self.lamps]
        currents = [power / (NOMINAL * lamp.power_factor(at)) for lamp, power in zip(self.lamps, powers, strict=True)]
        voltages = [supply] * len(powers)
        losses = 0.0
        for branch in self._branches:
            flowing = sum(currents[i] for i in branch)
            drop, behind = 0.0, 0.0
            for i in branch:
                fall = flowing * _OHM_PER_METRE * (self._reach[i] - behind)
                losses += fall * flowing
                drop += fall
                voltages[i] = supply - drop
                flowing -= currents[i]
                behind = self._reach[i]
        total = sum(powers)
        return Load(voltages, powers, supply, total + losses, sum(currents), losses)
