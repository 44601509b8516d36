"""Cabinets: the contactors, the door, the breaker and the switch in one, and the segments of street that it feeds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Feed(NamedTuple):
    """What powers a light: a cabinet, and the segment behind one of its contactors. Written `cab-001/a`."""

    cabinet: str
    segment: str


def split_feed(text: str) -> Feed:
    """The parts of a feed as it is written."""
    cabinet, _, segment = text.partition("/")
    return Feed(cabinet, segment)


@dataclass(frozen=True, slots=True)
class CabinetReport:
    """The last thing a cabinet said of itself; what it left out is None.

    `segments` are the contactors as they were ordered, `feedback` whether there is voltage behind them. `breaker` is True while
    it is closed, `remote` while the hub may switch and nobody works at the cabinet.
    """

    device: str
    time: float
    received: float
    segments: dict[str, bool] = field(default_factory=dict)
    feedback: dict[str, bool] = field(default_factory=dict)
    door: bool | None = None
    breaker: bool | None = None
    remote: bool | None = None

    def lit(self, segment: str) -> bool | None:
        """Whether there is power behind a contactor; None when it does not say."""
        if self.breaker is False:
            return False
        return self.feedback.get(segment, self.segments.get(segment))
