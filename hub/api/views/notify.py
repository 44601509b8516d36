"""Notifications as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.api.times import format_time
from hub.model.notify import Attempt, ChannelKind, Delivery, What
from hub.model.untold import UNTOLD
from hub.notify.desk import NotifyDesk
from hub.notify.sealing import SIGNING, Unreadable
from hub.registry import ChannelRow, Written

Json = dict[str, Any]


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else format_time(seconds)


def secret_names(desk: NotifyDesk, row: ChannelRow) -> list[str]:
    """The names of the secrets that a channel has, without the key that signs."""
    try:
        return sorted(name for name in desk.seal.open(row.sealed) if name != SIGNING)
    except Unreadable:
        return []


def channel(desk: NotifyDesk, row: ChannelRow) -> Json:
    """A channel."""
    outbox = desk.outboxes[row.id]
    return {
        "id": row.id,
        "kind": row.kind,
        "name": row.body.get("name", ""),
        "config": row.body if row.kind is ChannelKind.WEBHOOK else {"kind": row.kind} | row.body,
        "secrets": secret_names(desk, row),
        "waiting": len(outbox.waiting),
        "failing_since": _time(outbox.failing_since),
        "last_failure": outbox.last_failure,
        "problem": outbox.problem,
        "routes": users(desk, row.id),
        "changed": format_time(row.changed),
        "by": row.by,
    }


def users(desk: NotifyDesk, id: str) -> list[str]:
    """The routes that name a channel."""
    steps = {name: written.body.get("steps", []) for name, written in desk.routes.items()}
    return sorted(name for name, those in steps.items() if any(id in each.get("channels", []) for each in those))


def route(desk: NotifyDesk, written: Written) -> Json:
    """A route."""
    body = {"name": "", "enabled": True, "when": {}, "on": [], "steps": [], "quiet": []} | written.body
    body["unusable"] = desk.unusable.get(written.id)
    return {"id": written.id} | body | {"changed": format_time(written.changed), "by": written.by}


def why(said: str) -> Json:
    """The code and values of a sentence of the hub's; what others said has none."""
    found = UNTOLD.read(said)
    return {"code": None, "values": {}} if found is None else {"code": found.code, "values": dict(found.values)}


def delivery(found: Delivery) -> Json:
    """A delivery."""
    alarm: Mapping[str, Any] = found.body.get("alarm") or found.body.get("incident") or {}
    of_incident = found.what is What.INCIDENT
    return {
        "id": found.id,
        "message": found.message,
        "channel": found.channel,
        "kind": found.kind,
        "alarm": None if of_incident else found.alarm or None,
        "episode": 0 if of_incident else found.episode,
        "incident": found.alarm if of_incident else None,
        "what": found.what,
        "route": found.route or None,
        "step": found.step,
        "fire": found.fire,
        "type": alarm.get("type"),
        "device": alarm.get("device"),
        "name": alarm.get("name") or "",
        "severity": alarm.get("severity"),
        "created": format_time(found.created),
        "due": format_time(found.due),
        "state": found.state,
        "reason": found.reason,
        **why(found.reason),
        "by": found.by or None,
        "attempts": found.attempts,
        "first_attempt": _time(found.first_attempt),
        "ended": _time(found.ended),
    }


def attempt(found: Attempt) -> Json:
    """An attempt."""
    return {
        "id": found.id,
        "time": format_time(found.time),
        "outcome": found.outcome,
        "took": None if found.took is None else round(found.took, 3),
        "status": found.status,
        "detail": found.detail,
        **why(found.detail),
        "left": None if found.left is None else list(found.left),
    }
