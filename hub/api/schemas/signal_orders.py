"""Orders to junctions as sent and shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from hub.api.schemas.common import Body, Duration, Moment, Number, PlainText, Shown, Slug, Time
from hub.model.signals import OrderKind, Progress

Reason = Annotated[PlainText, Field(min_length=1, max_length=500, examples=["football at the stadium"])]


class ReasonIn(Body):
    """Why."""

    reason: Reason


class EndedIn(ReasonIn):
    """Why, and until when."""

    until: Time | None = Field(None, description="the end, at most `signals.longest_hours` ahead; write this or `for`")
    for_: Duration | None = Field(None, alias="for", description="how long from now; write this or `until`")


class SelectIn(EndedIn):
    """Run a program of the active plan set."""

    program: Slug


class ModeIn(EndedIn):
    """Flashing amber, or dark."""

    mode: Literal["flash", "dark"]


class LocalIn(ReasonIn):
    """Back to the calendar."""

    leave: bool = Field(False, description="give the plan set up too: the controller runs its own plan")


class HoldIn(EndedIn):
    """A stage that lasts longer in every cycle, as a temporary program that the linter must pass."""

    stage: Annotated[PlainText, Field(min_length=1, max_length=63)]
    seconds: Annotated[int, Field(ge=1, le=600, description="how much longer")]
    dry_run: bool = Field(False, description="only show the program and what the linter says of it")


class WatchIn(Body):
    """The state of a controller so often for so long."""

    every: Annotated[Number, Field(ge=1, le=60, description="seconds")] = 1.0
    for_: Duration = Field("PT2M", alias="for", description="how long, at most ten minutes")


class SignalOrderShown(Shown):
    """An order to a junction and how far it is."""

    id: str
    junction: str
    kind: OrderKind
    program: str | None
    mode: str | None
    stage: str | None
    seconds: float | None
    route: str | None
    plan: str | None
    reason: str
    by: str
    created: Moment
    until: Moment | None
    command: str
    stage_of: Progress
    confirmed: Moment | None = Field(description="when the controller said that it has it")
    running: Moment | None = Field(description="when it said that it does it")
    detail: str
    ended: Moment | None
    ended_by: str | None
    body: dict[str, Any] | None = Field(description="of a held stage: the temporary program, as it is downloaded")


class SignalOrderPage(Shown):
    """Orders, the newest first."""

    items: list[SignalOrderShown]
    next: str | None
