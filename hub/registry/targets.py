"""Outcomes of the devices of commands. A final outcome never changes, by the WHERE of the one UPDATE here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, FromClause, Row, insert, literal, or_, select, update

from hub.model.commands import Command, Operation, Outcome, Target
from hub.model.reasons import sentence
from hub.registry import tables
from hub.registry.batches import CHANGES, IDS, among, batch, of_batch
from hub.registry.records import TargetChange

_targets = tables.targets
_SWITCHING = (Operation.SET_LEVEL, Operation.RESUME)


def settled(changes: Iterable[TargetChange]) -> list[TargetChange]:
    """One change a target: its first final one, or its last when none is."""
    found: dict[tuple[str, str], TargetChange] = {}
    for change in changes:
        before = found.get((change.command, change.device))
        if before is None or not before.outcome.final:
            found[change.command, change.device] = change
    return list(found.values())


def change_targets(connection: Connection, changes: Iterable[TargetChange]) -> list[TargetChange]:
    """Apply `changes` to targets that are not final and differ; returns those that really changed."""
    wanted = settled(changes)
    if not wanted:
        return []
    rows = [(c.command, c.device, c.outcome.value, c.detail, c.time) for c in wanted]
    changed = connection.execute(_change(batch(connection, CHANGES, rows)))
    outcomes = {outcome.value: outcome for outcome in Outcome}
    return [TargetChange(c, d, outcomes[o], detail, time) for c, d, o, detail, time in changed]


@of_batch
def _change(new: FromClause) -> Executable:
    return (
        update(_targets)
        .where(_targets.c.command == new.c.command, _targets.c.device == new.c.device)
        .where(_open(), or_(_targets.c.outcome != new.c.outcome, _targets.c.detail != new.c.detail))
        .values(outcome=new.c.outcome, detail=new.c.detail, updated=new.c.updated)
        .returning(_targets.c.command, _targets.c.device, _targets.c.outcome, _targets.c.detail, _targets.c.updated)
    )


def add_targets(
    connection: Connection, command: Command, devices: Sequence[str], lost: Sequence[TargetChange] = ()
) -> list[TargetChange]:
    """Add pending targets; they supersede the open ones of earlier switching commands, which are returned. Not so those
    that are `lost`: they are over at once."""
    new = batch(connection, IDS, [(device,) for device in dict.fromkeys(devices)])
    superseded: list[TargetChange] = []
    if command.operation in _SWITCHING:
        outcome, detail = Outcome.SUPERSEDED, sentence("superseded", command=command.id)
        earlier = _waiting_for_a_level(connection, new)
        kept = {change.device for change in lost}
        changes = [
            TargetChange(id, device, outcome, detail, command.created) for id, device in earlier if device not in kept
        ]
        superseded = change_targets(connection, changes)
    row = select(
        literal(command.id, _targets.c.command.type),
        new.c.id,
        literal(Outcome.PENDING.value, _targets.c.outcome.type),
        literal("", _targets.c.detail.type),
        literal(command.created, _targets.c.updated.type),
    )
    connection.execute(insert(_targets).from_select(["command", "device", "outcome", "detail", "updated"], row))
    change_targets(connection, lost)
    return superseded


def _waiting_for_a_level(connection: Connection, devices: FromClause) -> list[tuple[str, str]]:
    """(command, device) of the open targets of switching commands; in two steps, each of which can only go one way."""
    found = select(_targets.c.command, _targets.c.device).where(_targets.c.device == devices.c.id, _open())
    rows = [(id, device) for id, device in connection.execute(found)]
    commands = among(connection, tables.commands.c.id, {id for id, _ in rows})
    operations = [operation.value for operation in _SWITCHING]
    switching = select(tables.commands.c.id).where(commands, tables.commands.c.operation.in_(operations))
    wanted = set(connection.scalars(switching)) if rows else set()
    return [row for row in rows if row[0] in wanted]


def target(row: Row[Any]) -> Target:
    """A row of targets."""
    return Target(device=row.device, outcome=Outcome(row.outcome), detail=row.detail, updated=row.updated)


def _open() -> ColumnElement[bool]:
    return tables.unsettled(_targets.c.outcome)
