"""Waiting for a thing instead of for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(what: str, look: Callable[[], T | None], *, within: float = 60.0, every: float = 0.05) -> T:
    """The first answer of `look` that is neither None nor False; fails naming `what` when there is none in time."""
    end = time.monotonic() + within
    last: T | None = None
    while time.monotonic() < end:
        last = look()
        if last is not None and last is not False:
            return last
        time.sleep(every)
    raise AssertionError(f"waited {within:.0f} s in vain for: {what} (last answer {last!r})")
