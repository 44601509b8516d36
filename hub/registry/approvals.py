"""Orders that wait for a second person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, tuple_, update

from hub.model.approvals import Approval, ApprovalState, Decision
from hub.model.audit import AuditEntry
from hub.registry import tables
from hub.registry.audit import note
from hub.registry.database import Database
from hub.registry.errors import NotWaiting

_approvals = tables.approvals


class Approvals:
    """Requests and what became of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, approval: Approval, audit: AuditEntry | None = None) -> Approval:
        """Keep a request; when the very same one waits already, that is returned and nothing is written."""
        with self._database.write() as connection:
            query = select(_approvals).where(
                _approvals.c.by == approval.by,
                _approvals.c.digest == approval.digest,
                _approvals.c.key.is_(None) if approval.key is None else _approvals.c.key == approval.key,
                _approvals.c.state == ApprovalState.WAITING.value,
                _approvals.c.lapses > approval.created,
            )
            if (row := connection.execute(query).first()) is not None:
                return _approval(row)
            connection.execute(insert(_approvals).values(_columns(approval)))
            note(connection, audit)
            return approval

    def get(self, id: str) -> Approval | None:
        """The request of that id."""
        with self._database.read() as connection:
            row = connection.execute(select(_approvals).where(_approvals.c.id == id)).first()
        return None if row is None else _approval(row)

    def of_key(self, by: str, key: str) -> Approval | None:
        """The newest request that `by` sent with that idempotency key."""
        query = select(_approvals).where(_approvals.c.by == by, _approvals.c.key == key)
        with self._database.read() as connection:
            row = connection.execute(query.order_by(_approvals.c.created.desc(), _approvals.c.id.desc())).first()
        return None if row is None else _approval(row)

    def waiting(self, now: float, after: tuple[float, str] | None = None, limit: int = 100) -> list[Approval]:
        """At most `limit` of those that wait at `now`, the newest first; those after (created, id)."""
        query = select(_approvals).where(_approvals.c.state == ApprovalState.WAITING.value, _approvals.c.lapses > now)
        if after is not None:
            query = query.where(tuple_(_approvals.c.created, _approvals.c.id) < tuple_(*after))
        query = query.order_by(_approvals.c.created.desc(), _approvals.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return [_approval(row) for row in connection.execute(query)]

    def decide(self, decision: Decision, audit: AuditEntry | None = None) -> Approval:
        """Close a request that is not to be placed; raises NotWaiting."""
        with self._database.write() as connection:
            decide(connection, decision)
            note(connection, audit)
            return _approval(connection.execute(select(_approvals).where(_approvals.c.id == decision.approval)).one())


def decide(connection: Connection, decision: Decision) -> None:
    """Close a request within a transaction; raises NotWaiting when somebody did before, or its time has passed."""
    statement = update(_approvals).where(
        _approvals.c.id == decision.approval,
        _approvals.c.state == ApprovalState.WAITING.value,
        _approvals.c.lapses > decision.time,
    )
    values = {"state": decision.state.value, "decided": decision.time, "decided_by": decision.by}
    if not connection.execute(statement.values(values | {"override": decision.override})).rowcount:
        raise NotWaiting(f"request {decision.approval!r} does not wait any more: look what became of it, or order anew")


def prune(connection: Connection, before: float) -> None:
    """Forget requests whose time passed before `before`; the audit keeps what they were."""
    connection.execute(delete(_approvals).where(_approvals.c.lapses < before))


def _approval(row: Row[Any]) -> Approval:
    return Approval(
        row.id, row.created, row.by, row.body, row.digest, row.key, tuple(row.needs), row.lights, row.lapses,
        ApprovalState(row.state), row.decided, row.decided_by, row.override,
    )  # fmt: skip


def _columns(approval: Approval) -> dict[str, Any]:
    return {
        "id": approval.id,
        "created": approval.created,
        "by": approval.by,
        "body": approval.order,
        "digest": approval.digest,
        "key": approval.key,
        "needs": list(approval.needs),
        "lights": approval.lights,
        "lapses": approval.lapses,
        "state": approval.state.value,
        "decided": approval.decided,
        "decided_by": approval.decided_by,
        "override": approval.override,
    }
