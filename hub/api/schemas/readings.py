"""Readings as they were stored."""

from __future__ import annotations

from pydantic import Field

from hub.api.schemas.common import Moment, Shown


class ReadingShown(Shown):
    """The readings of a device at one time."""

    time: Moment = Field(description="by the device's clock; of receipt where it gave none (no-source-time)")
    received: Moment = Field(description="by the hub's clock")
    quality: list[str] = Field(description="what is known against it", examples=[[], ["clock-suspect"]])
    values: dict[str, float] = Field(description="{metric: value}", examples=[{"power": 61.2}])


class ReadingsPage(Shown):
    """Readings of a device, the oldest first."""

    items: list[ReadingShown]
    next: str | None
    units: dict[str, str] = Field(description="{metric: unit} of this page", examples=[{"power": "W"}])
