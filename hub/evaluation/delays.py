"""Delay of every movement of a road from the programs alone, for many candidates at once: what TRANSYT calls flow profiles.

Each flow is followed from where it enters, through the queue of its group at each stop line, to the next. It takes some
milliseconds for a road where SUMO takes seconds, and knows no lanes, no overtaking and no road that is full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from hub.evaluation.extra import load
from hub.evaluation.platoons import STOPPING, by_chance, gone, queued, row, spread
from hub.evaluation.road import Arm, BadRoad, Flow, Junction, Movement, Road
from schedules.signals.intersection import Kind
from schedules.signals.program import Program

_SERVED = {"G": 1, "g": 2}  # 2: gives way to the groups that it yields to


@dataclass(frozen=True, slots=True)
class _Stream:
    """A flow at one stop line: vehicles a second, and from which stream before and over which road it comes."""

    movement: int
    rate: float
    before: int | None
    travel: Any  # see platoons.spread; None where it enters the road


@dataclass(frozen=True, slots=True)
class _Queue:
    """A group's stop line; `full`: vehicles a second that its lanes let go."""

    junction: int
    place: int
    full: float
    streams: tuple[int, ...]
    yields: tuple[tuple[int, int], ...]  # (junction, place) of the queues that it gives way to


@dataclass(frozen=True, slots=True)
class Traffic:
    """A road's traffic, ready to be asked. `rates`: vehicles a second of each movement."""

    cycle: int
    movements: tuple[Movement, ...]
    rates: Any
    streams: tuple[_Stream, ...]
    queues: tuple[_Queue, ...]  # in the order in which they can be worked out

    def delays(self, offsets: Any, shown: Sequence[Any]) -> Any:
        """(candidates, movements) in seconds. `offsets`: (candidates, junctions); `shown`: of each junction `served`'s values,
        (candidates, groups, cycle), or of one candidate for all."""
        numpy = load("numpy")
        count, seconds = offsets.shape[0], numpy.arange(self.cycle)
        left: dict[int, Any] = {}
        flowing: dict[tuple[int, int], Any] = {}
        lost = numpy.zeros((count, len(self.movements)))
        for queue in self.queues:
            streams = [self.streams[each] for each in queue.streams]
            codes, late = shown[queue.junction][:, queue.place, :], offsets[:, queue.junction, None]
            if (late == late[0]).all():
                late = late[:1]
            # what is the same in all candidates is worked out once: most of them move one junction
            sources = [left[each.before] for each in streams if each.before is not None]
            sources += [flowing[each] for each in queue.yields if each in flowing]
            rows = max(len(codes), len(late), *(len(each) for each in sources), 1)
            at = numpy.broadcast_to((seconds - late) % self.cycle, (rows, self.cycle))
            codes = numpy.take_along_axis(numpy.broadcast_to(codes, (rows, self.cycle)), at, 1)
            service = numpy.where(codes > 0, queue.full, 0.0)
            for other in queue.yields:
                if other in flowing:
                    service = numpy.where(codes == 2, service * (1 - flowing[other]), service)
            arrivals = [
                numpy.broadcast_to(each.rate if each.before is None else left[each.before] @ each.travel, service.shape)
                for each in streams
            ]
            found = queued(sum(arrivals), service)
            chance = by_chance(sum(each.rate for each in streams), service)
            place = row(found) if len(streams) > 1 else None
            passed = 0.0
            for number, each, arriving in zip(queue.streams, streams, arrivals, strict=True):
                left[number], standing = gone(arriving, found, place)
                passed = passed + left[number]
                stops = (arriving * found.stops).sum(axis=1)
                lost[:, each.movement] += standing.sum(axis=1) + STOPPING * stops + chance * each.rate * self.cycle
            flowing[queue.junction, queue.place] = numpy.clip(passed / queue.full, 0.0, 1.0)
        return lost / (self.rates * self.cycle)


