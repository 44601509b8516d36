"""The clock, and the state of a part."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Clock(Protocol):
    """The one clock. In a simulated city it may run faster than the wall's."""

    @property
    def rate(self) -> float:
        """Seconds of this clock a second of the wall; 1 outside simulations."""

    def now(self) -> float:
        """Unix seconds, UTC."""

    def ahead(self, seconds: float) -> float:
        """What `now` will be after `seconds` on the wall: for deadlines of things that happen in real time."""

    def monotonic(self) -> float:
        """Seconds on the wall since some moment, by a clock that nobody sets: for how long something has lasted."""


class Health(NamedTuple):
    """The state of one part, as `/readyz` shows it."""

    ok: bool
    detail: str
