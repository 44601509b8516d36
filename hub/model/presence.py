"""Whether a device can be believed to hear us, since when not and why; and how far its clock is off."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class OfflineBecause(StrEnum):
    """Why a device counts as offline."""

    LEFT = "left"  # its connection ended, by its own word or its last will
    GATEWAY = "gateway"  # the connection of the gateway that speaks for it ended
    UNREACHABLE = "unreachable"  # its gateway reports that it cannot reach it
    UNPOWERED = "unpowered"  # its segment is dead: switched off, or the cabinet's breaker is open
    SILENT = "silent"  # nothing was heard of it for three report intervals
    NEVER = "never"  # nothing was ever heard of it


class Absence(NamedTuple):
    """Why a device is offline, and since when (Unix seconds; None when it was never heard of)."""

    because: OfflineBecause
    since: float | None


class ClockError(NamedTuple):
    """A device's clock that is off by more than a minute.

    `error` is in seconds, positive when the clock is ahead; infinite when its times are beyond what is taken at all.
    `since` is when the hub first saw it, by the hub's own clock.
    """

    error: float
    since: float


class PresenceCopy(NamedTuple):
    """What is known of presence and clocks at one moment, by device. Nothing in it changes any more."""

    heard: Mapping[str, float]
    present: Mapping[str, bool]
    left_at: Mapping[str, float]
    clocks: Mapping[str, ClockError]
