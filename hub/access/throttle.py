"""Guessing passwords is slowed down: too many failures for a name or an address close the door for a while."""

from __future__ import annotations

import math
from collections import OrderedDict, deque

FAILURES = 10
WINDOW = 300.0


class TooManyFailures(Exception):
    """No sign-in for now; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many failed sign-ins: wait {retry_after} s and try again")
        self.retry_after = retry_after


class Throttle:
    """Failures of the last five minutes by key (`user:anna`, `address:10.0.0.7`).

    Remembers at most `capacity` keys; the one that failed longest ago is forgotten first. Times are Unix seconds.
    """

    def __init__(self, failures: int = FAILURES, window: float = WINDOW, capacity: int = 20_000) -> None:
        self._failures = failures
        self._window = window
        self._capacity = capacity
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, keys: tuple[str, ...], now: float) -> None:
        """Raise TooManyFailures when one of `keys` has used up its failures."""
        for key in keys:
            times = self._seen.get(key)
            if times is not None and len(times) >= self._failures and times[0] > now - self._window:
                raise TooManyFailures(max(1, math.ceil(times[0] + self._window - now)))

    def failed(self, keys: tuple[str, ...], now: float) -> None:
        """Count a failure for each of `keys`."""
        for key in keys:
            times = self._seen.setdefault(key, deque(maxlen=self._failures))
            times.append(now)
            self._seen.move_to_end(key)
        while len(self._seen) > self._capacity:
            self._seen.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of `key`."""
        self._seen.pop(key, None)

    def __len__(self) -> int:
        return len(self._seen)
