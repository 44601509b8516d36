"""Junctions, plan sets, orders and routes as sent and shown. How a plan set is written: docs/signals.md."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from hub.api.schemas.alarms import Bilingual
from hub.api.schemas.common import Body, Duration, Moment, Number, PlainText, Position, Shown, Slug, Time
from hub.model.junctions import ChosenBy, JunctionMode
from hub.model.signals import OrderKind, PlanState, Progress
from hub.signals.life import Act

Reason = Annotated[PlainText, Field(min_length=1, max_length=500, examples=["football at the stadium"])]
Note = Annotated[PlainText, Field(max_length=500)]
PlanSetBody = Annotated[dict[str, Any], Field(description="a plan set as in docs/signals.md")]


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


class ActivateIn(ReasonIn):
    """Bring an approved plan set to its controller."""

    until: Time | None = Field(None, description="when it ends by itself; without it and `for`: not")
    for_: Duration | None = Field(None, alias="for", description="how long from now")


class PlanSetIn(Body):
    """A new version: a plan set, or one `from` another."""

    plan_set: PlanSetBody | None = None
    from_: Annotated[PlainText, Field(max_length=63)] | None = Field(None, alias="from", description="id of a plan set")
    note: Note = ""


class PlanSetPut(Body):
    """Other programs."""

    plan_set: PlanSetBody
    note: Note = ""


class LintIn(Body):
    """A plan set, written or not."""

    plan_set: PlanSetBody
    against: Annotated[PlainText, Field(max_length=63)] | None = Field(
        None, description="id of a plan set: what changing from that one does is looked at too"
    )


class EvaluationIn(Body):
    """The report of `lamplighter evaluate` (docs/signals-evaluation.md)."""

    report: dict[str, Any]
    html: Annotated[str, Field(max_length=900_000)] | None = None


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


class WhoShown(Shown):
    """Somebody, and when."""

    time: Moment
    by: str


class PlanShown(Shown):
    """A plan set."""

    id: str
    junction: str
    version: int
    state: PlanState
    digest: str
    note: str
    created: Moment
    by: str
    changed: Moment
    writers: list[str]
    errors: int
    warnings: int
    submitted: WhoShown | None
    approved: WhoShown | None
    lapses: Moment | None
    activated: WhoShown | None
    active_since: Moment | None
    active_until: Moment | None
    before: str | None
    stored: list[str]
    programs: list[str]
    checksums: dict[str, str]
    can: list[Act]


class PlanPage(Shown):
    """Plan sets of a junction, the newest version first."""

    items: list[PlanShown]
    next: str | None


class FindingShown(Shown):
    """What the linter found."""

    rule: str
    code: str
    severity: str
    place: str
    program: str
    source: str
    groups: list[str]
    second: int | None
    wrong: str
    right: str
    params: dict[str, Any]


class StepShown(Shown):
    """A step of a plan set's life."""

    time: Moment
    what: str
    who: str
    text: str
    digest: str


class PlanDetail(PlanShown):
    """A plan set with its programs."""

    plan_set: dict[str, Any]
    findings: list[FindingShown]
    history: list[StepShown]


class LintShown(Shown):
    """What the linter says."""

    findings: list[FindingShown]
    errors: int
    warnings: int
    digest: str
    checksums: dict[str, str]


class HeldShown(Shown):
    """An order of a longer stage, null when it was only shown, and what the linter says of it."""

    order: SignalOrderShown | None
    program: dict[str, Any]
    findings: list[FindingShown]
    errors: int


class ReadShown(Shown):
    """A plan set that was read from a file."""

    plan_set: dict[str, Any]
    notes: list[str]


class EvaluationShown(Shown):
    """An evaluation of a plan set."""

    id: str
    plan: str
    junction: str
    created: Moment
    by: str
    verdict: str
    has_html: bool | None


class EvaluationDetail(EvaluationShown):
    """The same with its report."""

    report: dict[str, Any]


class EvaluationPage(Shown):
    """Evaluations, the newest first."""

    items: list[EvaluationShown]
    next: str | None


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
