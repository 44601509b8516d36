"""Roads to be coordinated: junctions of four arms in a row, with left turns of their own on the main road."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CYCLE, SPEED = 90, 50.0
AMBER, INTERGREEN = 3, 5
MAIN, LEFT = (34, 38, 42, 36, 40, 44, 36, 38), 10  # seconds of green; the side road has the rest
THROUGH, BACK, SIDE, TURN = 620.0, 500.0, 140.0, 45.0  # vehicles an hour

# Stop line to stop line in metres. The declared road has blocks as a grown city has them, none made to fit a cycle.
DECLARED = (420, 560, 350, 610, 480, 660, 540)


def road(
    lengths: Sequence[float], offsets: Sequence[int] | None = None, loaded: float = 1.0, mains: Sequence[int] = MAIN
) -> dict[str, Any]:
    """A road as `lamplighter evaluate` reads it, under zero offsets and under `offsets`; `loaded` multiplies all demand."""
    count = len(lengths) + 1
    names = [f"j-{number}" for number in range(1, count + 1)]
    greens = [mains[number % len(mains)] for number in range(count)]
    moved = offsets if offsets is not None else [0] * count
    return {
        "format": 1,
        "name": "benchmark",
        "junctions": [
            {
                "id": name,
                "old": plan_set(name, main, 0),
                "new": plan_set(name, main, offset),
                "program": "day",
                "lanes": {"w": 2, "e": 2},
            }
            for name, main, offset in zip(names, greens, moved, strict=True)
        ],
        "links": [
            {"from": f"{one}/east", "to": f"{other}/west", "length": length, "speed": SPEED}
            for one, other, length in zip(names[:-1], names[1:], lengths, strict=True)
        ],
        "demand": [
            {"from": start, "to": end, "flow": flow * loaded}
            for start, end, flow in (*_through(names), *(each for name in names for each in _local(name, names)))
        ],
        "motorcycles": 0.5,
    }


def _through(names: Sequence[str]) -> list[tuple[str, str, float]]:
    west, east = f"{names[0]}/west", f"{names[-1]}/east"
    return [(west, east, THROUGH), (east, west, BACK)]


def _local(name: str, names: Sequence[str]) -> list[tuple[str, str, float]]:
    """Across, and along the main road to the next junction, where some turn left and some right."""
    place = names.index(name)
    north, south = f"{name}/north", f"{name}/south"
    found = [(north, south, SIDE), (south, north, SIDE)]
    for start, to_west, to_east in ((north, "south", "north"), (south, "north", "south")):
        west = f"{names[place - 1]}/{to_west}" if place else f"{name}/west"
        east = f"{names[place + 1]}/{to_east}" if place < len(names) - 1 else f"{name}/east"
        found += [(start, west, TURN), (start, east, TURN)]
    return found


def plan_set(name: str, main: int, offset: int) -> dict[str, Any]:
    """Main road, its left turns, then the side road, whose left turns give way."""
    left = main + INTERGREEN
    side = left + LEFT + INTERGREEN
    end = CYCLE - INTERGREEN
    groups = ("w", "e", "wl", "el", "n", "s", "nl", "sl")
    states = {}
    for start, stop, served in ((0, main, "GG......"), (left, left + LEFT, "..GG...."), (side, end, "....GGgg")):
        states[str(start)] = served.replace(".", "r")
        states[str(stop)] = "".join("y" if letter in "Gg" else "r" for letter in served)
        states[str(stop + AMBER)] = "r" * len(groups)
    stages = [(0, main), (left, left + LEFT), (side, end)]
    conflicts = _conflicts(groups)
    between: dict[str, dict[str, int]] = {}
    for one, other in conflicts:
        between.setdefault(one, {})[other] = INTERGREEN
        between.setdefault(other, {})[one] = INTERGREEN
    return {
        "format": 1,
        "junction": name,
        "time_zone": "Asia/Ho_Chi_Minh",
        "intersection": {
            "name": name,
            "approaches": [
                {"id": arm, "bearing": bearing}
                for arm, bearing in (("north", 0), ("east", 90), ("south", 180), ("west", 270))
            ],
            "groups": [_group(group) for group in groups],
            "conflicts": conflicts,
            "yields": [["nl", "s"], ["sl", "n"]],
            "intergreens": between,
            "limits": {"cycle": [40, 180], "step": 1},
        },
        "programs": {
            "day": {
                "cycle": CYCLE,
                "offset": offset,
                "states": states,
                "stages": [{"id": str(n), "from": a, "to": b} for n, (a, b) in enumerate(stages, 1)],
                "switch": [0],
                "waits": [{"at": 5, "most": 20}],
            }
        },
        "day_plans": {"always": [{"from": "00:00", "program": "day"}]},
        "calendar": {"id": "week", "default": "always"},
        "coordination": {"group": "benchmark", "cycle": CYCLE},
    }


def _conflicts(groups: Sequence[str]) -> list[list[str]]:
    """Groups of different stages conflict, and a left turn with who comes towards it."""
    stage = {"w": 0, "e": 0, "wl": 1, "el": 1, "n": 2, "s": 2, "nl": 2, "sl": 2}
    apart = {("n", "sl"), ("s", "nl")}
    return [
        [one, other]
        for number, one in enumerate(groups)
        for other in groups[number + 1 :]
        if stage[one] != stage[other] or (one, other) in apart
    ]


def _group(id: str) -> dict[str, Any]:
    arms = {"w": "west", "e": "east", "n": "north", "s": "south"}
    turns = ["left"] if id.endswith("l") else ["straight", "right"]
    return {
        "id": id, "kind": "vehicle", "approach": arms[id[0]], "movements": turns, "min_green": 6, "max_green": 80,
        "min_red": 2, "amber": AMBER,
    }  # fmt: skip
