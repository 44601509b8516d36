"""The way through a road from one open arm to another."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from hub.evaluation.road import Arm, BadRoad, Junction, Link, Movement


def path(junctions: Sequence[Junction], links: Sequence[Link], entry: Arm, leave: Arm) -> tuple[Movement, ...]:
    """The movements of the way with the fewest junctions; BadRoad where no group serves one."""
    places = {each.id: each for each in junctions}
    across = {link.one: link.other for link in links} | {link.other: link.one for link in links}
    _check_open(places, across, entry, "from")
    _check_open(places, across, leave, "to")
    waiting: deque[tuple[Arm, tuple[Movement, ...]]] = deque([(entry, ())])
    seen = {entry}
    while waiting:
        arm, done = waiting.popleft()
        junction = places[arm.junction]
        for out in junction.bearings:
            movement = junction.movement(arm.id, out)
            if movement is None:
                continue
            way = (*done, Movement(arm.junction, arm.id, movement))
            left = Arm(arm.junction, out)
            if left == leave:
                return way
            onward = across.get(left)
            if onward is not None and onward not in seen:
                seen.add(onward)
                waiting.append((onward, way))
    raise BadRoad(
        f"no way from {entry} to {leave}: no vehicle group serves a movement on it; add it to a group, or leave it out"
    )


def _check_open(places: dict[str, Junction], across: dict[Arm, Arm], arm: Arm, key: str) -> None:
    if arm.junction not in places:
        raise BadRoad(f"demand: {key} = {arm}: no such junction: use one of {', '.join(sorted(places))}")
    if arm.id not in places[arm.junction].bearings:
        raise BadRoad(
            f"demand: {key} = {arm}: no such arm: use one of {', '.join(sorted(places[arm.junction].bearings))}"
        )
    if arm in across:
        raise BadRoad(
            f"demand: {key} = {arm} leads to {across[arm]}: name an arm where traffic enters or leaves the road"
        )
