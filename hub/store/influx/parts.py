"""Intervals of a question that lie across two stretches of its time, and the rest. Pure; times in microseconds."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hub.store.periods import interval_start
from hub.store.plan import Stretch


def shared(parts: Sequence[Stretch], every: int, offset: int) -> list[int]:
    """The starts of intervals that lie across the border of two stretches; `parts` ascend in time."""
    borders = {part.begins for part in parts[1:]}
    return sorted({at for border in borders if (at := interval_start(border, every, offset)) != border})


def core(part: Stretch, common: Collection[int], every: int, offset: int) -> Stretch:
    """The part of a stretch outside the shared intervals; it may be empty (begins >= ends)."""
    low, high = part.begins, part.ends
    if (first := interval_start(low, every, offset)) in common:
        low = first + every
    if (last := interval_start(high - 1, every, offset)) in common:
        high = last
    return part._replace(begins=low, ends=high)
