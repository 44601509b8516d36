"""Which flavour answers. `/ping` names the version; VictoriaMetrics answers like 1.8 elsewhere and names none there."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from hub.ports import StoreUnavailable
from hub.store.influx.access import Flavour
from hub.store.influx.http import Answer, Connection

_START = re.compile(rb"^vm_app_start_timestamp (\S+)", re.MULTILINE)


class Server(NamedTuple):
    """What answered."""

    flavour: Flavour
    version: str


class _Ping(msgspec.Struct):
    version: str = ""


def detect(connection: Connection) -> Server:
    """Ask the server what it is; a flavour that was set is believed. Raises StoreUnavailable."""
    forced = connection.access.flavour
    answer = connection.get("/ping")
    version = _version(answer)
    if forced is not None:
        return Server(forced, version or "of a version it does not say")
    for begin, flavour in (("1.", Flavour.V1), ("2.", Flavour.V2), ("3.", Flavour.V3)):
        if version.startswith(begin):
            if flavour is Flavour.V1 and _victoria(connection):
                break
            return Server(flavour, version)
    if _victoria(connection):
        return Server(Flavour.VICTORIA, version or "of a version it does not say")
    raise StoreUnavailable(
        f"what answers at {connection.url} ({answer.status}, version {version or 'not said'}) is no InfluxDB 1.x, 2.x or 3.x "
        "and no VictoriaMetrics: check influx.url, or set influx.flavour to 1, 2, 3 or victoria"
    )


def started(connection: Connection) -> str | None:
    """When this VictoriaMetrics was started: it changes when data that was not on disk yet may have been lost."""
    found = _START.search(connection.get("/metrics").body)
    return found[1].decode() if found else None


def _version(answer: Answer) -> str:
    said = next((value for name, value in answer.headers.items() if name.lower() == "x-influxdb-version"), "")
    if not said and answer.body:
        try:
            said = msgspec.json.decode(answer.body, type=_Ping).version
        except (msgspec.DecodeError, msgspec.ValidationError):
            said = ""
    return said.lower().removeprefix("v")


def _victoria(connection: Connection) -> bool:
    return b"vm_app_version" in connection.get("/metrics").body
