"""Notifications of the running hub: follows alarms and incidents, plans, and hands what is due to the channels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import tzinfo

import structlog

from hub.background import Background, Breath
from hub.clock import ClockWatch
from hub.model.audit import AuditEntry
from hub.model.ids import new_id
from hub.model.incidents import Incident, MessageLine
from hub.model.notify import ChannelKind, Delivery, DeliveryState, JournalLine, What
from hub.model.untold import UNTOLD
from hub.notify.channels import KINDS, Channel
from hub.notify.facts import Facts, Lookup
from hub.notify.incidents import plan_message
from hub.notify.journal import Journal
from hub.notify.known_routes import Routes
from hub.notify.outbox import Outbox
from hub.notify.picking import Retry
from hub.notify.planning import LINES, Plans, Telling, moved, plan, released, telling, unsaid, verdict
from hub.notify.sealing import Seal, Unreadable
from hub.notify.sending import Carrier
from hub.notify.wording import told
from hub.ports import Clock
from hub.registry import ChannelRow, Missing, Registry, RegistryUnavailable, Settled, Written

log = structlog.get_logger("lamplighter.notify")
_LINES = 200  # of the journal, or messages, at a time, so that a storm keeps no fire waiting
_DELETED = UNTOLD.say("channel-deleted")
_LOOK_EVERY = 0.5  # seconds
_READ_EVERY = 5.0  # seconds, where nobody said that there is news


class NotifyDesk:
    """Changed on the event loop only. `carriers` makes what sends for a channel; `settle` and `retry` are in seconds."""

    def __init__(
        self,
        registry: Registry,
        lookup: Lookup,
        clock: Clock,
        seal: Seal,
        zone: tzinfo,
        carriers: Callable[[Channel], Carrier],
        *,
        settle: float = 10.0,
        retry: Retry = Retry(),  # noqa: B008
    ) -> None:
        self._registry, self.lookup, self._clock, self.seal, self.zone = registry, lookup, clock, seal, zone
        self._carriers, self._settle, self._retry = carriers, settle, retry
        self.channels: dict[str, ChannelRow] = {}
        self.outboxes: dict[str, Outbox] = {}
        self._planned: dict[int, Delivery] = {}
        self._journal, self._routes = Journal(registry), Routes()
        self._watch, self._set_by = ClockWatch(clock), 0.0  # by how much the clock was set that nothing was moved for
        self._turn, self._news, self._running = asyncio.Lock(), asyncio.Event(), False
        expected = (RegistryUnavailable,)
        self._tasks = [
            Background("notifications of alarms", self._follow, expected=expected),
            Background("notifications that are due", self._wait_and_look, expected=expected),
        ]

    @property
    def plans(self) -> Plans:
        """What is written now."""
        return Plans(self._routes.read, {id: row.kind for id, row in self.channels.items()}, self.zone, self._settle)

    @property
    def routes(self) -> Mapping[str, Written]:
        """Routes as they were written."""
        return self._routes.written

    @property
    def unusable(self) -> Mapping[str, str]:
        """Why a route cannot be used, by id."""
        return self._routes.unusable

    @property
    def planned(self) -> Mapping[int, Delivery]:
        """What waits for its time."""
        return self._planned

    # --- its life ----------------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Take up where the last run ended; at the first start, from now on. Raises RegistryUnavailable."""
        record = self._registry.deliveries
        rows = await asyncio.to_thread(self._registry.channels.all)
        routes = await asyncio.to_thread(self._registry.channels.routes.all)
        await asyncio.to_thread(self._journal.take_up, self._clock.now())
        await asyncio.to_thread(record.interrupted)
        failing = await asyncio.to_thread(record.failing)
        waiting = await asyncio.to_thread(record.open)
        left = dict(await asyncio.to_thread(record.left, {each.message for each in waiting if each.attempts}))
        for route in routes:
            self._routes.take(route)
        for row in rows:
            self._open(row).failing_since = failing.get(row.id)
        now = self._clock.now()
        gone = [
            Settled(each.id, DeliveryState.DISCARDED, _DELETED) for each in waiting if each.channel not in self.outboxes
        ]
        if gone:  # the hub ended, or the registry, while the channel was being deleted
            await asyncio.to_thread(record.settle, gone, now)
        self._hand_on([each for each in waiting if each.channel in self.outboxes], left)

    def start(self) -> None:
        """Begin to follow the journal and to send."""
        self._running = True
        for outbox in self.outboxes.values():
            outbox.start()
        for task in self._tasks:
            task.start()

    async def stop(self) -> None:
        """End; what is under way goes again next time."""
        self._running = False
        for task in self._tasks:
            await task.stop()
        await asyncio.gather(*(outbox.stop() for outbox in self.outboxes.values()))

    def news(self) -> None:
        """There may be new lines in the journal, or messages of incidents. Costs nothing."""
        self._news.set()

    def parts(self) -> dict[tuple[str, str], float]:
        """Seconds since each channel fails, 0 when it does not: what the rule of notificationFailed looks at."""
        now = self._clock.now()
        since = {id: outbox.failing_since for id, outbox in self.outboxes.items()}
        return {("notification_failing", id): 0.0 if at is None else max(0.0, now - at) for id, at in since.items()}

    # --- what comes --------------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_READ_EVERY):
                await self._news.wait()
        self._news.clear()
        await self.catch_up()

    async def catch_up(self) -> None:
        """Plan what comes of every line, and then of every message of an incident, that was not dealt with yet."""
        while True:
            async with self._turn:
                await self._move()
                lines, known = await asyncio.to_thread(self._journal.lines, _LINES)
                if lines:
                    await self.lookup.settled()
                    await self._plan(lines, known)
                    continue
                messages = await asyncio.to_thread(self._journal.messages, _LINES)
                if not messages:
                    return
                await self._plan_messages(messages)

    async def _plan_messages(self, messages: list[tuple[MessageLine, Incident | None]]) -> None:
        now, plans, breath = self._clock.now(), self.plans, Breath()
        ready: list[Delivery] = []
        for line, incident in messages:
            if incident is None:  # forgotten meanwhile, with its messages
                continue
            facts = self.lookup.would_be(incident.type, incident.device, incident.point)
            ready += [self._ready(plans, each, now) for each in plan_message(plans, line, facts)]
            if breath.due():
                await breath.take()
        reached, record = messages[-1][0].id, self._registry.deliveries
        written = await asyncio.shield(asyncio.to_thread(record.plan, ready, [], now, messages=reached))
        self._journal.told = reached
        self._hand_on(written)

    async def _plan(self, lines: list[JournalLine], found: list[Delivery]) -> None:
        now, plans = self._clock.now(), self.plans
        known: dict[tuple[str, int], list[Delivery]] = {}
        for each in found:
            known.setdefault((each.alarm, each.episode), []).append(each)
        new: dict[str, Delivery] = {}
        settled: list[Settled] = []
        breath = Breath()
        for line in lines:
            if breath.due():
                await breath.take()
            facts = self.lookup.of(line.alarm) if line.what in LINES else None
            beside = known.setdefault((line.alarm, line.episode), [])
            made, cancelled = plan(plans, line, facts, beside)
            for at, each in enumerate(beside):
                if (why := cancelled.get(each.message)) is not None:
                    beside[at] = replace(each, state=DeliveryState.CANCELLED, reason=why)
                    if each.id:
                        settled.append(Settled(each.id, DeliveryState.CANCELLED, why))
                    else:
                        new[each.message] = replace(beside[at], ended=now)
            beside += made
            new |= {each.message: each for each in made}
        ready = [self._ready(plans, each, now) for each in new.values()]
        cursor, record = lines[-1].id, self._registry.deliveries
        written = await asyncio.shield(asyncio.to_thread(record.plan, ready, settled, now, cursor))
        self._journal.cursor = cursor
        for gone in settled:
            self._planned.pop(gone.id, None)
        self._hand_on(written)

    def _ready(self, plans: Plans, delivery: Delivery, now: float) -> Delivery:
        """What is due at once waits at once: a fire alarm is written once on its way, not twice."""
        if delivery.state is not DeliveryState.PLANNED or delivery.due > now:
            return delivery
        facts = self.lookup.of(delivery.alarm)
        found = verdict(plans, delivery, facts, now)
        if found is None:
            return delivery
        if not found.goes:
            return replace(delivery, state=DeliveryState.CANCELLED, reason=found.reason, ended=now)
        return released(delivery, self._told(delivery, facts, now))

    def _told(self, delivery: Delivery, facts: Facts | None, now: float) -> dict[str, object]:
        if delivery.what is What.INCIDENT:
            return delivery.body
        minutes = 0.0 if facts is None else max(0.0, now - facts.alarm.told) / 60.0
        return told(facts, delivery, minutes)

    def _hand_on(self, deliveries: Iterable[Delivery], left: dict[str, tuple[str, ...]] | None = None) -> None:
        by_channel: dict[str, list[Delivery]] = {}
        for each in deliveries:
            if each.state is DeliveryState.PLANNED:
                self._planned[each.id] = each
            elif each.state is DeliveryState.WAITING:
                by_channel.setdefault(each.channel, []).append(each)
        for channel, those in by_channel.items():
            if (outbox := self.outboxes.get(channel)) is not None:
                outbox.put(those, left)

    async def _wait_and_look(self) -> None:
        await asyncio.sleep(_LOOK_EVERY)
        await self.look()

    async def look(self) -> None:
        """Let go, or cancel, what has come due: some at a time, so that a storm holds nobody up."""
        gone: set[Telling] = set()
        while await self._look_at_some(gone):
            pass

    async def _look_at_some(self, gone: set[Telling]) -> bool:
        """Whether there may be more. `gone` collects beginnings that are not told, for what follows them."""
        async with self._turn:
            await self._move()
            now, plans, breath = self._clock.now(), self.plans, Breath()
            settled: list[Settled] = []
            goes: list[Delivery] = []
            for each in list(self._planned.values()):
                if len(settled) >= _LINES:
                    break
                early = now < each.due and now > each.created
                if early or (found := verdict(plans, each, facts := self.lookup.of(each.alarm), now)) is None:
                    continue
                if found.goes and not unsaid(each, gone):
                    goes.append(released(each, self._told(each, facts, now)))
                    settled.append(Settled(each.id, DeliveryState.WAITING, body=goes[-1].body))
                else:
                    if each.what is What.BEGAN and not each.conditional:
                        gone.add(telling(each))
                    reason = found.reason or UNTOLD.say("beginning-untold")
                    settled.append(Settled(each.id, DeliveryState.CANCELLED, reason))
                if breath.due():
                    await breath.take()
            if not settled:
                return False
            await asyncio.shield(asyncio.to_thread(self._registry.deliveries.settle, settled, now))
            for one in settled:
                self._planned.pop(one.id, None)
            self._hand_on(goes)
            return len(settled) >= _LINES

    async def _move(self) -> None:
        """Where the clock was set, what is planned and what waits goes on as if nobody had. Raises RegistryUnavailable."""
        self._set_by += self._watch.set_by()
        if not (by := self._set_by):
            return
        planned = {id: moved(self.plans, each, by) for id, each in self._planned.items()}
        waiting = {each.id: each.due + by for outbox in self.outboxes.values() for each in outbox.waiting}
        await asyncio.shield(asyncio.to_thread(self._registry.deliveries.move, by, planned | waiting))
        self._set_by = 0.0
        for id, due in planned.items():
            self._planned[id] = replace(self._planned[id], due=due, created=self._planned[id].created + by)
        for outbox in self.outboxes.values():
            outbox.clock_set(by)

    # --- what people do ----------------------------------------------------------------------------------------------

    async def put_channel(self, row: ChannelRow, line: AuditEntry, *, new: bool) -> None:
        """Add or replace a channel; what waits for it goes on. Raises Exists, Missing, RegistryUnavailable."""
        async with self._turn:
            await self._move()
            write = self._registry.channels.add if new else self._registry.channels.replace
            await asyncio.to_thread(write, row, audit=line)
            before, left = self.outboxes.get(row.id), dict[str, tuple[str, ...]]()
            try:
                if before is not None:
                    await before.stop()
                    left = await asyncio.to_thread(self._cut_short, before)
            finally:  # it is written: whatever happens, what waits goes on, by the channel as it is now
                after = self._open(row)
                if before is not None:
                    after.failing_since, after.counters = before.failing_since, before.counters
                    after.put(before.waiting, left)
                if self._running:
                    after.start()

    def _cut_short(self, outbox: Outbox) -> dict[str, tuple[str, ...]]:
        record = self._registry.deliveries
        record.interrupted(outbox.id)
        return dict(record.left({each.message for each in outbox.waiting if each.attempts}))

    async def delete_channel(self, id: str, line: AuditEntry) -> None:
        """Delete one; what waits for it is discarded. Raises Missing, RegistryUnavailable."""
        async with self._turn:
            await asyncio.to_thread(self._registry.channels.delete, id, audit=line)
            self.channels.pop(id, None)
            outbox = self.outboxes.pop(id, None)
            if outbox is None:
                return
            await outbox.stop()
            left = [*outbox.waiting, *(each for each in self._planned.values() if each.channel == id)]
            gone = [Settled(each.id, DeliveryState.DISCARDED, _DELETED, line.who) for each in left]
            for each in left:
                self._planned.pop(each.id, None)
            if gone:
                await asyncio.to_thread(self._registry.deliveries.settle, gone, self._clock.now())

    async def put_route(self, written: Written, line: AuditEntry, *, new: bool) -> None:
        """Add or replace a route, checked before. Raises Exists, Missing, RegistryUnavailable."""
        shelf = self._registry.channels.routes
        async with self._turn:
            await asyncio.to_thread(shelf.add if new else shelf.replace, written, audit=line)
            self._routes.take(written)

    async def delete_route(self, id: str, line: AuditEntry) -> None:
        """Delete one; what it planned goes on. Raises Missing, RegistryUnavailable."""
        async with self._turn:
            await asyncio.to_thread(self._registry.channels.routes.delete, id, audit=line)
            self._routes.drop(id)

    async def test(self, channel: str, by: str, line: AuditEntry) -> int:
        """Send a test message now, once; returns its delivery's id. The channel must be there."""
        now, row = self._clock.now(), self.channels[channel]
        made = Delivery(
            new_id("msg"), channel, row.kind, "", 0, What.TEST, created=now, due=now, state=DeliveryState.WAITING, by=by
        )
        record = self._registry.deliveries
        (written,) = await asyncio.to_thread(record.plan, [made], [], now)
        await asyncio.to_thread(self._registry.audit.add, line)
        await self.outboxes[channel].test(written)
        return written.id

    async def discard(self, delivery: Delivery, reason: str, line: AuditEntry) -> None:
        """It is not to be sent any more. Raises RegistryUnavailable."""
        async with self._turn:
            gone = Settled(delivery.id, DeliveryState.DISCARDED, reason, line.who)
            await asyncio.to_thread(self._registry.deliveries.settle, [gone], self._clock.now(), audit=line)
            self._planned.pop(delivery.id, None)
            if (outbox := self.outboxes.get(delivery.channel)) is not None:
                outbox.drop(delivery.id)

    async def again(self, delivery: Delivery, line: AuditEntry) -> None:
        """Send it now, though it was given up, or waits for its turn. Raises Missing, RegistryUnavailable."""
        async with self._turn:
            now = self._clock.now()
            facts = self.lookup.of(delivery.alarm)
            body = delivery.body if "alarm" in delivery.body else self._told(delivery, facts, now)
            once_more = replace(delivery, state=DeliveryState.WAITING, due=now, body=body, ended=None, reason="")
            if delivery.channel not in self.outboxes:  # deleted meanwhile
                raise Missing(f"no channel {delivery.channel!r}: it was deleted")
            settled = Settled(delivery.id, DeliveryState.WAITING, body=body, due=now)
            await asyncio.to_thread(self._registry.deliveries.settle, [settled], now, audit=line)
            self._planned.pop(delivery.id, None)
            left = await asyncio.to_thread(self._registry.deliveries.left, [delivery.message])
            outbox = self.outboxes[delivery.channel]
            outbox.put([once_more], dict(left))
            outbox.hurry()

    # --- what is written ---------------------------------------------------------------------------------------------

    def _open(self, row: ChannelRow) -> Outbox:
        channel = KINDS[ChannelKind(row.kind)].model_validate(row.body)
        problem, secrets = "", {}
        try:
            secrets = self.seal.open(row.sealed)
        except Unreadable as error:
            problem = str(error)
        self.channels[row.id] = row
        made = self.outboxes[row.id] = Outbox(
            row.id, channel, self._carriers(channel), secrets, self._registry, self._clock, self.zone, self._retry, problem
        )  # fmt: skip
        return made
