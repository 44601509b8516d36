"""Whose turn it is to write."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class WriteTurn:
    """One writer at a time; who asks to be `first` goes before all that wait, behind none but the one that writes now."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._taken = False
        self._first = 0

    @property
    def waiting_first(self) -> int:
        """How many that go first wait."""
        return self._first

    @contextmanager
    def take(self, *, first: bool = False) -> Iterator[None]:
        """Be the writer for the block."""
        with self._changed:
            self._first += first
            try:
                self._changed.wait_for(lambda: not self._taken and (first or not self._first))
                self._taken = True
            finally:
                self._first -= first
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()
