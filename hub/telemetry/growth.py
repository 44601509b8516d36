"""How fast readings and aggregates grow, and what they will be at the end of their retention. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hub.ports import StoreSizes, Tier

DAY = 86400.0
FOR_EVER = 3650
"""Days that are looked ahead where nothing is ever dropped."""


class Growth(NamedTuple):
    """Of readings (None) or a tier: what is held, bytes a day, and bytes when nothing is added without something being dropped.

    `a_day` and `full` are None while less than a day is held, or where the store does not say its bytes.
    """

    tier: Tier | None
    held: StoreSizes
    days: int
    a_day: float | None
    full: float | None


def growth(sizes: StoreSizes, keep: Mapping[Tier | None, int]) -> list[Growth]:
    """Of readings and of each tier, by the days that they are kept (0: for ever)."""
    tiers = [_grown(tier, sizes.tiers[tier], keep[tier]) for tier in Tier if tier in sizes.tiers]
    return [_grown(None, sizes, keep[None]), *tiers]


def _grown(tier: Tier | None, held: StoreSizes, keep: int) -> Growth:
    days = keep or FOR_EVER
    if held.oldest is None or held.newest is None or held.newest - held.oldest < DAY or not held.bytes:
        return Growth(tier, held, days, None, None)
    a_day = held.bytes / ((held.newest - held.oldest) / DAY)
    return Growth(tier, held, days, a_day, a_day * days)


def still_needed(grown: list[Growth]) -> float | None:
    """Bytes that will be needed beyond what is there; None while that is not known of the readings."""
    if not grown or grown[0].full is None:
        return None
    return sum(max(0.0, each.full - each.held.bytes) for each in grown if each.full is not None)
