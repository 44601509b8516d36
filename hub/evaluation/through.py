"""The corridor in a road: its junctions in their order, and the greens of who drives straight through all of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hub.evaluation.road import Arm, BadRoad, Junction, Link, Movement, Road
from schedules.signals.bands import Corridor, CorridorSignal, Green
from schedules.signals.intersection import Kind
from schedules.signals.program import Program
from schedules.signals.through import greens as spans


@dataclass(frozen=True, slots=True)
class Through:
    """What is done at each junction, in the order of the road, by who drives its whole length out and back."""

    outbound: tuple[Movement, ...]
    inbound: tuple[Movement, ...]
    links: tuple[Link, ...]


def through(road: Road) -> Through:
    """The main road: along the links from each junction to the next as they are written; BadRoad where there is none."""
    if len(road.junctions) < 2:
        raise BadRoad("a corridor has at least two junctions: offsets of one alone mean nothing")
    links, ends = [], []
    for one, other in pairwise(road.junctions):
        found = [link for link in road.links if {link.one.junction, link.other.junction} == {one.id, other.id}]
        if not found:
            raise BadRoad(f"no link from {one.id} to {other.id}: write the junctions in their order along the road")
        links.append(found[0])
        ends.append((_end(found[0], one), _end(found[0], other)))
    arms: list[tuple[str, str]] = []  # of each junction: towards the first, towards the last
    for number, junction in enumerate(road.junctions):
        back = ends[number - 1][1] if number else _opposite(junction, ends[0][0])
        on = ends[number][0] if number < len(ends) else _opposite(junction, ends[-1][1])
        arms.append((back, on))
    outbound = [_movement(each, back, on) for each, (back, on) in zip(road.junctions, arms, strict=True)]
    inbound = [_movement(each, on, back) for each, (back, on) in zip(road.junctions, arms, strict=True)]
    return Through(tuple(outbound), tuple(inbound), tuple(links))


def corridor(road: Road, new: bool) -> Corridor:
    """The corridor under the old or the new programs, for bands and offsets; driven at the speed of the links."""
    main = through(road)
    signals, position = [], 0.0
    for number, junction in enumerate(road.junctions):
        program = junction.program(new)
        out, home = (greens(junction, program, each[number]) for each in (main.outbound, main.inbound))
        signals.append(CorridorSignal(junction.id, position, program.cycle, program.offset, out, home))
        position += main.links[number].length if number < len(main.links) else 0.0
    travel = tuple(link.length / link.speed for link in main.links)
    return Corridor(tuple(signals), travel, travel)


def greens(junction: Junction, program: Program, movement: Movement) -> tuple[Green, ...]:
    """When a vehicle may do it: the spans of `G` and `g` of a group that serves it, in local seconds."""
    place = next(
        place
        for place, group in junction.wheeled()
        if group.kind is Kind.VEHICLE and group.approach == movement.arm and movement.movement in group.movements
    )
    return spans(program, (place,))


def _end(link: Link, junction: Junction) -> str:
    return link.one.id if link.one.junction == junction.id else link.other.id


def _opposite(junction: Junction, arm: str) -> str:
    return junction.leads(arm, "straight")


def _movement(junction: Junction, arm: str, out: str) -> Movement:
    movement = junction.movement(arm, out)
    if movement is None:
        raise BadRoad(
            f"no vehicle group serves the way from {Arm(junction.id, arm)} to {Arm(junction.id, out)}: the road is one-way"
        )
    return Movement(junction.id, arm, movement)
