"""A small directory for the profiles' tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from drivers.profiles import SHIPPED, Profile, Profiles, load_profiles
from drivers.senml import Limits
from hub.model.devices import Device, DeviceKind
from hub.registry.city import City

NOW = 1_763_750_000.0


def device(profile: str, id: str = "lamp-1", kind: str = "light", address: str | None = None) -> Device:
    return Device(id, "", DeviceKind(kind), profile, address=address)


def compiled(
    devices: Iterable[Device],
    time_zone: str = "Asia/Ho_Chi_Minh",
    profiles: Mapping[str, Profile] | None = None,
    limits: Limits | None = None,
) -> Profiles:
    """The shipped profiles (or these) with these devices registered."""
    return Profiles(profiles or load_profiles(SHIPPED), City((), devices), limits or Limits(), time_zone)
