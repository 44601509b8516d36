"""The old plans against the new ones: a verdict for every movement and for the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hub.evaluation.road import Movement, Road
from hub.evaluation.simulation import Run, Suffered
from hub.evaluation.statistics import Estimate, estimate, paired
from hub.evaluation.walking import waits

MARGIN = 5.0  # seconds of mean delay that a movement may lose before it is called worse
WHOLE_MARGIN = 1.0  # the same of all vehicles together


class Verdict(StrEnum):
    """What the seeds show. `UNSURE`: neither that it is better or worse, nor that it is the same within the margin."""

    BETTER = "better"
    SAME = "same"
    UNSURE = "unsure"
    MIXED = "mixed"  # of the whole: better in all, but a movement is worse
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure under both plans, and new minus old."""

    old: Estimate
    new: Estimate
    change: Estimate


@dataclass(frozen=True, slots=True)
class Compared:
    """A movement, flow, class or the whole: vehicles a run, and delay (s), stops and queue (vehicles) of both plans."""

    name: str
    vehicles: float
    delay: Measure
    stops: Measure
    queue: Measure
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Walk:
    """Mean wait at a crossing, in seconds, which hangs on the program alone."""

    junction: str
    group: str
    old: float
    new: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """All of it. `unfinished`: mean number of vehicles a run that did not arrive, (old, new).

    `unmeasured`: movements that a group serves and nobody in the demand wants.
    """

    seeds: tuple[int, ...]
    whole: Compared
    movements: tuple[Compared, ...]
    flows: tuple[Compared, ...]
    kinds: tuple[Compared, ...]
    walks: tuple[Walk, ...]
    unfinished: tuple[float, float]
    unmeasured: tuple[str, ...]
    verdict: Verdict
    because: tuple[str, ...]


def compare(
    road: Road, seeds: Sequence[int], old: Sequence[Run], new: Sequence[Run], margin: float = MARGIN
) -> Comparison:
    """Runs of the same seeds, in the same order, under the old and under the new plans."""
    movements = _each(old, new, lambda run: {str(key): value for key, value in run.movements.items()}, margin)
    whole = _each(old, new, lambda run: {"all": run.whole}, WHOLE_MARGIN)[0]
    walks = tuple(_walks(road, margin))
    unfinished = _mean(run.unfinished for run in old), _mean(run.unfinished for run in new)
    worse = [each.name for each in movements if each.verdict is Verdict.WORSE]
    worse += [f"{each.junction}/{each.group} on foot" for each in walks if each.verdict is Verdict.WORSE]
    crossing = [f"by SUMO's geometry {each}" for each in new[0].crossings]
    verdict = Verdict.WORSE if crossing else _verdict(whole.verdict, worse, unfinished)
    because = [*crossing, *(f"worse: {name}" for name in worse)]
    if unfinished[1] > unfinished[0]:
        because.insert(0, f"{unfinished[1]:g} vehicles a run did not arrive, {unfinished[0]:g} before")
    return Comparison(
        tuple(seeds),
        whole,
        movements,
        _each(old, new, lambda run: run.flows, margin),
        _each(old, new, lambda run: run.kinds, margin),
        walks,
        unfinished,
        tuple(sorted(set(_unmeasured(road)))),
        verdict,
        tuple(because),
    )


def _verdict(whole: Verdict, worse: list[str], unfinished: tuple[float, float]) -> Verdict:
    if unfinished[1] > unfinished[0]:
        return Verdict.WORSE
    if worse:
        return Verdict.MIXED if whole is Verdict.BETTER else Verdict.WORSE
    return whole


def judge(change: Estimate, margin: float) -> Verdict:
    """Better or worse when the interval leaves out zero, and worse only by more than the margin; same when it is within."""
    if change.high < 0:
        return Verdict.BETTER
    if change.low > 0 and change.mean > margin:
        return Verdict.WORSE
    return Verdict.SAME if change.high <= margin else Verdict.UNSURE


def _each(
    old: Sequence[Run], new: Sequence[Run], of: Callable[[Run], dict[str, Suffered]], margin: float
) -> tuple[Compared, ...]:
    names = sorted({name for run in (*old, *new) for name in of(run)})
    found = []
    for name in names:
        pairs = [
            (of(before)[name], of(after)[name])
            for before, after in zip(old, new, strict=True)
            if name in of(before) and name in of(after)
        ]
        if not pairs:
            continue
        delay = _measure(pairs, lambda each: each.delay)
        found.append(
            Compared(
                name,
                _mean(before.vehicles for before, _ in pairs),
                delay,
                _measure(pairs, lambda each: each.stops),
                _measure(pairs, lambda each: each.queue),
                judge(delay.change, margin),
            )
        )
    return tuple(found)


def _measure(pairs: Sequence[tuple[Suffered, Suffered]], of: Callable[[Suffered], float]) -> Measure:
    before, after = [of(one) for one, _ in pairs], [of(other) for _, other in pairs]
    return Measure(estimate(before), estimate(after), paired(before, after))


def _walks(road: Road, margin: float) -> Iterable[Walk]:
    for junction in road.junctions:
        for group, (old, new) in waits(junction).items():
            change = new - old
            verdict = Verdict.BETTER if change < 0 else Verdict.WORSE if change > margin else Verdict.SAME
            yield Walk(junction.id, group, old, new, verdict)


def _unmeasured(road: Road) -> Iterable[str]:
    wanted = {each for flow in road.flows for each in flow.path}
    for junction in road.junctions:
        for _, group in junction.wheeled():
            for movement in group.movements:
                if group.approach is not None and Movement(junction.id, group.approach, movement) not in wanted:
                    yield str(Movement(junction.id, group.approach, movement))


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)
