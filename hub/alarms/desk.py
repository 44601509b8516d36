"""The alarms of the running hub: takes in what is durable, writes what comes of it, and does what people ask."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TypeVar

import structlog

from hub.alarms.book import Book, Draft
from hub.alarms.causes import arrange
from hub.alarms.judging import Finding, Judge
from hub.alarms.ruleset import RuleSet
from hub.alarms.street import Street
from hub.alarms.turn import Turn
from hub.background import Background
from hub.clock import ClockWatch
from hub.model.alarms import HUB, Alarm, AlarmChanges, AlarmKey, AlarmSource, AlarmState
from hub.model.audit import AuditEntry
from hub.model.devices import DeviceStatus
from hub.model.fire import FIRE_ALARM, FIRE_EVENTS
from hub.model.readings import Row
from hub.model.reports import EventReport
from hub.ports import Clock
from hub.registry import Registry, RegistryUnavailable, Stamp

log = structlog.get_logger("lamplighter.alarms")

MOST_ROWS = 50_000  # that wait to be judged
AT_ONCE = 200  # rows or devices between two looks at the clock
SHARE = 19.0  # after a slice of work, rest for that many times what it took: 5,000 rows a second
SWEEP_EVERY = 5.0
_EVENTS = 1_000
_FIRE = 200  # events of fire panels that become alarms in one write
_FORGET_EVERY, _FORGOTTEN = 3_600.0, 5_000  # seconds of the wall; alarms at once
DAY = 86_400.0

T = TypeVar("T")


class AlarmDesk:
    """Changed on the event loop only; one change at a time, written before it is seen. Events of fire panels go before all
    others, by a cursor of their own.

    `tell` is told of alarms that changed, `conditions` of what rules found at devices, `stamped` which alarms events of fire
    panels became: all after it is durable. Alarms that are normal for `keep_days` are forgotten, as their events and their
    journal are; 0 keeps them.
    """

    def __init__(
        self,
        rules: RuleSet,
        registry: Registry,
        street: Street,
        clock: Clock,
        tell: Callable[[Book, AlarmChanges], None] = lambda book, changes: None,
        conditions: Callable[[Sequence[EventReport]], None] = lambda events: None,
        *,
        sweep_every: float = SWEEP_EVERY,
        stamped: Callable[[Sequence[Stamp]], None] = lambda stamps: None,
        keep_days: float = 0.0,
    ) -> None:
        self._registry, self.street, self._clock = registry, street, clock
        self._tell, self._conditions, self._sweep_every = tell, conditions, sweep_every
        self.stamped = stamped
        self._keep, self._forgot = keep_days * DAY, float("-inf")
        self.rules = rules
        self.book = Book(rules)
        self._judge = Judge(rules, street, self._raised, self._any_at)
        self._rows: deque[Row] = deque(maxlen=MOST_ROWS)
        self._cursor = self._fire_cursor = 0
        self._turn = Turn()
        self._threads = ThreadPoolExecutor(2, "alarms")  # the loop's own may be held by slow queries
        self._news, self._readings, self._fire = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._watch: ClockWatch | None = None
        self.skipped = 0
        expected = (RegistryUnavailable,)
        self._tasks = [
            Background("alarms of fire", self._follow_fire, expected=expected, pause=0.5),
            Background("alarms of events", self._follow_events, expected=expected),
            Background("alarms of readings", self._follow_readings, expected=expected),
            Background("alarms of states", self._sweep, expected=expected),
        ]

    # --- its life ----------------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Take up what there was and what happened since; at the first start, what holds now. Raises RegistryUnavailable."""
        alarms = self._registry.alarms
        self.book = Book(self.rules, await asyncio.to_thread(alarms.all))
        cursor = await asyncio.to_thread(alarms.cursor)
        self._fire_cursor = await asyncio.to_thread(alarms.fire_cursor)
        self._cursor = await asyncio.to_thread(self._registry.events.newest) if cursor is None else cursor
        await self.catch_up()
        held = await asyncio.to_thread(self._registry.events.active)
        async with self._turn:
            draft = Draft(self.book, self._clock.now())
            keys = {_key(event) for event in held}
            for event in held:
                known = draft.of(_key(event))
                if self._in_use(event.device) and (known is None or not known.state.raised):
                    draft.began(_key(event), AlarmSource.EVENT, event.time, event.received, event.text)
            for alarm in self.book.standing.values():
                if alarm.state.raised and alarm.source is AlarmSource.EVENT and alarm.key not in keys:
                    if alarm.key.type == FIRE_ALARM:  # no end is on record: the panel was deleted, and registered anew
                        draft.alone(alarm, AlarmSource.DELETED)
                    else:
                        draft.ended(alarm.key, AlarmSource.EVENT, draft.now, draft.now)
            over = list(self._end_unwatched(draft, keys))
            self._drop_deleted(draft, self.book.alarms.values())
            await self._write(draft, over, cursor=self._cursor)

    def _end_unwatched(self, draft: Draft, held: Collection[AlarmKey]) -> Iterator[EventReport]:
        """End what a rule found that looks no more: it was changed, or a part of the hub is not there any more. Returns the ends
        of those that are conditions of a device."""
        parts = self.street.parts().keys()
        for alarm in [each for each in self.book.standing.values() if each.state.raised]:
            if alarm.source is not AlarmSource.RULE:
                continue
            key, when = alarm.key, self.rules.of(alarm.key.type).when
            device = self.street.device(key.device)
            looks = when is not None and (
                (when.measure, key.point) in parts if key.device == HUB else device is None or device.kind in when.kinds
            )
            if not looks:
                draft.ended(key, AlarmSource.RULE, max(draft.now, alarm.began), draft.now)
                if key in held:
                    yield EventReport(key.device, key.type, False, draft.now, draft.now, key.point)

    def start(self) -> None:
        """Begin to follow events, readings and states."""
        for task in self._tasks:
            task.start()

    async def stop(self) -> None:
        """End between two changes."""
        for task in self._tasks:
            await task.stop()
        await asyncio.to_thread(self._threads.shutdown)

    # --- what comes --------------------------------------------------------------------------------------------------

    def take(self, rows: Sequence[Row], events: bool, fire: bool = False) -> None:
        """A batch is durable: its rows, and whether there were events in it, or such of fire panels. Costs next to nothing."""
        if fire:
            self._fire.set()
        if rows:
            self.skipped += max(0, len(self._rows) + len(rows) - MOST_ROWS)
            self._rows.extend(rows)
            self._readings.set()
        if events:
            self._news.set()

    @property
    def waiting(self) -> int:
        """Rows that wait to be judged."""
        return len(self._rows)

    def news(self) -> None:
        """There may be new events in the registry."""
        self._news.set()

    async def _follow_events(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._sweep_every):  # not wait_for, which may swallow that it is cancelled
                await self._news.wait()
        self._news.clear()
        await self.catch_up()

    async def _follow_fire(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._sweep_every):
                await self._fire.wait()
        self._fire.clear()
        try:
            await self.catch_up_fire()
        except RegistryUnavailable:
            self._fire.set()  # tried again after the pause, not at the next sweep
            raise

    async def settled(self) -> None:
        """Return when all that the journal has now is in the book: what is being written is in the one before the other."""
        async with self._turn.first():
            pass

    async def catch_up_fire(self) -> None:
        """Deal with every event of a fire panel that was not dealt with yet; what else waits for its turn goes on waiting."""
        while True:
            async with self._turn.first():
                rows = await self._in_thread(self._registry.fire.events.after, self._fire_cursor, _FIRE)
                if not rows:
                    return
                draft = Draft(self.book, self._clock.now())
                stamps = []
                for event in rows:
                    key = AlarmKey(event.device, event.type, event.point)
                    if event.active:
                        draft.began(key, AlarmSource.EVENT, event.time, event.received, event.text)
                    elif event.active is False:
                        draft.ended(key, AlarmSource.EVENT, event.time, event.received)
                    alarm = draft.of(key)
                    if alarm is not None:
                        stamps.append(Stamp(event.id, alarm=alarm.id, episode=alarm.times, alarmed=draft.now))
                await self._write(draft, stamps=stamps, fire_cursor=rows[-1].id)

    async def catch_up(self) -> None:
        """Deal with every event that was not dealt with yet."""
        await self.catch_up_fire()
        while True:
            async with self._turn:
                rows = await self._in_thread(self._registry.events.after, self._cursor, _EVENTS)
                if not rows:
                    return
                draft = Draft(self.book, self._clock.now())
                for _, event in rows:
                    if event.type in FIRE_EVENTS or not self._in_use(event.device):
                        continue
                    if event.active:
                        draft.began(_key(event), AlarmSource.EVENT, event.time, event.received, event.text)
                    elif event.active is False:
                        draft.ended(_key(event), AlarmSource.EVENT, event.time, event.received)
                await self._write(draft, cursor=rows[-1].id)

    async def _follow_readings(self) -> None:
        await self._readings.wait()
        self._readings.clear()
        while self._rows:
            began = time.perf_counter()
            await self.judge_some()
            await asyncio.sleep(SHARE * (time.perf_counter() - began))

    async def judge_some(self, most: int = AT_ONCE) -> None:
        """Judge some of the rows that wait."""
        rows = [self._rows.popleft() for _ in range(min(most, len(self._rows)))]
        await self._record(list(self._judge.readings(rows)))

    async def _record(self, findings: Sequence[Finding]) -> None:
        if not findings:
            return
        async with self._turn:
            now = self._clock.now()
            draft = Draft(self.book, now)
            events = []
            for key, active, at, text, condition in findings:
                before = draft.of(key)
                was = before is not None and before.state.raised
                if active:
                    draft.began(key, AlarmSource.RULE, at, now, text)
                else:
                    draft.ended(key, AlarmSource.RULE, at, now)
                after = draft.of(key)
                if condition and (after is not None and after.state.raised) is not was:
                    events.append(EventReport(key.device, key.type, active, at, now, key.point, text))
            await self._write(draft, events)

    async def _sweep(self) -> None:
        await asyncio.sleep(self._sweep_every)
        await self.look()

    async def look(self) -> None:
        """One look at all devices, the hub's own parts, shelves and causes."""
        now = self._clock.now()
        if self._watch is None:
            self._watch = ClockWatch(self._clock, time.monotonic)
        elif self._watch.set_by():
            self._judge.clock_set()
        findings = list(self._judge.parts(now))
        devices = list(self.street.devices())
        for first in range(0, len(devices), AT_ONCE):
            began = time.perf_counter()
            findings += self._judge.states(devices[first : first + AT_ONCE], now)
            await asyncio.sleep(SHARE * (time.perf_counter() - began))
        await self._record(findings)
        async with self._turn:
            draft = Draft(self.book, self._clock.now())
            draft.lapse()
            self._drop_deleted(draft, list(self.book.standing.values()))
            self._forget_old(draft)
            arrange(draft, self.book, self.street, whole=True)
            await self._write(draft)

    def _drop_deleted(self, draft: Draft, alarms: Iterable[Alarm]) -> None:
        """Forget alarms of devices that are deleted or retired; a fire that stands, or that nobody has seen, is kept."""
        for known in list(alarms):
            alarm = draft.get(known.id) or known
            if self._in_use(alarm.key.device):
                if alarm.source is AlarmSource.RETIRED:
                    draft.alone(alarm, AlarmSource.EVENT)
            elif alarm.key.type == FIRE_ALARM and alarm.state is not AlarmState.NORMAL:
                gone = self.street.device(alarm.key.device) is None
                draft.alone(alarm, AlarmSource.DELETED if gone else AlarmSource.RETIRED)
            else:
                draft.forget(alarm)
                self._judge.forget(alarm.key.device)

    async def device_deleted(self, device: str) -> None:
        """Deal with what stands at a device that was deleted, before one of its id may be registered anew. Raises
        RegistryUnavailable; the next look does the same."""
        async with self._turn:
            draft = Draft(self.book, self._clock.now())
            self._drop_deleted(draft, [self.book.alarms[id] for id in self.book.at(device)])
            await self._write(draft)

    def _in_use(self, device: str) -> bool:
        """Nobody is to deal with what is deleted or retired."""
        known = self.street.device(device)
        return device == HUB or (known is not None and known.status is not DeviceStatus.RETIRED)

    def _forget_old(self, draft: Draft) -> None:
        """Points and types are words of devices: without an end there would be ever more alarms that are over."""
        if not self._keep or time.monotonic() - self._forgot < _FORGET_EVERY:
            return
        before = draft.now - self._keep
        old = [alarm for alarm in self.book.alarms.values() if alarm.idle and alarm.told < before]
        for alarm in old[:_FORGOTTEN]:
            draft.forget(alarm)
        self._forgot = time.monotonic() if len(old) <= _FORGOTTEN else float("-inf")

    def _raised(self, key: AlarmKey) -> bool:
        alarm = self.book.of(key)
        return alarm is not None and alarm.state.raised

    def _any_at(self, device: str) -> bool:
        return bool(self.book.at(device))

    # --- what people do ----------------------------------------------------------------------------------------------

    async def change(
        self,
        ids: Iterable[str],
        act: Callable[[Draft, Alarm], object],
        audit: Callable[[Sequence[Alarm]], AuditEntry | None],
    ) -> list[Alarm]:
        """Do something to these alarms, all or nothing; returns those that it changed, as they are now. `audit` makes the line of
        the audit for them. What `act` raises goes through; raises RegistryUnavailable, and then nothing has changed."""
        async with self._turn:
            draft = Draft(self.book, self._clock.now())
            for id in ids:
                alarm = draft.get(id)
                if alarm is not None:
                    act(draft, alarm)
            changed = list(draft.touched)
            line = audit(changed) if changed else None
            await self._write(draft, audit=[line] if line is not None else [])
            return changed

    async def _write(
        self,
        draft: Draft,
        events: Sequence[EventReport] = (),
        cursor: int | None = None,
        audit: Sequence[AuditEntry] = (),
        stamps: Sequence[Stamp] = (),
        fire_cursor: int | None = None,
    ) -> None:
        arrange(draft, self.book, self.street)
        found = {rule.type for rule in self.rules.reading}
        now = draft.now
        over = [
            EventReport(key.device, key.type, False, now, now, key.point) for key in draft.dropped if key.type in found
        ]
        events = [*events, *over]
        changes = draft.changes(cursor)._replace(fire_cursor=fire_cursor)
        if changes.empty and not events and not audit:
            return
        writing = asyncio.ensure_future(self._apply(changes, events, audit, stamps, cursor))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait([writing])  # whoever asked is gone: the next turn must see what was written all the same
            raise

    async def _apply(
        self,
        changes: AlarmChanges,
        events: Sequence[EventReport],
        audit: Sequence[AuditEntry],
        stamps: Sequence[Stamp],
        cursor: int | None,
    ) -> None:
        new = await self._in_thread(self._registry.alarms.apply, changes, events, audit, stamps)
        self.book.take(changes)
        self._fire_cursor = self._fire_cursor if changes.fire_cursor is None else changes.fire_cursor
        self.stamped(stamps)
        self._cursor = self._cursor if cursor is None else cursor
        if new:
            self._conditions(new)
        self._tell(self.book, changes)

    async def _in_thread(self, call: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(call, *arguments))


def _key(event: EventReport) -> AlarmKey:
    return AlarmKey(event.device, event.type, event.point)
