"""Offsets, splits and a cycle with the least delay by which nobody pays: no movement waits longer than under the old plans.

A band is for who drives through. Who turns off or comes from the side is released when the wave is not there, so the wave
brings him to red: with the offsets alone there is a choice between the two, and here it is made for both. What is sought
goes downhill in steps, and begins again from somewhere near; it is not proved to be the best.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from hub.evaluation.delays import Traffic, served, traffic
from hub.evaluation.extra import load
from hub.evaluation.maxband import maxband
from hub.evaluation.retiming import NoSplits, Stages, stages, timed
from hub.evaluation.road import BadRoad, Junction, Movement, Road
from hub.evaluation.through import corridor
from hub.evaluation.walking import mean_wait
from hub.evaluation.webster import splits
from schedules.signals.bands import BadCorridor
from schedules.signals.intersection import Kind

SLACK = 2.0  # seconds that a movement may lose: less than an evaluation calls worse, for this is foreseen, not driven
PRICE = 20.0  # what a second more than that for all movements costs, in seconds of the mean delay
STEEP = 4.0  # seconds from which on a second costs twice that and more: rather many lose little than one much
SHARES = (1, 2, 4)  # steps of green that one stage gives to another
SWEEPS, KICKS = 8, 2
WIDE, NEAR = 2, 8  # sweeps over the whole cycle, and steps either way of those that follow

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Timing:
    """Of each junction, in the road's order: offset in seconds, and seconds of green of its stages (empty: as they were)."""

    cycle: int
    offsets: tuple[int, ...]
    greens: tuple[tuple[int, ...], ...]


def _nothing(line: str) -> None:
    """Who does not want to hear of it."""


