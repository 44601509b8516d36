"""InfluxQL text. Pure: text in, text out; names and values are quoted here. Times are whole microseconds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from hub.store.influx.lines import TIME_LIMIT

CHUNK = 5000  # devices named in one statement
_FEW = 8  # up to here a list of comparisons is the faster, beyond a regular expression


def quoted(name: str) -> str:
    """`name` as an identifier."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def literal(text: str) -> str:
    """`text` as a string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def chunks(devices: Sequence[str]) -> Iterable[Sequence[str]]:
    """The devices in parts that one statement can name."""
    return (devices[at : at + CHUNK] for at in range(0, len(devices), CHUNK))


def bounds(start: int, end: int) -> str:
    """start <= time < end."""
    low, high = (max(-TIME_LIMIT, min(TIME_LIMIT, time)) for time in (start, end))
    return f"time >= {low}u AND time < {high}u"


def among(values: Sequence[str], tag: str = "device") -> str:
    """The tag has one of these values."""
    if len(values) <= _FEW:
        return "(" + " OR ".join(f"{quoted(tag)} = {literal(value)}" for value in values) + ")"
    words = "|".join(re.escape(value).replace("/", r"\/") for value in values)
    return f"{quoted(tag)} =~ /^(?:{words})$/"


def by_interval(every: int, offset: int) -> str:
    """Group by intervals of `every`, aligned to the epoch plus `offset`; intervals without readings are left out."""
    return f"time({every}u, {offset % every}u)"
