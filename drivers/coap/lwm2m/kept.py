"""Registrations in a file, so that a hub that was restarted still knows its clients, and can order them at once.

Written whole: `{"clients": [{"location", "device", "endpoint", "version", "lifetime", "queue", "peer": [host, port], "root",
"instances": {object: [instances]}, "versions": {object: version}}]}`.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog

from drivers.coap.endpoint import Peer
from drivers.coap.lwm2m.registrations import Offered, Registration

_log = structlog.get_logger("lamplighter.coap")


def packed(registrations: Iterable[Registration]) -> dict[str, Any]:
    """What to keep. Not those that have signed in: their sessions end with the hub, and they register with the next."""
    return {
        "clients": [
            {
                "location": each.location, "device": each.device, "endpoint": each.endpoint, "version": each.version,
                "lifetime": each.lifetime, "queue": each.queue, "peer": list(each.peer.address), "root": each.offered.root,
                "instances": each.offered.instances, "versions": each.offered.versions,
            }
            for each in registrations
            if each.peer.session is None
        ],
    }  # fmt: skip


def unpacked(kept: dict[str, Any], now: float) -> list[Registration]:
    """The registrations in what was kept. Their lifetimes begin anew, for nobody was there to hear them; who may sleep is taken
    to sleep until it speaks."""
    found = []
    for each in kept["clients"]:
        instances = {int(number): tuple(map(int, there)) for number, there in each["instances"].items()}
        versions = {int(number): str(version) for number, version in each["versions"].items()}
        host, port, *more = each["peer"]
        found.append(
            Registration(
                str(each["location"]), str(each["device"]), str(each["endpoint"]), str(each["version"]),
                float(each["lifetime"]), bool(each["queue"]), Peer((str(host), int(port), *more)),
                Offered(instances, versions, str(each["root"])), now,
                frozenset(instances.keys() - versions.keys()), asleep=bool(each["queue"]),
            )
        )  # fmt: skip
    return found


def load(file: Path) -> dict[str, Any] | None:
    """What the file holds; None when there is none, or it is damaged: clients register again."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(file.read_text("utf-8"))
        return found if isinstance(found, dict) else None
    return None


def save(file: Path, kept: dict[str, Any]) -> None:
    """Replace the file; blocks. What cannot be written is logged, and tried again with the next change."""
    half = file.with_suffix(".new")
    try:
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            json.dump(kept, out, separators=(",", ":"))
            out.flush()
            os.fsync(out.fileno())
        half.replace(file)
    except OSError as error:
        _log.warning(
            "LwM2M registrations cannot be kept; after a restart clients register again",
            file=str(file),
            error=str(error),
        )
