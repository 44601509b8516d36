"""Quarantine: what was refused, choosing among it, reading it again, throwing it away."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hub.api.schemas.common import Body, Moment, PlainText, Shown, Time

RowId = Annotated[int, Field(ge=1, lt=2**63)]
MOST_IDS = 10_000


class RejectedShown(Shown):
    """What was received and could not be understood."""

    id: int
    received: Moment
    source: str = Field(
        description="where it came from: an MQTT topic, a CoAP path, or the store or registry that refused it"
    )
    device: str | None
    code: str
    reason: str
    tries: int = Field(description="how often it was replayed in vain")
    tried: Moment | None = Field(description="when it was replayed last")
    size: int = Field(description="bytes")
    preview: str = Field(description="its start as text, or in hexadecimal after 0x")


class RejectedCount(Shown):
    """How often a device was rejected for a reason; outlives the messages."""

    device: str | None
    code: str
    count: int
    last: Moment


class HeldShown(Shown):
    """How much is kept of a reason."""

    code: str
    rows: int
    bytes: int


class QuarantinePage(Shown):
    """Rejected messages, the newest first, the counts by device and reason, and what is kept of each reason."""

    items: list[RejectedShown]
    next: str | None
    counts: list[RejectedCount]
    held: list[HeldShown]


class ReplayIn(Body):
    """What to read again: all that meets every condition; at least one, or `all`."""

    ids: list[RowId] | None = Field(None, max_length=MOST_IDS)
    device: PlainText | None = Field(None, max_length=63, description="empty: of no known device")
    code: PlainText | None = Field(None, max_length=63)
    source: PlainText | None = Field(None, max_length=1024, description="the beginning of the source, e.g. tele/")
    after: Time | None = Field(None, description="received then or later")
    before: Time | None = Field(None, description="received before")
    all: bool = Field(False, description="everything that is in quarantine")
    dry_run: bool = Field(False, description="only say how many would be understood")


class RefusedFor(Shown):
    """Why messages stay: how many, and the first in words."""

    code: str
    count: int
    reason: str


class ReplayShown(Shown):
    """A replay, in messages of the quarantine; one with several reasons counts for each."""

    id: str
    state: str = Field(description="running, done or failed")
    dry_run: bool
    by: str
    started: Moment
    ended: Moment | None
    total: int
    done: int
    understood: int = Field(description="have left the quarantine (in a dry run: would)")
    refused: int = Field(description="stay, with their new reason")
    reasons: list[RefusedFor]
    waits_for: str = Field(description="what it waits for now, empty when it goes on")


class ReplayPage(Shown):
    """The last replays since the hub started, the newest first."""

    items: list[ReplayShown]
    next: None = None


class Cleared(Shown):
    """How many messages were thrown away."""

    deleted: int
