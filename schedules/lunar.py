"""The Vietnamese lunar calendar (Hồ Ngọc Đức's rules at UTC+7, by lunar-vn)."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from lunar_vn import SUPPORTED_YEAR_RANGE, solar_to_lunar


class LunarDay(NamedTuple):
    """Month and day; in the order of the year, where a leap month follows the month that it repeats."""

    month: int
    leap: bool
    day: int


@lru_cache(maxsize=4096)
def lunar_day(day: date) -> LunarDay | None:
    """`day` in the Vietnamese calendar; None outside the years 1900 to 2100, which nobody has computed."""
    first, last = SUPPORTED_YEAR_RANGE
    if not first <= day.year <= last:
        return None
    found = solar_to_lunar(day)
    return LunarDay(found.month, found.leap, found.day)
