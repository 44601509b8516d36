"""Junctions as shown."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hub.api.schemas.alarms import Bilingual
from hub.api.schemas.common import Moment, Position, Shown
from hub.api.schemas.signal_orders import SignalOrderShown
from hub.api.schemas.signal_plans import FindingShown
from hub.model.junctions import ChosenBy, JunctionMode
from hub.model.signals import PlanState


class WhyNotShown(Shown):
    """Why a junction takes no order."""

    code: str
    values: dict[str, str]
    text: Bilingual


class StateShown(Shown):
    """What a controller last said; `second` is that at `time`."""

    time: Moment
    received: Moment
    fresh: bool = Field(description="false: it says what was, not what is")
    mode: JunctionMode
    program: str | None
    stage: str | None
    second: float | None
    cycle: float | None
    groups: str | None
    clock_error: float | None
    correction: float | None
    checksum: str | None
    faults: list[str]
    minor_faults: list[str] = Field(description="those of `faults` with which it goes on: they forbid no order")
    by: ChosenBy | None
    selected: str | None
    until: Moment | None


class ActiveShown(Shown):
    """The plan set that the hub runs at a junction."""

    id: str
    version: int
    since: Moment | None
    until: Moment | None
    followed: bool


class NextShown(Shown):
    """The plan set that is on its way there."""

    id: str
    version: int
    state: PlanState


class JunctionShown(Shown):
    """A junction."""

    id: str
    name: str
    zone: str | None
    location: Position | None
    status: str
    online: bool
    last_seen: Moment | None
    available: bool
    why_not: list[WhyNotShown]
    state: StateShown | None
    active: ActiveShown | None
    next: NextShown | None
    due: str | None
    order: SignalOrderShown | None


class JunctionPage(Shown):
    """Junctions by id."""

    items: list[JunctionShown]
    next: str | None


class JunctionDetail(JunctionShown):
    """A junction with its programs and the day."""

    intersection: dict[str, Any] | None
    configured: dict[str, Any] | None
    programs: list[dict[str, Any]]
    day: list[dict[str, Any]]
    stored: dict[str, str]
    detectors: dict[str, dict[str, Any]]


class IntersectionShown(Shown):
    """An intersection as it is configured."""

    junction: str
    intersection: dict[str, Any]
    changed: Moment
    by: str


class WatchShown(Shown):
    """Until when the controller says its state so often."""

    junction: str
    every: float
    until: Moment


class HeldShown(Shown):
    """An order of a longer stage, null when it was only shown, and what the linter says of it."""

    order: SignalOrderShown | None
    program: dict[str, Any]
    findings: list[FindingShown]
    errors: int
