"""Hours of a station: what its quarter-hours are worth after checks and calibration, and what was left out. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hub.environment.columns import Column, column
from hub.environment.corrections import Calibrations, corrected, usual_basis
from hub.environment.quarters import LEFT_OUT, Fault, Quarter, bounds, faults
from hub.model.calibrations import Basis

HOUR = 3600.0
_NOTHING: frozenset[Fault] = frozenset()
LEVELS = frozenset({"noise"})
"""Metrics in decibels: their mean is that of the energy."""


class Marked(NamedTuple):
    """A time in which a sensor was found stuck or drifting; `end` None: it still is."""

    metric: str
    fault: Fault
    start: float
    end: float | None


@dataclass(slots=True)
class Hour:
    """An hour of one metric. `value` is what counts (None: nothing), `read` the mean of all readings as they came."""

    value: float | None
    read: float
    count: float
    left_out: float = 0.0
    faults: set[Fault] = field(default_factory=set)
    calibration: str | None = None
    basis: Basis | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """Consecutive hours of one station from `start` on: {metric: one Hour or None for each}."""

    device: str
    start: float
    count: int
    metrics: Mapping[str, Sequence[Hour | None]]

    def columns(self) -> dict[str, Column]:
        """{metric: what counts}, as indices take it."""
        return {
            metric: column([None if hour is None else hour.value for hour in hours])
            for metric, hours in self.metrics.items()
        }

    def values(self, metric: str) -> dict[float, float]:
        """{beginning of the hour: what counts}."""
        hours = self.metrics.get(metric, ())
        return {
            self.start + place * HOUR: hour.value
            for place, hour in enumerate(hours)
            if hour is not None and hour.value is not None
        }


def hours_of(
    device: str,
    quarters: Mapping[str, Sequence[Quarter]],
    start: float,
    count: int,
    calibrations: Calibrations,
    marks: Sequence[Marked] = (),
) -> Hours:
    """The `count` hours from `start` on; quarter-hours before and after serve their neighbours' checks only."""
    metrics: dict[str, list[Hour | None]] = {}
    for metric, known in quarters.items():
        of_metric = [mark for mark in marks if mark.metric == metric]
        wanted = bounds().get(metric)
        found = faults(known, wanted) if wanted is not None else [None] * len(known)
        gathered: dict[int, list[tuple[Quarter, frozenset[Fault]]]] = {}
        for quarter, fault in zip(known, found, strict=True):
            place = math.floor((quarter.time - start) / HOUR)
            if 0 <= place < count:
                told = _NOTHING if fault is None else frozenset((fault,))
                if of_metric:
                    told |= {each.fault for each in of_metric if _holds(each, quarter.time)}
                gathered.setdefault(place, []).append((quarter, told))
        line: list[Hour | None] = [None] * count
        for place, held in gathered.items():
            line[place] = _hour(device, metric, held, calibrations)
        metrics[metric] = line
    return Hours(device, start, count, metrics)


def _hour(
    device: str, metric: str, held: Sequence[tuple[Quarter, frozenset[Fault]]], calibrations: Calibrations
) -> Hour:
    every = [(quarter.mean, quarter.n) for quarter, _ in held]
    count = sum(n for _, n in every)
    hour = Hour(None, _mean(metric, every), count, basis=usual_basis(metric))
    counted = []
    for quarter, told in held:
        if told:
            hour.faults |= told
            if told & LEFT_OUT:
                hour.left_out += quarter.n
                continue
        calibration = calibrations.at(device, metric, quarter.time)
        counted.append((corrected(quarter.mean, calibration), quarter.n))
        if calibration is not None:
            hour.calibration, hour.basis = calibration.id, calibration.basis or hour.basis
    if counted:
        hour.value = _mean(metric, counted)
    return hour


def _mean(metric: str, values: Sequence[tuple[float, float]]) -> float:
    """By the number of readings; of levels that of their energy."""
    if len(values) == 1:
        return values[0][0]
    total = sum(count for _, count in values)
    if metric in LEVELS:
        return 10 * math.log10(sum(10 ** (value / 10) * count for value, count in values) / total)
    return math.fsum(value * count for value, count in values) / total


def _holds(mark: Marked, time: float) -> bool:
    return mark.start <= time and (mark.end is None or time < mark.end)
