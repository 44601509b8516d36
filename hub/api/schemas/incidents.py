"""Playbooks and incidents as sent and shown. What a playbook may hold is in hub.incidents.playbook."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hub.api.schemas.alarms import Bilingual
from hub.api.schemas.common import Body, Moment, PlainText, Shown
from hub.incidents.lighting import Lamp
from hub.incidents.playbook import Playbook
from hub.model.alarms import Severity
from hub.model.incidents import Why
from hub.model.signals import LegState


class PlaybookShown(Playbook):
    """A playbook as it was written, with what it does now."""

    running: list[str] = Field(description="ids of its incidents that run, dry runs among them")
    changed: Moment
    by: str
    version: str = Field(description="its ETag without the quotation marks")
    unusable: str | None = Field(description="why nothing opens it; null: it can be used")


class PlaybookPage(Shown):
    """Playbooks by id."""

    items: list[PlaybookShown]
    next: str | None


class TemplateShown(Shown):
    """A playbook to begin with; `en` and `vi` are the same with texts in that language."""

    id: str
    name: dict[str, str]
    en: Playbook
    vi: Playbook


class PlaybookTemplates(Shown):
    """All of them."""

    items: list[TemplateShown]
    next: None


class ImportedShown(Shown):
    """What an import did."""

    added: list[str]
    replaced: list[str]
    unchanged: list[str]


class PreviewIn(Body):
    """What would happen if this alarm began now at this device."""

    playbook: Playbook | Annotated[PlainText, Field(max_length=63)] = Field(
        description="its id, or one not yet written"
    )
    device: Annotated[PlainText, Field(max_length=63)]
    type: Annotated[PlainText, Field(max_length=100)] | None = Field(None, description="left out: the trigger's first")
    point: Annotated[PlainText, Field(max_length=100)] = ""


class DeclareIn(Body):
    """A person says that something happens at a device, and which playbook answers it."""

    playbook: Annotated[PlainText, Field(max_length=63)]
    device: Annotated[PlainText, Field(max_length=63, description="where: the playbook lights what is near it")]
    reason: Annotated[PlainText, Field(min_length=1, max_length=300)]
    point: Annotated[PlainText, Field(max_length=100)] = ""
    duration: Annotated[PlainText, Field(max_length=40)] | None = Field(
        None, alias="for", description="as ISO 8601, e.g. PT2H; left out: the playbook's after_minutes"
    )


class EndIn(Body):
    """Why an incident is ended."""

    reason: Annotated[PlainText, Field(min_length=1, max_length=300)]


class TickIn(Body):
    """Which thing that was asked for is done (from 1), or is not after all."""

    item: Annotated[int, Field(ge=1, le=30)]
    done: bool = True
    remark: Annotated[PlainText, Field(max_length=300)] = ""


class LampShown(Shown):
    """A lamp of an incident that does not count as lit, or, in a preview, any."""

    device: str
    state: Lamp
    now: float | None = Field(description="the level that it last reported; null: none yet, or not known to be so")
    then: float = Field(description="the level that it should have by the incident, or by what rules above it")
    by: str | None = Field(description="held: who holds it")


class LightingShown(Shown):
    """What an incident orders over some lights. Lamps that are off, unpowered or not heard of never count as following."""

    level: float
    ramp: float
    zones: list[str]
    devices: list[str]
    lights: int
    states: dict[Lamp, int] = Field(description="how many lamps do what")
    lamps: list[LampShown] = Field(description="those that do not follow, at most 1,000; in a preview all")
    refused: str | None = Field(description="why it was not, or would not be, ordered; null: it was, or would be")
    refused_text: Bilingual | None = Field(description="the same for people")


class LegNowShown(Shown):
    """A junction of a route, and what it does for an incident."""

    junction: str
    program: str
    state: LegState = Field(
        description="would: it would be asked; refused: it is asked as soon as it may be; over: it was asked, and that ended"
    )
    why: Bilingual | None = Field(description="why it is refused")


class WaveShown(Shown):
    """A route that an incident asks for."""

    route: str
    until: Moment
    reason: str
    refused: str | None = Field(description="which junctions do not follow; null: none, or none was asked yet")
    refused_text: Bilingual | None = Field(description="the same for people")
    legs: list[LegNowShown] = Field(description="in the order of the drive; of an incident that ended none")


class MarkShown(Shown):
    """A note at a device."""

    device: str
    name: str
    text: str


class TellingShown(Shown):
    """What is told to whom."""

    severity: Severity
    text: str
    to: list[str] = Field(description="none: as the routes of the notifications choose")


class TaskShown(Shown):
    """What is asked for."""

    item: int
    text: str
    done: Moment | None
    by: str | None
    remark: str


class IncidentShown(Shown):
    """An incident."""

    id: str
    playbook: str
    name: str
    device: str | None = Field(description="null: the hub itself")
    device_name: str
    zone: str | None
    type: str = Field(description="of the alarm or event that opened it; declared: of the playbook's trigger")
    declared_by: str | None = Field(description="who opened it; null: an alarm or event did")
    point: str
    text: str
    running: bool
    dry_run: bool
    opened: Moment
    until: Moment = Field(description="when it ends unless something holds or extends it")
    longest: Moment = Field(description="when it ends at the latest")
    after: float = Field(description="seconds that it lasts after the last event ended")
    held: int = Field(description="alarms that hold it now")
    events: int = Field(description="how often an alarm opened or extended it")
    ended: Moment | None
    ended_why: Why | None
    ended_by: str | None
    reason: str
    lights: int = Field(description="lights that it is for, as many as were in service when it was opened")
    refused: list[str] = Field(description="why some of its lights or routes were not ordered")
    refused_text: list[Bilingual] = Field(description="the same for people")
    marks: list[MarkShown]
    tasks: list[TaskShown]


class IncidentDetail(IncidentShown):
    """The same with its lights and routes, and what was told."""

    lighting: list[LightingShown]
    routes: list[WaveShown]
    tellings: list[TellingShown]


class IncidentPage(Shown):
    """Incidents, the newest first."""

    items: list[IncidentShown]
    next: str | None


class IncidentLineShown(Shown):
    """A line of an incident's history."""

    id: int
    time: Moment
    what: str = Field(
        description="opened, declared, extended, event-ended, lights, route, refused, ticked, unticked, clock-set or ended"
    )
    who: str | None
    text: str


class IncidentLog(Shown):
    """Lines, the newest first."""

    items: list[IncidentLineShown]
    next: str | None


class PreviewShown(Shown):
    """What a playbook would do. Worked out by what an incident is opened with, and nothing is written."""

    playbook: str
    device: str
    fits: bool = Field(description="whether such an alarm there sets it going")
    until: Moment
    dry_run: bool
    lighting: list[LightingShown]
    routes: list[WaveShown]
    marks: list[MarkShown]
    tellings: list[TellingShown]
    tasks: list[TaskShown]
