"""Notifications: patience with causes, channels and people's mail servers."""

from __future__ import annotations

from pydantic import Field

from hub.settings.section import Section


class NotifySettings(Section):
    """How alarms are told. Whom and where is written through the API: see docs/notifications.md."""

    settle_seconds: float = Field(
        10.0, ge=0, le=600, description="how long an alarm waits for its cause before it is told; fire never waits"
    )
    timeout: float = Field(10.0, gt=0, le=120, description="seconds that a webhook, mail server or broker may take")
    retry_first: float = Field(5.0, gt=0, le=3600, description="seconds until the second try; doubled each time")
    retry_most: float = Field(900.0, gt=0, le=86_400, description="longest wait between two tries")
    fire_retry_most: float = Field(30.0, gt=0, le=3600, description="the same for fire")
    give_up_hours: float = Field(
        24.0, gt=0, le=744,
        description="after that a message is given up, and says so; fire is tried on, as seldom as `notify.retry_most`",
    )  # fmt: skip
