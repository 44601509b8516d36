"""Inbox -> batch -> durable -> acknowledge -> latest values -> listeners.

Nothing is acknowledged before it is on disk: readings in the telemetry store, states, results, events and quarantine
in the registry. While either cannot write, the batch is kept and tried again; the inbox fills and drivers stop reading.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeVar

import msgspec
import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from hub.model.light import LightReport
from hub.model.readings import Rejected, Row
from hub.model.reports import EventReport, PresenceReport, ResultReport
from hub.ports import Delivery, Lane, StoreUnavailable, TelemetryStore
from hub.registry import Recorded, Registry, RegistryUnavailable
from hub.telemetry.inbox import LaneInbox
from hub.telemetry.latest import LatestValues

T = TypeVar("T")

log = structlog.get_logger("lamplighter.telemetry")


@dataclass(frozen=True, slots=True)
class Ingested:
    """A batch that is durable and acknowledged, as listeners see it."""

    rows: Sequence[Row]
    lights: Sequence[LightReport]
    effects: Sequence[tuple[str, float]]
    presence: Sequence[PresenceReport]
    recorded: Recorded


@dataclass(slots=True)
class IngestCounters:
    """What went through since the start; exported as metrics."""

    rows: int = 0
    readings: int = 0
    rejected: int = 0
    batches: int = 0
    refused: int = 0
    failing: dict[str, str] = field(default_factory=dict)


Effects = Callable[[Sequence[LightReport], Sequence[ResultReport]], Sequence[tuple[str, float]]]


class Ingest:
    """The ingest loop: one task a lane, so that urgent traffic never waits behind bulk telemetry.

    `effects` says which light's level came into effect by these reports; `listen` is called on the event loop
    with every batch after its acknowledgement.
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
        batch_rows: int = 5000,
        batch_seconds: float = 0.025,
    ) -> None:
        self._inbox, self._store, self._registry, self._latest = inbox, store, registry, latest
        self._effects, self._listen = effects, listen
        self._batch_rows, self._batch_seconds = batch_rows, batch_seconds
        self._writer = ThreadPoolExecutor(1, "store-writer")
        self._tasks: list[asyncio.Task[None]] = []
        self.counters = IngestCounters()

    def start(self) -> None:
        """Begin to take batches."""
        self._tasks = [asyncio.create_task(self._run(lane), name=f"ingest-{lane}") for lane in Lane]

    async def stop(self) -> None:
        """Stop between batches; what was not acknowledged comes again from the broker."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._writer.shutdown(wait=True)

    async def _run(self, lane: Lane) -> None:
        wait = self._batch_seconds if lane is Lane.BULK else 0.002
        while True:
            batch = await self._inbox.take(lane, self._batch_rows, wait)
            await asyncio.shield(asyncio.create_task(self._ingest(batch)))

    async def _ingest(self, batch: list[Delivery]) -> None:
        rows = list(chain.from_iterable(d.rows for d in batch))
        lights = list(chain.from_iterable(d.lights for d in batch))
        results = list(chain.from_iterable(d.results for d in batch))
        events = list(chain.from_iterable(d.events for d in batch))
        presence = list(chain.from_iterable(d.presence for d in batch))
        rejected = list(chain.from_iterable(d.rejected for d in batch))
        if rows:
            refused = await self._until_done("store", self._append, rows)
            rejected += refused
            self.counters.rows += len(rows)
            self.counters.readings += sum(len(row.values) for row in rows)
        recorded = Recorded([], [])
        effects: Sequence[tuple[str, float]] = ()
        if lights or results or events or rejected:
            effects = self._effects(lights, results)
            recorded = await self._until_done("registry", self._record, lights, effects, results, events, rejected)
            self.counters.rejected += len(rejected)
        for delivery in batch:
            delivery.done()
        self.counters.batches += 1
        self._latest.update(rows)
        self._listen(Ingested(rows, lights, effects, presence, recorded))

    def _append(self, rows: list[Row]) -> list[Rejected]:
        """Store rows; those that the store can never take (not: is away now) come back as rejected."""
        try:
            self._store.append(rows)
        except StoreUnavailable:
            raise
        except Exception as error:
            if len(rows) == 1:
                row = rows[0]
                log.error("the store refused a row", device=row.device, error=str(error))
                self.counters.refused += 1
                reason = f"the store refused it: {error}"[:500]
                return [Rejected(row.received, "store", row.device, "store-refused", reason, msgspec.json.encode(row))]
            half = len(rows) // 2
            return self._append(rows[:half]) + self._append(rows[half:])
        return []

    def _record(
        self,
        lights: Sequence[LightReport],
        effects: Sequence[tuple[str, float]],
        results: Sequence[ResultReport],
        events: Sequence[EventReport],
        rejected: Sequence[Rejected],
    ) -> Recorded:
        """Record reports; what the registry can never take goes to quarantine instead of stopping the flow."""
        record = self._registry.reports.record
        try:
            return record(lights=lights, in_effect=effects, results=results, events=events, rejected=rejected)
        except RegistryUnavailable:
            raise
        except Exception as error:
            log.error("the registry refused a batch; it is in quarantine", error=str(error))
            self.counters.refused += 1
            raw = msgspec.json.encode({"lights": lights, "results": results, "events": events})
            reason = f"the registry refused it: {error}"[:500]
            kept = Rejected(time.time(), "registry", None, "registry-refused", reason, raw)
            return record(lights=[], in_effect=[], results=[], events=[], rejected=[*rejected, kept])

    async def _until_done(self, part: str, call: Callable[..., T], *arguments: object) -> T:
        """Run a blocking call on its thread until it succeeds; one log line when it starts failing, one when it works."""

        def failed(state: RetryCallState) -> None:
            if part not in self.counters.failing and state.outcome is not None:
                self.counters.failing[part] = str(state.outcome.exception())
                log.error(
                    "cannot write; nothing is acknowledged until it works", part=part, error=self.counters.failing[part]
                )

        loop = asyncio.get_running_loop()
        executor = self._writer if part == "store" else None
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type((StoreUnavailable, RegistryUnavailable)),
            wait=wait_random_exponential(0.2, max=5),
            before_sleep=failed,
            reraise=True,
        ):
            with attempt:
                result = await loop.run_in_executor(executor, call, *arguments)
        if self.counters.failing.pop(part, None) is not None:
            log.info("writes again", part=part)
        return result
