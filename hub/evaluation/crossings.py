"""Which streams cross by SUMO's geometry while both have green: a second look at the conflict matrix, which the linter trusts.

SUMO 1.28 itself refuses no program: it warns of green that goes to red without amber and of two unconditional greens that lead
into one lane, and of crossing greens it says nothing. But netconvert works out from the lanes alone which ways over a
junction are foes, and that is compared here with every second of a program.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Xml

from hub.evaluation.road import Junction, Road


@dataclass(frozen=True, slots=True, order=True)
class Crossing:
    """Two groups whose ways cross, both with `G` in `second` of the program; `second` is local."""

    junction: str
    one: str
    other: str
    second: int

    def __str__(self) -> str:
        return f"{self.junction}: {self.one} and {self.other} cross, and both have green in second {self.second}"


def crossings(network: Path, road: Road, new: bool) -> tuple[Crossing, ...]:
    """The first second of each pair in the network that `write_network` made. Giving way (`g`) is no crossing."""
    root = Xml.parse(network).getroot()
    found = []
    for junction in road.junctions:
        foes = _foes(root, junction)
        program = junction.program(new)
        for one, other in sorted(foes):
            together = [
                second
                for second in range(program.cycle)
                for letters in (program.at(second),)
                if letters[one] == letters[other] == "G"
            ]
            if together:
                ids = junction.intersection.ids
                found.append(Crossing(junction.id, ids[one], ids[other], together[0]))
    return tuple(found)


def _foes(root: Xml.Element, junction: Junction) -> set[tuple[int, int]]:
    """Pairs of places in the state string, the lower first, of groups that have ways which cross or merge."""
    places = [place for place, _ in junction.wheeled()]
    node = next(each for each in root.iter("junction") if each.get("id") == junction.id)
    # a way's number among the requests is in the name of its first lane: ':junction_first_further'
    of = {
        sum(int(part) for part in str(each.get("via")).rsplit("_", 2)[1:]): places[int(str(each.get("linkIndex")))]
        for each in root.iter("connection")
        if each.get("tl") == junction.id
    }
    found = set()
    for request in node.iter("request"):
        here = of.get(int(str(request.get("index"))))
        for number, bit in enumerate(reversed(str(request.get("foes")))):
            there = of.get(number)
            if bit == "1" and here is not None and there is not None and here != there:
                found.add((min(here, there), max(here, there)))
    return found
