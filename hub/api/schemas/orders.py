"""Overrides and commands as sent and shown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hub.api.schemas.common import Body, Duration, Moment, Number, PlainText, Shown, Slug, Time
from hub.control.limits import Need
from hub.model.commands import CommandState, Operation, Outcome
from hub.model.light import Cause


class OverrideIn(Body):
    """Hold a level over zones (with everything beneath them) and single lights, until a stated end."""

    zones: list[Slug] = Field(default_factory=list, max_length=1_000, examples=[["ward-1"]])
    devices: list[Slug] = Field(default_factory=list, max_length=10_000)
    segments: list[PlainText] = Field(
        default_factory=list,
        max_length=1_000,
        description="all lights without a controller behind these contactors",
        examples=[["cab-001/a"]],
    )
    level: Annotated[Number, Field(ge=0, le=100, description="per cent of full output; 0 is off", examples=[60])]
    ramp: Annotated[Number, Field(ge=0, le=3600, description="seconds to reach the level")] = 5.0
    until: Time | None = Field(None, description="the end, at most 31 days ahead; write this or `for`")
    for_: Duration | None = Field(None, alias="for", description="how long from now; write this or `until`")
    reason: Annotated[PlainText, Field(max_length=500, examples=["night market"])] = ""
    cause: Literal["override", "emergency"] = Field(
        "override", description="emergency wins over every other order, and needs no approval"
    )


class OrderAccepted(Shown):
    """An accepted order; follow it at /commands/{command}."""

    id: str = Field(description="of the override")
    command: str
    targets: int = Field(description="how many lights it is for")
    exempt: list[Need] = Field(description="approvals that it would have needed were it no emergency")


class OverrideEnded(Shown):
    """The command that lets the lights resume."""

    command: str
    targets: int


class OverrideShown(Shown):
    """A held level."""

    id: str
    level: float
    ramp: float
    start: Moment
    until: Moment
    ended: Moment | None
    reason: str
    by: str
    cause: Cause
    zones: list[str]
    devices: list[str]
    command: str
    targets: int


class OverridePage(Shown):
    """Active overrides, the newest first."""

    items: list[OverrideShown]
    next: str | None


class CommandShown(Shown):
    """An order and how many of its targets stand where."""

    id: str
    kind: Operation
    state: CommandState
    created: Moment
    by: str
    expires: Moment = Field(description="when devices ignore it and the hub gives up")
    level: float | None
    until: Moment | None
    override: str | None
    targets: int
    outcomes: dict[Outcome, int]


class CommandPage(Shown):
    """Commands, the newest first."""

    items: list[CommandShown]
    next: str | None


class TargetShown(Shown):
    """Where a command stands for one device, and why."""

    device: str
    outcome: Outcome
    detail: str = Field(description="why, in English, or as the device said it")
    code: str | None = Field(description="of the reason; null: the device's own words, or none")
    values: dict[str, str] = Field(description="what the reason names")
    updated: Moment | None


class TargetPage(Shown):
    """Targets by device."""

    items: list[TargetShown]
    next: str | None
