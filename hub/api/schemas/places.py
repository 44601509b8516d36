"""Zones and devices as sent and shown."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from hub.api.schemas.common import Body, Latitude, Longitude, Moment, Number, PlainText, Position, Shown, Slug
from hub.control.holdings import PlanState
from hub.model.devices import DeviceKind, DeviceStatus
from hub.model.light import Cause
from hub.model.presence import OfflineBecause

Name = Annotated[PlainText, Field(max_length=200, examples=["Lê Lợi"])]
Kind = Annotated[
    Slug, Field(description="a word of the city's own: province, ward, street, cabinet ...", examples=["street"])
]
PathPoint = Annotated[tuple[Latitude, Longitude], Field(examples=[(16.4637, 107.5909)])]
Path = Annotated[list[PathPoint], Field(max_length=10_000, description="the line of a street: [[lat, lon], ...]")]
Power = Annotated[Number, Field(ge=0, le=1e7, description="W at full output")]
Address = Annotated[
    PlainText,
    Field(
        min_length=1,
        max_length=200,
        description="where its driver finds it; for a native MQTT device without a connection of its own, the id of its gateway",
    ),
]
Feed = Annotated[
    PlainText,
    Field(
        max_length=127,
        description="what powers a light: a cabinet, and the segment behind one of its contactors",
        examples=["cab-001/a"],
    ),
]
Profile = Annotated[Slug, Field(description="how it speaks; native: the hub's own MQTT contract")]


class ZoneIn(Body):
    """A zone to add."""

    id: Slug
    name: Name
    kind: Kind
    parent: Slug | None = Field(None, description="the zone it lies in; null for a root")
    location: Position | None = None
    path: Path = Field(default_factory=list)


class _Patch(Body):
    """A change: only the fields that are written change; null clears the ones that may be empty."""

    @model_validator(mode="after")
    def _no_null(self) -> _Patch:
        for name in self.model_fields_set & self._never_null():
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null: leave it out to keep it")
        return self

    @classmethod
    def _never_null(cls) -> frozenset[str]:
        return frozenset()


class ZonePatch(_Patch):
    """A change to a zone; `parent` moves it with everything beneath it."""

    name: Name | None = None
    kind: Kind | None = None
    parent: Slug | None = None
    location: Position | None = None
    path: Path | None = None

    @classmethod
    def _never_null(cls) -> frozenset[str]:
        return frozenset({"name", "kind", "path"})


class DeviceIn(Body):
    """A device to add."""

    id: Slug
    name: Name = Field("", description="left out: the id")
    kind: DeviceKind
    profile: Profile = "native"
    zone: Slug | None = None
    location: Position | None = None
    rated_power: Power | None = None
    address: Address | None = None
    status: DeviceStatus = DeviceStatus.ACTIVE
    feed: Feed | None = None


class DevicePatch(_Patch):
    """A change to a device."""

    name: Name | None = None
    kind: DeviceKind | None = None
    profile: Profile | None = None
    zone: Slug | None = None
    location: Position | None = None
    rated_power: Power | None = None
    address: Address | None = None
    status: DeviceStatus | None = None
    feed: Feed | None = None

    @classmethod
    def _never_null(cls) -> frozenset[str]:
        return frozenset({"name", "kind", "profile", "status"})


class CountsShown(Shown):
    """Lights in a zone and everything beneath it. `faulty`: with an active condition; `by_hub`: switched by the hub,
    because their type holds no program."""

    lights: int
    online: int
    on: int
    faulty: int
    by_hub: int


class ZoneShown(Shown):
    """A zone."""

    id: str
    name: str
    kind: str
    parent: str | None
    location: Position | None
    path: list[tuple[float, float]]
    counts: CountsShown


class ZonePage(Shown):
    """Zones by id."""

    items: list[ZoneShown]
    next: str | None
    zoneless: CountsShown = Field(description="the lights that are in no zone")


class LightShown(Shown):
    """Levels in per cent of full output. None is ever filled from another; null: not known."""

    requested: float | None = Field(description="what the hub wants now")
    in_effect: float | None = Field(
        description="the level of the last order that the light itself confirmed, or of its program"
    )
    actual: float | None = Field(description="the level it last reported")
    cause: Cause | None
    online: bool
    last_seen: Moment | None
    local_until: Moment | None = Field(description="until when a light that was switched on the spot is left alone")


class DeviceShown(Shown):
    """A device as registered."""

    id: str
    name: str
    kind: DeviceKind
    profile: str
    zone: str | None
    location: Position | None
    rated_power: float | None
    address: str | None
    status: DeviceStatus
    feed: str | None


class ClockErrorShown(Shown):
    """A device's clock that is off by more than a minute."""

    error: float | None = Field(description="seconds, positive ahead; null: further off than readings are taken")
    since: Moment = Field(description="when the hub first saw it")


