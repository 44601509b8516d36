"""Orders that wait for a second person, and the audit, as JSON."""

from __future__ import annotations

from hub.api.times import format_time
from hub.api.views.things import Json, moment
from hub.control.limits import Bounds
from hub.model.approvals import Approval
from hub.registry import AuditRow
from hub.settings import SignalsSettings


def approval(approval: Approval, now: float) -> Json:
    """A request with the order that it is for."""
    return {
        "id": approval.id,
        "created": format_time(approval.created),
        "by": approval.by,
        "order": approval.order | {"until": format_time(approval.order["until"])},
        "needs": list(approval.needs),
        "lights": approval.lights,
        "lapses": format_time(approval.lapses),
        "state": approval.state_at(now).value,
        "decided": moment(approval.decided),
        "decided_by": approval.decided_by,
        "override": approval.override,
    }


def limits(bounds: Bounds, signals: SignalsSettings) -> Json:
    """The limits of the city."""
    return {
        "lights_without_approval": bounds.lights_without_approval or None,
        "seconds_between_flips": bounds.seconds_between_flips or None,
        "dark_needs_approval": bounds.dark_needs_approval,
        "road_kinds": list(bounds.road_kinds),
        "junction_order_hours": signals.longest_hours,
        "junction_clock_seconds": signals.clock_seconds,
    }


def audit_line(row: AuditRow) -> Json:
    """A line of the audit."""
    entry = row.entry
    return {
        "id": row.id,
        "time": format_time(entry.time),
        "who": entry.who,
        "what": entry.what,
        "about": entry.about,
        "detail": entry.detail,
    }
