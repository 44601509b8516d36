"""The US EPA AQI, for comparison (40 CFR part 58, appendix G). Pure.

By the hour it is an estimate, as AirNow's: NowCast for particles, the mean of the last eight hours for ozone and carbon
monoxide (AirNow uses a regression for ozone), the hour's own mean for nitrogen dioxide and sulphur dioxide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow.compute as pc

from hub.environment.columns import Column, by_day, nowcast, running_mean
from hub.environment.scale import PARTICLES, POLLUTANTS, Indices, overall, scale, worse
from hub.environment.vn_aqi import LEAST_OF_8, LEAST_OF_24

EIGHT = ("o3", "co")


def hourly(hours: Mapping[str, Column]) -> Indices:
    """Of each hour, by {metric: hourly means in ug/m3}."""
    known, ladders = _known(hours), scale("us").ladders
    used = {name: nowcast(values) if name in PARTICLES else values for name, values in known.items()}
    used |= {name: running_mean(known[name], 8, LEAST_OF_8) for name in EIGHT if name in known}
    subs = {name: ladders[name].sub_index(values) for name, values in used.items() if name not in ("so2", "o3")}
    if "o3" in known:
        subs["o3"], used["o3"] = worse(ladders["o3_8h"], used["o3"], ladders["o3_1h"], known["o3"])
    if "so2" in known:
        subs["so2"] = _sulphur(used["so2"], running_mean(known["so2"], 24, LEAST_OF_24))
    return overall(subs, used)


def daily(hours: Mapping[str, Column], days: Sequence[int]) -> Indices:
    """Of each day that `days` names (the day of each hour), ascending."""
    known, ladders = _known(hours), scale("us").ladders
    eights = {f"{name}_8h": running_mean(known[name], 8, LEAST_OF_8) for name in EIGHT if name in known}
    averaged = {name: known[name] for name in (*PARTICLES, "so2") if name in known}
    hours_of = {name: known[name] for name in ("no2", "so2", "o3") if name in known}
    means, peaks = by_day(days, averaged, hours_of | eights, LEAST_OF_24)
    used = {name: means[name] for name in PARTICLES if name in known}
    used |= {name: peaks[name] for name in ("no2", "so2") if name in known}
    used |= {name.removesuffix("_8h"): peaks[name] for name in eights}
    subs = {name: ladders[name].sub_index(values) for name, values in used.items() if name not in ("so2", "o3")}
    if "o3" in known:
        subs["o3"], used["o3"] = worse(ladders["o3_8h"], used["o3"], ladders["o3_1h"], peaks["o3"])
    if "so2" in known:
        subs["so2"] = _sulphur(peaks["so2"], means["so2"])
    return overall(subs, used)


def _sulphur(hour: Column, day: Column) -> Column:
    """By the hour up to 200; above by the mean of 24 hours, and 200 at least."""
    ladders = scale("us").ladders
    by_hour = ladders["so2"].sub_index(hour)
    high = pc.and_(pc.is_valid(hour), pc.is_null(by_hour))
    return pc.if_else(high, pc.max_element_wise(ladders["so2_24h"].sub_index(day), 200.0), by_hour)


def _known(hours: Mapping[str, Column]) -> dict[str, Column]:
    return {name: hours[name] for name in POLLUTANTS if name in hours}
