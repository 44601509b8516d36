"""Inbox -> batch -> durable -> acknowledge -> latest values -> listeners.

Nothing is acknowledged before it is on disk: readings in the telemetry store, states, results, events and quarantine
in the registry. While either cannot write, the batch is kept and tried again; the inbox fills and drivers stop reading.
A batch that fails for an unforeseen reason is given back: its messages come again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple, TypeVar

import msgspec
import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from hub.background import PART, parts
from hub.logs import Seldom
from hub.model.cabinets import CabinetReport
from hub.model.light import LightReport
from hub.model.readings import Rejected, Row
from hub.model.reports import EventReport, PlanReport, PresenceReport, ResultReport
from hub.ports import Delivery, Lane, RowsRefused, StoreUnavailable, TelemetryStore
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
    rejected: Sequence[Rejected] = ()
    plans: Sequence[PlanReport] = ()
    cabinets: Sequence[CabinetReport] = ()


def pieces(whole: Ingested, most: int = PART) -> Iterator[Ingested]:
    """The same in pieces of at most `most` rows or reports, in the order in which things become known: what a light is doing
    before the end of the order that it answers. Between two of them other work gets its turn."""
    changed, new_events = whole.recorded
    if sum(map(len, (whole.rows, whole.lights, whole.effects, changed, new_events))) <= most:
        yield whole
        return
    nothing = Ingested((), (), (), (), Recorded([], []))
    yield from (replace(nothing, rows=some) for some in parts(whole.rows, most))
    yield replace(nothing, cabinets=whole.cabinets)
    yield from (replace(nothing, lights=some) for some in parts(whole.lights, most))
    yield from (replace(nothing, effects=some) for some in parts(whole.effects, most))
    yield from (replace(nothing, recorded=Recorded([], list(some))) for some in parts(new_events, most))
    yield replace(nothing, presence=whole.presence, rejected=whole.rejected, plans=whole.plans)
    yield from (replace(nothing, recorded=Recorded(list(some), [])) for some in parts(changed, most))


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


@dataclass(frozen=True, slots=True)
class _Said:
    """What a batch says besides readings."""

    lights: Sequence[LightReport]
    results: Sequence[ResultReport]
    events: Sequence[EventReport]
    rejected: Sequence[Rejected]
    cabinets: Sequence[CabinetReport] = ()

    def __len__(self) -> int:
        return len(self.lights) + len(self.results) + len(self.events) + len(self.rejected) + len(self.cabinets)

    def halves(self) -> tuple[_Said, _Said]:
        """The same in two, each in its order."""
        room = len(self) // 2
        lights = self.lights[:room]
        results = self.results[: room - len(lights)]
        events = self.events[: room - len(lights) - len(results)]
        rejected = self.rejected[: room - len(lights) - len(results) - len(events)]
        cabinets = self.cabinets[: room - len(lights) - len(results) - len(events) - len(rejected)]
        rest = _Said(
            self.lights[len(lights) :],
            self.results[len(results) :],
            self.events[len(events) :],
            self.rejected[len(rejected) :],
            self.cabinets[len(cabinets) :],
        )
        return _Said(lights, results, events, rejected, cabinets), rest

    def refusal(self, error: Exception) -> Rejected:
        """The one report in it as what could not be recorded."""
        reports: list[LightReport | ResultReport | EventReport | CabinetReport]
        reports = [*self.lights, *self.results, *self.events, *self.cabinets]
        report = reports[0]
        reason = f"the registry refused it: {error}"[:500]
        return Rejected(
            report.received, "registry", report.device, "registry-refused", reason, msgspec.json.encode(report)
        )


class _Taken(NamedTuple):
    """What came of reports that were recorded."""

    recorded: Recorded
    effects: Sequence[tuple[str, float]]


def refusal(row: Row, error: Exception | str) -> Rejected:
    """A row that the store can never take, as it goes to quarantine."""
    reason = f"the store refused it: {error}"[:500]
    return Rejected(row.received, "store", row.device, "store-refused", reason, msgspec.json.encode(row))


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
        self._recorder = ThreadPoolExecutor(len(Lane), "registry-writer")  # the loop's own may be held by slow queries
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self._under_way: dict[asyncio.Task[None], list[Delivery]] = {}
        self._seldom = Seldom()
        self.counters = IngestCounters()

    def start(self) -> None:
        """Begin to take batches."""
        self._tasks = [asyncio.create_task(self._run(lane), name=f"ingest-{lane}") for lane in Lane]

    async def stop(self) -> None:
        """Stop between batches; what was not acknowledged comes again from the broker."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for batch in list(self._under_way):
            if self.counters.failing:
                batch.cancel()
            await asyncio.gather(batch, return_exceptions=True)
        for threads in (self._writer, self._recorder):
            await asyncio.to_thread(threads.shutdown)

    def oldest(self) -> float | None:
        """When the oldest of the rows that are not stored and shown yet was received; None when there are none."""
        deliveries = chain(self._inbox.waiting(), chain.from_iterable(self._under_way.values()))
        return min((delivery.rows[0].received for delivery in deliveries if delivery.rows), default=None)

    async def _run(self, lane: Lane) -> None:
        wait, longest = (self._batch_seconds, self._busy_batch_seconds) if lane is Lane.BULK else (0.002, 0.0)
        while True:
            batch = await self._inbox.take(lane, self._batch_readings, wait, longest)
            work = asyncio.create_task(self._ingest(batch), name=f"batch-{lane}")
            self._under_way[work] = batch
            work.add_done_callback(self._under_way.pop)
            try:
                await asyncio.shield(work)
            except Exception as error:
                if batches := self._seldom.due(repr(error)):
                    devices = {row.device: None for delivery in batch for row in delivery.rows}
                    log.exception("a batch failed; its messages come again", batches=batches, lane=lane,
                                  devices=list(devices)[:5])  # fmt: skip
                self.counters.given_back += 1
                for delivery in batch:
                    _give_back(delivery)

    async def _ingest(self, batch: list[Delivery]) -> None:
        rows = list(chain.from_iterable(d.rows for d in batch))
        lights = list(chain.from_iterable(d.lights for d in batch))
        results = list(chain.from_iterable(d.results for d in batch))
        events = list(chain.from_iterable(d.events for d in batch))
        presence = list(chain.from_iterable(d.presence for d in batch))
        rejected = list(chain.from_iterable(d.rejected for d in batch))
        plans = list(chain.from_iterable(d.plans for d in batch))
        cabinets = list(chain.from_iterable(d.cabinets for d in batch))
        if rows:
            refused = await self._until_done("store", self._store_rows, rows)
            if refused:
                rejected += [refusal(row, error) for row, error in refused]
                lost = {id(row) for row, _ in refused}
                rows = [row for row in rows if id(row) not in lost]
            self.counters.rows += len(rows)
            self.counters.readings += sum(len(row.values) for row in rows)
        taken: list[_Taken] = []
        if lights or results or events or rejected or cabinets:
            left = [_Said(lights, results, events, rejected, cabinets)]
            await self._until_done("registry", self._record, left, taken)
            self.counters.rejected += len(rejected)
        recorded = Recorded(
            [change for each in taken for change in each.recorded.changed],
            [event for each in taken for event in each.recorded.new_events],
        )
        effects = [effect for each in taken for effect in each.effects]
        for delivery in batch:
            try:
                delivery.done()
            except Exception:
                log.exception("an acknowledgement failed; its message comes again")
                _give_back(delivery)
        self.counters.batches += 1
        try:
            whole = Ingested(rows, lights, effects, presence, recorded, rejected, plans, cabinets)
            for n, piece in enumerate(pieces(whole)):
                if n:
                    await asyncio.sleep(0)
                self._latest.update(piece.rows)
                self._listen(piece)
        except Exception:
            log.exception("a durable batch could not be shown; it is in the store and the registry")

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

    def _record(self, left: list[_Said], taken: list[_Taken]) -> None:
        """Record what is `left`, adding to `taken` what came of it; both say how far that is when the registry goes away.

        A report that the registry can never take goes to quarantine instead of stopping the flow.
        """
        while left:
            said = left[-1]
            try:
                effects = self._effects(said.lights, said.results)
                recorded = self._registry.reports.record(
                    lights=said.lights,
                    in_effect=effects,
                    results=said.results,
                    events=said.events,
                    rejected=said.rejected,
                    cabinets=said.cabinets,
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
                    left[-1] = _Said((), (), (), [said.refusal(error)])
                    continue
                lost = said.rejected[0]
                self._say("the registry refused what cannot be understood; it is lost", repr(error), device=lost.device,
                          source=lost.source[:200], code=lost.code)  # fmt: skip
            else:
                taken.append(_Taken(recorded, effects))
            left.pop()

    def _say(self, event: str, reason: str, times: int = 1, **example: object) -> None:
        """Log it, once a minute for each reason."""
        if count := self._seldom.due(f"{event}: {reason}", times):
            log.error(event, count=count, error=reason, **example)

    async def _until_done(self, part: str, call: Callable[..., T], *arguments: object) -> T:
        """Run a blocking call on its own threads until it succeeds; one log line when it starts failing, one when it works."""

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
            wait=wait_random_exponential(0.2, max=5),
            stop=lambda state: self._stopping,
            before_sleep=failed,
            reraise=True,
        ):
            with attempt:
                result = await loop.run_in_executor(executor, call, *arguments)
        if self.counters.failing.pop(part, None) is not None:
            log.info("writes again", part=part)
        return result
