"""What the API shows of each thing, as plain data ready for JSON. Pure functions; `schemas` describes the same for OpenAPI."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from hub.api.times import format_time
from hub.api.views.cabinets import cabinet
from hub.control.board import Board, Counts
from hub.control.holdings import Holding
from hub.model.commands import Command, Outcome, Target
from hub.model.devices import Device, DeviceKind
from hub.model.light import LightState
from hub.model.metrics import METRICS
from hub.model.overrides import Override
from hub.model.presence import ClockError
from hub.model.reasons import read_reason
from hub.model.reports import EventReport
from hub.model.zones import Location, Zone
from hub.registry import Held, QuarantineCount, QuarantineRow
from hub.telemetry.latest import Reading
from hub.telemetry.replay import Replay

Json = dict[str, Any]
PREVIEW = 120
"""Bytes of a rejected message that are looked at to show its beginning."""


def moment(seconds: float | None) -> str | None:
    """RFC 3339, or null for never."""
    return None if seconds is None else format_time(seconds)


def place(location: Location | None) -> Json | None:
    """A position."""
    return None if location is None else {"lat": location.lat, "lon": location.lon}


def zone(zone: Zone, counts: Counts) -> Json:
    """A zone with the counts of everything in and below it."""
    return {
        "id": zone.id,
        "name": zone.name,
        "kind": zone.kind,
        "parent": zone.parent,
        "location": place(zone.location),
        "path": [[point.lat, point.lon] for point in zone.path],
        "counts": counts._asdict(),
    }


def zone_counts(zone: str, counts: Counts) -> Json:
    """What the event stream says of a zone."""
    return {"id": zone, "counts": counts._asdict()}


def device(device: Device) -> Json:
    """A device as registered."""
    return {
        "id": device.id,
        "name": device.name,
        "kind": device.kind.value,
        "profile": device.profile,
        "zone": device.zone,
        "location": place(device.location),
        "rated_power": device.rated_power,
        "address": device.address,
        "status": device.status.value,
        "feed": device.feed,
    }


def light(state: LightState) -> Json:
    """Requested, in effect, actual: three facts."""
    return {
        "requested": state.requested,
        "in_effect": state.in_effect,
        "actual": state.actual,
        "cause": None if state.cause is None else state.cause.value,
        "online": state.online,
        "last_seen": moment(state.last_seen),
        "local_until": moment(state.local_until),
    }


def condition(event: EventReport) -> Json:
    """Something that is wrong at a device."""
    return {"type": event.type, "point": event.point, "since": format_time(event.time), "text": event.text}


def presence(device: str, board: Board) -> Json:
    """Whether a device can be believed to hear us; if not, since when and why."""
    absence = board.absence(device)
    return {
        "online": absence is None,
        "last_seen": moment(board.last_seen(device)),
        "offline_since": None if absence is None else moment(absence.since),
        "offline_because": None if absence is None else absence.because.value,
        "clock": clock_error(board.clock_error(device)),
    }


def clock_error(found: ClockError | None) -> Json | None:
    """How far a device's clock is off: seconds, positive ahead, null beyond what is taken at all."""
    if found is None:
        return None
    return {"error": round(found.error, 3) if math.isfinite(found.error) else None, "since": format_time(found.since)}


def _light_of(device: Device, board: Board) -> Json | None:
    return light(board.light(device.id)) if device.kind is DeviceKind.LIGHT else None


def device_item(known: Device, board: Board) -> Json:
    """A device in a list: as registered, with its state."""
    return device(known) | presence(known.id, board) | {"light": _light_of(known, board)}


def plan(holding: Holding | None) -> Json | None:
    """The plan that a light is to hold, and what it says it holds."""
    return holding and holding._asdict() | {"since": moment(holding.since), "state": holding.state.value}


