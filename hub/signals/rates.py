"""How often junctions may be ordered about: by junction, by person. Flashing amber and dark are never held up."""

from __future__ import annotations

import math
from collections import deque

from hub.ports import Clock
from hub.signals.refusals import SignalRefusal

MINUTE = 60.0


class Rates:
    """`apart`: seconds between two orders to one junction; `per_minute`: orders of one person, a route counted once.

    Counted by a clock that nobody sets; what ran before a restart is not counted.
    """

    def __init__(self, clock: Clock, apart: float, per_minute: int) -> None:
        self._clock, self._apart, self._per_minute = clock, apart, per_minute
        self._last: dict[str, float] = {}
        self._people: dict[str, deque[float]] = {}

    def _now(self) -> float:
        return self._clock.monotonic() * self._clock.rate

    def wait(self, junction: str) -> float:
        """Seconds until the junction may be ordered again; 0 when it may now."""
        return max(0.0, self._last.get(junction, -math.inf) + self._apart - self._now())

    def check_person(self, who: str) -> None:
        """Refuse the order of somebody who gave too many."""
        if (wait := self._too_many(who)) > 0:
            raise SignalRefusal(
                "too-often",
                f"{who} gave {self._per_minute} orders to junctions within a minute: wait {math.ceil(wait)} s",
                wait=wait,
            )

    def check_junction(self, junction: str) -> None:
        """Refuse an order to a junction that was ordered just now."""
        if (wait := self.wait(junction)) > 0:
            raise too_often(junction, wait, f"it was ordered less than {self._apart:g} s ago")

    def _too_many(self, who: str) -> float:
        known, now = self._people.get(who), self._now()
        if known is None:
            return 0.0
        while known and known[0] <= now - MINUTE:
            known.popleft()
        if not known:
            del self._people[who]
            return 0.0
        return known[0] + MINUTE - now if len(known) >= self._per_minute else 0.0

    def ordered(self, who: str, junctions: list[str]) -> None:
        """Note an order."""
        now = self._now()
        self._last.update(dict.fromkeys(junctions, now))
        self._people.setdefault(who, deque()).append(now)

    def forget(self, junction: str) -> None:
        """Drop a junction that was deleted."""
        self._last.pop(junction, None)


def too_often(junction: str, wait: float, why: str) -> SignalRefusal:
    """The refusal of an order that comes too soon."""
    seconds = math.ceil(wait)
    return SignalRefusal("too-often", f"junction {junction!r}: {why}; order again in {seconds} s", wait=wait)
