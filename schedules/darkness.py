"""Whether it is dark: the time between dusk and dawn, when the sun is 6 degrees or more under the horizon."""

from __future__ import annotations

from datetime import datetime, timedelta

from schedules.clock import instant
from schedules.site import Site
from schedules.sun import Stays, SunEvent, sun_times

_DAY = timedelta(days=1)
_HALF_A_DAY = 43_200.0  # the sun is highest at most so far from noon, by whichever clock


def dark_between(site: Site, start: float, end: float) -> bool:
    """Whether it is dark at the place at any moment from `start` until before `end` (Unix seconds)."""
    day = datetime.fromtimestamp(start, site.zone).date() - _DAY
    while (noon := instant(site.zone, day, 720)) - _HALF_A_DAY < end:
        sun = sun_times(site.lat, site.lon, noon, True)
        dusk, dawn = sun[SunEvent.DUSK], sun[SunEvent.DAWN]
        if not (dusk is Stays.ABOVE and dawn is Stays.ABOVE):
            begins = dusk if isinstance(dusk, float) else noon
            ends = dawn if isinstance(dawn, float) else instant(site.zone, day + _DAY, 720)
            if max(begins, start) < min(ends, end):
                return True
        day += _DAY
    return False
