"""Whether a line carries what its devices are to be asked."""

from __future__ import annotations

import structlog

_OF = 50  # polls after which it is looked at
_SLOW, _FINE = 0.2, 0.05  # share of turns left out from which on a line is too slow, and up to which it is not any more
_log = structlog.get_logger("lamplighter.modbus")


class Pace:
    """Counts the turns that are left out because the line has no time for them, and says when they are many."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._polls = self._left_out = 0
        self.too_slow: str | None = None

    def polled(self, left_out: int) -> None:
        """A poll began, and before it so many turns of its device were left out."""
        self._polls += 1
        self._left_out += left_out
        if self._polls < _OF:
            return
        share = self._left_out / (self._polls + self._left_out)
        self._polls = self._left_out = 0
        if share >= _SLOW:
            before, self.too_slow = self.too_slow, f"too slow for its polls: {share:.0%} of them are left out"
            if before is None:
                _log.warning(
                    "a line cannot carry what its devices are to be asked: give their register maps longer seconds in poll, "
                    "or the line fewer devices or more baud",
                    line=self._line,
                    left_out=f"{share:.0%}",
                )
        elif share <= _FINE and self.too_slow is not None:
            self.too_slow = None
            _log.info("a line carries all polls again", line=self._line)
