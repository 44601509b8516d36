"""An index of air quality as data: bands, and the ladders from concentrations to sub-indices. Pure but for reading the tables."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from hub.environment.columns import Column, largest, nulls, rounded

POLLUTANTS = ("pm2_5", "pm10", "o3", "no2", "so2", "co")
"""What both indices are made of, by metric; the first of equals is the dominant one."""
PARTICLES = ("pm2_5", "pm10")
MOLE = 24.45  # litres a mole of a gas at 25 °C and 1013.25 hPa


class Band(NamedTuple):
    """A range of the index, up to and with `upto`."""

    upto: int
    name: str
    colour: str
    en: str
    vi: str
    effect_en: str
    effect_vi: str


class Row(NamedTuple):
    """From `low` to `high` the sub-index runs evenly from `begin` to `end`."""

    low: float
    high: float
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rows of one pollutant over one time, ascending; `factor` brings ug/m3 to their unit, which is cut to `decimals`."""

    rows: tuple[Row, ...]
    factor: float = 1.0
    decimals: int | None = None
    endless: bool = True  # above the last row its end holds

    def sub_index(self, values: Column) -> Column:
        """The sub-index, not rounded, of each concentration in ug/m3."""
        if self.factor != 1.0:
            values = pc.multiply(values, self.factor)
        if self.decimals is not None:
            scale = 10.0**self.decimals
            values = pc.divide(pc.floor(pc.round(pc.multiply(values, scale), 6)), scale)
        slope, start = pa.scalar(None, pa.float64()), pa.scalar(0.0)
        for row in self.rows:
            rise, here = (row.end - row.begin) / (row.high - row.low), pc.greater_equal(values, row.low)
            slope = pc.if_else(here, rise, slope)
            start = pc.if_else(here, row.begin - rise * row.low, start)
        found, last = pc.add(pc.multiply(values, slope), start), self.rows[-1]
        return pc.if_else(pc.greater(values, last.high), last.end if self.endless else None, found)


@dataclass(frozen=True, slots=True)
class Scale:
    """An index: where its numbers come from, its bands, and a ladder for each of its columns (`pm2_5`, `o3_8h` ...)."""

    id: str
    name: str
    source: str
    url: str
    bands: tuple[Band, ...]
    ladders: Mapping[str, Ladder]

    def band(self, index: int) -> Band:
        """The band that holds an index."""
        return next((band for band in self.bands if index <= band.upto), self.bands[-1])


@dataclass(frozen=True, slots=True)
class Indices:
    """An index over consecutive hours or days: whole numbers, null where it cannot be said.

    `subs` and `used`: the sub-index of each metric, and the concentration (ug/m3) that it was made of.
    """

    index: Column
    dominant: Column
    subs: Mapping[str, Column]
    used: Mapping[str, Column]


def worse(ladder: Ladder, values: Column, other: Ladder, others: Column) -> tuple[Column, Column]:
    """(the larger of two sub-indices, the concentration that it was made of) of each place."""
    one, two = ladder.sub_index(values), other.sub_index(others)
    second = pc.fill_null(pc.greater(two, pc.fill_null(one, -1.0)), False)
    return largest([one, two]), pc.if_else(second, others, values)


def overall(subs: Mapping[str, Column], used: Mapping[str, Column], required: tuple[str, ...] = ()) -> Indices:
    """The largest sub-index and whose it is; null where none of `required` has one."""
    names = [name for name in POLLUTANTS if name in subs]
    highest = largest([subs[name] for name in names])
    if needed := [subs[name] for name in required if name in subs]:
        highest = pc.if_else(pc.is_valid(largest(needed)), highest, None)
    elif required:
        highest = nulls(len(highest))
    conditions = [pc.equal(subs[name], highest) for name in names]
    dominant = pc.if_else(conditions[-1], names[-1], None)
    for name, condition in zip(reversed(names[:-1]), reversed(conditions[:-1]), strict=True):
        dominant = pc.if_else(pc.fill_null(condition, False), name, dominant)
    return Indices(rounded(highest), dominant, {name: rounded(each) for name, each in subs.items()}, used)


@cache
def scale(name: str) -> Scale:
    """The scale that is written in `NAME_aqi.toml`."""
    raw = tomllib.loads(files("hub.environment").joinpath(f"{name}_aqi.toml").read_text("utf-8"))
    bands = tuple(Band(**band) for band in raw["bands"])
    ladders = {key: _ladder(value) for key, value in raw.get("ladders", {}).items()}
    for key, points in raw.get("points", {}).items():
        steps = list(zip(points, raw["index"], strict=False))
        rows = tuple(Row(low, high, begin, end) for (low, begin), (high, end) in pairwise(steps))
        ladders[key] = Ladder(rows, endless=len(points) == len(raw["index"]))
    return Scale(raw["id"], raw["name"], raw["source"], raw["url"], bands, ladders)


def _ladder(raw: Mapping[str, Any]) -> Ladder:
    factor = MOLE / raw["molar"] / raw.get("per", 1.0) if "molar" in raw else 1.0
    rows = tuple(Row(*map(float, row)) for row in raw["rows"])
    return Ladder(rows, factor, raw.get("decimals"), endless=rows[-1].end == 500)
