"""Orders that wait for a second person, and the audit, as shown."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hub.api.schemas.common import Moment, Shown
from hub.control.limits import Need
from hub.model.approvals import ApprovalState
from hub.model.light import Cause


class OrderAsked(Shown):
    """The order as it was asked for."""

    zones: list[str]
    devices: list[str]
    level: float
    ramp: float
    until: Moment
    reason: str
    cause: Cause


class ApprovalShown(Shown):
    """An order that waits for a second person, or what became of it."""

    id: str
    created: Moment
    by: str = Field(description="who asked; anybody else who may order there can approve")
    order: OrderAsked
    needs: list[Need]
    lights: int = Field(description="how many it would touch when it was asked for")
    lapses: Moment = Field(description="until then it waits")
    state: ApprovalState
    decided: Moment | None
    decided_by: str | None
    override: str | None = Field(description="once it is approved")


class LimitsShown(Shown):
    """The limits of the city; null: there is no such limit."""

    lights_without_approval: int | None
    seconds_between_flips: float | None
    dark_needs_approval: bool
    road_kinds: list[str]
    junction_order_hours: float = Field(description="how far ahead the end of an order to a junction may be")
    junction_clock_seconds: float = Field(description="how far the clock of a junction's controller may be off")


class ApprovalPage(Shown):
    """Those that wait, the newest first."""

    items: list[ApprovalShown]
    next: str | None
    limits: LimitsShown


class AuditLine(Shown):
    """Who did what to which thing, and when."""

    id: int
    time: Moment
    who: str
    what: str = Field(examples=["order.placed"])
    about: str = Field(description="the id of the thing")
    detail: dict[str, Any]


class AuditPage(Shown):
    """Lines, the newest first."""

    items: list[AuditLine]
    next: str | None
