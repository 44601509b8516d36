"""Civil days of a time zone: mostly 24 hours, 23 or 25 where clocks change. Pure.

Days follow each other without gap or overlap.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_EPOCH = date(1970, 1, 1).toordinal()


def day_start(number: int, zone: ZoneInfo) -> float:
    """Unix seconds of the first midnight of a day, counted from 1970-01-01 = 0; where clocks jump over it, of that jump.

    A day that a zone has left out (Samoa, 30 December 2011) begins when the next does.
    """
    day = date.fromordinal(number + _EPOCH)
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).timestamp()


def day_number(time: float, zone: ZoneInfo) -> int:
    """The day that holds `time` (Unix seconds). An evening that clocks repeat after midnight belongs to the new day."""
    number = datetime.fromtimestamp(math.floor(time), zone).date().toordinal() - _EPOCH
    while day_start(number + 1, zone) <= time:
        number += 1
    return number


def day_holding(time: float, zone: ZoneInfo) -> tuple[float, float]:
    """(start, end) of the civil day that holds `time`."""
    number = day_number(time, zone)
    return day_start(number, zone), day_start(number + 1, zone)
