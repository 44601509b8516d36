"""The plan of a city: wards, streets, cabinets, lamps and sensors on the map. Pure: the same seed, the same city."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulators.ground import RIVER_HALF_WIDTH, Ground, Spot
from simulators.lamp import Fault
from simulators.names import avenue_names, slug, street_names, ward_names
from simulators.noise import stream

LAMPS_PER_CABINET = 72
SIDE_SEGMENTS = ("b", "c")
SPACING = 30.0
_CELL = 1500.0
_SMALL_CELL = 1100.0
_SMALL = 10  # cabinets: up to here every street is wide and short, so that few lamps look like a town
_RATED_NARROW = (60.0, 60.0, 90.0, 90.0, 100.0)
_RATED_WIDE = (100.0, 120.0, 120.0, 150.0, 150.0)
_FAULTS = (Fault.LED, Fault.DRIVER, Fault.CONTROLLER)


class Way(StrEnum):
    """How a device with a connection of its own speaks."""

    MQTT = "mqtt"
    COAP = "coap"
    LWM2M = "lwm2m"


class BadPlan(ValueError):
    """A city that cannot be laid out; the message says what to ask for instead."""


@dataclass(frozen=True, slots=True)
class ZonePlan:
    """A place. `path` is the line of a street."""

    id: str
    name: str
    kind: str
    parent: str | None
    spot: Spot
    path: tuple[Spot, ...] = ()


@dataclass(frozen=True, slots=True)
class LampPlan:
    """A lamp. `cable`: metres along the street from its cabinet, negative one way; `single`: has its own connection;
    `segment`: the contactor that switches it when it has no controller, else empty."""

    id: str
    name: str
    zone: str
    cabinet: str
    spot: Spot
    rated: float
    cable: float
    single: bool
    fault: Fault
    segment: str = ""
    way: Way = Way.MQTT


@dataclass(frozen=True, slots=True)
class CabinetPlan:
    """A cabinet with its gateway."""

    id: str
    name: str
    zone: str
    spot: Spot


@dataclass(frozen=True, slots=True)
class SensorPlan:
    """An environment sensor."""

    id: str
    name: str
    zone: str
    spot: Spot
    way: Way = Way.MQTT


@dataclass(frozen=True, slots=True)
class PanelPlan:
    """A fire panel with a connection of its own."""

    id: str
    name: str
    zone: str
    spot: Spot
    way: Way = Way.MQTT


@dataclass(frozen=True, slots=True)
class JunctionPlan:
    """A junction with signals, and the plan set that its controller has from its maker on (docs/signals.md)."""

    id: str
    name: str
    zone: str
    spot: Spot
    plan_set: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class City:
    """Everything in a city. Zones come parents first."""

    name: str
    seed: int
    tz: str
    centre: Spot
    zones: tuple[ZonePlan, ...]
    cabinets: tuple[CabinetPlan, ...]
    lamps: tuple[LampPlan, ...]
    sensors: tuple[SensorPlan, ...]
    panels: tuple[PanelPlan, ...] = ()
    junctions: tuple[JunctionPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class _Street:
    """A street in plan metres: from (along, across) in a direction (1, 0) or (0, 1), with its lamps per cabinet."""

    ward: str
    along: float
    across: float
    lengthwise: bool
    towards: float
    wide: bool
    cabinets: tuple[int, ...]

    def point(self, distance: float, aside: float = 0.0) -> tuple[float, float]:
        """The plan point at `distance` from the beginning, `aside` metres off the middle."""
        step = distance * self.towards
        return (self.along + step, self.across + aside) if self.lengthwise else (self.along + aside, self.across + step)


def plan(
    lights: int,
    seed: int,
    centre: tuple[float, float] = (16.4637, 107.5909),
    name: str = "Huế",
    *,
    single: int | None = None,
    faults: float = 0.01,
    tz: str = "Asia/Ho_Chi_Minh",
) -> City:
    """A city of `lights` lamps around `centre` (lat, lon).

    `single` lamps (default: 5 %, at most 20) have a connection of their own, the others are behind their cabinet's;
    a share of `faults` is broken in one way or another.
    """
    if lights < 1:
        raise BadPlan(f"lights {lights}: a city has at least 1")
    if single is not None and not 0 <= single <= lights:
        raise BadPlan(f"single {single}: give 0 to {lights}, the number of lights")
    if not 0 <= faults <= 1:
        raise BadPlan(f"faults {faults:g}: give a share from 0 to 1")
    dice = random.Random(stream(seed, "plan"))
    ground = Ground(stream(seed, "ground"), *centre)
    root = slug(name)
    alone = min(20, round(lights * 0.05)) if single is None else single
    singles = set(dice.sample(range(lights), alone))
    broken = dict(zip(dice.sample(range(lights), round(lights * faults)), _cycle(), strict=False))

    zones = [ZonePlan(root, name, "city", None, Spot(*centre))]
    cabinets: list[CabinetPlan] = []
    lamps: list[LampPlan] = []
    taken = {root}
    digits = max(4, len(str(lights)))
    avenues, lanes = avenue_names(), street_names()
    wards: set[str] = set()
    names = ward_names()
    for street in _streets(_cabinet_sizes(lights, dice), dice):
        if street.ward not in wards:
            wards.add(street.ward)
            zones.append(ZonePlan(street.ward, next(names), "ward", root, ground.spot(*street.point(400.0))))
        title = next(t for t in (avenues if street.wide else lanes) if slug(t) not in taken)
        id = slug(title)
        taken.add(id)
        per_row = 2 if street.wide else 1
        rows = [math.ceil(n / per_row) for n in street.cabinets]
        length = sum(rows) * SPACING
        bends = max(2, math.ceil(length / 100.0) + 1)
        path = tuple(ground.spot(*street.point(length * i / (bends - 1))) for i in range(bends))
        zones.append(ZonePlan(id, title, "street", street.ward, path[len(path) // 2], path))
        start = 0.0
        alternating = dice.random() < 0.5
        rated = dice.choice(_RATED_WIDE if street.wide else _RATED_NARROW)
        for number, (size, row_count) in enumerate(zip(street.cabinets, rows, strict=True), 1):
            cabinet = f"cab-{len(cabinets) + 1:03d}"
            middle = start + row_count * SPACING / 2
            spot = ground.spot(*street.point(middle, 14.0 if street.wide else 9.0))
            title_here = f"Tủ {title}" if len(street.cabinets) == 1 else f"Tủ {title} {number}"
            zones.append(ZonePlan(cabinet, title_here, "cabinet", id, spot))
            cabinets.append(CabinetPlan(cabinet, title_here, cabinet, spot))
            for i in range(size):
                row, side = divmod(i, per_row)
                along = start + (row + 0.5) * SPACING
                across_the_street = side if street.wide else alternating and row % 2
                aside = (11.0 if street.wide else 5.0) * (1 if across_the_street else -1)
                index = len(lamps)
                fault = broken.get(index, Fault.NONE)
                plain = index not in singles and fault is Fault.NONE
                lamps.append(
                    LampPlan(
                        id=f"lamp-{index + 1:0{digits}d}",
                        name=f"{title} {row + 1 + round(start / SPACING)}" + ("b" if side else ""),
                        zone=cabinet,
                        cabinet=cabinet,
                        spot=ground.spot(*street.point(along + dice.uniform(-1.5, 1.5), aside)),
                        rated=rated,
                        cable=round(along - middle, 1),
                        single=index in singles,
                        fault=fault,
                        segment=_segment(len(cabinets), i, size) if plain else "",
                    )
                )
            start += row_count * SPACING
    sensors = _sensors(lights, [z for z in zones if z.kind == "street"], dice)
    return City(name, seed, tz, Spot(*centre), tuple(zones), tuple(cabinets), tuple(lamps), sensors)


def _segment(cabinet: int, lamp: int, size: int) -> str:
    """The last third of the lamps of every tenth cabinet (the third, the thirteenth ...) have no controller: two segments."""
    first = size - size // 3
    if cabinet % 10 != 3 or lamp < first:
        return ""
    return SIDE_SEGMENTS[2 * (lamp - first) // (size - first)]


def _cycle() -> Iterator[Fault]:
    while True:
        yield from _FAULTS


def _cabinet_sizes(lights: int, dice: random.Random) -> list[int]:
    """How many lamps each cabinet feeds: about 72, together `lights`."""
    count = max(1, round(lights / LAMPS_PER_CABINET))
    shares = [dice.uniform(0.86, 1.14) for _ in range(count)]
    total = sum(shares)
    ends = [round(lights * sum_) for sum_ in _running(share / total for share in shares)]
    return [b - a for a, b in zip([0, *ends[:-1]], ends, strict=True)]


def _running(shares: Iterator[float]) -> Iterator[float]:
    total = 0.0
    for share in shares:
        total += share
        yield min(1.0, total + 1e-12)


def _streets(sizes: list[int], dice: random.Random) -> Iterator[_Street]:
    """Streets for the cabinets, ward by ward: a grid in every ward, on both banks, from the centre outwards."""
    groups: list[tuple[int, ...]] = []
    waiting = list(sizes)
    small = len(sizes) <= _SMALL
    cell = _SMALL_CELL if small else _CELL
    while waiting:
        take = 2 if len(waiting) > 1 and len(groups) % 3 == 0 and not small else 1
        groups.append(tuple(waiting[:take]))
        del waiting[:take]
    per_ward = min(24, max(3, math.ceil(len(groups) / 2) if small else round(math.sqrt(len(groups)) * 0.6 + 1.5)))
    cells = _cells()
    for number, first in enumerate(range(0, len(groups), per_ward), 1):
        column, row, bank = next(cells)
        here = groups[first : first + per_ward]
        lengthwise = math.ceil(len(here) / 2)
        for index, cabinets in enumerate(here):
            wide = small or len(cabinets) > 1 or (index == 0 and row == 0)
            length = sum(math.ceil(n / (2 if wide else 1)) for n in cabinets) * SPACING
            near = bank * (RIVER_HALF_WIDTH + 25.0 + row * cell)
            if index % 2 == 0:
                lane = (index // 2) / lengthwise
                jitter = dice.uniform(0.0, 90.0) if index == 0 else dice.uniform(-0.12, 0.12) * cell / lengthwise
                across = near + bank * (lane * cell + jitter)
                along = column * cell + (cell - length) / 2 + dice.uniform(-120.0, 120.0)
                yield _Street(f"ward-{number}", along, across, True, 1.0, wide, cabinets)
            else:
                crossings = max(1, len(here) - lengthwise)
                lane = (index // 2 + 0.5) / crossings + dice.uniform(-0.12, 0.12) / crossings
                yield _Street(f"ward-{number}", column * cell + lane * cell, near, False, float(bank), wide, cabinets)


def _cells() -> Iterator[tuple[int, int, int]]:
    """Places for wards (column along the river, row away from it, bank), the nearest to the centre first."""
    reach = 1
    seen = set()
    while True:
        found = [(c, r, b) for c in range(-reach, reach) for r in range(reach) for b in (-1, 1)]
        for cell in sorted(found, key=lambda f: (math.hypot(f[0] + 0.5, f[1] + 0.5), f)):
            if cell not in seen and math.hypot(cell[0] + 0.5, cell[1] + 0.5) <= reach:
                seen.add(cell)
                yield cell
        reach += 1


def _sensors(lights: int, streets: list[ZonePlan], dice: random.Random) -> tuple[SensorPlan, ...]:
    count = max(2, round(lights / 100))
    found = []
    for number in range(1, count + 1):
        street = streets[(number - 1) * len(streets) // count]
        spot = street.path[dice.randrange(len(street.path))]
        near = Spot(round(spot.lat + dice.uniform(-2e-4, 2e-4), 7), round(spot.lon + dice.uniform(-2e-4, 2e-4), 7))
        found.append(SensorPlan(f"env-{number:02d}", f"Cảm biến {street.name}", street.id, near))
    return tuple(found)
