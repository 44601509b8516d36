"""Fire panels."""

from __future__ import annotations

from pydantic import Field

from hub.settings.section import Section


class FireSettings(Section):
    """How fire panels are watched. The hub only listens: it is neither the certified transmission nor the only path."""

    heartbeat_seconds: float = Field(
        60.0,
        ge=1,
        le=3600,
        description="how often every panel is expected to be heard; one that is not is asked for its state",
    )
    lost_after: int = Field(
        3, ge=2, le=10, description="heartbeats missed after which a panel is lost: an alarm of its own"
    )
    clock_seconds: float = Field(5.0, gt=0, le=3600, description="how far a panel's clock may be off")
    self_test_at: str = Field(
        "10:00",
        pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$",
        description="time of day, in the city's time zone, of the daily end-to-end test of the fire path; empty: only on demand",
    )
    self_test_seconds: float = Field(
        10.0, gt=0, le=300, description="seconds within which the test must have arrived everywhere"
    )
    keep_days: int = Field(
        3653,
        ge=0,
        le=36500,
        description="days that events of panels with the proof of their delivery are kept; 0 is for ever",
    )
