"""Which devices each zone's aggregates are of, and since when: a zone that gains or loses a device starts anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hub.model.devices import Device
from hub.registry.rollups import Members


class Places(NamedTuple):
    """The devices of one version of the city: {device: the zone it is right in}, and [(zone, kind, device)]."""

    version: int
    zones: Mapping[str, str | None]
    devices: list[tuple[str, str, str]]


def places(version: int, devices: Iterable[Device]) -> Places:
    """A copy that another thread may look at."""
    known = list(devices)
    listed = [(device.zone, device.kind.value, device.id) for device in known if device.zone is not None]
    return Places(version, {device.id: device.zone for device in known}, listed)


def digests(found: Places) -> dict[str, str]:
    """What names the devices right in each zone; zones without devices are left out."""
    hashes: dict[str, hashlib._Hash] = {}
    for zone, kind, device in sorted(found.devices):
        if zone not in hashes:
            hashes[zone] = hashlib.sha256()
        hashes[zone].update(f"{kind} {device}\n".encode())
    return {zone: each.hexdigest()[:32] for zone, each in hashes.items()}


def changed(before: Mapping[str, Members], now: Mapping[str, str], since: float) -> dict[str, Members]:
    """The zones whose devices are others than before: their aggregates count from `since`."""
    return {
        zone: Members(digest, since)
        for zone, digest in now.items()
        if zone not in before or before[zone].digest != digest
    }
