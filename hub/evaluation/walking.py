"""How long people on foot wait: they are not simulated, for those who come at any time wait as the program says."""

from __future__ import annotations

from itertools import groupby

from hub.evaluation.road import Junction
from schedules.signals.intersection import Kind
from schedules.signals.program import Program


def mean_wait(program: Program, place: int) -> float:
    """Mean seconds until the walk begins for who comes at any second; flashing green is too late to start."""
    shown = program.letters(place)
    walk = [letter == "G" for letter in shown]
    if not any(walk):
        return float("inf")
    turned = walk.index(True)
    closed = [len(list(run)) for walks, run in groupby([*walk[turned:], *walk[:turned]]) if not walks]
    return sum(each * each for each in closed) / (2 * program.cycle)


def waits(junction: Junction) -> dict[str, tuple[float, float]]:
    """(old, new) mean wait of each pedestrian group that both programs serve."""
    found = {}
    for place, group in enumerate(junction.intersection.groups):
        if group.kind is Kind.PEDESTRIAN:
            both = mean_wait(junction.program(False), place), mean_wait(junction.program(True), place)
            if max(both) < float("inf"):
                found[group.id] = both
    return found
