"""Overrides: a person (or an emergency, or a playbook) holds a level over zones and lights until a stated end."""

from __future__ import annotations

from dataclasses import dataclass

from hub.model.light import Cause


@dataclass(frozen=True, slots=True)
class Override:
    """A held level. Every override ends: at `until`, or earlier at `ended` when somebody cancelled it."""

    id: str
    level: float
    ramp: float
    start: float
    until: float
    reason: str
    by: str
    command: str
    zones: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    cause: Cause = Cause.OVERRIDE
    ended: float | None = None

    def active(self, now: float) -> bool:
        """True while the override holds at `now`."""
        return self.start <= now < self.until and (self.ended is None or now < self.ended)

    def over(self, now: float) -> bool:
        """True once it is past its end, or somebody ended it. One that begins later than `now` is not: the clock was set back."""
        return now >= self.until or self.ended is not None
