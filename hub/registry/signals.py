"""Plan sets of junctions, orders to them and evaluations. What changes together is written together, with the audit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select

from hub.model.audit import AuditEntry
from hub.model.commands import Command, Outcome
from hub.model.signals import Evaluation, PlanRecord, PlanState, SignalOrder
from hub.registry import tables
from hub.registry.audit import note
from hub.registry.batches import among
from hub.registry.database import Database
from hub.registry.errors import Exists, Missing
from hub.registry.orders import claim_key, command_columns
from hub.registry.records import IdempotencyKey, TargetChange
from hub.registry.targets import add_targets, change_targets

_plans, _orders, _evaluations = tables.signal_plans, tables.signal_orders, tables.signal_evaluations
_PRUNED_AT_ONCE = 1_000


class SignalChanges(NamedTuple):
    """What is written in one transaction. `commands` are new ones, each with its junctions; `outcomes` those of older ones; `key`
    is that of the request, when it has one."""

    plans: Sequence[PlanRecord] = ()
    orders: Sequence[SignalOrder] = ()
    commands: Sequence[tuple[Command, Sequence[str]]] = ()
    outcomes: Sequence[TargetChange] = ()
    audit: Sequence[AuditEntry] = ()
    key: IdempotencyKey | None = None


class Signals:
    """The truth of hub.signals."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- plan sets and orders ----------------------------------------------------------------------------------------

    def add(self, record: PlanRecord, audit: AuditEntry) -> PlanRecord:
        """Keep a new plan set under the next version of its junction; returns it with that."""
        with self._database.write() as connection:
            newest = connection.scalar(select(func.max(_plans.c.version)).where(_plans.c.junction == record.junction))
            record = replace(record, version=(newest or 0) + 1)
            connection.execute(insert(_plans).values(_plan_row(record)))
            note(connection, audit)
        return record

    def apply(self, changes: SignalChanges) -> list[TargetChange]:
        """Write all of it or nothing; durable on return. Returns the outcomes that really changed. Raises Missing, Exists,
        KeyTaken."""
        with self._database.write() as connection:
            if changes.key is not None:
                claim_key(connection, changes.key)
            for record in changes.plans:
                values = _plan_row(record)
                done = connection.execute(_plans.update().where(_plans.c.id == record.id).values(values)).rowcount
                if not done:
                    raise Missing(f"no plan set {record.id!r}: it was deleted, or never added")
            if changes.orders:
                statement = self._database.insert(_orders)
                columns = {name: statement.excluded[name] for name in ("ended", "body")}
                connection.execute(
                    statement.on_conflict_do_update(index_elements=["id"], set_=columns),
                    [_order_row(order) for order in changes.orders],
                )
            for command, devices in changes.commands:
                if connection.scalar(select(tables.commands.c.id).where(tables.commands.c.id == command.id)):
                    raise Exists(f"command {command.id!r} exists already: make a new id")
                connection.execute(insert(tables.commands).values(command_columns(command)))
                add_targets(connection, command, devices)
            changed = change_targets(connection, changes.outcomes)
            for line in changes.audit:
                note(connection, line)
        return changed

    def remove(self, id: str, audit: AuditEntry) -> None:
        """Delete a plan set and its evaluations; raises Missing."""
        with self._database.write() as connection:
            if not connection.execute(delete(_plans).where(_plans.c.id == id)).rowcount:
                raise Missing(f"no plan set {id!r}: it was deleted, or never added")
            connection.execute(delete(_evaluations).where(_evaluations.c.plan == id))
            note(connection, audit)

    def plan(self, id: str) -> PlanRecord | None:
        """The plan set of that id."""
        with self._database.read() as connection:
            row = connection.execute(select(_plans).where(_plans.c.id == id)).first()
        return None if row is None else _plan(row)

    def plans(
        self, junction: str, state: PlanState | None = None, below: int | None = None, limit: int = 100
    ) -> list[PlanRecord]:
        """At most `limit` plan sets of a junction, the newest version first; with `below`, those of smaller versions."""
        query = select(_plans).where(_plans.c.junction == junction).order_by(_plans.c.version.desc()).limit(limit)
        if state is not None:
            query = query.where(_plans.c.state == state.value)
        if below is not None:
            query = query.where(_plans.c.version < below)
        with self._database.read() as connection:
            return [_plan(row) for row in connection.execute(query)]

    def in_state(self, states: Collection[PlanState]) -> list[PlanRecord]:
        """All plan sets in one of these states."""
        query = select(_plans).where(_plans.c.state.in_([state.value for state in states])).order_by(_plans.c.id)
        with self._database.read() as connection:
            return [_plan(row) for row in connection.execute(query)]

    def unclosed(self, junction: str) -> list[PlanRecord]:
        """The plan sets of a junction that are not closed."""
        query = select(_plans).where(_plans.c.junction == junction, _plans.c.state != PlanState.CLOSED.value)
        with self._database.read() as connection:
            return [_plan(row) for row in connection.execute(query.order_by(_plans.c.version))]

    def open_orders(self) -> list[SignalOrder]:
        """Orders that have not ended, the oldest first."""
        query = select(_orders).where(_orders.c.ended.is_(None)).order_by(_orders.c.created, _orders.c.id)
        with self._database.read() as connection:
            return [_order(row) for row in connection.execute(query)]

    def orders(self, junction: str, below: str | None = None, limit: int = 100) -> list[SignalOrder]:
        """At most `limit` orders to a junction, the newest first; with `below`, those of smaller ids."""
        query = select(_orders).where(_orders.c.junction == junction).order_by(_orders.c.id.desc()).limit(limit)
        if below is not None:
            query = query.where(_orders.c.id < below)
        with self._database.read() as connection:
            return [_order(row) for row in connection.execute(query)]

    def outcomes(self, commands: Collection[str]) -> list[TargetChange]:
        """Where every target of these commands stands."""
        targets = tables.targets
        with self._database.read() as connection:
            query = select(targets).where(among(connection, targets.c.command, commands))
            return [
                TargetChange(row.command, row.device, Outcome(row.outcome), row.detail, row.updated)
                for row in connection.execute(query)
            ]

    # --- evaluations -------------------------------------------------------------------------------------------------

    def attach(self, evaluation: Evaluation, audit: AuditEntry) -> None:
        """Keep an evaluation of a plan set."""
        with self._database.write() as connection:
            connection.execute(insert(_evaluations).values(msgspec.to_builtins(evaluation)))
            note(connection, audit)

    def evaluation(self, id: str) -> Evaluation | None:
        """The evaluation of that id, with its report."""
        with self._database.read() as connection:
            row = connection.execute(select(_evaluations).where(_evaluations.c.id == id)).first()
        return None if row is None else Evaluation(*row)

    def evaluations(
        self, *, junction: str | None = None, plan: str | None = None, below: str | None = None, limit: int = 100
    ) -> list[Evaluation]:
        """At most `limit` evaluations of a junction or plan set, the newest first, without their pages."""
        columns = [column for column in _evaluations.c if column.name != "html"]
        query = select(*columns).order_by(_evaluations.c.id.desc()).limit(limit)
        for column, value in ((_evaluations.c.junction, junction), (_evaluations.c.plan, plan)):
            if value is not None:
                query = query.where(column == value)
        if below is not None:
            query = query.where(_evaluations.c.id < below)
        with self._database.read() as connection:
            return [Evaluation(*row) for row in connection.execute(query)]

    def prune(self, before: float) -> int:
        """Forget orders that ended before `before`; the audit keeps what they were. Plan sets stay."""
        old = select(_orders.c.id).where(_orders.c.ended < before).order_by(_orders.c.id).limit(_PRUNED_AT_ONCE)
        removed = 0
        while True:
            with self._database.write() as connection:
                ids = list(connection.scalars(old))
                _forget(connection, ids)
            removed += len(ids)
            if len(ids) < _PRUNED_AT_ONCE:
                return removed


def _forget(connection: Connection, ids: Sequence[str]) -> None:
    if ids:
        connection.execute(delete(_orders).where(among(connection, _orders.c.id, ids)))


def _plan_row(record: PlanRecord) -> dict[str, Any]:
    return {
        "id": record.id, "junction": record.junction, "version": record.version, "state": record.state.value,
        "body": msgspec.to_builtins(record),
    }  # fmt: skip


def _plan(row: Row[Any]) -> PlanRecord:
    return msgspec.convert(row.body, PlanRecord)


def _order_row(order: SignalOrder) -> dict[str, Any]:
    return {
        "id": order.id, "junction": order.junction, "created": order.created, "ended": order.ended,
        "body": msgspec.to_builtins(order),
    }  # fmt: skip


def _order(row: Row[Any]) -> SignalOrder:
    return msgspec.convert(row.body, SignalOrder)
