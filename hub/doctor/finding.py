"""What `lamplighter check` says of one part, and how it writes times and counts."""

from __future__ import annotations

import time
from typing import NamedTuple


class Finding(NamedTuple):
    """One look at one part."""

    part: str
    ok: bool
    detail: str


def moment(seconds: float) -> str:
    """A source time, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))


def plural(count: int, word: str) -> str:
    """1 hour, 1,203 hours."""
    return f"{count:,} {word}" + ("" if count == 1 else "s")
