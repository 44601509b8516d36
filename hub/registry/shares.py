"""Who gives way when there is too much: whoever holds the most, first. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def fair_cap(amounts: Iterable[int], bound: int) -> int | None:
    """The largest amount that everybody may keep so that together it is at most `bound`; None when all fit already.

    Those that hold less keep all of theirs.
    """
    ascending = sorted(amounts)
    left = bound
    for place, amount in enumerate(ascending):
        sharers = len(ascending) - place
        if amount * sharers > left:
            return max(0, left) // sharers
        left -= amount
    return None
