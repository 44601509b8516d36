"""Notifications: where people are told of alarms, and the record of every message (kept for an auditor)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class ChannelKind(StrEnum):
    """How a channel reaches people."""

    WEBHOOK = "webhook"
    EMAIL = "email"
    MQTT = "mqtt"


class What(StrEnum):
    """What a message tells: of an alarm, or what an incident has left for it to tell."""

    BEGAN = "began"
    ENDED = "ended"
    ACKNOWLEDGED = "acknowledged"
    INCIDENT = "incident"
    TEST = "test"


class DeliveryState(StrEnum):
    """Where a message is. `PLANNED` waits for its time (an escalation, the end of quiet hours), `WAITING` for its channel;
    the others are final."""

    PLANNED = "planned"
    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given-up"  # it could not be delivered in time; it says so, and nothing tries on
    DISCARDED = "discarded"  # a person said that it is not to be sent
    CANCELLED = "cancelled"  # its reason was gone before its time came

    @property
    def open(self) -> bool:
        """Whether something is still to happen."""
        return self in (DeliveryState.PLANNED, DeliveryState.WAITING)


class Outcome(StrEnum):
    """How one attempt ended. `BEGUN` is under way; `UNKNOWN`: the hub ended before it knew, so that the message goes again."""

    BEGUN = "begun"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alarm told, or to be told, by one channel. `id` is 0 until it is written, and grows in the order of planning.

    `message` is the id that the receiver sees, the same at every attempt; deliveries of one digest share it. `episode` counts
    how often the alarm has begun; where `what` is an incident, `alarm` is its id and `episode` the line of its message. A
    `conditional` one is only sent while the alarm stands and nobody has acknowledged it.
    `created` is when it was planned, `due` when it is to be sent, `ended` when it came to its final state (Unix seconds).
    `body` is what is told, as it was when it was due.
    """

    message: str
    channel: str
    kind: ChannelKind
    alarm: str
    episode: int
    what: What
    route: str = ""
    step: int = 0
    fire: bool = False
    conditional: bool = False
    created: float = 0.0
    due: float = 0.0
    state: DeliveryState = DeliveryState.PLANNED
    reason: str = ""
    by: str = ""
    attempts: int = 0
    first_attempt: float | None = None
    ended: float | None = None
    body: dict[str, Any] = field(default_factory=dict)
    id: int = 0


class Attempt(NamedTuple):
    """One try to send a message. `took` is in seconds; `status` is the answer's (`200`, `550`); `left` are the recipients that
    have not got it yet, None where all go together."""

    id: int
    message: str
    channel: str
    time: float
    outcome: Outcome
    took: float | None = None
    status: str = ""
    detail: str = ""
    left: tuple[str, ...] | None = None


class JournalLine(NamedTuple):
    """A line of the alarms' journal with the episode of the alarm that it belongs to."""

    id: int
    alarm: str
    episode: int
    time: float
    what: str
    who: str
