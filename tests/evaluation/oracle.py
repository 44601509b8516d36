"""Random programs of one junction with four arms, right or not, and the ways that really cross there."""

from __future__ import annotations

import random
from itertools import combinations
from typing import Any

from benchmarks._roads import AMBER, plan_set

GROUPS = ("w", "e", "wl", "el", "n", "s", "nl", "sl")
# By the plan of the crossing: ways from one arm never meet, nor those straight on from opposite arms, nor their left turns.
APART = {
    frozenset(pair)
    for pair in (("w", "wl"), ("e", "el"), ("n", "nl"), ("s", "sl"), ("w", "e"), ("n", "s"), ("wl", "el"), ("nl", "sl"))
}


def crosses(one: str, other: str) -> bool:
    """Whether two groups must never have `G` together."""
    return one != other and frozenset((one, other)) not in APART


def junction(chance: random.Random, right: bool) -> dict[str, Any]:
    """A plan set of stages in which each group is served once; unless `right`, one stage serves a group too many."""
    stages = _stages(chance)
    if not right:
        stage = chance.choice(stages)
        stage.append(chance.choice([each for each in GROUPS if any(crosses(each, other) for other in stage)]))
    found = plan_set("j-1", 40, 0)
    intersection = found["intersection"]
    intersection["conflicts"] = [[one, other] for one, other in combinations(GROUPS, 2) if crosses(one, other)]
    intersection["yields"] = []
    intersection["intergreens"] = {one: {other: 5 for other in GROUPS if crosses(one, other)} for one in GROUPS}
    states, at, listed = {}, 0, []
    for number, served in enumerate(stages, 1):
        green = chance.randint(8, 20)
        shown = "".join("G" if each in served else "r" for each in GROUPS)
        states |= {str(at): shown, str(at + green): shown.replace("G", "y"), str(at + green + AMBER): "r" * len(GROUPS)}
        listed.append({"id": str(number), "from": at, "to": at + green})
        at += green + 5
    found["programs"]["day"] |= {
        "cycle": at,
        "offset": chance.randrange(at),
        "states": states,
        "stages": listed,
        "waits": [],
    }
    del found["coordination"]
    return found


def _stages(chance: random.Random) -> list[list[str]]:
    """Each group in one stage, none with one that it crosses."""
    left, stages = list(GROUPS), []
    chance.shuffle(left)
    while left:
        stage = [left.pop()]
        for each in list(left):
            if chance.random() < 0.8 and not any(crosses(each, other) for other in stage):
                stage.append(each)
                left.remove(each)
        stages.append(stage)
    return stages


def road(found: dict[str, Any]) -> dict[str, Any]:
    """The road that has nothing but this junction; a vehicle wants each way over it."""
    arms = ("north", "east", "south", "west")
    return {
        "junctions": [{"id": "j-1", "old": found, "program": "day"}],
        "demand": [
            {"from": f"j-1/{one}", "to": f"j-1/{other}", "flow": 60} for one in arms for other in arms if one != other
        ],
    }
