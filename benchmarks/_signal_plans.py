"""Random plan sets of signals that are right, made from the front: each green begins when all before it have cleared.

Nothing here asks the linter. What is right follows from the making: stages one after another, in each the groups that may
move together, and between them as many seconds as the matrix wants.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import Any

ZONES = ("Asia/Ho_Chi_Minh", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe")


@dataclass
class _Group:
    """A group as the making sees it; `stages` in which it moves, one after another."""

    raw: dict[str, Any]
    stages: tuple[int, ...]
    gives_way: bool = False

    @property
    def id(self) -> str:
        return str(self.raw["id"])

    @property
    def walks(self) -> bool:
        return bool(self.raw["kind"] == "pedestrian")

    @property
    def flashing(self) -> int:
        """Seconds of flashing green at the end of its movement."""
        return int(self.raw["min_flashing"])


@dataclass
class _Junction:
    groups: list[_Group]
    stages: int
    conflicts: list[tuple[int, int]] = field(default_factory=list)
    yields: list[tuple[int, int]] = field(default_factory=list)
    intergreens: dict[str, dict[str, int]] = field(default_factory=dict)

    def meets(self, one: int, other: int) -> bool:
        return (one, other) in self.conflicts or (other, one) in self.conflicts


def random_plan_set(seed: int, programs: int | None = None) -> dict[str, Any]:
    """A plan set that is right, with 1 to 6 programs unless told; the same seed, the same set."""
    draw = random.Random(seed)
    junction = _junction(draw)
    count = programs or draw.randint(1, 6)
    made = {f"p{number}": _program(draw, junction) for number in range(count)}
    if draw.random() < 0.5:
        _limit(draw, junction, [*made.values()])
    named = [*made]
    flashes = draw.random() < 0.5 and count > 1
    if flashes:
        night = named.pop()
        made[night] = {"cycle": 60, "offset": 0,
                       "states": {"0": "".join("O" if group.walks else "o" for group in junction.groups)}}  # fmt: skip
    raw: dict[str, Any] = {
        "format": 1,
        "junction": f"j-{seed % 10_000}",
        "intersection": _intersection(junction),
        "programs": made,
        "day_plans": {name: _day_plan(draw, [*made]) for name in ("weekday", "weekend")},
        "calendar": {"id": "week", "default": "weekday", "rules": [{"program": "weekend", "weekdays": ["sat", "sun"]}]},
        "transition": draw.choice(("dwell", "shortway", "add-only")),
        "time_zone": draw.choice(ZONES),
    }
    if draw.random() < 0.5:
        ratio = draw.choice((1, 1, 2))
        raw["coordination"] = {"group": "road", "cycle": made[named[0]]["cycle"] * ratio, "ratio": ratio,
                               "programs": dict.fromkeys(named[1:])}  # fmt: skip
    return raw


def _limit(draw: random.Random, junction: _Junction, programs: list[dict[str, Any]]) -> None:
    """A longest green that two programs and a closing sequence together cannot reach."""
    waits = max(sum(wait["most"] for wait in program["waits"]) for program in programs)
    for group in junction.groups:
        group.raw["max_green"] = (max(program["cycle"] for program in programs) + 2 * waits + 60) + draw.randint(0, 9)


def _junction(draw: random.Random) -> _Junction:
    stages = draw.randint(2, 4)
    groups: list[_Group] = []
    region_flashes, red_amber = draw.random() < 0.2, draw.choice((0, 0, 0, 1, 2))
    for stage in range(stages):
        for _ in range(draw.randint(1, 2)):
            kind = draw.choice(("vehicle", "vehicle", "motorcycle"))
            after = (stage, stage + 1) if draw.random() < 0.15 and 0 < stage < stages - 1 else (stage,)
            groups.append(_Group({"id": f"g{len(groups)}", "kind": kind, "min_green": draw.randint(5, 10),
                                  "min_red": draw.randint(1, 3), "amber": draw.randint(3, 5), "red_amber": red_amber,
                                  "min_flashing": draw.randint(2, 4) if region_flashes else 0}, after))  # fmt: skip
        if draw.random() < 0.6:
            groups.append(_Group({"id": f"g{len(groups)}", "kind": "pedestrian", "min_green": draw.randint(5, 8),
                                  "min_flashing": draw.choice((0, 3, 5)), "crossing_length": draw.randint(60, 220) / 10,
                                  "walking_speed": draw.choice((0.8, 1.0, 1.2)), "buffer": draw.randint(3, 5),
                                  "min_red": draw.randint(1, 3)},
                                 (stage,)))  # fmt: skip
    draw.shuffle(groups)
    junction = _Junction(groups, stages)
    for one in range(len(groups)):
        for other in range(one + 1, len(groups)):
            apart = not set(groups[one].stages) & set(groups[other].stages)
            if apart and (
                draw.random() < 0.85 or not {one, other} & {each for pair in junction.conflicts for each in pair}
            ):
                junction.conflicts.append((one, other))
    _meet_somebody(junction)
    _turns(draw, junction)
    for one, other in [pair for each in junction.conflicts for pair in (each, each[::-1])]:
        least = max(int(groups[one].raw.get("amber", 0)), int(groups[other].raw.get("red_amber", 0)) + 1)
        junction.intergreens.setdefault(groups[one].id, {})[groups[other].id] = draw.randint(least, least + 5)
    return junction


def _meet_somebody(junction: _Junction) -> None:
    """No group goes without a conflict."""
    for one, group in enumerate(junction.groups):
        if not any(one in pair for pair in junction.conflicts):
            other = next(n for n, each in enumerate(junction.groups) if not set(each.stages) & set(group.stages))
            junction.conflicts.append((one, other))


def _turns(draw: random.Random, junction: _Junction) -> None:
    """Some traffic turns over what moves in the same stage, giving way."""
    for one, group in enumerate(junction.groups):
        beside = [n for n, each in enumerate(junction.groups) if n != one and each.stages == group.stages]
        if group.walks or group.flashing or len(group.stages) > 1 or draw.random() < 0.6 or not beside:
            continue
        other = draw.choice(beside)
        if not junction.groups[other].gives_way:
            junction.conflicts.append((one, other))
            junction.yields.append((one, other))
            group.gives_way = True


def _program(draw: random.Random, junction: _Junction) -> dict[str, Any]:
    """Each stage: its groups start when who meets them has cleared, all move together for a while, each ends in its time."""
    groups, starts, ends = junction.groups, [0] * len(junction.groups), [0] * len(junction.groups)
    greens = [0] * len(groups)
    cores: list[tuple[int, int]] = []
    for stage in range(junction.stages):
        moving = [n for n, group in enumerate(groups) if stage in group.stages]
        first = cores[-1][1] if cores else 0
        for one in moving:
            if groups[one].stages[0] == stage:
                before = [n for n, group in enumerate(groups) if group.stages[-1] < stage]
                cleared = [_clear(junction, starts, greens, ends, other, one) for other in before]
                starts[one] = max([first + 1 + int(groups[one].raw.get("red_amber", 0)), *cleared])
        gone = [ends[n] + int(group.raw.get("amber", 0)) for n, group in enumerate(groups) if group.stages[-1] < stage]
        begins = max([*(starts[one] for one in moving), *gone])
        least = max(int(groups[one].raw["min_green"]) for one in moving)
        core = (begins, begins + 2 * least + draw.randint(2, 20))
        cores.append(core)
        for one in moving:
            if groups[one].stages[-1] == stage:
                greens[one] = core[1] + draw.randint(0, 4)
                longer = draw.randint(0, 4) if groups[one].flashing and groups[one].walks else 0
                ends[one] = greens[one] + groups[one].flashing + longer
    over = max(ends[n] + int(group.raw.get("amber", 0)) for n, group in enumerate(groups)) - cores[0][0]
    ready = cores[-1][1] - min(starts[n] - int(group.raw.get("red_amber", 0)) for n, group in enumerate(groups))
    cycle = max(over, ready, *(
        _clear(junction, starts, greens, ends, one, other) - starts[other]
        for one in range(len(groups)) for other in range(len(groups)) if junction.meets(one, other)
        or one == other)
    ) + draw.randint(0, 6)  # fmt: skip
    return _written(draw, junction, cycle, starts, greens, ends, cores)


def _clear(junction: _Junction, starts: list[int], greens: list[int], ends: list[int], one: int, other: int) -> int:
    """The first second at which `other` may start after `one` has ended."""
    group, meets = junction.groups[one], junction.meets(one, other)
    if one == other:
        stands = sum(int(group.raw.get(each, 0)) for each in ("amber", "min_red", "red_amber"))
        return ends[one] + stands
    if not meets or starts[one] == ends[one]:
        return 0
    after: int = ends[one] + junction.intergreens[group.id][junction.groups[other].id]
    if not group.walks:
        return after
    walk: float = greens[one] + group.raw["crossing_length"] / group.raw["walking_speed"] + group.raw["buffer"]
    standing: int = ends[one] + group.raw["buffer"]
    return max(after, standing, math.ceil(walk - 1e-9))


def _written(
    draw: random.Random, junction: _Junction, cycle: int, starts: list[int], greens: list[int], ends: list[int],
    cores: list[tuple[int, int]],
) -> dict[str, Any]:  # fmt: skip
    """The program as people write it, turned so that the wrap comes anywhere."""
    turn = draw.randrange(cycle)
    columns = [
        _column(group, cycle, starts[n], greens[n], ends[n]) for n, group in enumerate(junction.groups)
    ]  # fmt: skip
    seconds = ["".join(column[(second + turn) % cycle] for column in columns) for second in range(cycle)]
    states = {str(n): letters for n, letters in enumerate(seconds) if not n or letters != seconds[n - 1]}
    least = [max(int(group.raw["min_green"]) for group in junction.groups if stage in group.stages)
             for stage in range(junction.stages)]  # fmt: skip
    switch = (cores[0][0] + least[0] - turn) % cycle
    program: dict[str, Any] = {"cycle": cycle, "offset": draw.randrange(cycle), "states": states, "switch": [switch],
                               "waits": [{"at": switch, "most": draw.randint(5, 25)}]}  # fmt: skip
    if draw.random() < 0.3:
        begins = (cores[1][0] - turn) % cycle
        program["waits"].append({"at": begins, "most": draw.randint(1, 10)})
    beside = all(
        group.stages == (1,) for group in junction.groups if group.walks
    )  # a skip shortens who is still crossing
    if draw.random() < 0.5 and beside:
        begins = (cores[1][0] + least[1] - turn) % cycle
        length = draw.randint(1, cores[1][1] - cores[1][0] - 2 * least[1] + 1)
        if begins + length < cycle:
            program["skips"] = [{"from": begins, "to": begins + length}]
    if draw.random() < 0.5:
        program["stages"] = [{"id": str(n), "from": (core[0] - turn) % cycle, "to": (core[1] - turn) % cycle}
                             for n, core in enumerate(cores)]  # fmt: skip
    return program


def _column(group: _Group, cycle: int, start: int, green: int, end: int) -> str:
    """What a group shows in each second from 0 of the making, which may reach over the cycle."""
    shown = ["r"] * cycle
    parts = [(start - int(group.raw.get("red_amber", 0)), start, "u"), (start, green, "g" if group.gives_way else "G"),
             (green, end, "f"), (end, end + int(group.raw.get("amber", 0)), "y")]  # fmt: skip
    for first, last, letter in parts:
        for second in range(first, last):
            shown[second % cycle] = letter
    return "".join(shown)


def _intersection(junction: _Junction) -> dict[str, Any]:
    ids = [group.id for group in junction.groups]
    return {
        "name": "Ngã tư",
        "groups": [dict(group.raw) for group in junction.groups],
        "conflicts": [[ids[one], ids[other]] for one, other in junction.conflicts],
        "yields": [[ids[one], ids[other]] for one, other in junction.yields],
        "intergreens": {one: dict(row) for one, row in junction.intergreens.items()},
        "limits": {"cycle": [20, 300]},
    }


def _day_plan(draw: random.Random, programs: list[str]) -> list[dict[str, str]]:
    """Changes each half hour at most, midnight first."""
    halves = sorted({0, *(draw.randrange(1, 48) for _ in range(draw.randint(0, 6)))})
    return [{"from": f"{half // 2:02}:{half % 2 * 30:02}", "program": draw.choice(programs)} for half in halves]
