"""Sessions, readings, quarantine and the hub itself as sent and shown."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from hub.access.roles import Permission
from hub.api.schemas.common import Moment, Shown
from hub.model.commands import Operation
from hub.model.devices import DeviceKind
from hub.model.users import Role
from hub.ports import Aggregate, Confirmation


class TokenShown(Shown):
    """A bearer token."""

    access_token: str
    token_type: str = "bearer"
    expires_in: int = Field(description="seconds")


class Me(Shown):
    """Who is signed in. `zones` limits orders; empty means the whole city."""

    name: str
    role: Role
    zones: list[str]
    permissions: list[Permission]


class ProfileShown(Shown):
    """A device type. `patience` (s): how long an answer to a command may take, 0 for the hub's own deadline;
    `report_every` (s): between its reports, null for the hub's setting."""

    name: str = Field(examples=["tasmota"])
    title: str
    kinds: list[DeviceKind]
    operations: list[Operation] = Field(description="commands that it can carry out")
    confirmation: Confirmation = Field(
        description="how it says that it did: result (by the command's id), state (it reports a state that agrees), "
        "delivery (the network says that it was received), none"
    )
    patience: float
    report_every: float | None


class ProfilePage(Shown):
    """Device types by name."""

    items: list[ProfileShown]
    next: str | None


class Form(StrEnum):
    """In which form readings are kept: as they came, or as aggregates."""

    RAW = "raw"
    QUARTER = "15m"
    HOUR = "1h"
    DAY = "1d"


class Series(Shown):
    """Readings as [time, value] pairs, ascending. `every` is in seconds, null for raw readings."""

    points: list[tuple[Moment, float]]
    unit: str
    metric: str
    every: float | None
    agg: Aggregate
    truncated: bool = Field(
        description="true when there is more than 100,000 points: ask for less time or a longer every"
    )
    form: Form = Field(
        alias="from", description="the finest form in which the beginning of the time asked is still kept"
    )
    note: str | None = Field(description="what to ask instead, when `every` is finer than what is kept; else null")


class ZoneSeries(Series):
    """Readings of the devices of a zone, seen as one."""

    kinds: list[DeviceKind] = Field(description="the kinds of devices that were asked")


class Waiting(Shown):
    """Readings that wait on disk until the store is back."""

    away: bool = Field(description="true while the store takes no readings")
    share: float = Field(description="used share of the room for them, 0 to 1; at 1 devices are no longer acknowledged")


class About(Shown):
    """The hub. `rate` is above 1 when the city's clock runs fast; `time` is the city's."""

    name: str
    version: str
    time: Moment
    rate: float
    prefix: str = Field(description="first level of the MQTT topics")
    time_zone: str = Field(description="IANA name of the city's time zone")
    spool: Waiting | None = Field(description="readings that wait on disk; null with the embedded store")
    unwell: list[str] = Field(
        description="what is not well on the hub's own machine: disk (nearly full), broker (embedded); /readyz says why"
    )


class Alive(Shown):
    """The process answers."""

    status: str


class PartShown(Shown):
    """One part of the hub."""

    ok: bool
    detail: str


class Ready(Shown):
    """Every part of the hub; `status` is ready or degraded."""

    status: str
    parts: dict[str, PartShown]
