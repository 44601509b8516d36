"""Arithmetic over consecutive hours at once. Pure. A column is an Arrow array of doubles, an hour a place; null is no value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Column: TypeAlias = Any
"""pyarrow.Array (it has no types)."""
HALF = 0.5 + 1e-9  # so that 109.5, which doubles make 109.4999..., is rounded up


def column(values: Sequence[float | None]) -> Column:
    """A column of these values."""
    return pa.array(values, pa.float64())


def nulls(count: int) -> Column:
    """A column without values."""
    return pa.nulls(count, pa.float64())


def joined(columns: Sequence[Column]) -> Column:
    """One after the other."""
    return pa.concat_arrays(columns)


def newest(values: Column, hours: int, before: float | None = None) -> list[Column]:
    """At each place the value itself, that of the hour before, and so on for so many hours; `before` where there is none."""
    padded = pa.concat_arrays([column([before] * (hours - 1)), values])
    return [padded.slice(hours - 1 - back, len(values)) for back in range(hours)]


def largest(columns: Sequence[Column]) -> Column:
    """The largest value of each place; null only where all are."""
    return pc.max_element_wise(*columns)


def rounded(values: Column) -> Column:
    """To whole numbers, halves up."""
    return pc.cast(pc.floor(pc.add(values, HALF)), pa.int32())


def nowcast(values: Column) -> Column:
    """Weighted mean of the newest 12 hours (Decision 1459 §2.2.1 a; EPA's NowCast for particles is the same).

    w = Cmin/Cmax, at least 1/2; the hour i before has the weight w^i, a missing hour none. Null without two of the newest
    three. The decision writes the case w = 1/2 without dividing by the weights, which add up to 1 - 1/4096 when no hour is
    missing, and to half as much when the newest is: divided here too.
    """
    low, high = (_over_twelve(values, each) for each in (pc.min_element_wise, pc.max_element_wise))
    ratio = pc.if_else(pc.greater(high, 0.0), pc.divide(low, high), 1.0)
    weight = pc.max_element_wise(ratio, 0.5)
    amounts, there = (newest(each, 12, 0.0) for each in _amounts(values))
    share: Column = pa.scalar(1.0)
    total: Column = pa.scalar(0.0)
    weights: Column = pa.scalar(0.0)
    for amount, one in zip(amounts, there, strict=True):
        total = pc.add(total, pc.multiply(amount, share))
        weights = pc.add(weights, pc.multiply(one, share))
        share = pc.multiply(weight, share)
    enough = pc.greater_equal(pc.add(pc.add(there[0], there[1]), there[2]), 2.0)
    return pc.if_else(enough, pc.divide(total, weights), None)


def _over_twelve(values: Column, combine: Callable[[Column, Column], Column]) -> Column:
    """The least or the largest of the newest twelve, of windows of two, four and eight."""
    held = pa.concat_arrays([nulls(11), values])
    windows = []
    for size in (1, 2, 4):
        held = combine(held.slice(0, len(held) - size), held.slice(size))
        windows.append(held)
    return combine(windows[2].slice(0, len(values)), windows[1].slice(8, len(values)))


def running_mean(values: Column, hours: int, least: int) -> Column:
    """Mean of the `hours` that end with each place; null with fewer than `least` values."""
    amounts, there = (newest(each, hours, 0.0) for each in _amounts(values))
    total, count = amounts[0], there[0]
    for amount, one in zip(amounts[1:], there[1:], strict=True):
        total = pc.add(total, amount)
        count = pc.add(count, one)
    return pc.if_else(pc.greater_equal(count, float(least)), pc.divide(total, count), None)


def by_day(
    days: Sequence[int], means: Mapping[str, Column], peaks: Mapping[str, Column], least: int
) -> tuple[dict[str, Column], dict[str, Column]]:
    """({name: mean}, {name: largest}) of each day, ascending; null for a day with fewer than `least` values."""
    table = pa.table({"day": pa.array(days, pa.int64())} | dict(means) | dict(peaks))
    wanted = [(name, "mean") for name in means] + [(name, "max") for name in peaks]
    counts = [(name, "count") for name in {**means, **peaks}]
    found = table.group_by("day", use_threads=False).aggregate(wanted + counts).sort_by("day")

    def whole(name: str, kind: str) -> Column:
        enough = pc.greater_equal(found[f"{name}_count"], least)
        return pc.if_else(enough, found[f"{name}_{kind}"], None).combine_chunks()

    return {name: whole(name, "mean") for name in means}, {name: whole(name, "max") for name in peaks}


def _amounts(values: Column) -> tuple[Column, Column]:
    """(each value, 0 where there is none; 1 where there is one, else 0)."""
    return pc.fill_null(values, 0.0), pc.cast(pc.is_valid(values), pa.float64())
