"""Corridors for tests, of whole seconds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from schedules.signals.bands import Corridor, CorridorSignal, Green


def corridor(
    seed: int, junctions: int, cycle: int = 90, green: tuple[int, int] = (25, 50), halves: bool = False
) -> Corridor:
    """One of its own for each seed; with `halves` some junctions run half the cycle."""
    chance = random.Random(seed)
    signals, position = [], 0.0
    for number in range(junctions):
        own = cycle // 2 if halves and number and chance.random() < 0.4 else cycle
        one, other = (min(chance.randint(*green), own - 5) for _ in range(2))
        out = (Green(chance.randrange(own), one),)
        back = (Green(chance.randrange(own), other),)
        signals.append(CorridorSignal(f"j-{number}", position, own, chance.randrange(own), out, back))
        position += chance.randint(120, 600)
    travel = tuple(float(chance.randint(10, 50)) for _ in range(junctions - 1))
    home = tuple(float(chance.randint(10, 50)) for _ in range(junctions - 1))
    return Corridor(tuple(signals), travel, home)


def with_offsets(corridor: Corridor, offsets: Sequence[float]) -> Corridor:
    """The corridor with other offsets."""
    moved = tuple(replace(each, offset=offset) for each, offset in zip(corridor.signals, offsets, strict=True))
    return replace(corridor, signals=moved)


def on_foot(raw: dict[str, Any]) -> dict[str, Any]:
    """The road with a crossing at each junction, group `p`, that walks while the side road drives."""
    plans = {id(plan): plan for row in raw["junctions"] for plan in (row["old"], row["new"])}
    for plan in plans.values():
        walk = {"id": "p", "kind": "pedestrian", "approach": "west", "min_green": 6, "crossing_length": 6}
        plan["intersection"]["groups"].append(walk)
        states = plan["programs"]["day"]["states"]
        lit = {at: letters + ("G" if letters[4] == "G" else "r") for at, letters in states.items()}
        plan["programs"]["day"]["states"] = lit
    return raw
