"""The power that a lamp should draw: by its level, its curve and its age."""

from __future__ import annotations

from typing import NamedTuple


class Curve(NamedTuple):
    """Input power against light output, as shares of rated power where nothing else is said.

    Input power is close to linear in light output, with a part that the driver needs whenever it is on. `new` is the share of
    full power at which a lamp with constant light output begins; it reaches full power after `life` hours. 1 for all others.
    """

    standby: float = 0.4  # W
    overhead: float = 0.055
    new: float = 1.0
    life: float = 100_000.0  # h


def expected(curve: Curve, rated: float, level: float, burnt: float | None = None) -> float:
    """W at `level` (per cent) of a lamp of `rated` W that has burnt for so many hours (None: not known)."""
    if level <= 0.0:
        return curve.standby
    share = curve.overhead + (1.0 - curve.overhead) * level / 100.0
    aged = 1.0 if burnt is None else curve.new + (1.0 - curve.new) * min(1.0, burnt / curve.life)
    return curve.standby + (rated - curve.standby) * share * aged
