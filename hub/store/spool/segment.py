"""A segment of the spool as it is known in memory, and a place in the spool."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hub.store.spool.layout import Header


class Place(NamedTuple):
    """Somewhere in the spool: a segment, by its first batch, and an offset in it."""

    segment: int
    offset: int


@dataclass(slots=True)
class Segment:
    """A file of batches. `size` is how far it is durable; `oldest` the oldest source time in it."""

    path: Path
    header: Header
    size: int
    oldest: float
