"""Local clock time to Unix seconds, whatever daylight saving does."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def instant(zone: ZoneInfo, day: date, minutes: float) -> float:
    """Unix seconds when the clocks of `zone` first show `minutes` after 00:00 of `day` (1440 and more: days after).

    Where the clocks skip that time: the first moment after the gap, be it an hour or a whole day (Samoa, 2011-12-30).
    """
    local = (datetime.combine(day, time()) + timedelta(minutes=minutes)).replace(tzinfo=zone)
    again = local.replace(fold=1)
    usual, other = local.utcoffset(), again.utcoffset()
    if usual == other or usual is None or other is None or usual > other:
        return local.timestamp()
    before, after = again.timestamp(), local.timestamp()  # skipped: the change lies between the two readings
    while after - before > 0.25:
        middle = (before + after) / 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == usual:
            before = middle
        else:
            after = middle
    return float(round(after))


def shown(zone: ZoneInfo, moment: float) -> str:
    """What the clocks of `zone` show at `moment`, to the minute: "21:04"."""
    return datetime.fromtimestamp(moment + 30, zone).strftime("%H:%M")
