"""The plan sets of the simulated city's junctions, as a signal engineer would have written them (docs/signals.md). Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CYCLE, NIGHT_CYCLE = 90, 60
_WIDE, _NARROW = 18.0, 12.0  # metres across the avenue and across the side street
_PACE = 1.2  # m/s
_CLEAR = 5  # s from the end of one direction to the start of the other
_HEAD_START = 2  # s that motorcycles go before the rest
_GROUPS = ("mav", "av", "mst", "st", "pst", "pav")
DAY = ((0, "night"), (330, "day"), (390, "morning"), (510, "day"), (990, "evening"), (1110, "day"), (1350, "night"))
REST = ((0, "night"), (360, "day"), (1350, "night"))
WEEK = ("weekday",) * 5 + ("weekend",) * 2
DAY_PLANS = {"weekday": DAY, "weekend": REST}
_AVENUE_GREEN = {"night": 24, "day": 45, "morning": 49, "evening": 41}  # second at which the avenue's green ends


def intersection(avenue: str, street: str, bearing: float) -> dict[str, Any]:
    """Two directions and two crosswalks. `av` and `mav` are vehicles and motorcycles along the avenue, `st` and `mst` those of
    the side street; people walk over the street (`pst`) with the avenue's green, and over the avenue (`pav`) with the other."""
    along, across = ("av", "mav"), ("st", "mst")
    conflicts = [[a, s] for a in along for s in across]
    conflicts += [[a, "pav"] for a in along] + [[s, "pst"] for s in across] + [["pst", "pav"]]
    intergreens: dict[str, dict[str, int]] = {}
    for one, other in conflicts:
        for ends, starts in ((one, other), (other, one)):
            intergreens.setdefault(ends, {})[starts] = 3 if ends.startswith("p") else _CLEAR
    return {
        "name": f"{avenue} x {street}",
        "approaches": [
            {"id": "avenue", "name": avenue, "bearing": round(bearing % 360, 1)},
            {"id": "street", "name": street, "bearing": round((bearing + 90) % 360, 1)},
        ],
        "groups": [
            {"id": "mav", "kind": "motorcycle", "approach": "avenue", "min_green": 6, "min_red": 5, "amber": 3},
            {"id": "av", "kind": "vehicle", "approach": "avenue", "movements": ["straight", "right"],
             "min_green": 8, "min_red": 5, "amber": 3},
            {"id": "mst", "kind": "motorcycle", "approach": "street", "min_green": 6, "min_red": 5, "amber": 3},
            {"id": "st", "kind": "vehicle", "approach": "street", "movements": ["straight", "right"],
             "min_green": 8, "min_red": 5, "amber": 3},
            {"id": "pst", "kind": "pedestrian", "approach": "street", "min_green": 7, "min_flashing": 4, "min_red": 5,
             "crossing_length": _NARROW, "walking_speed": _PACE, "buffer": 3},
            {"id": "pav", "kind": "pedestrian", "approach": "avenue", "min_green": 7, "min_flashing": 4, "min_red": 5,
             "crossing_length": _WIDE, "walking_speed": _PACE, "buffer": 3},
        ],
        "conflicts": conflicts,
        "yields": [],
        "intergreens": intergreens,
        "detectors": [{"id": "d-avenue", "group": "av"}, {"id": "d-street", "group": "st"}],
        "limits": {"cycle": [40, 180], "step": 1},
    }  # fmt: skip


def program(name: str, offset: int) -> dict[str, Any]:
    """One of the four programs. The avenue's green begins with the cycle, so that the offset is that of the green wave."""
    cycle = NIGHT_CYCLE if name == "night" else CYCLE
    end = _AVENUE_GREEN[name]
    other, last = end + _CLEAR, cycle - _CLEAR
    narrow, wide = round(_NARROW / _PACE), round(_WIDE / _PACE)
    changes: list[tuple[int, str, str]] = [
        (0, "mav", "G"), (_HEAD_START, "av", "G"), (end, "mav", "y"), (end, "av", "y"),
        (end + 3, "mav", "r"), (end + 3, "av", "r"),
        (0, "pst", "G"), (8, "pst", "f"), (8 + narrow, "pst", "r"),
        (other, "mst", "G"), (other + _HEAD_START, "st", "G"), (last, "mst", "y"), (last, "st", "y"),
        (last + 3, "mst", "r"), (last + 3, "st", "r"),
        (other, "pav", "G"), (other + 7, "pav", "f"), (other + 7 + wide - 3, "pav", "r"),
    ]  # fmt: skip
    states: dict[str, str] = {}
    showing = dict.fromkeys(_GROUPS, "r")
    for second in sorted({second for second, _, _ in changes}):
        showing |= {group: letter for at, group, letter in changes if at == second}
        states[str(second)] = "".join(showing[group] for group in _GROUPS)
    night = name == "night"
    return {
        "cycle": cycle,
        "offset": offset % cycle,
        "states": states,
        "stages": [{"id": "1", "from": 0, "to": end}, {"id": "2", "from": other, "to": last}],
        "switch": [0],
        "waits": [{"at": 20 if night else 21, "most": 10 if night else 15}],
        "skips": [] if night else [{"from": 24, "to": 30}],
    }


def plan_set(
    junction: str, crossing: dict[str, Any], group: str, seconds: int, zone: str, transition: str, metres: float = 0.0
) -> dict[str, Any]:
    """The plan set of a junction that lies `metres`, `seconds` of driving, behind the beginning of its street, which is its
    coordination group. The avenue's signals are those of both its directions."""
    return {
        "format": 1,
        "junction": junction,
        "time_zone": zone,
        "intersection": crossing,
        "programs": {name: program(name, seconds) for name in _AVENUE_GREEN},
        "day_plans": {
            name: [{"from": f"{minute // 60:02}:{minute % 60:02}", "program": each} for minute, each in entries]
            for name, entries in DAY_PLANS.items()
        },
        "calendar": {
            "id": "week",
            "default": "weekday",
            "rules": [{"program": "weekend", "weekdays": ["sat", "sun"]}],
        },
        "coordination": {
            "group": group,
            "cycle": CYCLE,
            "ratio": 1,
            "programs": {"night": {"cycle": NIGHT_CYCLE, "ratio": 1}},
            "road": {"at": round(metres, 1), "outbound": ["av"], "inbound": ["av"]},
        },
        "transition": transition,
    }


def wire(set: Mapping[str, Any], name: str) -> dict[str, Any]:
    """One program of a plan set as it is downloaded."""
    found = set["programs"][name]
    keys = ("cycle", "offset", "states", "switch", "waits", "skips")
    groups = [group["id"] for group in set["intersection"]["groups"]]
    return {key: found[key] for key in keys} | {"groups": groups, "transition": set["transition"]}
