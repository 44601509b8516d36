"""Who may write to the store next while waiting readings are drained: fresh ones, or those from disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

SHARE = 5


class Turns:
    """One writer at a time. While both want to write, `share` (5) rows from disk go for each fresh one, so that a pause is
    made up for at five times real time, and a fresh batch waits for at most `share` chunks from disk.

    Fresh rows earn the drain its turns, and no more than `share * chunk` rows of them; without such a credit fresh batches
    go first. Nobody waits for one who does not want to write.
    """

    def __init__(self, chunk: int, share: int = SHARE) -> None:
        self._most, self._share = chunk * share, share
        self._changed = threading.Condition()
        self._busy = False
        self._fresh = 0  # fresh batches that wait
        self._draining = False
        self._credit = 0  # rows from disk that go before the next fresh batch
        self._slow = False  # a fresh batch has lost its patience with the turn under way

    @contextmanager
    def fresh(self, rows: int, patience: float) -> Iterator[bool]:
        """The turn of a batch of fresh rows; False when it did not come within `patience` seconds, and then at once False
        for all others until the turn under way has ended."""
        with self._changed:
            self._fresh += 1
            ours = self._changed.wait_for(self._fresh_may, 0.0 if self._slow else patience)
            self._fresh -= 1
            self._busy, self._slow = self._busy or ours, not ours
            self._changed.notify_all()
        try:
            yield ours
        finally:
            if ours:
                self._leave(min(self._most, self._credit + rows * self._share))

    @contextmanager
    def drain(self, rows: int) -> Iterator[None]:
        """The turn of a chunk from disk."""
        with self._changed:
            self._changed.wait_for(self._drain_may)
            self._busy = True
        try:
            yield
        finally:
            self._leave(max(0, self._credit - rows))

    def draining(self, wanted: bool) -> None:
        """Say that chunks from disk are to be written from now on, or not."""
        with self._changed:
            self._draining = wanted
            self._credit = self._credit if wanted else 0
            self._changed.notify_all()

    def _fresh_may(self) -> bool:
        return not self._busy and not (self._draining and self._credit > 0)

    def _drain_may(self) -> bool:
        return not self._busy and (self._fresh == 0 or self._credit > 0)

    def _leave(self, credit: int) -> None:
        with self._changed:
            self._busy = self._slow = False
            self._credit = credit if self._draining else 0
            self._changed.notify_all()
