"""What the registry takes and gives besides the vocabulary of hub.model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from hub.model.commands import Outcome
from hub.model.fire import FireEvent
from hub.model.light import LightReport
from hub.model.readings import Rejected
from hub.model.reports import EventReport

KEY_LIFETIME = 24 * 3600.0
"""Seconds for which an idempotency key is remembered."""


class TargetChange(NamedTuple):
    """A new outcome for one device of a command, decided at `time`."""

    command: str
    device: str
    outcome: Outcome
    detail: str = ""
    time: float = 0.0


class LightRecord(NamedTuple):
    """The newest report of a light, and the level of the last order that it confirmed (None: not known)."""

    report: LightReport
    in_effect: float | None


class Recorded(NamedTuple):
    """What a batch of reports really changed."""

    changed: list[TargetChange]
    new_events: list[EventReport]
    fire: Sequence[FireEvent] = ()  # those of them that are of fire panels, with their place in the proof


class Written(NamedTuple):
    """A program or a calendar as a person wrote it (JSON), when (Unix seconds) and who."""

    id: str
    body: dict[str, Any]
    changed: float
    by: str


class EventRow(NamedTuple):
    """An event as stored; ids grow in the order of arrival."""

    id: int
    event: EventReport


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """Rejected bytes as stored; ids grow in the order of arrival, `size` is that of the message in bytes.

    `tries`: how often it was read again and refused, the last time at `tried`. In lists `raw` is only the beginning.
    """

    id: int
    received: float
    source: str
    device: str | None
    code: str
    reason: str
    size: int
    raw: bytes
    tries: int = 0
    tried: float | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rejected messages: all that meet every condition given.

    `device` "" means those of no known device; `source` is the beginning of a source; received in after <= t < before.
    """

    ids: tuple[int, ...] | None = None
    device: str | None = None
    code: str | None = None
    source: str | None = None
    after: float | None = None
    before: float | None = None


class Held(NamedTuple):
    """How much there is of something in quarantine."""

    rows: int
    bytes: int


class Extent(NamedTuple):
    """How many rows of something there are, and how old the first one is (None: there are none)."""

    rows: int
    oldest: float | None


class Retried(NamedTuple):
    """What came of reading a quarantined message again: its rows as they were read, and what is wrong with it now.

    `reasons` None: nobody could read it, so that its old reason stands.
    """

    rows: tuple[QuarantineRow, ...]
    reasons: tuple[Rejected, ...] | None


class QuarantineCount(NamedTuple):
    """How often a device was rejected for a reason, and when last; outlives the rejected bytes."""

    device: str | None
    code: str
    count: int  # type: ignore[assignment]  # the column's name; nobody counts items of this tuple
    last: float


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """An answer to be repeated: `digest` identifies the request's body, `response` is the answer as JSON text."""

    user: str
    key: str
    digest: str
    response: str
    created: float
