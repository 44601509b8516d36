"""Replay: quarantined messages read again, and what is understood now put through the ingest path like fresh messages.

A message leaves the quarantine after what it says is durable. Killed in between, it is there still and is replayed
again, which changes nothing: (device, metric, time) is the identity of a reading, and so it is with events.

What was so then is not taken for what is so now: a state or result older than the newest state of its light, and an
event that another has followed, become history only.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import TypeVar

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from hub.model.ids import new_id
from hub.ports import Clock, Delivery, Inbox, Lane
from hub.registry import QuarantineRow, Registry, RegistryUnavailable, Retried, Selection
from hub.telemetry.reread import Reader, Reading, read_again

T = TypeVar("T")
log = structlog.get_logger("lamplighter.telemetry")
_REMEMBERED = 20  # replays that can be asked for
_REASONS = 50  # different codes told of one replay
_STRIDE = 32  # messages read before others get the event loop


class ReplayState(StrEnum):
    """Where a replay stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class NotTaken(Exception):
    """The ingest loop could not deal with what was replayed; its log says why."""


class ReplayUnderWay(Exception):
    """One at a time; names the one that runs."""

    def __init__(self, id: str) -> None:
        super().__init__(f"replay {id} is under way: wait until it is done")
        self.id = id


@dataclass(slots=True)
class Replay:
    """One replay and how far it is, in rows of the quarantine. `understood` have left it (or would, in a dry run),
    `refused` stay; `reasons`: how many of these by code, and the first reason of each in words."""

    id: str
    selection: Selection
    dry_run: bool
    by: str
    started: float
    total: int
    last: int
    state: ReplayState = ReplayState.RUNNING
    done: int = 0
    understood: int = 0
    refused: int = 0
    ended: float | None = None
    waits_for: str = ""
    reasons: dict[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Read:
    """A message with its rows, and what it says now."""

    rows: tuple[QuarantineRow, ...]
    reading: Reading


class Replays:
    """Runs replays, one at a time, in the background. On the event loop."""

    def __init__(
        self,
        registry: Registry,
        readers: Sequence[Reader],
        inbox: Inbox,
        clock: Clock,
        state_time: Callable[[str], float],
        *,
        batch: int = 500,
    ) -> None:
        """`state_time`: the time of a light's newest state, minus infinity when there is none."""
        self._registry, self._readers, self._inbox, self._clock = registry, readers, inbox, clock
        self._state_time = state_time
        self._batch = batch
        self._replays: dict[str, Replay] = {}
        self._task: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()
        self.understood = self.refused = 0

    async def begin(self, selection: Selection, by: str, *, dry_run: bool = False) -> Replay:
        """Start to replay what is selected now; raises ReplayUnderWay."""
        async with self._beginning:
            running = next((each for each in self._replays.values() if each.state is ReplayState.RUNNING), None)
            if running is not None:
                raise ReplayUnderWay(running.id)
            total, last = await asyncio.to_thread(self._registry.quarantine.extent, selection)
            replay = Replay(new_id("rpl"), selection, dry_run, by, self._clock.now(), total, last)
            self._replays[replay.id] = replay
            while len(self._replays) > _REMEMBERED:
                del self._replays[next(iter(self._replays))]
            self._task = asyncio.create_task(self._run(replay), name=replay.id)
            return replay

    def find(self, id: str) -> Replay | None:
        """A replay since the start of the hub; the last twenty are remembered."""
        return self._replays.get(id)

    def recent(self) -> list[Replay]:
        """Those that are remembered, the newest first."""
        return list(reversed(self._replays.values()))

    async def stop(self) -> None:
        """End; what was not settled is in quarantine still."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, replay: Replay) -> None:
        log.info("replay begins", replay=replay.id, by=replay.by, total=replay.total, dry_run=replay.dry_run)
        try:
            after = 0
            while rows := await self._next(replay, after):
                await self._replay(replay, rows)
                after = rows[-1].id
            replay.state = ReplayState.DONE
        except Exception:
            log.exception("a replay failed; what it did not reach is in quarantine still", replay=replay.id)
            replay.state = ReplayState.FAILED
        replay.ended = self._clock.now()
        log.info("replay ends", replay=replay.id, understood=replay.understood, refused=replay.refused)

    async def _next(self, replay: Replay, after: int) -> list[QuarantineRow]:
        quarantine = self._registry.quarantine
        return await self._until_done(
            replay, lambda: quarantine.batch(replay.selection, after, replay.last, self._batch)
        )

    async def _replay(self, replay: Replay, rows: list[QuarantineRow]) -> None:
        durable = _Countdown()
        read: list[_Read] = []
        for place, (_, same) in enumerate(groupby(rows, lambda row: (row.received, row.source, row.raw))):
            message = tuple(same)
            read.append(_Read(message, read_again(message[0], self._readers, durable.one_less)))
            if place % _STRIDE == _STRIDE - 1:
                await asyncio.sleep(0)
        if replay.dry_run:
            stayed = {row.id for each in read if each.reading.reasons != () for row in each.rows}
        else:
            deliveries = [each.reading.delivery for each in read if each.reading.delivery is not None]
            await self._keep_history(replay, deliveries)
            for delivery in deliveries:
                await self._deliver(delivery, durable)
            await durable.wait()
            retried = [Retried(each.rows, each.reading.reasons) for each in read]
            now = self._clock.now()
            stayed = await self._until_done(replay, lambda: self._registry.quarantine.settle(retried, now))
        self._tell(replay, read, stayed)

    async def _keep_history(self, replay: Replay, deliveries: list[Delivery]) -> None:
        """Record events that others have followed, and leave in the deliveries only what may still hold."""
        events = [event for delivery in deliveries for event in delivery.events]
        if events:
            places = await self._until_done(replay, lambda: self._registry.events.outdated(events))
            past = [events[place] for place in places]
            await self._until_done(replay, lambda: self._registry.reports.record(events=past))
            followed = {id(event) for event in past}
            for delivery in deliveries:
                delivery.events = [event for event in delivery.events if id(event) not in followed]

    async def _deliver(self, delivery: Delivery, durable: _Countdown) -> None:
        while self._inbox.full(Lane.BULK):
            await self._inbox.room(Lane.BULK)
        delivery.lights = [each for each in delivery.lights if each.time > self._state_time(each.device)]
        delivery.results = [each for each in delivery.results if each.time > self._state_time(each.device)]
        durable.one_more()
        delivery.failed = durable.give_up
        self._inbox.put(Lane.BULK, delivery)

    def _tell(self, replay: Replay, read: list[_Read], stayed: set[int]) -> None:
        for each in read:
            kept = sum(row.id in stayed for row in each.rows)
            replay.done += len(each.rows)
            replay.refused += kept
            replay.understood += len(each.rows) - kept
            if kept and not each.reading.said:
                _note(replay, "store-refused", "it was refused once more on its way to the disk")
            for code, reason in each.reading.said.items():
                _note(replay, code, reason)
        if not replay.dry_run:
            count = len(stayed)
            self.refused += count
            self.understood += sum(len(each.rows) for each in read) - count

    async def _until_done(self, replay: Replay, call: Callable[[], T]) -> T:
        """Run a call of the registry on a thread until it succeeds; `waits_for` says meanwhile what for."""

        def failed(state: RetryCallState) -> None:
            assert state.outcome is not None
            replay.waits_for = str(state.outcome.exception())

        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(RegistryUnavailable),
            wait=wait_random_exponential(0.2, max=5),
            before_sleep=failed,
            reraise=True,
        ):
            with attempt:
                result = await asyncio.to_thread(call)
        replay.waits_for = ""
        return result


class _Countdown:
    """How many deliveries of a batch are not durable yet."""

    def __init__(self) -> None:
        self._left = 0
        self._failed = False
        self._none = asyncio.Event()
        self._none.set()

    def one_more(self) -> None:
        self._left += 1
        self._none.clear()

    def one_less(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._none.set()

    def give_up(self) -> None:
        self._failed = True
        self._none.set()

    async def wait(self) -> None:
        """Raises NotTaken when one of them never will be."""
        await self._none.wait()
        if self._failed:
            raise NotTaken


def _note(replay: Replay, code: str, reason: str) -> None:
    count, first = replay.reasons.get(code, (0, reason))
    if code in replay.reasons or len(replay.reasons) < _REASONS:
        replay.reasons[code] = count + 1, first
