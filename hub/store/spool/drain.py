"""The thread that brings waiting readings into the store, and finds out when a store that was away is back."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

import structlog
from tenacity import RetryCallState, RetryError, Retrying, retry_if_exception_type, wait_random_exponential
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_when_event_set

from hub.model.readings import Row
from hub.ports import RowsRefused, StoreUnavailable, TelemetryStore
from hub.store.spool.reader import Chunk
from hub.store.spool.spool import Spool
from hub.store.spool.turns import Turns

log = structlog.get_logger("lamplighter.spool")

CHUNK = 5_000  # rows brought at once
LONGEST_PAUSE = 10.0  # s between two looks whether the store is back
LOOK_EVERY = 1.0  # s between two looks whether a store that only promises was restarted
SURE = 1.5  # s after which a server that tells its start in whole seconds has surely not been started twice
GATHER = 0.05  # s that fresh batches are gathered for a store that only promises

Refused = Sequence[tuple[Row, str]]


class DistantStore(TelemetryStore, Protocol):
    """A store that can be away."""

    @property
    def durable(self) -> bool:
        """True when what `append` returned for is on its disk; False when that is only promised, or not known yet."""

    def incarnation(self) -> str | None:
        """Something that changes when the server is started again; None when it does not tell.

        Raises StoreUnavailable when it cannot be asked.
        """


class _Sent(NamedTuple):
    chunk: Chunk
    at: float  # time.monotonic
    incarnation: str | None


class Drain:
    """Sends what waits in `spool` to `store`, in order, in chunks of CHUNK rows.

    A chunk is done when a durable store has it, or `settle_seconds` after a store that only promises took it, if that store
    has not been restarted since; otherwise it is sent again. For SURE seconds after such a store was found or restarted it gets
    nothing: that it was restarted once more might not show. Rows that the store can never take go to `refused`, which returns
    when they are kept elsewhere; when it fails they are tried again.
    """

    def __init__(
        self, spool: Spool, store: DistantStore, turns: Turns, refused: Callable[[Refused], None], settle_seconds: float
    ) -> None:
        self._spool, self._store, self._turns, self._refused = spool, store, turns, refused
        self._settle_seconds = settle_seconds
        self._place = spool.released  # what is before it was sent
        self._sent: deque[_Sent] = deque()  # and is not done
        self._owed: Chunk | None = None  # is done, but its files could not be deleted
        self._incarnation: str | None = None
        self._looked = self._seen = float("-inf")
        self._failing = False
        self._changed = threading.Lock()
        self._away: tuple[float, str] | None = None
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="spool-drain", daemon=True)

    def start(self) -> None:
        """Begin, with what an earlier life left."""
        self._thread.start()

    def stop(self) -> None:
        """End after the chunk under way; what is not done stays on disk."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def wake(self) -> None:
        """Say that something was written to the spool."""
        self._wake.set()

    @property
    def away(self) -> tuple[float, str] | None:
        """Since when (time.monotonic) the store is away, and what it said; None while it works."""
        return self._away

    def lost(self, reason: str) -> None:
        """Say that the store has just failed."""
        with self._changed:
            first, self._away = self._away is None, (self._away or (time.monotonic(), ""))[:1] + (reason,)
        self._turns.draining(False)
        if first:
            log.error("the store is away; readings wait on disk until it is back", error=reason)

    def found(self) -> None:
        """Say that the store has just worked."""
        with self._changed:
            before, self._away = self._away, None
        if before is not None:
            backlog = self._spool.backlog()
            log.info("the store is back; the readings that waited are brought to it", batches=backlog.batches,
                     bytes=backlog.bytes, seconds=round(time.monotonic() - before[0], 1))  # fmt: skip

    def _run(self) -> None:
        while not self._stopping.is_set():
            retrying = Retrying(
                retry=retry_if_exception_type(Exception),
                wait=wait_random_exponential(0.5, max=LONGEST_PAUSE),
                stop=stop_when_event_set(self._stopping),
                sleep=sleep_using_event(self._stopping),
                before_sleep=self._failed,
            )
            with suppress(RetryError):
                retrying(self._turn)
                self._failing = False

    def _failed(self, state: RetryCallState) -> None:
        self._turns.draining(False)
        error = state.outcome.exception() if state.outcome else None
        if self._away is None and not self._failing:
            self._failing = True
            log.error("readings that wait on disk cannot be brought to the store; it is tried again", error=repr(error))

    def _turn(self) -> None:
        """One chunk; without one, a wait for the next."""
        self._settle()
        chunk = self._spool.read(self._place, CHUNK)
        if chunk is None:
            self._turns.draining(False)
            if self._owed is not None:
                self._release(self._owed)
            if self._away is not None:
                self._store.incarnation()  # nothing waits by which it would be found out that the store is back
                self.found()
            if self._wake.wait(LOOK_EVERY if self._sent else None) and not self._store.durable:
                self._stopping.wait(GATHER)
            self._wake.clear()
            return
        if not self._store.durable:
            self._stopping.wait(max(0.0, self._seen + SURE - time.monotonic()))
        self._turns.draining(self._away is None)
        refused = self._bring(chunk.rows)
        if refused:
            self._refused(refused)
        self._place = chunk.place
        if self._store.durable and not self._sent:
            self._release(chunk)
        else:
            self._sent.append(_Sent(chunk._replace(rows=[]), time.monotonic(), self._incarnation))

    def _bring(self, rows: Sequence[Row]) -> list[tuple[Row, str]]:
        """Store rows; those that the store can never take come back with its reason. Raises when it can take none at all:
        then not the rows are at fault."""
        broken: list[tuple[Row, Exception]] = []
        refused = self._append(rows, broken) if rows else []
        if broken and len(broken) == len(rows):
            raise broken[0][1]
        return refused + [(row, str(error)) for row, error in broken]

    def _append(self, rows: Sequence[Row], broken: list[tuple[Row, Exception]]) -> list[tuple[Row, str]]:
        """Store rows; returns those that the store refuses, and adds to `broken` each one that makes it fail."""
        try:
            with self._turns.drain(len(rows)):
                self._store.append(rows)
        except StoreUnavailable as error:
            self.lost(str(error))
            raise
        except RowsRefused as error:
            self.found()
            return [(rows[index], reason) for index, reason in sorted(error.refused.items())]
        except Exception as error:
            if len(rows) == 1:
                broken.append((rows[0], error))
                return []
            half = len(rows) // 2
            return self._append(rows[:half], broken) + self._append(rows[half:], broken)
        self.found()
        return []

    def _settle(self) -> None:
        """Let go of what a promising store has surely written by now; send again what it may have lost."""
        if self._store.durable:
            if self._sent:  # another server has taken the place of the one that promised
                self._begin_again()
            return
        now = time.monotonic()
        if now < self._looked + LOOK_EVERY:
            return
        self._looked = now
        try:
            incarnation = self._store.incarnation()
        except StoreUnavailable as error:
            self.lost(str(error))
            raise
        if incarnation != self._incarnation:
            if self._sent:
                log.warning("the store was started again: what it had not surely written is sent once more",
                            chunks=len(self._sent))  # fmt: skip
            self._incarnation, self._seen = incarnation, now
        if any(sent.incarnation != incarnation for sent in self._sent):
            self._begin_again()
        done = None
        while self._sent and self._sent[0].at + self._settle_seconds <= now:
            done = self._sent.popleft().chunk
        if done is not None:
            self._release(done)

    def _begin_again(self) -> None:
        self._sent.clear()
        self._owed = None
        self._place = self._spool.released

    def _release(self, chunk: Chunk) -> None:
        """Let go of everything up to `chunk`; when that fails, the next makes up for it, or it is tried again at leisure."""
        self._owed = chunk
        self._spool.release(chunk)
        self._owed = None