class DeviceItem(DeviceShown):
    """A device in a list. `light` is null for other kinds; `offline_since` and `offline_because` are while it is online."""

    online: bool
    last_seen: Moment | None
    offline_since: Moment | None = Field(description="null also for a device that was never heard of")
    offline_because: OfflineBecause | None
    clock: ClockErrorShown | None
    light: LightShown | None


class DevicePage(Shown):
    """Devices by id."""

    items: list[DeviceItem]
    next: str | None


class ConditionShown(Shown):
    """Something that is wrong at a device now."""

    type: str = Field(examples=["lampFailure"])
    point: str
    since: Moment
    text: str


class LatestShown(Shown):
    """The newest reading of a metric: `time` by the device's clock, `received` by the hub's (null: only the store knows)."""

    time: Moment
    received: Moment | None
    value: float
    unit: str | None


class PlanShown(Shown):
    """The programs that a light is to hold for the days ahead, and what it says it holds."""

    calendar: str = Field(description="the calendar it follows, or the program of the settings")
    version: str | None = Field(description="of what it is to hold; null when its type holds no program")
    held: str | None = Field(description="the version that it says it holds")
    since: Moment | None = Field(description="since when it has said so")
    state: PlanState


class SegmentShown(Shown):
    """A contactor of a cabinet and what is behind it. Null: the cabinet has not said it."""

    segment: str
    ordered: bool | None = Field(description="as it was last ordered")
    feedback: bool | None = Field(description="whether there is voltage behind the contactor")
    powered: bool | None = Field(description="feedback and breaker together")
    switched: int = Field(description="lights without a controller: they are switched by this contactor")
    powered_only: int = Field(description="lights with a controller of their own")
    lights: list[str] = Field(description="those that are switched by this contactor")


class CabinetShown(Shown):
    """What a cabinet last said of itself. Null: it has not said it."""

    time: Moment | None
    received: Moment | None
    door: bool | None = Field(description="true: open")
    breaker: bool | None = Field(description="true: closed")
    remote: bool | None = Field(description="false: a technician switches it there, and the hub may not")
    segments: list[SegmentShown]


class DeviceDetail(DeviceItem):
    """A device with all that is known of it now. `cabinet` is null for other kinds."""

    cabinet: CabinetShown | None
    conditions: list[ConditionShown]
    latest: dict[str, LatestShown]
    plan: PlanShown | None = Field(description="null for what is no light, and for lights that cannot be switched")
    has_key: bool | None = Field(description="whether it signs in with a key (DTLS); null: it can be given none here")


class CredentialsShown(Shown):
    """How a device signs in at the broker. Shown this once."""

    username: str
    password: str
    broker: str = Field(examples=["mqtt://hub.example:1883"])


class KeyShown(Shown):
    """How a device signs in by DTLS with a pre-shared key. Shown this once."""

    identity: str
    key: str = Field(description="its letters are the bytes of the key", examples=["kdq3x5w2vnq6wmz7p4a2y3t5ub"])
    hex: str = Field(description="the same bytes, for what asks for them in hexadecimal digits")
    server: str = Field(examples=["coaps://hub.example:5684"])


class DeviceAdded(DeviceDetail):
    """A new device; `credentials` is null when a gateway speaks for it."""

    credentials: CredentialsShown | None


class ImportedRow(Shown):
    """What became of a line."""

    line: int
    id: str
    outcome: str = Field(examples=["created", "updated", "unchanged", "error"])
    detail: str
    credentials: CredentialsShown | None = None


class Imported(Shown):
    """What became of a file."""

    items: list[ImportedRow]
    created: int
    updated: int
    unchanged: int
    errors: int
