"""Lights that somebody switched on the spot, and how long the hub leaves them alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from hub.model.light import Cause, LightReport

FACT = "local-holds"  # {light: [level, since]}
SAME = 1.0  # per cent within which a level is the same


class Held(NamedTuple):
    """The level that a light was switched to, and when the hub first heard so."""

    level: float
    since: float


class LocalHolds:
    """Since when lights have been local at their level. Kept as a text, so that a restart does not begin anew.

    A light counts when it says itself that it is local; of one that only ever says its level (`names_cause` is false)
    it cannot be known. `seconds` is how long a light is left alone, by the hub's clock.
    """

    def __init__(self, seconds: float = 4 * 3600.0, names_cause: Callable[[str], bool] = lambda light: True) -> None:
        self._seconds, self._names_cause = seconds, names_cause
        self._held: dict[str, Held] = {}
        self._changed = False

    def load(self, text: str | None) -> None:
        """Take up what was kept."""
        self._held = {light: Held(*held) for light, held in json.loads(text or "{}").items()}

    def take(self, report: LightReport) -> None:
        """The newest state of a light."""
        known = self._held.get(report.device)
        if report.cause is not Cause.LOCAL or not self._names_cause(report.device):
            self.forget(report.device)
        elif known is None or abs(known.level - report.level) > SAME:
            self._held[report.device] = Held(report.level, report.received)
            self._changed = True

    def forget(self, light: str) -> None:
        """It is not local any more, or was deleted."""
        self._changed |= self._held.pop(light, None) is not None

    def clock_set(self, now: float) -> None:
        """The clock was set: nobody can have been there later than now."""
        for light, held in self._held.items():
            if held.since > now:
                self._held[light] = held._replace(since=now)
                self._changed = True

    def since(self, light: str) -> float | None:
        """Since when it has been local at its level; None when it is not."""
        held = self._held.get(light)
        return None if held is None else held.since

    def until(self, light: str) -> float | None:
        """Until when it is left alone, unless an order that began later ends that; None when it is not local."""
        held = self._held.get(light)
        return None if held is None else held.since + self._seconds

    def changes(self) -> str | None:
        """The text to keep, when it has changed since it was asked for."""
        if not self._changed:
            return None
        self._changed = False
        return json.dumps(self._held)

    def not_kept(self) -> None:
        """What `changes` gave could not be written: it is given again."""
        self._changed = True
