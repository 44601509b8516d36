"""What becomes of quarantined messages that were read again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, select, update

from hub.model.readings import Rejected
from hub.registry import tables
from hub.registry.records import QuarantineRow, Retried

_rows = tables.quarantine
CUT = "too-large"  # a message of which only the beginning was kept: what is wrong with that says nothing

_the_message = and_(
    _rows.c.received == bindparam("b_received"),
    _rows.c.source == bindparam("b_source"),
    _rows.c.raw == bindparam("b_raw"),
)
_take_out = delete(_rows).where(_the_message, _rows.c.tries <= bindparam("b_tries"))
_take_out_row = delete(_rows).where(_rows.c.id == bindparam("b_id"))
_one_more_try = (
    update(_rows)
    .where(_rows.c.id == bindparam("b_id"))
    .values(tries=_rows.c.tries + 1, tried=bindparam("b_tried", type_=_rows.c.tried.type))
)
_new_reason = _one_more_try.values(
    device=bindparam("b_device", type_=_rows.c.device.type),
    code=bindparam("b_code", type_=_rows.c.code.type),
    reason=bindparam("b_reason", type_=_rows.c.reason.type),
)


def settle(connection: Connection, retried: Sequence[Retried], now: float) -> set[int]:
    """Do as `Quarantine.settle` says. A message has a row for each of its reasons; understood, all of them go."""
    understood, mended, tried, renewed = [], [], [], []
    for message in retried:
        if message.reasons == ():
            understood.append(_identity(message) | {"b_tries": max(row.tries for row in message.rows)})
            continue
        for row, reason in _assigned(connection, message):
            if reason is None:
                mended.append({"b_id": row.id})
            elif reason is row:
                tried.append({"b_id": row.id, "b_tried": now})
            else:
                news = {"b_device": reason.device, "b_code": reason.code, "b_reason": reason.reason}
                renewed.append({"b_id": row.id, "b_tried": now} | news)
    for statement, parameters in (
        (_take_out, understood),
        (_take_out_row, mended),
        (_one_more_try, tried),
        (_new_reason, renewed),
    ):
        if parameters:
            connection.execute(statement, parameters)
    ids = [row.id for message in retried for row in message.rows]
    return set(connection.scalars(select(_rows.c.id).where(_rows.c.id.in_(ids))))


def _assigned(connection: Connection, message: Retried) -> list[tuple[QuarantineRow, Rejected | QuarantineRow | None]]:
    """What each row of a message that is refused again stands for from now on: a reason, what it stood for (itself), or
    nothing any more because its reason is gone and the others have their rows."""
    if message.reasons is None:
        return [(row, row) for row in message.rows]
    reasons = {reason.code: reason for reason in message.reasons}
    found: list[tuple[QuarantineRow, Rejected | QuarantineRow | None]] = []
    loose = []
    for row in message.rows:
        if row.code == CUT:
            found.append((row, row))
        elif row.code in reasons:
            found.append((row, reasons.pop(row.code)))
        else:
            loose.append(row)
    if loose:
        for code in _elsewhere(connection, message):
            reasons.pop(code, None)
    free = iter(reasons.values())
    found += [(row, next(free, None)) for row in loose]
    return found


def _elsewhere(connection: Connection, message: Retried) -> Sequence[str]:
    """The reasons that have a row of this message which is not among those that were read."""
    query = select(_rows.c.code).where(_the_message, _rows.c.id.not_in([row.id for row in message.rows]))
    return connection.scalars(query, _identity(message)).all()


def _identity(message: Retried) -> dict[str, Any]:
    first = message.rows[0]
    return {"b_received": first.received, "b_source": first.source, "b_raw": first.raw}
