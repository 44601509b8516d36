"""The means that limits are of, from hours of a station. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.environment.corrections import to_normal
from hub.environment.hours import HOUR, Hours
from hub.environment.limits import AREAS, Exceedance, Limit, Measured, exceedances
from hub.environment.vn_aqi import LEAST_OF_8, LEAST_OF_24
from hub.model.calibrations import Basis

LEAST_OF_YEAR = 0.75  # of its hours


def above_limits(
    hours: Hours,
    limits: Iterable[Limit],
    special: bool,
    zone: ZoneInfo,
    days: Sequence[tuple[float, float]],
    until: float,
) -> list[Exceedance]:
    """What was exceeded, by metric and time: hours and eights of all hours, of the days those given, and whole years."""
    found: list[Exceedance] = []
    area = AREAS[special]
    held = [limit for limit in limits if limit.area in (None, area)]
    for metric in sorted({limit.metric for limit in held} & hours.metrics.keys()):
        for normal in (False, True):
            wanted = [limit for limit in held if limit.metric == metric and limit.normal is normal]
            if wanted:
                means = averages(single(hours, metric, normal), days, zone, until)
                for average, measured in means.items():
                    found += exceedances(measured, [limit for limit in wanted if limit.average == average], zone)
    return sorted(found, key=lambda each: (each.start, each.limit.metric, each.limit.average))


def single(hours: Hours, metric: str, normal: bool) -> list[Measured]:
    """Each hour's mean; `normal`: by the normal cubic metre, where the air is known."""
    found = []
    air = {name: hours.metrics.get(name, ()) for name in ("temperature", "pressure")}
    for place, hour in enumerate(hours.metrics[metric]):
        if hour is None or hour.value is None:
            continue
        value, basis = hour.value, hour.basis
        if normal:
            now = {
                name: each.value
                for name, line in air.items()
                if line and (each := line[place]) and each.value is not None
            }
            value, basis = to_normal(value, basis, now)
        start = hours.start + place * HOUR
        found.append(Measured(start, start + HOUR, value, basis))
    return found


def averages(
    hours: Sequence[Measured], days: Sequence[tuple[float, float]], zone: ZoneInfo, until: float
) -> Mapping[str, list[Measured]]:
    """By the names of limits' averages. A mean of eight hours counts as that of the hour that it ends with."""
    by_start = {each.start: each for each in hours}
    eights = []
    for each in hours:
        held = [by_start[each.start - back * HOUR] for back in range(8) if each.start - back * HOUR in by_start]
        if len(held) >= LEAST_OF_8:
            eights.append(_mean(held, each.start, each.end))
    whole = [_within(hours, start, end, LEAST_OF_24) for start, end in days]
    years = {datetime.fromtimestamp(each.start, zone).year for each in hours}
    of_years = [_within(hours, *_year(year, zone), None) for year in sorted(years) if _year(year, zone)[1] <= until]
    return {
        "1h": list(hours),
        "8h": eights,
        "24h": [each for each in whole if each is not None],
        "1y": [each for each in of_years if each is not None],
    }


def _year(year: int, zone: ZoneInfo) -> tuple[float, float]:
    return datetime(year, 1, 1, tzinfo=zone).timestamp(), datetime(year + 1, 1, 1, tzinfo=zone).timestamp()


def _within(hours: Sequence[Measured], start: float, end: float, least: float | None) -> Measured | None:
    held = [each for each in hours if start <= each.start < end]
    needed = least if least is not None else (end - start) / HOUR * LEAST_OF_YEAR
    return _mean(held, start, end) if len(held) >= needed else None


def _mean(held: Sequence[Measured], start: float, end: float) -> Measured:
    ambient = any(each.basis is Basis.AMBIENT for each in held)
    return Measured(
        start, end, sum(each.value for each in held) / len(held), Basis.AMBIENT if ambient else held[-1].basis
    )
