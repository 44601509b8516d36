"""A calendar compiled for a device: the programs of the days ahead, which it follows with the sun and its own clock."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from schedules.calendar import Calendar
from schedules.nights import night
from schedules.program import Program
from schedules.site import Site

MOST_ENTRIES = 64
MOST_DAYS = 400
_PERIODS = (192, 96, 48, 24)  # days a plan is kept before the next one; each divides the one before
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which program runs from which day on, each until the next entry; known to be right up to the day `until`."""

    days: tuple[tuple[date, str], ...]
    until: date
    version: str
    wire: Mapping[str, Any]


def compile_plan(calendar: Calendar, programs: Mapping[str, Program], site: Site, today: date) -> Plan:
    """The plan that a device at `site` holds on `today`.

    It is the same on many days: they are cut into periods, so long that at the end of one at most half of what its
    plan covers is used up. It begins with the day before the period or, where that day has no switch, the last one that has:
    what holds in the first hours of the period is its level.
    """
    for period in _PERIODS:
        begin = date.fromordinal(today.toordinal() // period * period)
        days, until = _days(calendar, _last_switching(calendar, programs, site, begin - _DAY), begin)
        if (until - begin).days >= 2 * period:
            break
    body = {
        "programs": {id: programs[id].wire(site) for id in sorted({id for _, id in days})},
        "days": [[day.isoformat(), id] for day, id in days],
        "until": until.isoformat(),
    }
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    version = hashlib.sha256(canonical).hexdigest()[:16]
    return Plan(days, until, version, {"version": version} | body)


def _last_switching(calendar: Calendar, programs: Mapping[str, Program], site: Site, day: date) -> date:
    """`day`, or the last day before it on which the light switches; `day` where a year had none."""
    for back in range(MOST_DAYS):
        found = day - back * _DAY
        if night(calendar, programs, site, found).switches:
            return found
    return day


def _days(calendar: Calendar, first: date, begin: date) -> tuple[tuple[tuple[date, str], ...], date]:
    """The entries from `first` on, and the last day that they are right about."""
    entries: list[tuple[date, str]] = []
    day = first
    while day < begin + MOST_DAYS * _DAY:
        chosen = calendar.choose(day)[0]
        if not entries or entries[-1][1] != chosen:
            if len(entries) == MOST_ENTRIES:
                break
            entries.append((day, chosen))
        day += _DAY
    return tuple(entries), day - _DAY
