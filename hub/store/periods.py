"""Time as the store counts it: whole microseconds, and periods of seven days since the Unix epoch. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

PERIOD = 7 * 86_400 * 1_000_000  # microseconds in one file
_BOUND = 9_000_000_000_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(time: float) -> int:
    """Unix seconds as the microseconds that are stored and compared; infinities become the ends of the scale."""
    return round(max(-_BOUND, min(_BOUND, time * 1e6)))


def file_name(period: int) -> str:
    """The file of the `period`-th seven days since the epoch: `raw-YYYYMMDD.duckdb`, by its first day.

    Raises ValueError for times that no calendar of four-digit years holds.
    """
    try:
        first = _EPOCH + timedelta(microseconds=period * PERIOD)
        return f"raw-{first.year:04d}{first:%m%d}.duckdb"
    except OverflowError:
        raise ValueError(
            f"a reading's time is in no year from 1 to 9999 (period {period}): check the device's clock"
        ) from None


def period_of(name: str) -> int | None:
    """The period that a file of that name holds; None when it is not one of ours."""
    if not (name.startswith("raw-") and name.endswith(".duckdb") and len(name) == len("raw-YYYYMMDD.duckdb")):
        return None
    try:
        first = datetime.strptime(name[4:12], "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    period, rest = divmod((first - _EPOCH) // timedelta(microseconds=1), PERIOD)
    return None if rest else period


def interval_start(time: int, every: int, offset: int) -> int:
    """The start of the interval of `every` that holds `time`; intervals are aligned to the epoch plus `offset`."""
    return time - (time - offset) % every
