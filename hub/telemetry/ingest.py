"""Inbox -> batch -> durable -> acknowledge -> latest values -> listeners.

Nothing is acknowledged before it is on disk: readings in the telemetry store, states, results, events and quarantine
in the registry. While either cannot write, the batch is kept and tried again; the inbox fills and drivers stop reading.
A batch that fails for an unforeseen reason is given back: its messages come again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from hub.logs import Seldom
from hub.model.light import LightReport
from hub.model.readings import Row
from hub.model.reports import ResultReport
from hub.ports import Delivery, Lane, RowsRefused, StoreUnavailable, TelemetryStore
from hub.registry import Registry, RegistryUnavailable
from hub.telemetry.batch import Batch, Ingested, Said, Taken, pieces
from hub.telemetry.fire_lane import FireLane
from hub.telemetry.inbox import LaneInbox
from hub.telemetry.latest import LatestValues

T = TypeVar("T")
AGAIN, FIRE_AGAIN = 5.0, 0.25  # seconds at most between two tries of a write, and of one with what fire panels say
PORTION = 1_000  # reports in one write to the registry: what fire panels say has the next turn
FEW = 100  # while they say something

log = structlog.get_logger("lamplighter.telemetry")


@dataclass(slots=True)
class IngestCounters:
    """What went through since the start; exported as metrics."""

    rows: int = 0
    readings: int = 0
    rejected: int = 0
    batches: int = 0
    refused: int = 0
    given_back: int = 0
    failing: dict[str, str] = field(default_factory=dict)


def _give_back(delivery: Delivery) -> None:
    """Have its messages sent again."""
    try:
        delivery.failed()
    except Exception:
        log.exception("a delivery could not be given back; its messages come again after the next connection")


Effects = Callable[[Sequence[LightReport], Sequence[ResultReport]], Sequence[tuple[str, float]]]


class Ingest:
    """The ingest loop: one task a lane, so that urgent traffic never waits behind bulk telemetry.

    `effects` says which light's level came into effect by these reports; `listen` is called on the event loop
    with every batch after its acknowledgement; `arriving` is held around storing a batch's rows.
    """

    def __init__(
        self,
        inbox: LaneInbox,
        store: TelemetryStore,
        registry: Registry,
        latest: LatestValues,
        effects: Effects,
        listen: Callable[[Ingested], None],
        *,
        batch_readings: int = 30_000,
        batch_seconds: float = 0.025,
        busy_batch_seconds: float = 0.15,
        arriving: Callable[[Sequence[Row]], AbstractContextManager[None]] = lambda rows: nullcontext(),
    ) -> None:
        self._inbox, self._store, self._registry, self._latest = inbox, store, registry, latest
        self._effects, self._listen, self._arriving = effects, listen, arriving
        self._batch_readings = batch_readings
        self._batch_seconds, self._busy_batch_seconds = batch_seconds, busy_batch_seconds
        self._writer = ThreadPoolExecutor(1, "store-writer")
        self._fire = FireLane(
            self._take_fire,
            lambda batch: self._record(batch.left, batch.taken),
            self._finish_fire,
            lambda batch: self._begin(Lane.FIRE, batch),
            inbox.way,
        )
        inbox.fire_arrived = self._fire.arrived
        self._recorder = ThreadPoolExecutor(len(Lane), "registry-writer")  # the loop's own may be held by slow queries
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self._under_way: dict[asyncio.Task[None], Batch] = {}
        self._seldom = Seldom()
        self.counters = IngestCounters()

    def start(self) -> None:
        """Begin to take batches."""
        lanes = [lane for lane in Lane if lane is not Lane.FIRE]
        self._tasks = [asyncio.create_task(self._run(lane), name=f"ingest-{lane}") for lane in lanes]
        self._fire.start()

    async def stop(self) -> None:
        """Stop between batches; what was not acknowledged comes again from the broker."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._fire.end()
        for batch in list(self._under_way):
            if self.counters.failing:
                batch.cancel()
            await asyncio.gather(batch, return_exceptions=True)
        await self._fire.stop()
        for threads in (self._writer, self._recorder):
            await asyncio.to_thread(threads.shutdown)

    def oldest(self) -> float | None:
        """When the oldest of the rows that are not stored and shown yet was received; None when there are none."""
        deliveries = chain(self._inbox.waiting(), *(batch.deliveries for batch in self._under_way.values()))
        return min((delivery.rows[0].received for delivery in deliveries if delivery.rows), default=None)

    async def _run(self, lane: Lane) -> None:
        most, wait, longest = self._batch_readings, 0.002, 0.0
        if lane is Lane.BULK:
            wait, longest = self._batch_seconds, self._busy_batch_seconds
        while True:
            batch = Batch.of(await self._inbox.take(lane, most, wait, longest))
            await asyncio.shield(self._begin(lane, batch))

    def _take_fire(self) -> Batch | None:
        """What waits in the lane of fire; of a panel that floods a part, which is shown as it is written."""
        batch = self._inbox.take_now(Lane.FIRE, PORTION)
        return Batch.of(batch) if batch else None

    def _begin(self, lane: Lane, batch: Batch) -> asyncio.Task[None]:
        work = asyncio.create_task(self._do(lane, batch), name=f"batch-{lane}")
        self._under_way[work] = batch
        work.add_done_callback(self._under_way.pop)
        return work

    async def _do(self, lane: Lane, batch: Batch) -> None:
        try:
            await self._ingest(batch, lane)
        except Exception as error:
            if batches := self._seldom.due(repr(error)):
                devices = {row.device: None for row in batch.rows}
                log.exception("a batch failed; its messages come again", batches=batches, lane=lane,
                              devices=list(devices)[:5])  # fmt: skip
            self.counters.given_back += 1
            for delivery in batch.deliveries:
                _give_back(delivery)

    async def _ingest(self, batch: Batch, lane: Lane) -> None:
        if batch.rows:
            refused = await self._until_done("store", self._store_rows, batch.rows)
            batch.refuse(refused)
            self.counters.rows += len(batch.rows)
            self.counters.readings += sum(len(row.values) for row in batch.rows)
        if batch.left:
            wait = FIRE_AGAIN if lane is Lane.FIRE else AGAIN
            await self._until_done("registry", self._record, batch.left, batch.taken, wait=wait)
        self._acknowledge(batch)
        try:
            for n, piece in enumerate(pieces(batch.whole())):
                if n:
                    await asyncio.sleep(0)
                self._show(piece)
        except Exception:
            log.exception("a durable batch could not be shown; it is in the store and the registry")

    def _finish_fire(self, batch: Batch) -> None:
        self._acknowledge(batch)
        try:
            self._show(batch.whole())
        except Exception:
            log.exception("what fire panels said could not be shown; it is in the registry")

    def _acknowledge(self, batch: Batch) -> None:
        self.counters.rejected += len(batch.said.rejected)
        for delivery in batch.deliveries:
            try:
                delivery.done()
            except Exception:
                log.exception("an acknowledgement failed; its message comes again")
                _give_back(delivery)
        self.counters.batches += 1

    def _show(self, piece: Ingested) -> None:
        self._latest.update(piece.rows)
        self._listen(piece)

    def _store_rows(self, rows: list[Row]) -> list[tuple[Row, Exception | str]]:
        with self._arriving(rows):
            return self._append(rows)

    def _append(self, rows: list[Row]) -> list[tuple[Row, Exception | str]]:
        """Store rows; those that the store can never take (not: is away now) come back with its reason."""
        try:
            self._store.append(rows)
        except StoreUnavailable:
            raise
        except RowsRefused as error:
            for reason, rows_refused in Counter(error.refused.values()).items():
                self._say("the store refused rows", reason, rows_refused)
            self.counters.refused += len(error.refused)
            return [(rows[index], reason) for index, reason in sorted(error.refused.items())]
        except Exception as error:
            if len(rows) == 1:
                self._say("the store refused rows", repr(error), device=rows[0].device)
                self.counters.refused += 1
                return [(rows[0], error)]
            half = len(rows) // 2
            return self._append(rows[:half]) + self._append(rows[half:])
        return []

    def _record(self, left: list[Said], taken: list[Taken]) -> None:
        """Record what is `left`, adding to `taken` what came of it; both say how far that is when the registry goes away.

        A report that the registry can never take goes to quarantine instead of stopping the flow.
        """
        while left:
            said = left[-1]
            most = FEW if self._fire.current else PORTION
            if len(said) > most:
                left[-1:] = reversed(said.split(most))
                continue
            try:
                effects = self._effects(said.lights, said.results)
                recorded = self._registry.reports.record(
                    lights=said.lights,
                    in_effect=effects,
                    results=said.results,
                    events=said.events,
                    rejected=said.rejected,
                    cabinets=said.cabinets,
                    panels=said.panels,
                )
            except RegistryUnavailable:
                raise
            except Exception as error:
                if len(said) > 1:
                    left[-1:] = reversed(said.halves())
                    continue
                self.counters.refused += 1
                if not said.rejected:
                    self._say("the registry refused reports", repr(error))
                    left[-1] = Said((), (), (), [said.refusal(error)])
                    continue
                lost = said.rejected[0]
                self._say("the registry refused what cannot be understood; it is lost", repr(error), device=lost.device,
                          source=lost.source[:200], code=lost.code)  # fmt: skip
            else:
                taken.append(Taken(recorded, effects))
            left.pop()

    def _say(self, event: str, reason: str, times: int = 1, **example: object) -> None:
        """Log it, once a minute for each reason."""
        if count := self._seldom.due(f"{event}: {reason}", times):
            log.error(event, count=count, error=reason, **example)

    async def _until_done(self, part: str, call: Callable[..., T], *arguments: object, wait: float = AGAIN) -> T:
        """Run a blocking call on its own threads until it succeeds, `wait` seconds apart at most; one log line when it starts
        failing, one when it works."""

        def failed(state: RetryCallState) -> None:
            if part not in self.counters.failing and state.outcome is not None:
                self.counters.failing[part] = str(state.outcome.exception())
                log.error(
                    "cannot write; nothing is acknowledged until it works", part=part, error=self.counters.failing[part]
                )

        loop = asyncio.get_running_loop()
        executor = self._writer if part == "store" else self._recorder
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type((StoreUnavailable, RegistryUnavailable)),
            wait=wait_random_exponential(0.2, max=wait),
            stop=lambda state: self._stopping,
            before_sleep=failed,
            reraise=True,
        ):
            with attempt:
                result = await loop.run_in_executor(executor, call, *arguments)
        if self.counters.failing.pop(part, None) is not None:
            log.info("writes again", part=part)
        return result
