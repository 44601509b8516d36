"""Green waves as sent and shown."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hub.api.schemas.common import Body, Moment, PlainText, Shown, Slug
from hub.api.schemas.signal_orders import SignalOrderShown


class LegBody(Body):
    """A junction of a route and the program prepared for it."""

    junction: Slug
    program: Slug


class RouteBody(Body):
    """A green wave: its junctions in the order of the drive."""

    name: Annotated[PlainText, Field(max_length=100)] = ""
    legs: Annotated[list[LegBody], Field(min_length=1, max_length=200)]


class RouteIn(RouteBody):
    """A new one."""

    id: Slug


class RouteShown(Shown):
    """A green wave."""

    id: str
    name: str
    legs: list[LegBody]
    changed: Moment
    by: str
    running: bool
    until: Moment | None
    requested_by: str | None
    reason: str | None
    orders: list[SignalOrderShown]


class RoutePage(Shown):
    """Routes by id."""

    items: list[RouteShown]
    next: str | None


class LegRefusedShown(Shown):
    """A junction that cannot follow."""

    junction: str
    program: str
    code: str
    detail: str


class LookedShown(Shown):
    """What a request of a route does, or would do."""

    orders: list[SignalOrderShown]
    refused: list[LegRefusedShown]


class RouteEnded(Shown):
    """How many junctions go back to their calendar."""

    junctions: int
