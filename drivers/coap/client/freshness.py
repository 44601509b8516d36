"""Which of two notifications is the newer (RFC 7641 section 3.4): the network may exchange them."""

from __future__ import annotations

_HALF = 2**23
_OLD = 128.0  # seconds after which any number is newer


class Freshness:
    """The newest number of an observation, and when it came, by the loop's clock."""

    def __init__(self) -> None:
        self._number, self._at = 0, float("-inf")

    def begin(self, number: int, now: float) -> None:
        """The answer to the registration has this number."""
        self._number, self._at = number, now

    def newer(self, number: int, now: float) -> bool:
        """True when a notification is newer than all before it; it is then the newest."""
        ahead = 0 < number - self._number < _HALF or self._number - number > _HALF
        if not ahead and now <= self._at + _OLD:
            return False
        self._number, self._at = number, now
        return True
