"""Which devices' clocks are off by more than a minute, told from what they send."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from hub.model.presence import ClockError
from hub.model.readings import Quality, Row

OFF = 60.0  # seconds that source and receive time may differ
_NO_SOURCE_TIME, _SUSPECT = int(Quality.NO_SOURCE_TIME), int(Quality.CLOCK_SUSPECT)
MESSAGES, SPREAD = 3, 120.0  # how many messages, over at least how many seconds, show that a clock is behind


class Late(NamedTuple):
    """Messages in a row whose newest reading was old when it came: how many, since when, and by how much at least and most."""

    first: float
    messages: int
    least: float
    most: float


class Clocks:
    """Judges every message by its newest source time against its receipt.

    - Within a minute: the clock is right. One such message clears everything.
    - Ahead: the clock is wrong, at once. Nothing comes before it was measured.
    - Behind: it may be late instead of wrong, as when a device sends what it kept through an outage. The clock is wrong when
      three messages in a row, over at least two minutes, are behind by the same, give or take a minute: what is sent late
      either catches up or ends with a fresh reading.

    `rate` is the hub clock's: where a second of the city lasts a hundredth of the wall's, transport is a hundred times as long.
    """

    def __init__(self, rate: float = 1.0) -> None:
        self.limit = OFF * max(1.0, rate)
        self._spread = SPREAD * max(1.0, rate)
        self.wrong: dict[str, ClockError] = {}
        self.late: dict[str, Late] = {}

    def hear(self, odd: set[str], rows: Iterable[Row]) -> set[str]:
        """Judge the messages of `odd` among `rows`; returns the devices that were flagged or cleared."""
        newest: dict[tuple[str, float], float] = {}
        for row in rows:
            if row.device in odd and not row.quality & _NO_SOURCE_TIME:
                key = row.device, row.received
                beyond_belief = row.quality & _SUSPECT and row.time == row.received
                newest[key] = max(newest.get(key, -math.inf), math.inf if beyond_belief else row.time - row.received)
        return {device for (device, at), error in newest.items() if self.judge(device, error, at)}

    def judge(self, device: str, error: float, at: float) -> bool:
        """Take in one message, `error` s ahead of its receipt `at`; True when the device was flagged or cleared by it."""
        before = self.wrong.get(device)
        if -self.limit <= error <= self.limit:
            self.late.pop(device, None)
            self.wrong.pop(device, None)
            return before is not None
        if error > 0:
            self.late.pop(device, None)
            since = before.since if before is not None and before.error > 0 else at
            self.wrong[device] = ClockError(error, since)
        else:
            late = self.late[device] = _longer(self.late.get(device), -error, at, self.limit)
            if late.messages < MESSAGES or at - late.first < self._spread:
                return False
            since = before.since if before is not None and before.error < 0 else late.first
            self.wrong[device] = ClockError(-late.least, since)
        return before is None or (before.error > 0) is not (error > 0)

    def forget(self, device: str) -> None:
        """Drop a device that was deleted."""
        self.wrong.pop(device, None)
        self.late.pop(device, None)


def _longer(late: Late | None, behind: float, at: float, limit: float) -> Late:
    """`late` with one message more; begun anew when that is not as late as the others were."""
    if late is None or max(late.most, behind) - min(late.least, behind) > limit:
        return Late(at, 1, behind, behind)
    return Late(late.first, late.messages + 1, min(late.least, behind), max(late.most, behind))
