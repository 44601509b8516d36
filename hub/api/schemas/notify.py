"""Notifications: what people send and see."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from hub.api.schemas.alarms import AlarmId, Reason
from hub.api.schemas.common import Body, Moment, PlainText, Shown, Slug, Time
from hub.model.notify import ChannelKind, DeliveryState, Outcome, What
from hub.notify.channels import Email, Secrets, Topic, Webhook
from hub.notify.routes import Route

_SECRETS = "{name: value}, never shown again; what is left out stays as it is, null takes it away"


class WebhookIn(Webhook):
    """A webhook. `secrets` are filled in as `{secret.NAME}`."""

    id: Slug | None = None
    secrets: Secrets = Field({}, max_length=20, description=_SECRETS)


class EmailIn(Email):
    """A mailbox. The password goes into `secrets` as `password`."""

    kind: Literal["email"]
    id: Slug | None = None
    secrets: Secrets = Field({}, max_length=1, description=_SECRETS)


class TopicIn(Topic):
    """A topic of the hub's MQTT broker."""

    kind: Literal["mqtt"]
    id: Slug | None = None
    secrets: Secrets = Field({}, max_length=0, description="none")


ChannelIn = Annotated[EmailIn | TopicIn, Field(discriminator="kind")]


class RouteIn(Route):
    """A route."""

    id: Slug | None = None


class ChannelShown(Shown):
    """A channel. `config` is what was written, without secrets: it can be sent back with PUT."""

    id: str
    kind: ChannelKind
    name: str
    config: dict[str, Any]
    secrets: list[str] = Field(description="the names of those that it has")
    waiting: int
    failing_since: Moment | None
    last_failure: str
    problem: str = Field(description="why it cannot send at all; else empty")
    routes: list[str]
    changed: Moment
    by: str


class WebhookMade(ChannelShown):
    """A webhook with the key that its messages are signed with, shown this once."""

    key: str


class ChannelPage(Shown):
    """A page of channels."""

    items: list[ChannelShown]
    next: str | None


class RouteShown(Shown):
    """A route. `unusable`: why it is not followed, else null."""

    id: str
    name: str
    enabled: bool
    when: dict[str, Any]
    on: list[str]
    steps: list[dict[str, Any]]
    quiet: list[dict[str, Any]]
    unusable: str | None
    changed: Moment
    by: str


class RoutePage(Shown):
    """A page of routes. `fire_told`: whether a fire alarm anywhere reaches somebody at every hour of the week."""

    items: list[RouteShown]
    next: str | None
    fire_told: bool


class PreviewIn(Body):
    """Which alarm: by `alarm` one that exists, else one that would begin `at` (now)."""

    alarm: AlarmId | None = None
    type: Annotated[PlainText, Field(min_length=1, max_length=63)] | None = None
    device: Slug | None = Field(None, description="none: the hub itself")
    point: Annotated[PlainText, Field(max_length=200)] = ""
    at: Time | None = None


class WouldBeTold(Shown):
    """One message."""

    route: str
    step: int
    channel: str
    kind: ChannelKind
    at: Moment
    conditional: bool = Field(description="only while nobody has acknowledged it")
    held: bool = Field(description="by quiet hours")


class Misfit(Shown):
    """A route that says nothing of it, and the key of it that keeps it out."""

    route: str
    because: str


class PreviewShown(Shown):
    """Who would be told. `silent`: why nobody is told of this alarm now; else null."""

    severity: str
    class_: str = Field(alias="class")
    fire: bool
    silent: str | None
    items: list[WouldBeTold]
    others: list[Misfit]


class AttemptShown(Shown):
    """One try. `took` is in seconds; null: not known."""

    id: int
    time: Moment
    outcome: Outcome
    took: float | None
    status: str
    detail: str = Field(description="in English, or as the other side said it")
    code: str | None = Field(description="of the detail; null: the other side's words, or none")
    values: dict[str, str] = Field(description="what the detail names")
    left: list[str] | None = Field(description="recipients that have not got it yet; null: all go together")


class DeliveryShown(Shown):
    """One alarm, or message of an incident, told by one channel. `message` is what the receiver sees as its id."""

    id: int
    message: str
    channel: str
    kind: ChannelKind
    alarm: str | None
    episode: int
    incident: str | None = Field(description="of which incident, where `what` is incident")
    what: What
    route: str | None
    step: int
    fire: bool
    type: str | None
    device: str | None
    name: str
    severity: str | None
    created: Moment
    due: Moment
    state: DeliveryState
    reason: str = Field(description="in English, or as a person wrote it")
    code: str | None = Field(description="of the reason; null: a person's words, or none")
    values: dict[str, str] = Field(description="what the reason names")
    by: str | None
    attempts: int
    first_attempt: Moment | None
    ended: Moment | None


class DeliveryPage(Shown):
    """A page of deliveries."""

    items: list[DeliveryShown]
    next: str | None


class DeliveryDetail(DeliveryShown):
    """A delivery with its attempts and what it told."""

    body: dict[str, Any]
    tries: list[AttemptShown]


class DiscardIn(Body):
    """Why."""

    reason: Reason
