"""Offsets, splits and a cycle with the least delay by which nobody pays: no movement waits longer than under the old plans.

A band is for who drives through. Who turns off or comes from the side is released when the wave is not there, so the wave
brings him to red: with the offsets alone there is a choice between the two, and here it is made for both. What is sought
goes downhill in steps, and begins again from somewhere near; it is not proved to be the best.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from hub.evaluation.delays import Traffic, served, traffic
from hub.evaluation.extra import load
from hub.evaluation.maxband import maxband
from hub.evaluation.retiming import NoSplits, Stages, stages, timed
from hub.evaluation.road import BadRoad, Junction, Road
from hub.evaluation.through import corridor
from hub.evaluation.walking import mean_wait
from hub.evaluation.webster import splits
from schedules.signals.bands import BadCorridor
from schedules.signals.intersection import Kind

SLACK = 2.0  # seconds that a movement may lose: less than an evaluation calls worse, for this is foreseen, not driven
PRICE = 20.0  # what a second more than that for all movements costs, in seconds of the mean delay
STEEP = 4.0  # seconds from which on a second costs twice that and more: rather many lose little than one much
SHARES = (1, 2, 4)  # steps of green that one stage gives to another
SWEEPS, KICKS, FINALISTS = 8, 6, 2

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Timing:
    """Of each junction, in the road's order: offset in seconds, and seconds of green of its stages (empty: as they were)."""

    cycle: int
    offsets: tuple[int, ...]
    greens: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class _Found:
    timing: Timing
    cost: float


def spare(road: Road, with_splits: bool, cycles: Sequence[int], told: Told = lambda line: None) -> Timing:
    """The best that was found for one of `cycles` (none: the old one, which must be common), with the splits when they are
    free; another cycle frees them. BadRoad or NoSplits where the programs do not allow it."""
    programs = [junction.program(False) for junction in road.junctions]
    common = max(each.cycle for each in programs)
    wanted = list(cycles) or [common]
    if wanted != [common] and any(each.cycle != common for each in programs):
        raise BadRoad("junctions run different cycles: leave the cycle as it is, or give all one program cycle first")
    searches, found, refused = {}, {}, ""
    for cycle in wanted:
        try:
            searches[cycle] = _Search(road, cycle, with_splits or cycle != common, cycle != common)
        except NoSplits as error:
            refused = str(error)
            continue
        found[cycle] = searches[cycle].begin()
        told(f"cycle {cycle} s: {found[cycle].cost:.1f}")
    if not found:
        raise NoSplits(refused)
    for cycle in sorted(found, key=lambda each: found[each].cost)[:FINALISTS]:
        found[cycle] = searches[cycle].again(found[cycle])
        told(f"cycle {cycle} s, sought again: {found[cycle].cost:.1f}")
    return min(found.values(), key=lambda each: each.cost).timing


