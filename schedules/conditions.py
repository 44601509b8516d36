"""What a calendar's rule can ask of a date. Months and days are pairs, (11, 21) for 21 November."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from schedules.holiday import public_holidays
from schedules.lunar import LunarDay, lunar_day

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MonthDay = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Between:
    """From `first` to `last`, both included; None is open."""

    first: date | None
    last: date | None

    def holds(self, day: date) -> bool:
        """Whether `day` lies in the range."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def __str__(self) -> str:
        first = f"from {self.first}" if self.first else ""
        return " ".join(part for part in (first, f"to {self.last}" if self.last else "") if part)


@dataclass(frozen=True, slots=True)
class EveryYear:
    """From `first` to `last` of every year, both included; where `last` is earlier, over the turn of the year."""

    first: MonthDay
    last: MonthDay

    def holds(self, day: date) -> bool:
        """Whether `day` lies in the range."""
        return _within((day.month, day.day), self.first, self.last)

    def __str__(self) -> str:
        return f"from {_text(self.first)} to {_text(self.last)} of every year"


@dataclass(frozen=True, slots=True)
class Dates:
    """Single dates."""

    dates: frozenset[date]

    def holds(self, day: date) -> bool:
        """Whether `day` is one of them."""
        return day in self.dates

    def __str__(self) -> str:
        return "on " + ", ".join(str(day) for day in sorted(self.dates))


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Days of the week, 0 for Monday; with `nth`, only their nth occurrences in the month, -1 for the last."""

    days: frozenset[int]
    nth: frozenset[int] = frozenset()

    def holds(self, day: date) -> bool:
        """Whether `day` is such a weekday."""
        if day.weekday() not in self.days:
            return False
        last = day.day + 7 > monthrange(day.year, day.month)[1]
        return not self.nth or (day.day + 6) // 7 in self.nth or (last and -1 in self.nth)

    def __str__(self) -> str:
        names = ", ".join(WEEKDAYS[each] for each in sorted(self.days))
        counts = ", ".join("last" if each == -1 else f"{each}." for each in sorted(self.nth))
        return f"on the {counts} {names} of the month" if self.nth else f"on {names}"


@dataclass(frozen=True, slots=True)
class Holidays:
    """Public holidays of a country, with days before and after; with `names` (lower case) only those."""

    country: str
    subdivision: str | None = None
    names: frozenset[str] = frozenset()
    before: int = 0
    after: int = 0

    def holds(self, day: date) -> bool:
        """Whether a holiday is near enough to `day`."""
        return any(self._is_holiday(day + timedelta(days)) for days in range(-self.after, self.before + 1))

    def _is_holiday(self, day: date) -> bool:
        names = public_holidays(self.country, self.subdivision, day.year).get(day)
        return names is not None and (not self.names or not names.isdisjoint(self.names))

    def __str__(self) -> str:
        which = f" ({', '.join(sorted(self.names))})" if self.names else ""
        around = [f"{self.before} days before"] * bool(self.before) + [f"{self.after} days after"] * bool(self.after)
        place = "-".join(part for part in (self.country, self.subdivision) if part)
        return f"on public holidays of {place}{which}" + (f" with {' and '.join(around)}" if around else "")


@dataclass(frozen=True, slots=True)
class Lunar:
    """From `first` to `last` of the Vietnamese lunar year, both included, also over its turn (12-23 to 01-07).

    A leap month belongs to ranges that go on beyond the month that it repeats, and to no others: 07-01 to 08-15
    holds leap month 7, while 07-01 to 07-30 and the single day 07-15 mean the first of the two months alone.
    """

    first: MonthDay
    last: MonthDay

    def holds(self, day: date) -> bool:
        """Whether `day` lies in the range."""
        found = lunar_day(day)
        return found is not None and _within(found, _ordinary(self.first), _ordinary(self.last))

    def __str__(self) -> str:
        return f"from {_text(self.first)} to {_text(self.last)} by the lunar calendar"


@dataclass(frozen=True, slots=True)
class LunarDates:
    """Single days of the Vietnamese lunar year, not of its leap month; a 30th comes only in months of 30 days."""

    days: frozenset[MonthDay]

    def holds(self, day: date) -> bool:
        """Whether `day` is one of them."""
        found = lunar_day(day)
        return found is not None and not found.leap and (found.month, found.day) in self.days

    def __str__(self) -> str:
        return f"on {', '.join(map(_text, sorted(self.days)))} by the lunar calendar"


def _ordinary(day: MonthDay) -> LunarDay:
    return LunarDay(day[0], False, day[1])


def _within(value: tuple[int, ...], first: tuple[int, ...], last: tuple[int, ...]) -> bool:
    return first <= value <= last if first <= last else value >= first or value <= last


def _text(day: MonthDay) -> str:
    return f"{day[0]:02}-{day[1]:02}"
