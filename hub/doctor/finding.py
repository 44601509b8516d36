"""What `lamplighter check` says of one part, and how it writes amounts."""

from __future__ import annotations

import time
from typing import NamedTuple


class Finding(NamedTuple):
    """One look at one part."""

    part: str
    ok: bool
    detail: str


def amount(bytes: float) -> str:
    """Bytes as people read them: 0.3 MB, 75 MB, 12.4 GB."""
    for unit, size in (("TB", 1e12), ("GB", 1e9)):
        if bytes >= size:
            return f"{bytes / size:.1f} {unit}"
    return f"{bytes / 1e6:.0f} MB" if bytes >= 1e7 else f"{bytes / 1e6:.1f} MB"


def moment(seconds: float) -> str:
    """A source time, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))


def plural(count: int, word: str) -> str:
    """1 hour, 1,203 hours."""
    return f"{count:,} {word}" + ("" if count == 1 else "s")