class _Search:
    """All that one cycle allows."""

    def __init__(self, road: Road, cycle: int, with_splits: bool, changed: bool) -> None:
        self._road, self._cycle = road, cycle
        self._step = max(junction.intersection.limits.step for junction in road.junctions)
        self._stages: list[Stages | None] = [None] * len(road.junctions)
        self._start: list[tuple[int, ...]] = [()] * len(road.junctions)
        for number, junction in enumerate(road.junctions if with_splits else ()):
            _check_cycle(junction, cycle)
            parts = stages(junction, self._step)
            self._stages[number], self._start[number] = parts, parts.greens
            if changed:
                self._start[number] = splits(junction, road.flows, road.saturation, self._step, cycle).after
        self._traffic: Traffic = traffic(road, cycle)
        self._shown: dict[tuple[int, tuple[int, ...]], tuple[Any, float]] = {}
        self._old = self._before()

    def begin(self) -> _Found:
        """From the widest bands and from the old offsets, whichever leads lower."""
        old = tuple(junction.program(False).offset % self._cycle for junction in self._road.junctions)
        starts = [old]
        with suppress(BadCorridor, BadRoad):  # without bands there is still less delay to be found
            starts.append(maxband(corridor(self._timed(self._start), True), step=self._step).offsets)
        return min((self._down(Timing(self._cycle, each, tuple(self._start))) for each in starts), key=_cost)

    def again(self, best: _Found) -> _Found:
        """From near the best: part of the road moved against the rest, and what is after it."""
        chance = random.Random(self._cycle)
        for _ in range(KICKS):
            place, by = chance.randrange(1, len(self._start)), chance.randrange(self._cycle)
            moved = [
                (each + by * self._step) % self._cycle if number >= place else each
                for number, each in enumerate(best.timing.offsets)
            ]
            best = min(best, self._down(replace(best.timing, offsets=tuple(moved))), key=_cost)
        return best

    def _down(self, timing: Timing) -> _Found:
        found = _Found(timing, self._costs([timing])[0])
        for _ in range(SWEEPS):
            before = found.cost
            for place in range(len(timing.offsets)):
                for moves in (self._alone, self._together, self._shared):
                    near = moves(found.timing, place)
                    if not near:
                        continue
                    costs = self._costs(near)
                    best = int(costs.argmin())
                    if costs[best] < found.cost - 1e-9:
                        found = _Found(near[best], float(costs[best]))
            if before - found.cost < 1e-3:
                break
        return found

    def _alone(self, timing: Timing, place: int) -> list[Timing]:
        """One junction at any offset; the first stays, for only differences count."""
        every = range(0, self._cycle if place else 0, self._step)
        return [replace(timing, offsets=_turned(timing.offsets, (place,), by, self._cycle)) for by in every]

    def _together(self, timing: Timing, place: int) -> list[Timing]:
        """A junction and all after it."""
        every = range(0, self._cycle if place else 0, self._step)
        after = range(place, len(timing.offsets))
        return [replace(timing, offsets=_turned(timing.offsets, after, by, self._cycle)) for by in every]

    def _shared(self, timing: Timing, place: int) -> list[Timing]:
        """Some green from one stage of a junction to another, where either the one's begin stays or the other's end."""
        parts = self._stages[place]
        if parts is None:
            return []
        greens, found = timing.greens[place], []
        for gives in range(len(greens)):
            for takes in range(len(greens)):
                for share in (each * self._step for each in SHARES):
                    if gives == takes or greens[gives] - share < parts.least[gives]:
                        continue
                    if greens[takes] + share > max(parts.most[takes], parts.greens[takes]):
                        continue
                    new = list(greens)
                    new[gives] -= share
                    new[takes] += share
                    kept = (*timing.greens[:place], tuple(new), *timing.greens[place + 1 :])
                    found += [
                        Timing(self._cycle, _turned(timing.offsets, (place,), by, self._cycle), kept)
                        for by in (0, share, -share)
                    ]
        return found

    def _costs(self, timings: Sequence[Timing]) -> Any:
        """Mean delay in seconds, with what is lost by who pays at its price."""
        numpy = load("numpy")
        offsets = numpy.array([each.offsets for each in timings])
        shown, foot = [], numpy.zeros(len(timings))
        for place in range(offsets.shape[1]):
            rows = [self._of(place, each.greens[place]) for each in timings]
            same = all(row is rows[0] for row in rows)
            shown.append(rows[0][0][None] if same else numpy.stack([row[0] for row in rows]))
            foot += numpy.array([row[1] for row in rows])
        delays, rates = self._traffic.delays(offsets, shown), self._traffic.rates
        lost = numpy.maximum(0.0, delays - self._old - SLACK)
        lost = (lost * (1 + lost / STEEP)).sum(axis=1) + foot
        return delays @ rates / rates.sum() + PRICE * lost / len(self._old)

    def _of(self, place: int, greens: tuple[int, ...]) -> tuple[Any, float]:
        """What a junction's groups show, and what people on foot lose by it."""
        key = place, greens
        if key not in self._shown:
            junction, parts = self._road.junctions[place], self._stages[place]
            old = junction.program(False)
            program = timed(old, parts.greens, greens) if parts is not None else old
            foot = sum(
                max(0.0, mean_wait(program, number) - mean_wait(old, number) - SLACK)
                for number, group in enumerate(junction.intersection.groups)
                if group.kind is Kind.PEDESTRIAN and mean_wait(old, number) < float("inf")
            )
            self._shown[key] = served(junction, program, self._cycle), foot
        return self._shown[key]

    def _timed(self, greens: Sequence[tuple[int, ...]]) -> Road:
        rows = []
        for junction, parts, each in zip(self._road.junctions, self._stages, greens, strict=True):
            program = junction.program(False)
            if parts is not None:
                program = timed(program, parts.greens, each)
            plans = replace(junction.old, programs={**junction.old.programs, program.id: program})
            rows.append(replace(junction, new=plans, new_program=program.id))
        return replace(self._road, junctions=tuple(rows))

    def _before(self) -> Any:
        numpy = load("numpy")
        programs = [junction.program(False) for junction in self._road.junctions]
        cycle = max(each.cycle for each in programs)
        model = self._traffic if cycle == self._cycle else traffic(self._road, cycle)
        shown = [
            served(each, program, cycle)[None] for each, program in zip(self._road.junctions, programs, strict=True)
        ]
        return model.delays(numpy.array([[each.offset for each in programs]]), shown)[0]


def _cost(found: _Found) -> float:
    return found.cost


def _turned(offsets: tuple[int, ...], places: Sequence[int], by: int, cycle: int) -> tuple[int, ...]:
    return tuple((each + by) % cycle if number in places else each for number, each in enumerate(offsets))


def _check_cycle(junction: Junction, cycle: int) -> None:
    limits = junction.intersection.limits
    if not limits.least <= cycle <= limits.most or cycle % limits.step:
        raise NoSplits(
            f"{junction.id}: a cycle of {cycle} s: its controller runs {limits.least} to {limits.most} s "
            f"in steps of {limits.step} s"
        )
