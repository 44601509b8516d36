"""The green wave of a coordination group as it is: its road, who drives through each junction, and the bands over those in step.

Pure: it is told what the plan sets and the controllers say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from hub.signals.corridor_words import Untold, Word
from hub.signals.standing import Member, Standing
from schedules.signals.alignment import NoRoad, Place, Road, bearing, straight
from schedules.signals.bands import Bands, Corridor, CorridorSignal, Green, bands, spans
from schedules.signals.plan_set import Along
from schedules.signals.through import NoWay, greens, through_groups

WAYS = ("outbound", "inbound")


@dataclass(frozen=True, slots=True)
class Wave:
    """Standings in the outbound order, with metres from the first; `cycle` the common one, None when nobody is in step.

    `through`: of each way the groups of who drives through, by junction; None where that cannot be told (`untold` says why).
    `stretches`: the bands of each stretch of neighbours in step, in the outbound order; a single junction is none.
    """

    standings: tuple[Standing, ...]
    metres: tuple[float, ...]
    cycle: int | None
    speed: float
    through: Mapping[str, Mapping[str, tuple[str, ...]] | None]
    stretches: tuple[Bands, ...]
    unsure: tuple[Word, ...]
    untold: tuple[Word, ...]

    def alone(self, standing: Standing, way: str) -> list[list[float]]:
        """The greens of one junction in system seconds of one common cycle: `[from, to]`."""
        program = standing.program
        if program is None or self.cycle is None:
            return []
        return spans(green_of(standing, self.through[way]), program.cycle, program.offset, self.cycle)


def wave(standings: Sequence[Standing], cycle: int | None, speed: float) -> Wave:
    """The wave of these junctions at `speed` (m/s) under their common cycle (s). Raises Untold when its road, or both its
    ways, cannot be told."""
    members = {each.member.id: each.member for each in standings}
    road, guessed = road_of(members)
    through: dict[str, Mapping[str, tuple[str, ...]] | None] = {}
    untold: list[Word] = []
    for way in WAYS:
        try:
            through[way] = _through(members, road, way)
        except Untold as error:
            through[way] = None
            untold += error.words
    if len(untold) == len(WAYS):
        raise Untold(*untold)
    by_id = {each.member.id: each for each in standings}
    ordered = tuple(by_id[id] for id in road.order)
    unsure = [Word("straight-lines")] if guessed else []
    unsure += [word for each in ordered for word in each.unsure]
    stretches = _stretches(ordered, road, cycle, speed, through)
    return Wave(ordered, road.metres, cycle, speed, through, stretches, tuple(unsure), tuple(untold))


def road_of(members: Mapping[str, Member]) -> tuple[Road, bool]:
    """The road through them, and whether it was guessed by straight lines on the map. Raises Untold."""
    if len(members) < 2:
        raise Untold(Word("alone", {"junction": ", ".join(members) or "–"}))
    written = {id: at for id, each in members.items() if (at := _along(each).at) is not None}
    if written:
        if missing := sorted(members.keys() - written.keys()):
            raise Untold(Word("at-missing", {"junction": ", ".join(missing)}))
        order = sorted(written, key=lambda id: (written[id], id))
        if same := [(one, other) for one, other in pairwise(order) if written[one] == written[other]]:
            raise Untold(Word("at-same", {"junctions": ", ".join(same[0])}))
        return Road(tuple(order), tuple(written[id] - written[order[0]] for id in order)), False
    places = _places(members)
    if missing := sorted(members.keys() - places.keys()):
        raise Untold(Word("no-place", {"junction": ", ".join(missing)}))
    try:
        return straight(places), True
    except NoRoad as error:
        raise Untold(Word(error.code, {"junctions": ", ".join(error.junctions)})) from None


def _places(members: Mapping[str, Member]) -> dict[str, Place]:
    known = {id: each.device.location for id, each in members.items()}
    return {id: Place(spot.lat, spot.lon) for id, spot in known.items() if spot is not None}


def _along(member: Member) -> Along:
    coordination = member.plan_set.coordination
    return coordination.road if coordination is not None else Along()


def _through(members: Mapping[str, Member], road: Road, way: str) -> dict[str, tuple[str, ...]]:
    """Of each junction the groups of who drives through. Raises Untold."""
    order = road.order if way == "outbound" else road.order[::-1]
    places = _places(members)
    found = {}
    for number, id in enumerate(order):
        intersection, said = members[id].plan_set.intersection, getattr(_along(members[id]), way)
        if said:
            if unknown := [group for group in said if group not in intersection.ids]:
                raise Untold(Word("group-unknown", {"junction": id, "group": unknown[0], "way": way}))
            found[id] = said
            continue
        before, after = order[max(number - 1, 0)], order[min(number + 1, len(order) - 1)]
        if lost := sorted({before, id, after} - places.keys()):
            raise Untold(Word("no-place", {"junction": lost[0]}))
        here = places[id]
        back = bearing(here, places[before]) if number else (bearing(here, places[after]) + 180.0) % 360.0
        on = bearing(here, places[after]) if after != id else (back + 180.0) % 360.0
        try:
            found[id] = through_groups(intersection, back, on)
        except NoWay as error:
            raise Untold(Word(error.code, {"junction": id, "way": way, **error.values})) from None
    return found


def _stretches(
    standings: Sequence[Standing], road: Road, cycle: int | None, speed: float, through: Mapping[str, Any]
) -> tuple[Bands, ...]:
    found = []
    places = enumerate(standings)
    for in_step, run in groupby(places, key=lambda each: each[1].in_step):
        stretch = list(run)
        if not in_step or len(stretch) < 2 or cycle is None:
            continue
        signals = tuple(_signal(each, road.metres[number], through) for number, each in stretch)
        travel = tuple((other.position - one.position) / speed for one, other in pairwise(signals))
        found.append(bands(Corridor(signals, travel, travel, float(cycle))))
    return tuple(found)


def _signal(standing: Standing, metres: float, through: Mapping[str, Any]) -> CorridorSignal:
    program = standing.program
    assert program is not None, "who is in step runs a program"
    out, home = (green_of(standing, through[way]) for way in WAYS)
    id = standing.member.id
    return CorridorSignal(id, metres, float(program.cycle), float(program.offset), out, home)


def green_of(standing: Standing, groups: Mapping[str, tuple[str, ...]] | None) -> tuple[Green, ...]:
    """The greens of who drives through, in local seconds; none where nobody can tell."""
    if groups is None or standing.program is None:
        return ()
    ids = standing.member.plan_set.intersection.ids
    return greens(standing.program, [ids.index(each) for each in groups[standing.member.id]])