def device_detail(known: Device, board: Board, latest: Mapping[str, Reading], holding: Holding | None) -> Json:
    """One device with all that is known of it now."""
    return device_item(known, board) | {
        "cabinet": cabinet(known, board),
        "conditions": [condition(event) for event in board.conditions(known.id)],
        "latest": {
            name: {
                "time": format_time(reading.time),
                "received": moment(reading.received),
                "value": reading.value,
                "unit": METRICS[name].unit if name in METRICS else None,
            }
            for name, reading in sorted(latest.items())
        },
        "plan": plan(holding),
    }


def device_event(known: Device, board: Board) -> Json:
    """What the event stream says of a device."""
    return {
        "id": known.id,
        **presence(known.id, board),
        "light": _light_of(known, board),
        "cabinet": cabinet(known, board),
        "conditions": [condition(event) for event in board.conditions(known.id)],
    }


def command(command: Command, outcomes: Mapping[Outcome, int]) -> Json:
    """A command and how many of its targets stand where."""
    return {
        "id": command.id,
        "kind": command.operation.value,
        "state": command.state.value,
        "created": format_time(command.created),
        "by": command.by,
        "expires": format_time(command.expires),
        "level": command.level,
        "until": moment(command.until),
        "override": command.override,
        "targets": sum(outcomes.values()),
        "outcomes": {outcome.value: outcomes.get(outcome, 0) for outcome in Outcome},
    }


def target(target: Target) -> Json:
    """Where a command stands for one device."""
    reason = read_reason(target.detail)
    return {
        "device": target.device,
        "outcome": target.outcome.value,
        "detail": target.detail,
        "code": None if reason is None else reason.code,
        "values": {} if reason is None else dict(reason.values),
        "updated": moment(target.updated or None),
    }


def override(override: Override, targets: int, now: float) -> Json:
    """A held level; `ended` says when it was cancelled or ran out, null while it holds."""
    ended = override.ended if override.ended is not None else override.until if now >= override.until else None
    return {
        "id": override.id,
        "level": override.level,
        "ramp": override.ramp,
        "start": format_time(override.start),
        "until": format_time(override.until),
        "ended": moment(ended),
        "reason": override.reason,
        "by": override.by,
        "cause": override.cause.value,
        "zones": list(override.zones),
        "devices": list(override.devices),
        "command": override.command,
        "targets": targets,
    }


def rejected(row: QuarantineRow) -> Json:
    """Rejected bytes, with as much of them as helps a person."""
    return {
        "id": row.id,
        "received": format_time(row.received),
        "source": row.source,
        "device": row.device,
        "code": row.code,
        "reason": row.reason,
        "tries": row.tries,
        "tried": moment(row.tried),
        "size": row.size,
        "preview": preview(row.raw),
    }


def preview(raw: bytes) -> str:
    """The start of `raw` as text when it is text, else in hexadecimal after `0x`."""
    cut = raw[:PREVIEW]
    text = cut.decode("utf-8", "ignore")
    if len(text.encode()) >= len(cut) - 3 and all(char.isprintable() or char in "\t\r\n" for char in text):
        return text
    return f"0x{cut[: PREVIEW // 2].hex()}"


def rejected_count(count: QuarantineCount) -> Json:
    """How often a device was rejected for a reason."""
    return {"device": count.device, "code": count.code, "count": count.count, "last": format_time(count.last)}


def held(code: str, held: Held) -> Json:
    """How much is kept of a reason."""
    return {"code": code, "rows": held.rows, "bytes": held.bytes}


def replay(replay: Replay) -> Json:
    """How far a replay is and what came of it."""
    return {
        "id": replay.id,
        "state": replay.state.value,
        "dry_run": replay.dry_run,
        "by": replay.by,
        "started": format_time(replay.started),
        "ended": moment(replay.ended),
        "total": replay.total,
        "done": replay.done,
        "understood": replay.understood,
        "refused": replay.refused,
        "reasons": [
            {"code": code, "count": count, "reason": reason} for code, (count, reason) in replay.reasons.items()
        ],
        "waits_for": replay.waits_for,
    }


def page(items: Iterable[Json], next_cursor: str | None) -> Json:
    """A list as every list is sent."""
    return {"items": list(items), "next": next_cursor}
