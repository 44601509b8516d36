"""Times of the week in the city's time zone, as people write them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, time, timedelta, tzinfo
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, model_validator

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK = 7 * 86_400.0  # seconds
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def _of_day(text: str) -> str:
    if not _TIME.fullmatch(text):
        raise ValueError(f"{text[:20]!r} is no time of day: write HH:MM, e.g. 22:00")
    return text


def _in_order(days: frozenset[Day]) -> list[Day]:
    return [day for day in DAYS if day in days]


TimeOfDay = Annotated[str, AfterValidator(_of_day), Field(json_schema_extra={"pattern": r"^([01]\d|2[0-3]):[0-5]\d$"})]


class Window(BaseModel):
    """From a time of day until another, on some days. Over midnight it belongs to the day on which it begins."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    days: Annotated[
        frozenset[Day], Field(min_length=1, description="on which it begins"), PlainSerializer(_in_order, list[Day])
    ] = frozenset(DAYS)
    start: Annotated[TimeOfDay, Field(alias="from")]
    until: TimeOfDay

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.start == self.until:
            raise ValueError("from and until are the same: write different times, or leave the window out for all day")
        return self

    def ends(self, at: float, zone: tzinfo) -> float | None:
        """When the window ends that holds at `at` (Unix seconds); None when none does."""
        moment = datetime.fromtimestamp(at, zone)
        for back in (0, 1):
            day = moment.date() - timedelta(days=back)
            if DAYS[day.weekday()] not in self.days:
                continue
            start, until = time.fromisoformat(self.start), time.fromisoformat(self.until)
            begins = datetime.combine(day, start, zone)
            ends = datetime.combine(day + timedelta(days=until <= start), until, zone)
            if begins.timestamp() <= at < ends.timestamp():
                return ends.timestamp()
        return None


def quiet_until(windows: Iterable[Window], at: float, zone: tzinfo) -> float:
    """The first moment from `at` on that lies in none of the windows; after a week of them, `at` plus that week."""
    moment, windows = at, list(windows)
    while moment < at + WEEK:
        ends = [end for window in windows if (end := window.ends(moment, zone)) is not None]
        if not ends:
            break
        moment = max(ends)
    return moment
