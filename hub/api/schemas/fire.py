"""Fire panels: what people see."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hub.api.schemas.alarms import Bilingual
from hub.api.schemas.common import Moment, Position, Shown

Condition = Literal["alarm", "fault", "supervisory", "disabled", "test"]


class FireTestShown(Shown):
    """A test of the fire path; `stages` are seconds from its start."""

    id: int
    started: Moment
    by: str
    outcome: Literal["passed", "failed"] | None
    stages: dict[str, float]
    detail: str


class PanelShown(Shown):
    """A fire panel. The five counts are points with each condition; they may stand together."""

    id: str
    name: str
    zone: str | None
    location: Position | None
    status: str
    lost: bool = Field(
        description="not heard for so long that it is an alarm of its own, until its whole state was read"
    )
    heard_ago: float | None = Field(description="seconds since it was last heard; null: not since the hub started")
    clock_error: float | None = Field(description="seconds that its clock is ahead; null: not known")
    clock_wrong: bool
    state_received: Moment | None = Field(description="when its whole state was last read and compared")
    self_test: str | None = Field(description="what the panel says of its own last test")
    alarm: int
    fault: int
    supervisory: int
    disabled: int
    test: int
    latched: int = Field(description="alarms that ended by event, until the panel's state says that it was reset there")


class PointShown(Shown):
    """One condition at one point of a panel."""

    point: str
    condition: Condition
    text: str
    since: Moment
    received: Moment
    found: Literal["event", "comparison"]
    latched: bool
    ended: Moment | None


class PanelDetail(PanelShown):
    """A panel with its points."""

    points: list[PointShown]


class PanelsShown(Shown):
    """All panels, how they are watched, the last test, and what the hub is not."""

    items: list[PanelShown]
    next: str | None
    notice: Bilingual
    heartbeat_seconds: float
    lost_after: int
    last_test: FireTestShown | None


class AcknowledgementShown(Shown):
    """A person has seen it."""

    time: Moment
    who: str
    comment: str


class NotificationShown(Shown):
    """What became of telling one channel."""

    channel: str
    kind: str
    first: Moment | None
    delivered: Moment | None
    outcome: str


class FireEventShown(Shown):
    """An event of a panel with the proof of its way: the times of source, receipt, persistence, alarm and stream."""

    id: int
    device: str
    name: str
    zone: str | None
    type: str
    point: str
    active: bool | None
    text: str
    test: bool
    found: Literal["event", "comparison"]
    time: Moment = Field(description="by the panel's clock")
    received: Moment
    persisted: Moment | None = Field(description="null: the hub was stopped before it could note it")
    alarmed: Moment | None
    streamed: Moment | None = Field(description="null: nobody watched")
    clock_error: float | None
    alarm: str | None
    episode: int | None
    acknowledged: list[AcknowledgementShown]
    notified: list[NotificationShown]


class FireEventPage(Shown):
    """Events, the newest first."""

    items: list[FireEventShown]
    next: str | None


class FireTestPage(Shown):
    """Tests of the fire path, the newest first."""

    items: list[FireTestShown]
    next: str | None
