"""The record of every message about an alarm: planned once a line of the journal, each attempt before and after it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, bindparam, case, delete, func, insert, literal, select, tuple_, update

from hub.background import parts
from hub.model.audit import AuditEntry
from hub.model.notify import Attempt, ChannelKind, Delivery, DeliveryState, JournalLine, Outcome, What
from hub.model.untold import UNTOLD
from hub.registry import tables
from hub.registry.audit import note
from hub.registry.batches import among
from hub.registry.database import Database
from hub.registry.records import Extent

_deliveries, _attempts = tables.notify_deliveries, tables.notify_attempts
_log, _alarms, _facts = tables.alarm_log, tables.alarms, tables.facts
_messages = tables.messages
_CURSOR = "notify.cursor"
_TOLD = "notify.messages"
_OPEN = [state.value for state in DeliveryState if state.open]
_PRUNED_AT_ONCE = 5_000
_ASKED_AT_ONCE = 500


class Settled(NamedTuple):
    """A new state of a delivery; `body` and `due` None: as they were."""

    id: int
    state: DeliveryState
    reason: str = ""
    by: str = ""
    body: dict[str, Any] | None = None
    due: float | None = None


@dataclass(frozen=True, slots=True)
class DeliveryChoice:
    """Which deliveries: all that meet every condition given; planned in after <= t < before."""

    alarm: str | None = None
    episode: int | None = None
    channel: str | None = None
    states: Sequence[DeliveryState] | None = None
    fire: bool | None = None
    after: float | None = None
    before: float | None = None


class Deliveries:
    """The truth of hub.notify."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- planning ------------------------------------------------------------------------------------------------------

    def cursor(self) -> int | None:
        """The id of the last journal line that was dealt with; None when none ever was looked at."""
        return self._kept(_CURSOR)

    def message_cursor(self) -> int | None:
        """The id of the last message of an incident that was dealt with; None when none ever was looked at."""
        return self._kept(_TOLD)

    def _kept(self, key: str) -> int | None:
        with self._database.read() as connection:
            kept = connection.scalar(select(_facts.c.value).where(_facts.c.key == key))
        return None if kept is None else int(kept)

    def newest_message(self) -> int:
        """The id of the newest message of an incident; 0 when there is none."""
        with self._database.read() as connection:
            return connection.scalar(select(func.max(_messages.c.id))) or 0

    def newest_line(self) -> int:
        """The id of the newest line of the alarms' journal; 0 when there is none."""
        with self._database.read() as connection:
            return connection.scalar(select(func.max(_log.c.id))) or 0

    def dealt_with(self, alarm: str) -> bool:
        """Whether every line of that alarm's journal was looked at: who is to be told of it is on record."""
        with self._database.read() as connection:
            kept = connection.scalar(select(_facts.c.value).where(_facts.c.key == _CURSOR))
            newest = connection.scalar(select(func.max(_log.c.id)).where(_log.c.alarm == alarm)) or 0
        return kept is not None and int(kept) >= newest

    def journal(self, after: int, limit: int) -> list[JournalLine]:
        """At most `limit` lines after that id, each with the episode of its alarm; an alarm that is no more has none (0)."""
        with self._database.read() as connection:
            rows = list(connection.execute(select(_log).where(_log.c.id > after).order_by(_log.c.id).limit(limit)))
            ids = {row.alarm for row in rows}
            if not ids:
                return []
            known = connection.execute(
                select(_alarms.c.id, _alarms.c.times).where(among(connection, _alarms.c.id, ids))
            )
            episodes = {row.id: row.times for row in known}
            later = connection.execute(
                select(_log.c.alarm, func.count())
                .where(_log.c.id > rows[-1].id, _log.c.what == "began", among(connection, _log.c.alarm, ids))
                .group_by(_log.c.alarm)
            )
            for alarm, count in later:
                if alarm in episodes:
                    episodes[alarm] -= count
        lines = []
        for row in reversed(rows):
            lines.append(JournalLine(row.id, row.alarm, episodes.get(row.alarm, 0), row.time, row.what, row.who))
            if row.what == "began" and row.alarm in episodes:
                episodes[row.alarm] -= 1
        return lines[::-1]

    def of_episodes(self, episodes: Iterable[tuple[str, int]]) -> list[Delivery]:
        """Every delivery of these (alarm, episode), by id."""
        wanted, found = list(set(episodes)), []
        with self._database.read() as connection:
            for first in range(0, len(wanted), _ASKED_AT_ONCE):
                chosen = tuple_(_deliveries.c.alarm, _deliveries.c.episode).in_(wanted[first : first + _ASKED_AT_ONCE])
                found += [_delivery(row) for row in connection.execute(select(_deliveries).where(chosen))]
        return sorted(found, key=lambda each: each.id)

    def moved(self, last: int, open: Collection[int]) -> list[Delivery]:
        """Deliveries of fire that may not be as they were: those with ids above `last`, those that were `open`, and those that
        are."""
        query = select(_deliveries).where(_deliveries.c.fire)
        chosen = [_deliveries.c.id > last, _deliveries.c.state.in_(_OPEN)]
        chosen += [_deliveries.c.id.in_(some) for some in parts(sorted(open), _ASKED_AT_ONCE)]
        found: dict[int, Delivery] = {}
        with self._database.read() as connection:
            for where in chosen:
                found |= {row.id: _delivery(row) for row in connection.execute(query.where(where))}
        return [found[id] for id in sorted(found)]

    def plan(
        self,
        new: Sequence[Delivery],
        settled: Sequence[Settled],
        now: float,
        cursor: int | None = None,
        *,
        messages: int | None = None,
    ) -> list[Delivery]:
        """Add deliveries, settle others, and set the cursors of the journal and of the incidents' messages: all or nothing.
        Returns the new ones with their ids."""
        with self._database.write() as connection:
            ids: list[int] = []
            if new:
                added = insert(_deliveries).returning(_deliveries.c.id, sort_by_parameter_order=True)
                ids = list(connection.scalars(added, [_columns(each) for each in new]))
            _settle(connection, settled, now)
            for key, reached in ((_CURSOR, cursor), (_TOLD, messages)):
                if reached is None:
                    continue
                kept = self._database.insert(_facts).values(key=key, value=str(reached))
                connection.execute(
                    kept.on_conflict_do_update(index_elements=["key"], set_={"value": kept.excluded["value"]})
                )
        return [replace(each, id=id) for each, id in zip(new, ids, strict=True)]

    def settle(self, settled: Sequence[Settled], now: float, *, audit: AuditEntry | None = None) -> None:
        """New states. What was delivered stays delivered."""
        with self._database.write() as connection:
            _settle(connection, settled, now)
            note(connection, audit)

    def move(self, by: float, due: Mapping[int, float]) -> None:
        """The clock was set by `by` seconds: those of these deliveries that are still open were planned so much later, by the
        new one, and are due at these times."""
        if not due:
            return
        values = {"due": bindparam("b_due", type_=_deliveries.c.due.type), "created": _deliveries.c.created + by}
        chosen = _deliveries.c.id == bindparam("b_id"), _deliveries.c.ended.is_(None)
        with self._database.write() as connection:
            rows = [{"b_id": id, "b_due": at} for id, at in due.items()]
            connection.execute(update(_deliveries).where(*chosen).values(values), rows)

    def open(self) -> list[Delivery]:
        """Everything that is planned or waits, by id."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(_deliveries).where(_deliveries.c.state.in_(_OPEN)).order_by(_deliveries.c.id)
            )
            return [_delivery(row) for row in rows]

    # --- attempts --------------------------------------------------------------------------------------------------------

    def begin(self, ids: Sequence[int], message: str, channel: str, now: float) -> int:
        """Before an attempt: these deliveries go as that message. Returns the attempt's id."""
        with self._database.write() as connection:
            connection.execute(
                update(_deliveries)
                .where(among_ids(connection, ids))
                .values(
                    message=message,
                    attempts=_deliveries.c.attempts + 1,
                    first_attempt=func.coalesce(_deliveries.c.first_attempt, now),
                )
            )
            values = {"message": message, "channel": channel, "time": now, "outcome": Outcome.BEGUN.value}
            made = insert(_attempts).values(values | {"status": "", "detail": "", "left": None})
            return int(connection.execute(made.returning(_attempts.c.id)).scalar_one())

    def end(self, attempt: Attempt, ids: Sequence[int], now: float, *, reason: str = "", final: bool = False) -> None:
        """After it: how it ended. Delivered, its deliveries are; `final`: failed, they are given up."""
        delivered = attempt.outcome is Outcome.DELIVERED
        with self._database.write() as connection:
            connection.execute(
                update(_attempts)
                .where(_attempts.c.id == attempt.id)
                .values(
                    outcome=attempt.outcome.value, took=attempt.took, status=attempt.status, detail=attempt.detail,
                    left=None if attempt.left is None else list(attempt.left),
                )
            )  # fmt: skip
            if not delivered and not final:
                return
            change = update(_deliveries).where(among_ids(connection, ids))
            if not delivered:
                change = change.where(_deliveries.c.state.in_(_OPEN))
            state = DeliveryState.DELIVERED if delivered else DeliveryState.GIVEN_UP
            connection.execute(change.values(state=state.value, reason=reason, ended=now))

    def interrupted(self, channel: str | None = None) -> int:
        """After a start, or a change of that channel: attempts that were under way have an outcome that nobody knows. Returns
        how many there were."""
        change = update(_attempts).where(_attempts.c.outcome == Outcome.BEGUN.value)
        if channel is not None:
            change = change.where(_attempts.c.channel == channel)
        detail = UNTOLD.say("cut-short")
        with self._database.write() as connection:
            values = {"outcome": Outcome.UNKNOWN.value, "detail": detail}
            return connection.execute(change.values(values)).rowcount

    def left(self, messages: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
        """The recipients that each of these messages still has to reach, where its last attempt said so."""
        with self._database.read() as connection:
            chosen = select(_attempts.c.message, _attempts.c.left).where(
                among(connection, _attempts.c.message, messages)
            )
            rows = connection.execute(chosen.order_by(_attempts.c.id))
            return {row.message: tuple(row.left) for row in rows if row.left is not None}

    def failing(self) -> Mapping[str, float]:
        """Since when each channel has not delivered what it tried; channels whose last attempt succeeded are left out."""
        good = case((_attempts.c.outcome == Outcome.DELIVERED.value, _attempts.c.id), else_=literal(0))
        last = select(_attempts.c.channel, func.max(good).label("good")).group_by(_attempts.c.channel).subquery()
        bad = (
            select(_attempts.c.channel, func.min(_attempts.c.time))
            .join(last, last.c.channel == _attempts.c.channel)
            .where(_attempts.c.id > last.c.good, _attempts.c.outcome == Outcome.FAILED.value)
            .group_by(_attempts.c.channel)
        )
        with self._database.read() as connection:
            return {channel: float(since) for channel, since in connection.execute(bad)}

    # --- the record ------------------------------------------------------------------------------------------------------

    def page(self, choice: DeliveryChoice, below: int | None = None, limit: int = 100) -> list[Delivery]:
        """At most `limit`, the newest first; with `below`, those of smaller ids."""
        query = _chosen(choice).order_by(_deliveries.c.id.desc()).limit(limit)
        if below is not None:
            query = query.where(_deliveries.c.id < below)
        with self._database.read() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def get(self, id: int) -> Delivery | None:
        """One delivery."""
        with self._database.read() as connection:
            row = connection.execute(select(_deliveries).where(_deliveries.c.id == id)).first()
        return None if row is None else _delivery(row)

    def attempts(self, messages: Iterable[str]) -> list[Attempt]:
        """The attempts to send these messages, in their order."""
        with self._database.read() as connection:
            wanted = among(connection, _attempts.c.message, messages)
            rows = connection.execute(select(_attempts).where(wanted).order_by(_attempts.c.id))
            return [
                Attempt(
                    row.id, row.message, row.channel, row.time, Outcome(row.outcome), row.took, row.status, row.detail,
                    None if row.left is None else tuple(row.left),
                )
                for row in rows
            ]  # fmt: skip

    def prune(self, before: float) -> int:
        """Forget what was planned before `before` and is over, with its attempts; returns how many deliveries there were."""
        over = _deliveries.c.state.not_in(_OPEN)
        old = select(_deliveries.c.id).where(_deliveries.c.created < before, over).limit(_PRUNED_AT_ONCE)
        removed = 0
        while True:
            with self._database.write() as connection:
                count = connection.execute(
                    delete(_deliveries).where(_deliveries.c.id.in_(old.scalar_subquery()))
                ).rowcount
            removed += count
            if count < _PRUNED_AT_ONCE:
                break
        told = select(_deliveries.c.id).where(_deliveries.c.message == _attempts.c.message).exists()
        with self._database.write() as connection:
            connection.execute(delete(_attempts).where(_attempts.c.time < before, ~told))
        return removed

    def extent(self) -> Extent:
        """How many deliveries there are."""
        with self._database.read() as connection:
            query = select(func.count(), func.min(_deliveries.c.created))
            return Extent(*connection.execute(query.select_from(_deliveries)).one())


def among_ids(connection: Connection, ids: Sequence[int]) -> Any:
    """True where the delivery's id is one of these; they are few, or a digest's."""
    return _deliveries.c.id.in_(list(ids))


_settling = (
    update(_deliveries)
    .where(_deliveries.c.id == bindparam("b_id"), _deliveries.c.state != DeliveryState.DELIVERED.value)
    .values(
        state=bindparam("b_state"), reason=bindparam("b_reason"), by=bindparam("b_by"),
        ended=bindparam("b_ended", type_=_deliveries.c.ended.type),
        due=func.coalesce(bindparam("b_due", type_=_deliveries.c.due.type), _deliveries.c.due),
    )
)  # fmt: skip
_saying = _settling.values(body=bindparam("b_body", type_=_deliveries.c.body.type))


def _settle(connection: Connection, settled: Sequence[Settled], now: float) -> None:
    for statement, those in (
        (_settling, [each for each in settled if each.body is None]),
        (_saying, [each for each in settled if each.body is not None]),
    ):
        rows = [
            {
                "b_id": each.id, "b_state": each.state.value, "b_reason": each.reason, "b_by": each.by,
                "b_ended": None if each.state.open else now, "b_due": each.due,
            } | ({} if each.body is None else {"b_body": each.body})
            for each in those
        ]  # fmt: skip
        if rows:
            connection.execute(statement, rows)


def _chosen(choice: DeliveryChoice) -> Select[Any]:
    query = select(_deliveries)
    for column, value in (
        (_deliveries.c.alarm, choice.alarm), (_deliveries.c.episode, choice.episode),
        (_deliveries.c.channel, choice.channel), (_deliveries.c.fire, choice.fire),
    ):  # fmt: skip
        if value is not None:
            query = query.where(column == value)
    if choice.states:
        query = query.where(_deliveries.c.state.in_([state.value for state in choice.states]))
    if choice.after is not None:
        query = query.where(_deliveries.c.created >= choice.after)
    if choice.before is not None:
        query = query.where(_deliveries.c.created < choice.before)
    return query


def _columns(delivery: Delivery) -> dict[str, Any]:
    names = [column.name for column in _deliveries.c if column.name != "id"]
    return {name: getattr(delivery, name) for name in names} | {
        "kind": delivery.kind.value, "what": delivery.what.value, "state": delivery.state.value,
    }  # fmt: skip


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.message, row.channel, ChannelKind(row.kind), row.alarm, row.episode, What(row.what), row.route, row.step,
        row.fire, row.conditional, row.created, row.due, DeliveryState(row.state), row.reason, row.by, row.attempts,
        row.first_attempt, row.ended, row.body, row.id,
    )  # fmt: skip
