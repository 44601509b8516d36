"""Time as the store counts it: whole microseconds, the periods of files, and the intervals of tiers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from hub.ports import Span, Tier

SECOND = 1_000_000
DAY = 86_400 * SECOND
RAW: Literal["raw"] = "raw"
LENGTHS: Mapping[Tier, int] = {Tier.QUARTER: 900 * SECOND, Tier.HOUR: 3600 * SECOND}
"""The intervals of the tiers that count from the epoch; civil days have no one length."""
FILES: Mapping[str, int] = {RAW: 7 * DAY, Tier.QUARTER: 28 * DAY, Tier.HOUR: 364 * DAY, Tier.DAY: 3640 * DAY}
"""How much time one file holds: of readings, and of each tier's intervals that begin in it."""
_BOUND = 9_000_000_000_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Period(NamedTuple):
    """The `number`-th file since the epoch of `series`: "raw", or a tier. Names one file."""

    series: str
    number: int

    @property
    def begins(self) -> int:
        """Its first microsecond."""
        return self.number * FILES[self.series]

    @property
    def ends(self) -> int:
        """The first microsecond after it."""
        return self.begins + FILES[self.series]


def microseconds(time: float) -> int:
    """Unix seconds as the microseconds that are stored and compared; infinities become the ends of the scale."""
    return round(max(-_BOUND, min(_BOUND, time * 1e6)))


def period_at(series: str, time: int) -> Period:
    """The file of `series` that `time` belongs to."""
    return Period(series, time // FILES[series])


def file_name(period: Period) -> str:
    """`SERIES-YYYYMMDD.duckdb`, by the period's first day.

    Raises ValueError for times that no calendar of four-digit years holds.
    """
    try:
        first = _EPOCH + timedelta(microseconds=period.begins)
        return f"{period.series}-{first.year:04d}{first:%m%d}.duckdb"
    except OverflowError:
        raise ValueError(
            f"a reading's time is in no year from 1 to 9999 (period {period.number}): check the device's clock"
        ) from None


def period_of(name: str) -> Period | None:
    """The period that a file of that name holds; None when it is not one of ours."""
    series, _, rest = name.partition("-")
    if series not in FILES or not rest.endswith(".duckdb") or len(rest) != len("YYYYMMDD.duckdb"):
        return None
    try:
        first = datetime.strptime(rest[:8], "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    number, over = divmod((first - _EPOCH) // timedelta(microseconds=1), FILES[series])
    return None if over else Period(series, number)


def interval_start(time: int, every: int, offset: int) -> int:
    """The start of the interval of `every` that holds `time`; intervals are aligned to the epoch plus `offset`."""
    return time - (time - offset) % every


def fits(tier: Tier, begins: int, ends: int, every: int, offset: int) -> bool:
    """True when the tier's interval may answer for the query's interval that holds it.

    Quarters and hours must divide the query's intervals; a civil day must lie in one of them.
    """
    length = LENGTHS.get(tier)
    if length is not None:
        return every % length == 0 and offset % length == 0
    return interval_start(begins, every, offset) == interval_start(ends - 1, every, offset)


def whole(tier: Tier, span: Span) -> tuple[int, int]:
    """A span to roll up, in microseconds.

    Raises ValueError when it does not begin and end with intervals of the tier (for days: of quarters).
    """
    start, end = microseconds(span.start), microseconds(span.end)
    length = LENGTHS.get(tier, LENGTHS[Tier.QUARTER])
    if start >= end or start % length or end % length:
        raise ValueError(
            f"{span} cannot be rolled up into {tier.value}: give a span that begins and ends on whole {length // SECOND} s"
        )
    return start, end