def served(junction: Junction, program: Program, cycle: int) -> Any:
    """(groups, cycle): 1 for `G`, 2 for `g`, in local seconds; repeated where the program's cycle is a part of `cycle`."""
    numpy = load("numpy")
    return numpy.array(
        [
            [_SERVED.get(letter, 0) for letter in program.letters(place) * (cycle // program.cycle)]
            for place in range(len(junction.intersection.groups))
        ]
    )


def foreseen(road: Road, new: bool) -> dict[Movement, float]:
    """Mean delay of each movement under the old or the new programs, in seconds; BadRoad where they share no cycle."""
    numpy = load("numpy")
    programs = [junction.program(new) for junction in road.junctions]
    cycle = max(each.cycle for each in programs)
    if any(cycle % each.cycle for each in programs):
        raise BadRoad("the programs share no cycle: delays cannot be foreseen, only `lamplighter evaluate` can say")
    model = traffic(road, cycle)
    shown = [served(each, program, cycle)[None] for each, program in zip(road.junctions, programs, strict=True)]
    delays = model.delays(numpy.array([[each.offset for each in programs]]), shown)[0]
    return {movement: float(delay) for movement, delay in zip(model.movements, delays, strict=True)}


def traffic(road: Road, cycle: int) -> Traffic:
    """The road's demand for programs of one common cycle; BadRoad where flows come back to where they were."""
    numpy = load("numpy")
    movements = tuple(sorted({each for flow in road.flows for each in flow.path}, key=str))
    numbers = {movement: number for number, movement in enumerate(movements)}
    places = {junction.id: number for number, junction in enumerate(road.junctions)}
    streams: list[_Stream] = []
    waiting: dict[tuple[int, int], list[int]] = {}
    after: dict[tuple[int, int], set[tuple[int, int]]] = {}
    travels: dict[Arm, Any] = {}
    for flow in road.flows:
        for share, kind in _kinds(road, flow):
            before: tuple[int, tuple[int, int]] | None = None
            for each in flow.path:
                arm = Arm(each.junction, each.arm)
                beyond = road.beyond(arm)
                if before is not None and beyond is not None and arm not in travels:
                    travels[arm] = spread(beyond[1].length, beyond[1].speed, cycle)
                stop = places[each.junction], _place(road.junction(each.junction), each, kind)
                waiting.setdefault(stop, []).append(len(streams))
                after.setdefault(stop, set()).update(() if before is None else (before[1],))
                source, travel = (None, None) if before is None else (before[0], travels[arm])
                rate = flow.hourly / 3600 * share
                streams.append(_Stream(numbers[each], rate, source, travel))
                before = len(streams) - 1, stop
    yields = _yields(road, waiting)
    for stop, others in yields.items():
        after[stop].update(others)
    try:
        order = list(TopologicalSorter(after).static_order())
    except CycleError as error:
        raise BadRoad("flows come back to a stop line that they hang on: delays cannot be foreseen") from error
    queues = []
    for stop in order:
        junction = road.junctions[stop[0]]
        wide = junction.lanes.get(junction.intersection.groups[stop[1]].id, 1)
        queues.append(
            _Queue(*stop, road.saturation / 3600 * wide, tuple(waiting[stop]), tuple(sorted(yields.get(stop, ()))))
        )
    rates = numpy.zeros(len(movements))
    for stream in streams:
        rates[stream.movement] += stream.rate
    return Traffic(cycle, movements, rates, tuple(streams), tuple(queues))


def _kinds(road: Road, flow: Flow) -> list[tuple[float, Kind]]:
    """Shares of a flow that go under groups of their own."""
    if all(
        _place(road.junction(each.junction), each, Kind.MOTORCYCLE)
        == _place(road.junction(each.junction), each, Kind.VEHICLE)
        for each in flow.path
    ):
        return [(1.0, Kind.VEHICLE)]
    parts = ((1 - flow.motorcycles, Kind.VEHICLE), (flow.motorcycles, Kind.MOTORCYCLE))
    return [(share, kind) for share, kind in parts if share > 0]


def _place(junction: Junction, movement: Movement, kind: Kind) -> int:
    """The group that serves it: motorcycles have their own where there is one."""
    serving = {
        group.kind: place
        for place, group in reversed(junction.wheeled())
        if group.approach == movement.arm and movement.movement in group.movements
    }
    return serving.get(kind, serving[Kind.VEHICLE])


def _yields(
    road: Road, waiting: Mapping[tuple[int, int], Sequence[int]]
) -> dict[tuple[int, int], set[tuple[int, int]]]:
    found: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for number, junction in enumerate(road.junctions):
        places = {group.id: place for place, group in enumerate(junction.intersection.groups)}
        for gives, to in junction.intersection.yields:
            one, other = (number, places[gives]), (number, places[to])
            if one in waiting and other in waiting:
                found.setdefault(one, set()).add(other)
    return found
