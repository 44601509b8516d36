"""Orders: commands with the outcome of each target, the overrides that they carry out, and idempotency keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update

from hub.model.approvals import Decision
from hub.model.audit import AuditEntry
from hub.model.commands import Command, CommandState, Operation, Outcome, Target
from hub.model.light import Cause
from hub.model.overrides import Override
from hub.registry import tables
from hub.registry.approvals import decide
from hub.registry.approvals import prune as prune_approvals
from hub.registry.audit import note
from hub.registry.batches import among
from hub.registry.database import Database
from hub.registry.errors import Exists, KeyTaken
from hub.registry.records import KEY_LIFETIME, IdempotencyKey, TargetChange
from hub.registry.targets import add_targets, change_targets, target

_commands, _targets, _overrides, _keys = tables.commands, tables.targets, tables.overrides, tables.keys
_PRUNED_AT_ONCE = 50_000  # targets; other writers get their turn in between
SIZES_KEPT = 10_000


class Orders:
    """What was ordered and what came of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sizes: dict[str, int] = {}  # of commands

    def place(
        self,
        command: Command,
        devices: Sequence[str],
        *,
        override: Override | None = None,
        key: IdempotencyKey | None = None,
        decision: Decision | None = None,
        audit: AuditEntry | None = None,
        lost: Sequence[TargetChange] = (),
    ) -> list[TargetChange]:
        """Keep an order, whole or not at all, before anything of it is sent: the override, the command, a pending
        target for every device, the key, the decision that approved it, and its line of the audit.

        Open targets of earlier set_level and resume commands for the same devices become superseded when this is such
        a command; they are returned. Targets that are `lost` have their outcome at once and supersede nothing. Raises
        KeyTaken when the user gave the key less than 24 hours before, NotWaiting, Exists.
        """
        with self._database.write() as connection:
            if key is not None:
                claim_key(connection, key)
            if decision is not None:
                decide(connection, decision)
            for table, id, what in (
                (_commands, command.id, "command"),
                (_overrides, override and override.id, "override"),
            ):
                if id is not None and connection.scalar(select(table.c.id).where(table.c.id == id)) is not None:
                    raise Exists(f"{what} {id!r} exists already: make a new id")
            if override is not None:
                connection.execute(insert(_overrides).values(_override_columns(override)))
            connection.execute(insert(_commands).values(command_columns(command)))
            note(connection, audit)
            return add_targets(connection, command, devices, lost)

    def key(self, user: str, key: str, *, now: float | None = None) -> IdempotencyKey | None:
        """What was kept under the user's key; with `now`, only when it is less than 24 hours old."""
        with self._database.read() as connection:
            stored = _key(connection, user, key)
        return None if stored is None or (now is not None and now - stored.created >= KEY_LIFETIME) else stored

    def mark(self, changes: Sequence[TargetChange]) -> list[TargetChange]:
        """Set outcomes of targets that are not final yet; returns those that really changed."""
        if not changes:
            return []
        with self._database.write() as connection:
            return change_targets(connection, changes)

    def mark_sent(self, command: str, devices: Sequence[str] | None, time: float) -> None:
        """The broker has the command for these devices, or (None) for all of it: pending becomes sent."""
        with self._database.write() as connection:
            statement = update(_targets).where(
                _targets.c.command == command, _targets.c.outcome == Outcome.PENDING.value
            )
            if devices is not None:
                statement = statement.where(among(connection, _targets.c.device, devices))
            connection.execute(statement.values(outcome=Outcome.SENT.value, updated=time))

    def finish(self, commands: Sequence[str]) -> None:
        """Nothing of these commands is waited for any more."""
        if not commands:
            return
        with self._database.write() as connection:
            wanted = among(connection, _commands.c.id, commands)
            connection.execute(update(_commands).where(wanted).values(state=CommandState.DONE.value))

    def running(self) -> list[tuple[Command, list[Target]]]:
        """Commands that were not finished, the oldest first, with all their targets: what a restart goes on with."""
        state = CommandState.RUNNING.value
        with self._database.read() as connection:
            commands = select(_commands).where(_commands.c.state == state).order_by(_commands.c.created, _commands.c.id)
            found = {row.id: (_command(row), list[Target]()) for row in connection.execute(commands)}
            joined = _targets.join(_commands, _targets.c.command == _commands.c.id)
            rows = select(_targets).select_from(joined).where(_commands.c.state == state)
            for row in connection.execute(rows.order_by(_targets.c.command, _targets.c.device)):
                found[row.command][1].append(target(row))
        return list(found.values())

    def command(self, id: str) -> Command | None:
        """The command of that id."""
        with self._database.read() as connection:
            row = connection.execute(select(_commands).where(_commands.c.id == id)).first()
        return None if row is None else _command(row)

    def commands(self, *, after: str | None = None, limit: int = 100) -> list[Command]:
        """At most `limit` commands, the newest first; with `after`, those older than that one."""
        newest = select(_commands).order_by(_commands.c.created.desc(), _commands.c.id.desc()).limit(limit)
        if after is not None:
            created = select(_commands.c.created).where(_commands.c.id == after).scalar_subquery()
            same = and_(_commands.c.created == created, _commands.c.id < after)
            newest = newest.where(or_(_commands.c.created < created, same))
        with self._database.read() as connection:
            return [_command(row) for row in connection.execute(newest)]

    def outcomes(self, id: str) -> dict[Outcome, int]:
        """How many targets of the command have each outcome; every outcome is in it."""
        counts = select(_targets.c.outcome, func.count()).where(_targets.c.command == id).group_by(_targets.c.outcome)
        with self._database.read() as connection:
            return dict.fromkeys(Outcome, 0) | {Outcome(outcome): n for outcome, n in connection.execute(counts)}

    def size(self, id: str) -> int:
        """How many targets the command has: from its beginning to its end the same, so it is counted once."""
        known = self._sizes.get(id)
        if known is None:
            with self._database.read() as connection:
                known = connection.scalar(select(func.count()).where(_targets.c.command == id)) or 0
            if known:
                if len(self._sizes) >= SIZES_KEPT:
                    self._sizes.clear()
                self._sizes[id] = known
        return known

    def targets(
        self, id: str, outcome: Outcome | None = None, after: str | None = None, limit: int = 100
    ) -> list[Target]:
        """At most `limit` targets of the command by device, those after the device `after`."""
        query = select(_targets).where(_targets.c.command == id).order_by(_targets.c.device).limit(limit)
        if outcome is not None:
            query = query.where(_targets.c.outcome == outcome.value)
        if after is not None:
            query = query.where(_targets.c.device > after)
        with self._database.read() as connection:
            return [target(row) for row in connection.execute(query)]

    def override(self, id: str) -> Override | None:
        """The override of that id, ended or not."""
        with self._database.read() as connection:
            return _find_override(connection, id)

    def overrides(self, *, active_at: float | None = None) -> list[Override]:
        """Overrides, the newest first; with `active_at`, those that hold then."""
        query = select(_overrides).order_by(_overrides.c.start.desc(), _overrides.c.id.desc())
        if active_at is not None:
            query = query.where(_overrides.c.start <= active_at, _overrides.c.until > active_at)
            query = query.where(or_(_overrides.c.ended.is_(None), _overrides.c.ended > active_at))
        with self._database.read() as connection:
            return [_override(row) for row in connection.execute(query)]

    def take_up(self, now: float) -> list[Override]:
        """Overrides that hold at `now`, the newest first. Nothing began or was ended later than now: where it is written so,
        the clock was set back since, and it did so just now."""
        with self._database.write() as connection:
            connection.execute(update(_overrides).where(_overrides.c.ended > now).values(ended=now))
            connection.execute(update(_overrides).where(_overrides.c.start > now).values(start=now))
        return self.overrides(active_at=now)

    def end_override(self, id: str, time: float, by: str, audit: AuditEntry | None = None) -> Override | None:
        """End an override at `time`, with a line of the audit; None when there is none, or it has ended already, by order or
        by its `until`."""
        with self._database.write() as connection:
            statement = update(_overrides).where(_overrides.c.id == id, _overrides.c.ended.is_(None))
            statement = statement.where(_overrides.c.until > time).values(ended=time, ended_by=by)
            ended = connection.execute(statement).rowcount
            if ended:
                note(connection, audit)
            return _find_override(connection, id) if ended else None

    def prune(self, before: float) -> int:
        """Forget what is over since `before`: overrides, finished commands (but those of a kept override) with their
        targets, and keys. Returns how many of these three there were."""
        over = func.coalesce(_overrides.c.ended, _overrides.c.until) < before
        with self._database.write() as connection:
            removed = connection.execute(delete(_overrides).where(over)).rowcount
            prune_approvals(connection, before)
            removed += connection.execute(delete(_keys).where(_keys.c.created < before)).rowcount
        while commands := self._prune_commands(before):
            removed += commands
        return removed

    def _prune_commands(self, before: float) -> int:
        kept = select(_overrides.c.command)
        old = (
            select(_commands.c.id, func.count(_targets.c.device))
            .outerjoin(_targets, _targets.c.command == _commands.c.id)
            .where(_commands.c.state == CommandState.DONE.value, _commands.c.created < before)
            .where(_commands.c.id.not_in(kept))
            .group_by(_commands.c.id)
            .order_by(_commands.c.id)
            .limit(100)
        )
        with self._database.write() as connection:
            ids: list[str] = []
            weight = 0
            for id, count in connection.execute(old):
                weight += count
                if ids and weight > _PRUNED_AT_ONCE:
                    break
                ids.append(id)
            if ids:
                connection.execute(delete(_commands).where(among(connection, _commands.c.id, ids)))
            return len(ids)


