"""Why a light has its level, as shown."""

from __future__ import annotations

from pydantic import Field

from hub.api.schemas.common import Moment, Shown
from hub.api.schemas.places import LightShown
from hub.api.schemas.plans import SkipShown
from hub.control.why import Because, Lost
from hub.model.light import Cause


class Sentence(Shown):
    """The same in two languages."""

    en: str
    vi: str


class IncidentOf(Shown):
    """The incident that asks for a level, and its playbook."""

    id: str
    playbook: str


class RuleShown(Shown):
    """A rule that asks for a level."""

    cause: Cause = Field(description="default: the program of the settings, where no calendar rules")
    level: float
    from_: Moment | None = Field(alias="from")
    until: Moment | None
    override: str | None
    by: str | None
    reason: str | None
    incident: IncidentOf | None = Field(description="cause incident: which")
    lost: Lost | None = Field(description="why it does not rule; null: it does")


class PlannedShown(Shown):
    """What the calendar says, whether it rules or not."""

    calendar: str | None = Field(description="null: the program of the settings")
    source: str | None = Field(description="the zone that has the calendar")
    program: str
    name: str
    rule: str
    number: int = Field(description="of the calendar's rule; 0: its default program")
    note: str
    step: int | None
    level: float
    skip: SkipShown | None
    skipped: bool = Field(description="it is this lamp's turn to stay dark")
    unusable: str | None = Field(description="the calendar that should rule and cannot be run")


class Differs(Sentence):
    """Why what it does is not, or cannot be known to be, what it should do."""

    because: Because
    since: Moment | None


class WhyShown(Shown):
    """Which rule won, which lost, until when."""

    device: str
    level: float
    cause: Cause
    until: Moment | None
    sentence: Sentence
    winner: RuleShown
    losers: list[RuleShown] = Field(description="the next in line first")
    program: PlannedShown
    light: LightShown
    differs: Differs | None


class RuleOfMany(RuleShown):
    """A rule and over how many lights it rules; `device` is one of them."""

    lights: int
    device: str
    program: PlannedShown | None
    sentence: Sentence


class ZoneWhyShown(Shown):
    """Which rules rule over the lights of a zone, the one with the most first."""

    zone: str
    lights: int
    rules: list[RuleOfMany]
