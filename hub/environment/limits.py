"""Limits of the law, and the times in which they were exceeded. Pure but for reading the tables."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hub.model.calibrations import Basis
from hub.model.metrics import METRICS

AVERAGES: Mapping[str, int | None] = {"1h": 1, "8h": 8, "24h": None, "1y": None}
"""Means that limits are of, with their hours; of 24 hours are the city's days, of a year its calendar years."""
AREAS = ("ordinary", "special")
_KEYS = {"metric", "source", "from", "until", "by", "area", "hours", "note", "orientation", *AVERAGES}


class BadLimits(ValueError):
    """A file of limits that cannot be used; the message says where and what to write."""


class Limit(NamedTuple):
    """More than `value` as the mean of `average`, from one day until another (None: for good), is too much.

    `normal`: concentrations are compared by the normal cubic metre. `area` and `hours` are of noise: what kind of place, and
    from which time of the day to which. `orientation`: what is above it is listed, but no condition of the station.
    """

    metric: str
    average: str
    value: float
    since: date
    until: date | None
    source: str
    normal: bool = False
    area: str | None = None
    hours: tuple[time, time] | None = None
    note: str | None = None
    orientation: bool = False

    def on(self, moment: datetime) -> bool:
        """Whether it holds at a time of the city."""
        if not self.since <= moment.date() or (self.until is not None and moment.date() >= self.until):
            return False
        if self.hours is None:
            return True
        begin, end = self.hours
        clock = moment.time()
        return begin <= clock < end if begin < end else clock >= begin or clock < end


class Measured(NamedTuple):
    """A mean that is compared with limits: of the time from `start` to `end`."""

    start: float
    end: float
    value: float
    basis: Basis | None = None


class Exceedance(NamedTuple):
    """A time in which a limit was exceeded without a break; `open`: it was at the last mean that there is."""

    limit: Limit
    start: float
    end: float
    means: int
    peak: float
    mean: float
    basis: Basis | None
    open: bool


def shipped() -> list[Limit]:
    """The limits that come with the hub."""
    return read_limits(files("hub.environment").joinpath("limits.toml").read_text("utf-8"), "limits.toml")


def city_limits(path: str) -> list[Limit]:
    """Those of a city's file; the shipped ones for an empty path. Raises BadLimits."""
    if not path:
        return shipped()
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadLimits(
            f"environment.limits: {path} cannot be read ({error}): name a TOML file, or leave it out"
        ) from None
    return read_limits(text, path)


def read_limits(text: str, name: str) -> list[Limit]:
    """The limits of a file. Raises BadLimits."""
    try:
        rows = tomllib.loads(text).get("limits", [])
    except tomllib.TOMLDecodeError as error:
        raise BadLimits(f"{name}: {error}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadLimits(f"{name}: write each limit as a table [[limits]]")
    found = []
    for number, row in enumerate(rows, 1):
        try:
            found += _limits(row)
        except (KeyError, TypeError, ValueError) as error:
            told = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            raise BadLimits(f"{name}: limit {number}: {told}") from None
    return found


def _limits(row: Mapping[str, Any]) -> list[Limit]:
    if unknown := sorted(row.keys() - _KEYS):
        raise ValueError(f"{unknown[0]!r} is none of {', '.join(sorted(_KEYS))}")
    if row["metric"] not in METRICS:
        raise ValueError(f"no metric {row['metric']!r}: write one such as pm2_5, no2 or noise")
    if row.get("area") not in (None, *AREAS):
        raise ValueError(f"area {row['area']!r}: write one of {', '.join(AREAS)}")
    if row.get("by", "as-measured") not in ("normal", "as-measured"):
        raise ValueError(f"by {row['by']!r}: write normal or as-measured")
    for name in ("from", "until"):
        if name in row and type(row[name]) is not date:
            raise ValueError(f"{name} {row[name]!r}: write a day without quotes, e.g. 2026-01-01")
    averages = [each for each in AVERAGES if each in row]
    if not averages:
        raise ValueError(f"has no value: write one for {', '.join(AVERAGES)}")
    hours = tuple(time.fromisoformat(each) for each in row["hours"]) if "hours" in row else None
    if hours is not None and len(hours) != 2:
        raise ValueError('hours: write two times of the day, e.g. ["06:00", "21:00"]')
    if hours is not None and averages != ["1h"]:
        raise ValueError('hours: go with a value for "1h" alone')
    return [
        Limit(
            row["metric"], each, float(row[each]), row["from"], row.get("until"), str(row["source"]),
            row.get("by") == "normal", row.get("area"), hours, row.get("note"), bool(row.get("orientation")),
        )
        for each in averages
    ]  # fmt: skip


def exceedances(means: Sequence[Measured], limits: Iterable[Limit], zone: ZoneInfo) -> list[Exceedance]:
    """The times in which means, ascending, were above a limit that held when they began; a missing mean ends one."""
    found: list[Exceedance] = []
    for limit in limits:
        run: list[Measured] = []
        for each in means:
            over = each.value > limit.value and limit.on(datetime.fromtimestamp(each.start, zone))
            if run and (not over or each.start > run[-1].end):
                found.append(_exceedance(limit, run, False))
                run = []
            if over:
                run.append(each)
        if run:
            found.append(_exceedance(limit, run, True))
    return found


def _exceedance(limit: Limit, run: Sequence[Measured], open_: bool) -> Exceedance:
    values = [each.value for each in run]
    basis = run[-1].basis
    return Exceedance(
        limit, run[0].start, run[-1].end, len(run), max(values), sum(values) / len(values), basis, open_
    )  # fmt: skip
