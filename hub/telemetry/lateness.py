"""Readings that arrive after their quarter-hour was rolled up: their hours are marked, durably, before they are stored."""

from __future__ import annotations

import math
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog

from hub.model.readings import Row
from hub.ports import Clock
from hub.registry.rollups import RollupProgress
from hub.telemetry.rolling import hour_of, in_time, quarter_before

log = structlog.get_logger("lamplighter.telemetry")
DAY = 86400.0


class _Batch(NamedTuple):
    """Rows on their way into the store: the oldest time of those in good time, and the hours of those that are late."""

    oldest: float
    hours: frozenset[float]


_IN_TIME = frozenset[float]()


@dataclass(slots=True)
class LateCounters:
    """Rows since the start: `restated` came late, `beyond` too late to be restated."""

    restated: int = 0
    beyond: int = 0


class Taken(NamedTuple):
    """Hours that are being restated with all that was marked up to `mark`."""

    hours: Collection[float]
    mark: int


class Lateness:
    """Stands between the writer (`arriving`) and the rollup job (`claim`, `take`); safe from any thread.

    A row is late when its time lies before the last claim. Marks survive kill -9, so no late row is forgotten between
    its acknowledgement and the restatement; an hour is not taken while late rows of it are still on their way.
    """

    def __init__(self, progress: RollupProgress, clock: Clock, late_days: float, zone: ZoneInfo) -> None:
        self._progress, self._clock, self._late_days, self._zone = progress, clock, late_days, zone
        self._lock = threading.Lock()
        self._rolled = -math.inf
        self._batches: dict[int, _Batch] = {}
        self._number = 0
        marked = progress.late()
        self._marked = set(marked)
        self._under_way: set[float] = set()
        self._mark = max(marked.values(), default=0) + 1
        self._told = -math.inf
        self.counters = LateCounters()

    @property
    def waiting(self) -> int:
        """Hours that are to be restated, those under way among them."""
        with self._lock:
            return len(self._marked | self._under_way)

    def reach(self) -> float:
        """Readings of before come too late now."""
        return in_time(self._clock.now(), self._late_days, self._zone)

    @contextmanager
    def arriving(self, rows: Sequence[Row]) -> Iterator[None]:
        """Hold around storing `rows`, which are not empty. Raises RegistryUnavailable when a mark cannot be made durable."""
        number, late, beyond = self._enter(rows)
        try:
            yield
        finally:
            with self._lock:
                del self._batches[number]
        self.counters.restated += late
        if beyond:
            self._tell(beyond)

    def claim(self, until: float) -> float:
        """Rows before `until` are late from now on; returns the boundary of quarters that may be rolled up to, which is
        earlier while rows of before are on their way."""
        with self._lock:
            oldest = min((batch.oldest for batch in self._batches.values()), default=math.inf)
            self._rolled = max(self._rolled, until if oldest >= until else quarter_before(oldest))
            return min(until, self._rolled)

    def take(self, most: int) -> Taken:
        """At most `most` marked hours that have no rows on their way, the oldest first."""
        with self._lock:
            busy = _IN_TIME.union(*(batch.hours for batch in self._batches.values()))
            hours = sorted(self._marked - busy)[:most]
            self._marked.difference_update(hours)
            self._under_way.update(hours)
            self._mark += 1
            return Taken(hours, self._mark - 1)

    def restated(self, taken: Taken) -> None:
        """The hours are restated."""
        self._progress.restated(taken.hours, taken.mark)
        with self._lock:
            self._under_way.difference_update(taken.hours)

    def give_back(self, hours: Collection[float]) -> None:
        """These hours could not be restated."""
        with self._lock:
            self._marked.update(hours)
            self._under_way.difference_update(hours)

    def oldest_waiting(self) -> float:
        """The oldest hour that is to be restated; infinity when there is none."""
        return min(self._progress.late(), default=math.inf)

    def _enter(self, rows: Sequence[Row]) -> tuple[int, int, int]:
        """Note a batch; returns its number, and how many of its rows are late and beyond all restating."""
        oldest = min([row.time for row in rows])
        with self._lock:
            self._number += 1
            number, rolled = self._number, self._rolled
            if oldest >= rolled:
                self._batches[number] = _Batch(oldest, _IN_TIME)
                return number, 0, 0
            reach = self.reach()
            late = [row.time for row in rows if reach <= row.time < rolled]
            beyond = sum(row.time < min(reach, rolled) for row in rows)
            hours = frozenset(map(hour_of, late))
            in_time = min((row.time for row in rows if row.time >= rolled), default=math.inf)
            self._batches[number] = _Batch(in_time, hours)
            new, mark = hours - self._marked, self._mark
        try:
            if new:
                self._progress.mark_late(new, mark)
        except BaseException:
            with self._lock:
                del self._batches[number]
            raise
        with self._lock:
            self._marked |= new
        return number, len(late), beyond

    def _tell(self, beyond: int) -> None:
        self.counters.beyond += beyond
        now = self._clock.now()
        if now - self._told >= DAY:
            self._told = now
            log.warning(
                "readings came too late: they are stored, and aggregates are left as they are",
                rows=self.counters.beyond, late_days=self._late_days,
            )  # fmt: skip
