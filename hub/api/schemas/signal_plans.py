"""Plan sets, what the linter says of them, and evaluations, as sent and shown. How a plan set is written: docs/signals.md."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from hub.api.schemas.common import Body, Duration, Moment, PlainText, Shown, Time
from hub.api.schemas.signal_orders import ReasonIn
from hub.model.signals import PlanState
from hub.signals.life import Act

Note = Annotated[PlainText, Field(max_length=500)]
PlanSetBody = Annotated[dict[str, Any], Field(description="a plan set as in docs/signals.md")]


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
