"""Structured logs on stderr: one line an event, `key=value`."""

from __future__ import annotations

import logging
import math
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from io import TextIOBase
from typing import TextIO, cast

import structlog


def set_up_logs(level: str) -> None:
    """Log from `level` ("debug", "info", "warning", "error") on."""
    number = getattr(logging, level.upper())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0, pad_level=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, Unfailing(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=max(number, logging.WARNING), stream=sys.stderr, format="%(asctime)s [%(levelname)s] %(name)s %(message)s"
    )


class Seldom:
    """For what would fill the log: each reason is to be said once in `every` seconds, with how often it was met.

    No more than MOST reasons are told apart at a time (they may differ every time); the others count as one. Safe from any
    thread.
    """

    MOST = 20

    def __init__(self, every: float = 60.0, now: Callable[[], float] = time.monotonic) -> None:
        self._every, self._now = every, now
        self._said: dict[str, float] = {}
        self._unsaid: Counter[str] = Counter()
        self._lock = threading.Lock()

    def due(self, reason: str, times: int = 1) -> int:
        """0, or when `reason` is to be said now, how often it was met since it was last said, these `times` included."""
        now = self._now()
        with self._lock:
            if reason not in self._said and len(self._said) >= self.MOST:
                self._forget(now - self._every)
                reason = reason if len(self._said) < self.MOST else ""
            self._unsaid[reason] += times
            if now - self._said.get(reason, -math.inf) < self._every:
                return 0
            self._said[reason] = now
            return self._unsaid.pop(reason)

    def _forget(self, before: float) -> None:
        """Make room: the counts of reasons that were last said before then, and not met again, stay unsaid."""
        for each in [each for each, at in self._said.items() if at <= before]:
            del self._said[each]
            self._unsaid.pop(each, None)


class Unfailing(TextIOBase):
    """Text to `stream`, and no error when that takes none: the disk that the log is on may be full just when it matters.

    What was lost is said, as a number of lines, when it takes text again.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lost = 0

    def write(self, text: str) -> int:
        """Always all of it."""
        try:
            self._stream.write(text)
        except (OSError, ValueError):  # ValueError: the stream is closed
            self._lost += text.count("\n")
        return len(text)

    def flush(self) -> None:
        """As far as it goes."""
        try:
            self._stream.flush()
            if self._lost:
                self._stream.write(f"{self._lost} lines of this log are lost: they could not be written\n")
                self._stream.flush()
                self._lost = 0
        except (OSError, ValueError):
            return
