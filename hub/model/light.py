"""The state of a light as three different facts: requested, in effect, actual."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why a light has its level. Priority falls in the order of `PRIORITY` (design: the arbiter)."""

    EMERGENCY = "emergency"
    OVERRIDE = "override"
    INCIDENT = "incident"
    SENSOR = "sensor"
    PROGRAM = "program"
    DEFAULT = "default"
    LOCAL = "local"


PRIORITY: dict[Cause, int] = {
    cause: rank
    for rank, cause in enumerate(
        (Cause.DEFAULT, Cause.PROGRAM, Cause.SENSOR, Cause.INCIDENT, Cause.OVERRIDE, Cause.EMERGENCY)
    )
}


@dataclass(frozen=True, slots=True)
class Desired:
    """What a light should be doing now, by which rule, and until when (None: until another rule takes over)."""

    level: float
    cause: Cause
    until: float | None = None
    ramp: float = 0.0
    override: str | None = None


@dataclass(frozen=True, slots=True)
class LightReport:
    """The last thing a light said of itself. `level` is what it physically does, in per cent."""

    device: str
    level: float
    cause: Cause
    time: float
    received: float
    command: str | None = None


@dataclass(frozen=True, slots=True)
class LightState:
    """What the hub knows of a light.

    `requested`: the level the hub wants now. `in_effect`: the level of the last order the light itself confirmed
    (or of its own program). `actual`: the level it last reported. Each is None while it is not known; none is
    ever filled from another. `local_until`: until when the hub leaves alone a light that was switched on the spot.
    """

    requested: float | None
    in_effect: float | None
    actual: float | None
    cause: Cause | None
    online: bool
    last_seen: float | None
    local_until: float | None = None