def claim_key(connection: Connection, key: IdempotencyKey) -> None:
    """Keep a key within a transaction. Raises KeyTaken when its user gave it less than 24 hours before."""
    stored = _key(connection, key.user, key.key)
    if stored is not None:
        if key.created - stored.created < KEY_LIFETIME:
            raise KeyTaken(stored)
        connection.execute(delete(_keys).where(_keys.c.user == key.user, _keys.c.key == key.key))
    connection.execute(
        insert(_keys).values(user=key.user, key=key.key, digest=key.digest, response=key.response, created=key.created)
    )


def _key(connection: Connection, user: str, key: str) -> IdempotencyKey | None:
    row = connection.execute(select(_keys).where(_keys.c.user == user, _keys.c.key == key)).first()
    return None if row is None else IdempotencyKey(row.user, row.key, row.digest, row.response, row.created)


def _command(row: Row[Any]) -> Command:
    return Command(
        id=row.id,
        operation=Operation(row.operation),
        created=row.created,
        by=row.by,
        expires=row.expires,
        level=row.level,
        ramp=row.ramp,
        until=row.until,
        override=row.override,
        state=CommandState(row.state),
        signals=row.signals or {},
    )


def command_columns(command: Command) -> dict[str, Any]:
    """A row of commands."""
    return {
        "id": command.id,
        "operation": command.operation.value,
        "created": command.created,
        "by": command.by,
        "expires": command.expires,
        "level": command.level,
        "ramp": command.ramp,
        "until": command.until,
        "override": command.override,
        "state": command.state.value,
        "signals": dict(command.signals) or None,
    }


def _find_override(connection: Connection, id: str) -> Override | None:
    row = connection.execute(select(_overrides).where(_overrides.c.id == id)).first()
    return None if row is None else _override(row)


def _override(row: Row[Any]) -> Override:
    return Override(
        id=row.id,
        level=row.level,
        ramp=row.ramp,
        start=row.start,
        until=row.until,
        reason=row.reason,
        by=row.by,
        command=row.command,
        zones=tuple(row.zones),
        devices=tuple(row.devices),
        cause=Cause(row.cause),
        ended=row.ended,
    )


def _override_columns(override: Override) -> dict[str, Any]:
    return {
        "id": override.id,
        "level": override.level,
        "ramp": override.ramp,
        "start": override.start,
        "until": override.until,
        "reason": override.reason,
        "by": override.by,
        "command": override.command,
        "zones": list(override.zones),
        "devices": list(override.devices),
        "cause": override.cause.value,
        "ended": override.ended,
    }
