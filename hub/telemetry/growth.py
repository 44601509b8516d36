"""How fast readings and aggregates grow, and what they will be at the end of their retention. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from hub.ports import StoreSizes, Tier

DAY = 86400.0
FOR_EVER = 3650
"""Days that are looked ahead where nothing is ever dropped."""


class Growth(NamedTuple):
    """Of readings (None) or a tier: what is held, bytes a day, and the most bytes before something is dropped for what is added.

    `a_day` and `full` are None while less than a day is held, or where the store does not say its bytes.
    """

    tier: Tier | None
    held: StoreSizes
    days: int
    a_day: float | None
    full: float | None


def growth(
    sizes: StoreSizes, keep: Mapping[Tier | None, int], whole: Mapping[Tier | None, float] = MappingProxyType({})
) -> list[Growth]:
    """Of readings and of each tier, by the days that they are kept (0: for ever), and by the days that are dropped at once."""

    def grown(tier: Tier | None, held: StoreSizes) -> Growth:
        days, covered = keep[tier] or FOR_EVER, _covered(held)
        if covered < 1.0 or not held.bytes:
            return Growth(tier, held, days, None, None)
        a_day = held.bytes / covered
        return Growth(tier, held, days, a_day, a_day * (days + (whole.get(tier, 0.0) if keep[tier] else 0.0)))

    return [grown(None, sizes), *(grown(tier, sizes.tiers[tier]) for tier in Tier if tier in sizes.tiers)]


def _covered(held: StoreSizes) -> float:
    if held.days is not None:
        return held.days
    return 0.0 if held.oldest is None or held.newest is None else (held.newest - held.oldest) / DAY


def still_needed(grown: list[Growth]) -> float | None:
    """Bytes that will be needed beyond what is there; None while that is not known of the readings."""
    if not grown or grown[0].full is None:
        return None
    return sum(max(0.0, each.full - each.held.bytes) for each in grown if each.full is not None)
