"""Sizes of periods as those of the whole. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from hub.ports import StoreSizes

_ODD = (
    0.01  # of the rows of the fullest period: what has fewer is a clock that was wrong, or a reading that was very late
)
_DAY = 86_400.0


def together(parts: Sequence[StoreSizes]) -> StoreSizes:
    """The sizes of periods that follow each other: files, or weeks of a server."""
    return StoreSizes(
        sum(part.rows for part in parts),
        sum(part.bytes for part in parts),
        min((part.oldest for part in parts if part.oldest is not None), default=None),
        max((part.newest for part in parts if part.newest is not None), default=None),
        days=_days(parts),
    )


def _days(parts: Sequence[StoreSizes]) -> float | None:
    few = _ODD * max((part.rows for part in parts), default=0)
    covered = [
        part.newest - part.oldest
        for part in parts
        if part.oldest is not None and part.newest is not None and part.rows >= few
    ]
    return sum(covered) / _DAY if covered else None
