"""Devices: the things beside the street that speak to the hub."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hub.model.zones import Location


class DeviceKind(StrEnum):
    """What a device is; also the name of its table (measurement) in the store."""

    LIGHT = "light"
    CABINET = "cabinet"
    METER = "meter"
    ENVIRONMENT = "environment"
    FIRE_PANEL = "fire_panel"
    JUNCTION = "junction"
    GATEWAY = "gateway"


class DeviceStatus(StrEnum):
    """Where a device is in its life: planned and retired ones are not commanded."""

    PLANNED = "planned"
    ACTIVE = "active"
    MAINTENANCE = "maintenance"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Device:
    """A device as registered.

    `profile` names how it speaks (`native`: the hub's own MQTT contract). `address` is where its driver finds
    it: for a native device that has no connection of its own, the id of the gateway or cabinet that speaks for it.
    `rated_power` is in W at full output. `feed` is the cabinet and the segment that power a light: `cab-001/a`.
    """

    id: str
    name: str
    kind: DeviceKind
    profile: str = "native"
    zone: str | None = None
    location: Location | None = None
    rated_power: float | None = None
    address: str | None = None
    status: DeviceStatus = DeviceStatus.ACTIVE
    feed: str | None = None