def spare(road: Road, with_splits: bool, cycles: Sequence[int], finer: bool = False, told: Told = _nothing) -> Search:
    """Where the best was found of `cycles` (none: the old one, which must be common), with the splits when they are free;
    another cycle frees them. `finer`: others near the best one are tried, too. BadRoad or NoSplits where it cannot be done."""
    common = max(junction.program(False).cycle for junction in road.junctions)
    wanted = sorted(cycles) or [common]
    if wanted != [common] and any(junction.program(False).cycle != common for junction in road.junctions):
        raise BadRoad("junctions run different cycles: leave the cycle as it is, or give all one program cycle first")
    step = max(junction.intersection.limits.step for junction in road.junctions)
    found: dict[int, Search] = {}
    refused = ""
    for cycle in wanted:
        try:
            found[cycle] = Search(road, cycle, with_splits or cycle != common)
        except NoSplits as error:
            refused = str(error)
            continue
        told(f"cycle {cycle} s: cost {found[cycle].cost:.1f} s")
    if not found:
        raise NoSplits(refused)
    gap = max((after - before for before, after in pairwise(wanted)), default=0)
    while finer and (gap := gap // 2) >= step:
        best = min(found.values(), key=_cost).timing.cycle
        for cycle in (best - gap // step * step, best + gap // step * step):
            if cycle not in found and min(found) < cycle < max(found):
                found[cycle] = Search(road, cycle, True)
                told(f"cycle {cycle} s: cost {found[cycle].cost:.1f} s")
    best_found = min(found.values(), key=_cost)
    best_found.again()
    told(f"cycle {best_found.timing.cycle} s, sought again: cost {best_found.cost:.1f} s")
    return best_found


class Search:
    """The best `timing` for one cycle, and its `cost` in seconds: mean delay, with what is lost by who pays at its price."""

    def __init__(self, road: Road, cycle: int, with_splits: bool) -> None:
        self._road, self._cycle = road, cycle
        self._step = max(junction.intersection.limits.step for junction in road.junctions)
        self._stages: list[Stages | None] = [None] * len(road.junctions)
        start: list[tuple[int, ...]] = [()] * len(road.junctions)
        for number, junction in enumerate(road.junctions if with_splits else ()):
            _check_cycle(junction, cycle)
            parts = stages(junction, self._step)
            self._stages[number], start[number] = parts, parts.greens
            if cycle != max(each.program(False).cycle for each in road.junctions):
                start[number] = splits(junction, road.flows, road.saturation, self._step, cycle).after
                _check_longest(junction, cycle, parts, start[number])
        self._traffic: Traffic = traffic(road, cycle)
        self._shown: dict[tuple[int, tuple[int, ...]], tuple[Any, float]] = {}
        self._old = self._before()
        self._unlike: Any = 0.0
        offsets = [tuple(junction.program(False).offset % cycle for junction in road.junctions)]
        with suppress(BadCorridor, BadRoad):  # without bands there is still less delay to be found
            bare = self.road(Timing(cycle, offsets[0], tuple(start)))
            offsets.append(maxband(corridor(bare, True), step=self._step).offsets)
        self.timing, self.cost = self._best(*(self._down(Timing(cycle, each, tuple(start))) for each in offsets))

    def again(self) -> None:
        """From near the best: part of the road moved against the rest, and what is after it."""
        chance = random.Random(self._cycle)
        for _ in range(KICKS if len(self.timing.offsets) > 1 else 0):
            place, by = chance.randrange(1, len(self.timing.offsets)), chance.randrange(self._cycle)
            by = by // self._step * self._step
            places = range(place, len(self.timing.offsets))
            moved = replace(self.timing, offsets=_turned(self.timing.offsets, places, by, self._cycle))
            self.timing, self.cost = self._best((self.timing, self.cost), self._down(moved))

    def hear(self, unlike: Mapping[Movement, float]) -> None:
        """Seconds by which movements lose more, under the new plans and not the old, than is worked out here; and go on."""
        numpy = load("numpy")
        self._unlike = numpy.array([unlike.get(each, 0.0) for each in self._traffic.movements])
        self.timing, self.cost = self._down(self.timing)

    def changes(self, timing: Timing) -> dict[Movement, float]:
        """New minus old delay of each movement, as it is worked out here."""
        numpy = load("numpy")
        shown = [self._of(place, greens)[0][None] for place, greens in enumerate(timing.greens)]
        delays = self._traffic.delays(numpy.array([timing.offsets]), shown)[0]
        return dict(zip(self._traffic.movements, (delays - self._old).tolist(), strict=True))

    @staticmethod
    def _best(*found: tuple[Timing, float]) -> tuple[Timing, float]:
        return min(found, key=lambda each: each[1])

    def _down(self, timing: Timing) -> tuple[Timing, float]:
        cost = float(self._costs([timing])[0])
        for sweep in range(SWEEPS):
            before = cost
            reach = self._cycle // 2 if sweep < WIDE else NEAR * self._step
            for place in range(len(timing.offsets)):
                after = range(place, len(timing.offsets))
                one = [*self._moved(timing, after[:1], reach), *self._shared(timing, place)]
                for near in (one, self._moved(timing, after, reach)):
                    if not near:
                        continue
                    costs = self._costs(near)
                    if costs.min() < cost - 1e-9:
                        timing, cost = near[int(costs.argmin())], float(costs.min())
            if before - cost < 1e-3:
                break
        return timing, cost

    def _moved(self, timing: Timing, places: range, reach: int) -> list[Timing]:
        """Junctions up to so many seconds either way; none when the first is among them, for only differences count."""
        every = range(-(reach // self._step) * self._step, reach + 1, self._step) if 0 not in places else ()
        return [replace(timing, offsets=_turned(timing.offsets, places, by, self._cycle)) for by in every]

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
        lost = numpy.maximum(0.0, delays - self._old + self._unlike - SLACK)
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

    def road(self, timing: Timing) -> Road:
        """The road with a timing as its new programs, without waits, skips and stages: to be driven, not to be proposed."""
        rows = []
        for place, (junction, greens) in enumerate(zip(self._road.junctions, timing.greens, strict=True)):
            program, parts = junction.program(False), self._stages[place]
            if parts is not None:
                program = timed(program, parts.greens, greens)
            program = replace(program, offset=timing.offsets[place] % program.cycle)
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


def _cost(found: Search) -> float:
    return found.cost


def _turned(offsets: tuple[int, ...], places: Sequence[int], by: int, cycle: int) -> tuple[int, ...]:
    return tuple((each + by) % cycle if number in places else each for number, each in enumerate(offsets))


def _check_longest(junction: Junction, cycle: int, parts: Stages, greens: Sequence[int]) -> None:
    for id, now, most, green in zip(parts.ids, parts.greens, parts.most, greens, strict=True):
        if green > max(now, most):
            raise NoSplits(
                f"{junction.id}: a cycle of {cycle} s is too long: stage {id!r} would have {green} s of green, {most} s "
                f"are its groups' most"
            )


def _check_cycle(junction: Junction, cycle: int) -> None:
    limits = junction.intersection.limits
    if not limits.least <= cycle <= limits.most or cycle % limits.step:
        raise NoSplits(
            f"{junction.id}: a cycle of {cycle} s: its controller runs {limits.least} to {limits.most} s "
            f"in steps of {limits.step} s"
        )
