"""Readings: what was measured, when by the device's clock, when it arrived, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

import msgspec

from hub.model.devices import DeviceKind


class Quality(IntFlag):
    """What is known against a reading; 0 is good."""

    GOOD = 0
    CLOCK_SUSPECT = 1  # source and receive time differ by more than a minute although it was not sent late
    NO_SOURCE_TIME = 2  # the device gave no time: it is the time of receipt


class Row(msgspec.Struct, frozen=True, gc=False):
    """The readings of one device at one source time: {metric: value} in the stored units.

    (device, metric, time) is the identity of a reading; a second row with the same identity changes nothing.
    """

    device: str
    kind: DeviceKind
    time: float
    received: float
    values: dict[str, float]
    quality: int = 0


@dataclass(frozen=True, slots=True)
class Rejected:
    """Bytes that could not become readings or reports; kept whole, counted, shown and replayable.

    `source` is where they came from (an MQTT topic, a CoAP path); `code` a short reason to count by
    (`bad-json`, `unknown-device`, ...); `reason` a sentence that says what to send instead.
    """

    received: float
    source: str
    device: str | None
    code: str
    reason: str
    raw: bytes
