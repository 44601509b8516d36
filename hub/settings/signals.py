"""Traffic signals."""

from __future__ import annotations

from pydantic import Field

from hub.settings.section import Section


class SignalsSettings(Section):
    """How junctions are watched and ordered. The controller is the safety authority; these bound what the hub asks of it."""

    report_seconds: float = Field(
        60.0, ge=1, le=3600, description="how often every controller is expected to say what it does, unasked"
    )
    clock_seconds: float = Field(
        2.0, gt=0, le=600, description="how far a controller's clock may be off: coordination dies of it"
    )
    astray_seconds: float = Field(
        300.0, ge=0, le=86_400,
        description="seconds that a controller may run what is not of its plan set, or flash unordered, before that is an alarm",
    )  # fmt: skip
    seconds_between_orders: float = Field(
        10.0,
        ge=0,
        le=3600,
        description="seconds between two orders to one junction; flashing amber and dark never wait",
    )
    orders_per_minute: int = Field(
        30, ge=1, le=1000, description="orders of one person within a minute, a route counted once; likewise"
    )
    longest_hours: float = Field(
        12.0, gt=0, le=744, description="how far ahead the end of an order to a junction may be"
    )
    approval_days: float = Field(
        30.0, gt=0, le=366, description="days within which an approved plan set must be activated"
    )
    rollback_days: float = Field(
        90.0, gt=0, le=3660, description="days for which a plan set that was active may be activated again"
    )
    download_seconds: float = Field(
        300.0, ge=10, le=86_400, description="seconds within which a plan set must be downloaded and read back"
    )
    follow_seconds: float = Field(
        900.0, ge=10, le=86_400, description="seconds within which a controller must run a plan set that it holds"
    )
    progression_kmh: float = Field(
        40.0, ge=5, le=130,
        description="km/h at which green waves are drawn unless another speed is asked for: what a road of 50 km/h is driven at",
    )  # fmt: skip
