"""How much waits in the spool, in figures and in words, and when people hear of it. Pure but for the log."""

from __future__ import annotations

import threading
from typing import NamedTuple

import structlog

log = structlog.get_logger("lamplighter.spool")

ALARMS = (0.5, 0.9)
CALM = 0.05  # this much below a threshold the alarm is over


class Backlog(NamedTuple):
    """What waits on disk.

    `bytes` is what the spool takes there and `quota` what it may take now (less than its setting where the disk has less);
    `since` is when the oldest waiting batch was taken; no waiting reading has an earlier source time than `reading` (Unix
    seconds). Both are None when nothing waits.
    """

    batches: int
    rows: int
    bytes: int
    quota: int
    since: float | None
    reading: float | None

    @property
    def share(self) -> float:
        """How much of the quota is used, 0 to 1."""
        return used_share(self.bytes, self.quota)

    def age(self, now: float) -> float:
        """Seconds since the oldest waiting batch was taken; 0 when nothing waits."""
        return max(0.0, now - self.since) if self.since is not None else 0.0

    def words(self, now: float) -> str:
        """As `/readyz` says it."""
        if not self.batches:
            return "no readings wait on disk"
        return (
            f"{self.batches} batches ({self.rows} rows) wait on disk, {self.bytes / 1e6:.1f} MB "
            f"({self.share:.0%} of the quota), the oldest {_duration(self.age(now))}"
        )


def used_share(used: int, room: int) -> float:
    """How much of `room` is used, 0 to 1; where there is no room, all of it."""
    return used / room if room else 1.0


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def alarm_level(share: float, before: int) -> int:
    """How many of ALARMS are exceeded; one that was (`before`) stays so until the share is CALM below it."""
    return sum(share >= (threshold - CALM if number < before else threshold) for number, threshold in enumerate(ALARMS))


class FillAlarm:
    """Says in the log, once each, when a threshold is crossed and when it is no longer. From any thread."""

    def __init__(self) -> None:
        self._level = 0
        self._lock = threading.Lock()

    def look(self, share: float) -> None:
        """Compare the used share of the quota with what was last said."""
        with self._lock:
            before, self._level = self._level, alarm_level(share, self._level)
            level = self._level
        if level > before:
            log.error(
                "the spool fills: at its quota devices are no longer acknowledged; bring the store back or raise "
                "spool.megabytes",
                share=f"{share:.0%}", above=f"{ALARMS[level - 1]:.0%}",
            )  # fmt: skip
        elif level < before:
            log.info("the spool empties", share=f"{share:.0%}", below=f"{ALARMS[level]:.0%}")
