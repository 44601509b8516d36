"""VN_AQI, hourly and daily (Decision 1459/QĐ-TCMT §2.2). Pure.

The decision's own example prints 60 for NO2 at 118.7 ug/m3; its formula gives 59.35, and so does this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hub.environment.columns import Column, by_day, nowcast, running_mean
from hub.environment.scale import PARTICLES, POLLUTANTS, Indices, overall, scale, worse

LEAST_OF_8 = 6
LEAST_OF_24 = 18
"""Hours of which a mean or a largest value needs at least so many, 75 %. The decision names no share."""
GASES = ("no2", "so2", "co")


def hourly(hours: Mapping[str, Column]) -> Indices:
    """Of each hour, by {metric: hourly means}: NowCast for particles, the hour's own mean for gases (§2.2.1)."""
    ladders = scale("vn").ladders
    used = {name: nowcast(values) if name in PARTICLES else values for name, values in _known(hours).items()}
    subs = {name: ladders["o3_1h" if name == "o3" else name].sub_index(values) for name, values in used.items()}
    return overall(subs, used, PARTICLES)


def daily(hours: Mapping[str, Column], days: Sequence[int]) -> Indices:
    """Of each day that `days` names (the day of each hour), ascending (§2.2.2).

    Means of 24 hours for particles, the largest hour for gases, for ozone the larger of the sub-indices of its largest
    hour and of its largest mean of eight hours; of these the first may reach back into the day before.
    """
    known, ladders = _known(hours), scale("vn").ladders
    if "o3" in known:
        known["o3_8h"] = running_mean(known["o3"], 8, LEAST_OF_8)
    particles = {name: known.pop(name) for name in PARTICLES if name in known}
    means, peaks = by_day(days, particles, known, LEAST_OF_24)
    used = means | {name: peaks[name] for name in GASES if name in peaks}
    subs = {name: ladders[name].sub_index(values) for name, values in used.items()}
    if "o3" in peaks:
        subs["o3"], used["o3"] = worse(ladders["o3_1h"], peaks["o3"], ladders["o3_8h"], peaks["o3_8h"])
    return overall(subs, used, PARTICLES)


def _known(hours: Mapping[str, Column]) -> dict[str, Column]:
    return {name: hours[name] for name in POLLUTANTS if name in hours}
