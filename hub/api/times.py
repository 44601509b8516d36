"""Times and durations as people write them: RFC 3339 with an offset, ISO 8601 durations, and `15m`."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_ISO_DURATION = re.compile(
    r"P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,6})?)S)?)?", re.ASCII
)
_SHORT_DURATION = re.compile(r"(\d{1,9})(s|m|h|d|w)", re.ASCII)
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC).timestamp()
LATEST = datetime(2200, 1, 1, tzinfo=UTC).timestamp()


class BadTime(ValueError):
    """A time or duration that cannot be used; the message says what to write instead."""


def parse_date(text: str) -> date:
    """A date such as 2026-11-21; BadTime otherwise."""
    try:
        found = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None or not 1970 <= found.year <= 2099:
        raise BadTime("is no date between 1970 and 2099: write e.g. 2026-11-21")
    return found


def parse_time(text: str) -> float:
    """Unix seconds of an RFC 3339 time, which must carry an offset (`Z` or `+07:00`); BadTime otherwise."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise BadTime("is not an RFC 3339 time: write e.g. 2026-11-21T18:00:00Z or 2026-11-22T01:00:00+07:00")
    day, clock, fraction, offset = match.groups()
    if offset is None:
        raise BadTime(f"has no offset: write {day}T{clock}Z for UTC, or e.g. {day}T{clock}+07:00")
    try:
        whole = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if offset in 'Zz' else offset}")
    except ValueError as error:
        raise BadTime(f"is no time of any calendar ({error}): write e.g. 2026-11-21T18:00:00Z") from None
    seconds = whole.timestamp() + float(f"0{fraction}" if fraction else 0)
    if not EARLIEST <= seconds < LATEST:
        raise BadTime("is out of range: write a time between 1970 and 2199")
    return seconds


def format_time(seconds: float) -> str:
    """RFC 3339 in UTC with `Z`, to the millisecond where there are any; times outside 1970-2199 become its ends.

    What is finer is cut off, never rounded up: a reading stays in the interval and the day that it was measured in.
    """
    bounded = min(max(seconds, EARLIEST), LATEST) if math.isfinite(seconds) else EARLIEST
    milliseconds = round(bounded * 1e6) // 1000
    text = datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    rest = milliseconds % 1000
    return f"{text}.{rest:03d}Z" if rest else f"{text}Z"


def parse_duration(text: str) -> float:
    """Seconds of `PT2H`, `P1D`, `PT1H30M`, `15m`, `1h`, `1d` ...; more than none. BadTime otherwise."""
    seconds = 0.0
    if short := _SHORT_DURATION.fullmatch(text):
        seconds = int(short[1]) * _SECONDS[short[2]]
    elif text != "P" and (iso := _ISO_DURATION.fullmatch(text)):
        weeks, days, hours, minutes, rest = (float(part or 0) for part in iso.groups())
        seconds = weeks * 604800 + days * 86400 + hours * 3600 + minutes * 60 + rest
    else:
        raise BadTime("is not a duration: write ISO 8601 such as PT15M, PT2H, P1D, or 30s, 15m, 1h, 1d")
    if not 0 < seconds <= 100 * 365 * 86400:
        raise BadTime("must be longer than nothing and shorter than a century: write e.g. PT15M or 1h")
    return seconds
