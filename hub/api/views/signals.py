"""What the API shows of junctions, plan sets, orders and routes, as plain data ready for JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.api.views.things import Json, moment, place
from hub.control.board import Board
from hub.model.devices import Device
from hub.model.junctions import Detected, JunctionReport
from hub.model.signal_faults import minor
from hub.model.signals import Evaluation, OrderKind, PlanRecord, SignalOrder, Step
from hub.ports import Clock
from hub.registry import Written
from hub.registry.city import City
from hub.signals import life
from hub.signals.due import day_of
from hub.signals.judged import Judged
from hub.signals.progress import follows
from hub.signals.refusals import WhyNot
from hub.signals.room import SignalRoom
from hub.signals.routes import Looked, route_of


def why_not(reason: WhyNot) -> Json:
    """A reason for which a junction takes no order."""
    return {"code": reason.code, "values": {k: str(v) for k, v in reason.values.items()}, "text": reason.text()}


def state(report: JunctionReport, room: SignalRoom, *, fresh: bool) -> Json:
    """What a controller last said; the name of its program as the plan set has it."""
    return {
        "time": moment(report.time), "received": moment(report.received), "fresh": fresh, "mode": report.mode.value,
        "program": _program(report.device, report.plan, room), "stage": report.stage, "second": report.second,
        "cycle": report.cycle, "groups": report.groups, "clock_error": report.clock_error, "correction": report.correction,
        "checksum": report.checksum, "faults": list(report.faults),
        "minor_faults": list(minor(report.faults)), "by": None if report.by is None else report.by.value,
        "selected": _program(report.device, report.selected, room), "until": moment(report.until),
    }  # fmt: skip


def _program(junction: str, name: str | None, room: SignalRoom) -> str | None:
    """What the hub calls a program of the controller: by the plan set that runs or comes, else as the controller does."""
    if name is None:
        return None
    order = room.ledger.ruling.get(junction)
    if order is not None and order.name == name and order.kind is OrderKind.HOLD:
        return order.program
    for record in (room.ledger.active.get(junction), room.ledger.coming.get(junction)):
        if record is not None:
            for program, theirs in record.names.items():
                if theirs == name:
                    return program
    return name


def order(order: SignalOrder) -> Json:
    """An order to a junction."""
    return {
        "id": order.id, "junction": order.junction, "kind": order.kind.value, "program": order.program,
        "mode": order.kind.value if order.kind in (OrderKind.FLASH, OrderKind.DARK) else None, "stage": order.stage,
        "seconds": order.seconds, "route": order.route, "plan": order.plan, "reason": order.reason, "by": order.by,
        "created": moment(order.created), "until": moment(order.until), "command": order.command,
        "stage_of": order.progress.value, "confirmed": moment(order.confirmed), "running": moment(order.running),
        "detail": order.detail, "ended": moment(order.ended), "ended_by": order.ended_by or None,
        "body": dict(order.body) if order.kind is OrderKind.HOLD and order.body is not None else None,
    }  # fmt: skip


def junction(device: Device, room: SignalRoom, board: Board, now: float) -> Json:
    """A junction as in the list."""
    report, active, coming = (
        room.book.of(device.id),
        room.ledger.active.get(device.id),
        room.ledger.coming.get(device.id),
    )
    reasons = room.book.why_not(device)
    wanted = room.orders.wanted(device.id)
    due = None if wanted is None else room.ledger.due(wanted, now)
    ruling = room.ledger.ruling.get(device.id)
    return {
        "id": device.id, "name": device.name, "zone": device.zone, "location": place(device.location),
        "status": device.status.value, "online": board.online(device.id), "last_seen": moment(board.last_seen(device.id)),
        "available": not reasons, "why_not": [why_not(each) for each in reasons],
        "state": None if report is None else state(report, room, fresh=room.book.fresh(device.id)),
        "active": None if active is None else _active(active, report),
        "next": None if coming is None else {"id": coming.id, "version": coming.version, "state": coming.state.value},
        "due": None if due is None else due.program, "order": None if ruling is None else order(ruling),
    }  # fmt: skip


def _active(record: PlanRecord, report: JunctionReport | None) -> Json:
    return {
        "id": record.id, "version": record.version, "since": moment(record.active_since), "until": moment(record.active_until),
        "followed": report is not None and follows(report, record) is not None,
    }  # fmt: skip


def junction_detail(device: Device, room: SignalRoom, board: Board, now: float) -> Json:
    """A junction with its programs and the day."""
    shown = junction(device, room, board, now)
    report, configured = room.book.of(device.id), room.intersections.get(device.id)
    record = room.orders.wanted(device.id)
    stored = room.book.stored(device.id)
    plan_set = None if record is None else room.ledger.plan_set(record)
    body: Any = None if record is None else record.body.get("intersection")
    programs, day = [], []
    if record is not None and plan_set is not None:
        programs = [
            {
                "id": name, "name": program.name, "cycle": program.cycle, "offset": program.offset,
                "checksum": record.checksums.get(name), "stages": [each.id for each in program.stages],
                "stored": stored.get(record.names.get(name, "")) == record.checksums.get(name), "flashes": program.flashes,
                "states": {str(second): letters for second, letters in program.states},
            }
            for name, program in plan_set.programs.items()
        ]  # fmt: skip
        zone = room.ledger.zone(plan_set)
        today = datetime.fromtimestamp(now, zone).date()
        day = [
            {"from": moment(each.since), "to": moment(each.until), "program": each.program}
            for each in day_of(plan_set, today, zone)
        ]
    return shown | {
        "intersection": body if configured is None else configured.body,
        "configured": None if configured is None else {"by": configured.by, "changed": moment(configured.changed)},
        "programs": programs, "day": day, "stored": dict(stored),
        "detectors": {} if report is None else {name: _detector(each) for name, each in report.detectors.items()},
    }  # fmt: skip


def _detector(found: Detected) -> Json:
    return {"count": found.count, "occupied": found.occupied, "broken": found.broken}


def junction_event(id: str, room: SignalRoom, city: City, board: Board, clock: Clock) -> Json:
    """What the event stream says of a junction."""
    known = city.device(id)
    return {"id": id, "deleted": True} if known is None else junction(known, room, board, clock.now())


def plan(record: PlanRecord, now: float) -> Json:
    """A plan set as in a list."""
    return {
        "id": record.id, "junction": record.junction, "version": record.version, "state": life.state_at(record, now).value,
        "digest": record.digest, "note": record.note, "created": moment(record.created), "by": record.by,
        "changed": moment(record.changed), "writers": list(record.writers), "errors": record.errors,
        "warnings": record.warnings, "submitted": _who(record.submitted, record.submitted_by),
        "approved": _who(record.approved, record.approved_by), "lapses": moment(record.lapses),
        "activated": _who(record.activated, record.activated_by), "active_since": moment(record.active_since),
        "active_until": moment(record.active_until), "before": record.before, "stored": list(record.stored),
        "programs": list(record.checksums), "checksums": dict(record.checksums),
        "can": [act.value for act in life.can(record, now)],
    }  # fmt: skip


def _who(time: float | None, by: str) -> Json | None:
    return None if time is None else {"time": moment(time), "by": by}


def plan_detail(record: PlanRecord, judged: Judged | None, now: float) -> Json:
    """A plan set with its programs, what the linter says of it now, and its steps."""
    return plan(record, now) | {
        "plan_set": dict(record.body), "findings": [] if judged is None else judged.shown(),
        "history": [_step(each) for each in record.steps],
    }  # fmt: skip


def _step(step: Step) -> Json:
    return {"time": moment(step.time), "what": step.what, "who": step.who, "text": step.text, "digest": step.digest}


def linted(judged: Judged) -> Json:
    """What the linter says."""
    return {
        "findings": judged.shown(), "errors": judged.errors, "warnings": judged.warnings, "digest": judged.digest,
        "checksums": dict(judged.checksums),
    }  # fmt: skip


def route(written: Written, room: SignalRoom) -> Json:
    """A green wave and whether it runs."""
    found = route_of(written)
    holding = sorted(room.routes.holding(written.id), key=lambda each: each.created)
    return {
        "id": found.id, "name": found.name, "legs": [{"junction": leg.junction, "program": leg.program} for leg in found.legs],
        "changed": moment(written.changed), "by": written.by, "running": bool(holding),
        "until": moment(holding[0].until) if holding else None, "requested_by": holding[0].by if holding else None,
        "reason": holding[0].reason if holding else None, "orders": [order(each) for each in holding],
    }  # fmt: skip


def looked(found: Looked) -> Json:
    """What a request of a route does, or would do."""
    return {
        "orders": [order(each) for each in found.orders],
        "refused": [
            {"junction": each.leg.junction, "program": each.leg.program, "code": each.refusal.code, "detail": str(each.refusal)}
            for each in found.refused
        ],
    }  # fmt: skip


def evaluation(found: Evaluation, *, whole: bool = False) -> Json:
    """An evaluation, with its report when it is `whole`."""
    shown = {
        "id": found.id, "plan": found.plan, "junction": found.junction, "created": moment(found.created), "by": found.by,
        "verdict": found.verdict, "has_html": bool(found.html) if whole else None,
    }  # fmt: skip
    return shown | {"report": dict(found.report)} if whole else shown
