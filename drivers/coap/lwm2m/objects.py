"""Object definitions by number and version: which type and unit a resource has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec

ASSUMED = "1.0"  # the version of an object that is registered without one (LwM2M 1.0 section 6.2)


class Resource(NamedTuple):
    """A resource as defined: its type is one of Integer, Float, Boolean, String, Time, Opaque ..."""

    name: str
    type: str
    unit: str


class Objects:
    """The definitions there are."""

    def __init__(self, found: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
        self._resources = {
            int(number): {
                version: {int(each): Resource(*what) for each, what in one["resources"].items()}
                for version, one in versions.items()
            }
            for number, versions in found.items()
        }

    def __contains__(self, number: int) -> bool:
        return number in self._resources

    def resource(self, number: int, version: str, resource: int) -> Resource | None:
        """A resource of an object; a version that is not known is read as the published one nearest below, or else the first."""
        versions = self._resources.get(number)
        if versions is None:
            return None
        found = versions.get(version)
        if found is None:
            known = sorted(versions, key=_order)
            below = [each for each in known if _order(each) <= _order(version)]
            found = versions[below[-1] if below else known[0]]
        return found.get(resource)


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdecimal() else 0 for part in version.split("."))


@cache
def objects() -> Objects:
    """The definitions that come with the hub (`objects.json`, made by `generate`)."""
    return Objects(msgspec.json.decode((files("drivers.coap.lwm2m") / "objects.json").read_bytes()))
