"""Sessions, readings, quarantine and the hub itself as sent and shown."""

from __future__ import annotations

from pydantic import Field

from hub.access.roles import Permission
from hub.api.schemas import Moment, Shown
from hub.model.devices import DeviceKind
from hub.model.users import Role
from hub.ports import Aggregate


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


class ZoneSeries(Series):
    """Readings of the devices of a zone, seen as one."""

    kinds: list[DeviceKind] = Field(description="the kinds of devices that were asked")


class RejectedShown(Shown):
    """What was received and could not be understood."""

    id: int
    received: Moment
    source: str = Field(description="where it came from: an MQTT topic, a CoAP path")
    device: str | None
    code: str
    reason: str
    size: int = Field(description="bytes")
    preview: str = Field(description="its start as text, or in hexadecimal after 0x")


class RejectedCount(Shown):
    """How often a device was rejected for a reason."""

    device: str | None
    code: str
    count: int
    last: Moment


class QuarantinePage(Shown):
    """Rejected messages, the newest first, and the counts by device and reason."""

    items: list[RejectedShown]
    next: str | None
    counts: list[RejectedCount]


class About(Shown):
    """The hub. `rate` is above 1 when the city's clock runs fast; `time` is the city's."""

    name: str
    version: str
    time: Moment
    rate: float
    prefix: str = Field(description="first level of the MQTT topics")
    time_zone: str = Field(description="IANA name of the city's time zone")


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
