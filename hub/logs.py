"""Structured logs on stderr: one line an event, `key=value`."""

from __future__ import annotations

import logging
import sys
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
