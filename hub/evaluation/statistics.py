"""Means with confidence intervals, and differences paired by seed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from hub.evaluation.extra import load

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over seeds and the half width of its 95 % confidence interval (Student's t); infinite for one seed."""

    mean: float
    half: float

    @property
    def low(self) -> float:
        """The lower end."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """The upper end."""
        return self.mean + self.half

    def json(self) -> dict[str, float | None]:
        """`mean`, `low` and `high`; the ends are null when one seed cannot say."""
        known = math.isfinite(self.half)
        return {
            "mean": round(self.mean, 3),
            "low": round(self.low, 3) if known else None,
            "high": round(self.high, 3) if known else None,
        }


def estimate(values: Sequence[float]) -> Estimate:
    """The mean of one value for each seed."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return Estimate(mean, math.inf)
    student = float(load("scipy.special").stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2))
    return Estimate(mean, student * statistics.stdev(values) / math.sqrt(len(values)))


def paired(old: Sequence[float], new: Sequence[float]) -> Estimate:
    """The mean of new minus old, seed by seed: the same vehicles drove in both."""
    return estimate([after - before for before, after in zip(old, new, strict=True)])
