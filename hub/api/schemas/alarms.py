"""Alarms: what people send and see."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hub.alarms.listing import GroupBy
from hub.api.schemas.common import Body, Duration, Moment, PlainText, Shown, Time
from hub.model.alarms import AlarmSource, AlarmState, Severity

AlarmId = Annotated[PlainText, Field(max_length=64)]
Filter = Annotated[PlainText, Field(max_length=100)] | None
Reason = Annotated[PlainText, Field(min_length=1, max_length=300)]


class GroupIn(Body):
    """A group of alarms, as the list of groups names it."""

    by: GroupBy
    key: Annotated[PlainText, Field(max_length=100, description="empty: those that belong to none")]
    revision: int = Field(ge=0, description="`revision` of the list that was seen: what came after is left as it is")
    state: list[AlarmState] | None = Field(
        None, max_length=5, description="the filters of that list: what they hid is left too"
    )
    severity: list[Severity] | None = Field(None, max_length=4)
    class_: Annotated[PlainText, Field(max_length=32)] | None = Field(None, alias="class")
    type: Filter = None
    device: Filter = None
    zone: Annotated[PlainText, Field(max_length=63)] | None = None
    q: Filter = None


class AcknowledgeIn(Body):
    """Which alarms somebody has seen: by `ids` or by `group`."""

    ids: list[AlarmId] = Field([], max_length=1000)
    group: GroupIn | None = None
    comment: Annotated[PlainText, Field(max_length=300)] = ""


class CommentIn(Body):
    """A remark."""

    comment: Annotated[PlainText, Field(max_length=300)] = ""


class ReasonIn(Body):
    """Why."""

    reason: Reason


class ShelveIn(Body):
    """Until when, and why. Give one of `until` and `for`."""

    until: Time | None = None
    duration: Duration | None = Field(None, alias="for")
    reason: Reason


class NoteIn(Body):
    """A remark that is kept in the alarm's journal."""

    text: Reason


class Bilingual(Shown):
    """A text in both languages."""

    en: str
    vi: str


class ShelfShown(Shown):
    """Shelved until then."""

    until: Moment
    by: str
    reason: str


class ServiceShown(Shown):
    """Out of service since then."""

    since: Moment
    by: str
    reason: str


class AlarmShown(Shown):
    """An alarm as it stands."""

    id: str
    device: str | None = Field(description="null: the hub itself")
    name: str
    type: str = Field(examples=["lampFailure"])
    point: str
    state: AlarmState
    severity: Severity
    group: str = Field(alias="class")
    text: Bilingual
    response: Bilingual = Field(description="what to do")
    detail: str = Field(description="as the device or the rule said it")
    source: AlarmSource = Field(description="retired, deleted: a fire whose panel was; it stands until it is reset")
    began: Moment = Field(description="by the clock of what said it")
    changed: Moment
    told: Moment = Field(description="when the hub took that in")
    times: int = Field(description="how often it began")
    acknowledged: Moment | None
    acknowledged_by: str | None
    shown: bool = Field(description="whether it is on the operator's list")
    suppressed: bool
    cause: str | None = Field(description="the alarm beneath which it stands")
    beneath: int = Field(description="how many stand beneath it")
    shelved: ShelfShown | None
    out_of_service: ServiceShown | None
    shelve_hours: float = Field(description="the longest time that it may be shelved for; 0: never")
    zone: str | None
    cabinet: str | None
    street: str | None
    revision: int


class AlarmDetail(AlarmShown):
    """The same, with the devices that it takes along."""

    devices: list[str]


class CountsShown(Shown):
    """How many there are of what."""

    list: int
    shelved: int
    suppressed: int
    out_of_service: int
    all: int
    unseen: int
    critical: int
    high: int
    medium: int
    low: int


class AlarmPage(Shown):
    """Alarms, the most urgent first."""

    items: list[AlarmShown]
    next: str | None
    revision: int
    counts: CountsShown


class GroupShown(Shown):
    """Alarms that belong together."""

    key: str
    name: Bilingual
    count: int
    unseen: int
    severity: Severity
    types: dict[str, int]
    texts: dict[str, Bilingual] = Field(description="what these types are called")
    newest: Moment


class GroupPage(Shown):
    """Groups, the most urgent first."""

    items: list[GroupShown]
    next: str | None
    revision: int
    counts: CountsShown


class LineShown(Shown):
    """What happened to an alarm."""

    id: int
    time: Moment
    what: str = Field(examples=["began", "acknowledged", "shelved"])
    who: str | None = Field(description="null: the process itself")
    text: str


class LinePage(Shown):
    """Lines of a journal, the newest first."""

    items: list[LineShown]
    next: str | None


class ActedShown(Shown):
    """What was changed."""

    changed: int
    items: list[AlarmShown] = Field(description="at most 1000 of them")
