"""What is wrong in a seeded city, and when: faults of every kind, whose truth is known, and the trouble of every day beside them.

A fault has an onset, an end and a size. The trouble is what must be no alarm, or one of its own name: voltage dips, power cuts,
gateways that are away, technicians who switch by hand, operators' overrides. All follows from the seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

HOUR, DAY = 3600.0, 86_400.0

LAMP_KINDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        # kind: size of the fault, from and to
        "lampFailure": (0.0, 2.0),  # W that the dead lamp's driver draws
        "lampPowerTooLow": (0.45, 0.80),  # of its power: a fifth of the LEDs dead, or more
        "lampPowerTooHigh": (1.2, 1.5),
        "lampUnexpectedOn": (1.0, 1.0),  # its relay is welded
        "cyclingFailure": (900.0, 2400.0),  # s between two starts
        "powerFactorTooLow": (0.55, 0.79),  # of its power factor
        "communicationFailure": (1.0, 1.0),
        "clockError": (-900.0, 900.0),  # s by which its clock is off, at least 90 of them
    }
)
SENSOR_KINDS: Mapping[str, tuple[float, float]] = MappingProxyType({"lowBattery": (6.0, 17.0)})  # per cent
CABINET_KINDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "supplyLoss": (0.0, 40.0),  # V at a cabinet that speaks from its battery
        "switchingErrorOn": (1.0, 1.0),  # a fuse behind the contactor
        "switchingErrorOff": (1.0, 1.0),  # a welded contactor
        "supplyVoltageTooLow": (0.82, 0.89),  # of 228 V
        "supplyVoltageTooHigh": (1.125, 1.17),
        "circuitBreakerTripped": (1.0, 1.0),
        "communicationFailure": (0.0, 1.0),  # 0: its power is cut, and it has no battery; 1: its network is away
    }
)
KINDS = tuple(dict.fromkeys((*LAMP_KINDS, *CABINET_KINDS, *SENSOR_KINDS)))
DARK = ("supplyLoss", "switchingErrorOn", "circuitBreakerTripped")  # what takes the lamps' power
_AT_NIGHT = ("switchingErrorOn", "supplyVoltageTooLow")


class Seeded(NamedTuple):
    """A fault as it was put in: from `begin` until `end` the device has it."""

    device: str
    kind: str
    begin: float
    end: float
    size: float = 1.0

    def holds(self, at: float) -> bool:
        """Whether it is there."""
        return self.begin <= at < self.end


class Trouble(NamedTuple):
    """What happens at a device and is no fault: `blink` (power or network away for some minutes), `hand` (switched by hand),
    `override` (at a cabinet's lamps, to `size` per cent)."""

    device: str
    kind: str
    begin: float
    end: float
    size: float = 1.0


def seeded(
    dice: random.Random,
    cabinets: Mapping[str, Sequence[str]],
    sensors: Sequence[str],
    begin: float,
    days: float,
    per_kind: int,
    noon: float,
) -> Iterator[Seeded]:
    """Faults of every kind, each at a device of its own; a cabinet has one after the other. `cabinets` are {id: its lamps},
    `noon` is when the sun is highest, in seconds of the day (UTC)."""
    names = sorted(cabinets)
    dice.shuffle(names)
    half = max(1, len(names) // 2)
    ill, well = names[:half], names[half:]
    lamps = [id for cabinet in well for id in cabinets[cabinet]]
    dice.shuffle(lamps)
    for kind, sizes in LAMP_KINDS.items():
        for _ in range(per_kind):
            onset = begin + dice.uniform(0.1, max(0.2, days - 2.0)) * DAY
            length = 1.5 * (max(1.1, days / 1.5) ** dice.random())  # days; as many of a week as of a season
            size = dice.uniform(*sizes)
            if kind == "clockError":
                size = dice.choice((-1.0, 1.0)) * dice.uniform(90.0, sizes[1])
            yield Seeded(lamps.pop(), kind, onset, onset + length * DAY, size)
    for name in dice.sample(list(sensors), per_kind):
        yield Seeded(name, "lowBattery", begin + dice.uniform(0.1, max(0.2, days - 1.0)) * DAY, begin + days * DAY,
                     dice.uniform(*SENSOR_KINDS["lowBattery"]))  # fmt: skip
    kinds = [kind for kind in CABINET_KINDS for _ in range(per_kind)]
    dice.shuffle(kinds)
    slot = max(1.0, days / (len(kinds) // len(ill) + 1))
    for index, kind in enumerate(kinds):
        day = int((index // len(ill)) * slot)
        away = dice.uniform(8.0, 10.0) if kind in _AT_NIGHT else dice.uniform(-3.0, 10.0)  # hours from noon
        if kind == "switchingErrorOff":
            away = dice.uniform(-3.0, 2.0)
        onset = begin + day * DAY + (noon - begin) % DAY + away * HOUR
        size = dice.uniform(*CABINET_KINDS[kind])
        fault = Seeded(ill[index % len(ill)], kind, onset, onset + dice.uniform(2.0, 3.0) * HOUR, size)
        if begin <= fault.begin and fault.end < begin + days * DAY:
            yield fault


def troubles(
    dice: random.Random, cabinets: Mapping[str, Sequence[str]], begin: float, days: float, noon: float
) -> Iterator[Trouble]:
    """The trouble of every day: at each cabinet a dozen blinks and overrides a year, and at every eighth lamp a hand by day."""
    for cabinet, lamps in cabinets.items():
        for kind in ("blink", "override"):
            for _ in range(_about(dice, 12.0 * days / 365.0)):
                at = begin + dice.uniform(0.05, 0.95) * days * DAY
                length = dice.uniform(20.0, 200.0) if kind == "blink" else dice.uniform(0.5, 4.0) * HOUR
                yield Trouble(cabinet, kind, at, at + length, float(dice.choice((20, 50, 80, 100))))
        for lamp in lamps:
            for _ in range(_about(dice, days / 365.0 / 8.0)):
                day = begin + int(dice.random() * days) * DAY + (noon - begin) % DAY
                at = day + dice.uniform(-3.0, 2.0) * HOUR
                yield Trouble(lamp, "hand", at, at + dice.uniform(0.6, 1.5) * HOUR)


def _about(dice: random.Random, count: float) -> int:
    return int(count) + (dice.random() < count % 1.0)
