"""The daily test of the whole fire path: a test event comes in by a real wire, and is followed to every place that a fire must
reach."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from hub.background import Background
from hub.fire.desk import FireDesk
from hub.fire.wire import Account, NotSent, publish
from hub.model.fire import SELF_TEST, FireEvent, SelfTest
from hub.ports import Clock
from hub.registry import Registry, RegistryUnavailable

log = structlog.get_logger("lamplighter.fire")

BY_ITSELF = "lamplighter"
STAGES = ("published", "persisted", "alarmed", "streamed")
DAY = 86_400.0
_LATER = ("planned", "cancelled")  # an escalation whose time has not come, or that is not needed any more


class Running(Exception):
    """One test runs already."""


class SelfTests:
    """Used on the event loop. `prepare` registers the test device and gives its account; `watch` opens the operators' stream;
    `acknowledge` takes the test's own alarm from the list when it is over; `settled` says whether it is on record who is to be
    told of an alarm (called in a thread).
    """

    def __init__(
        self,
        desk: FireDesk,
        registry: Registry,
        clock: Clock,
        prepare: Callable[[], Awaitable[Account]],
        watch: Callable[[], AsyncGenerator[bytes]],
        acknowledge: Callable[[str, str], Awaitable[None]],
        settled: Callable[[str], bool],
        *,
        at: str,
        zone: ZoneInfo,
        patience: float,
    ) -> None:
        self._desk, self._registry, self._clock = desk, registry, clock
        self._prepare, self._watch, self._acknowledge, self._settled = prepare, watch, acknowledge, settled
        self._at, self._zone, self._patience = at, zone, patience
        self._running = False
        self._last: SelfTest | None = None
        self._daily = Background("self-test of the fire path", self._turn, expected=(RegistryUnavailable,), pause=60.0)

    @property
    def last(self) -> SelfTest | None:
        """The newest test that ended; None before the first."""
        return self._last

    @property
    def failing(self) -> bool:
        """Whether the newest test failed."""
        return self._last is not None and self._last.outcome != "passed"

    async def load(self) -> None:
        """Take up what there was: a test during which the hub was killed has failed. Raises RegistryUnavailable."""
        for test in await asyncio.to_thread(self._registry.fire.tests, None, 10):
            if test.outcome is None:
                test = replace(test, outcome="failed", detail="the hub was stopped meanwhile")
                await asyncio.to_thread(self._registry.fire.end_test, test)
            self._last = self._last or test

    def start(self) -> None:
        """Test every day from now on, when a time is set."""
        if self._at:
            self._daily.start()

    async def stop(self) -> None:
        """Test no more."""
        await self._daily.stop()

    async def _turn(self) -> None:
        last = self._last
        now = self._clock.now()
        due = next_at(now, self._at, self._zone)
        if last is not None and now - last.started > DAY:
            due = min(due, now + 60.0)  # the hub was away when it was due
        await asyncio.sleep((due - now) / self._clock.rate)
        with suppress(Running):
            await self.run(BY_ITSELF)

    async def run(self, by: str) -> SelfTest:
        """Test now; what came of it. Raises Running and RegistryUnavailable."""
        if self._running:
            raise Running
        self._running = True
        try:
            test = await asyncio.to_thread(self._registry.fire.start_test, self._clock.now(), by)
            try:
                test = await self._follow(test)
            except Exception as error:  # whatever kept it from its end: the path is not proved
                self._last = test = replace(test, outcome="failed", detail=f"it could not be done: {error}"[:500])
                log.exception("the self-test of the fire path could not be done")
            await asyncio.to_thread(self._registry.fire.end_test, test)
            self._last = test
        finally:
            self._running = False
        log.info("self-test of the fire path", outcome=test.outcome, stages=dict(test.stages), detail=test.detail)
        return test

    async def _follow(self, test: SelfTest) -> SelfTest:
        loop = asyncio.get_running_loop()
        began, point = loop.time(), f"self-test/{test.id}"
        stages: dict[str, float] = {}
        events: list[FireEvent] = []
        changed = asyncio.Event()

        def reach(stage: str) -> None:
            stages.setdefault(stage, round(loop.time() - began, 4))
            changed.set()

        def listen(event: FireEvent, stage: str, took: float) -> None:
            if event.device == SELF_TEST and event.point == point and event.active and stage != "streamed":
                events.append(event)
                reach(stage)

        detail = ""
        self._desk.listeners.append(listen)
        watching = asyncio.create_task(self._watch_for(point, reach), name="self-test stream")
        try:
            async with asyncio.timeout(self._patience):
                account = await self._prepare()
                await asyncio.to_thread(publish, account, self._clock.now(), point, True, self._patience)
                reach("published")
                while not stages.keys() >= set(STAGES):
                    changed.clear()
                    await changed.wait()
                alarm = next(event for event in reversed(events) if event.alarm is not None)
                detail = "it was not known in time whom to tell"
                while untold := await asyncio.to_thread(self._untold, alarm):
                    detail = untold
                    await asyncio.sleep(0.1)
                detail = ""
                if any(each.delivered for each in await asyncio.to_thread(self._desk.deliveries, alarm)):
                    reach("notified")
        except TimeoutError:
            missing = [stage for stage in STAGES if stage not in stages]
            detail = detail or f"not {', '.join(missing)} within {self._patience:g} s"
        except NotSent as error:
            detail = str(error)
        finally:
            self._desk.listeners.remove(listen)
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        await self._end(point, events)
        return replace(test, outcome="failed" if detail else "passed", stages=stages, detail=detail)

    def _untold(self, event: FireEvent) -> str:
        """What is missing until everybody is told who is to be told at once; empty when nothing is. Blocks."""
        if not self._settled(event.alarm or ""):
            return "nobody is told of alarms now"
        found = [each for each in self._desk.deliveries(event) if each.delivered is None and each.outcome not in _LATER]
        return f"not delivered: {', '.join(each.channel for each in found)}" if found else ""

    async def _watch_for(self, point: str, reach: Callable[[str], None]) -> None:
        wanted = f'"{point}"'.encode()
        async with aclosing(self._watch()) as chunks:
            async for chunk in chunks:
                if b"event: fire" in chunk and wanted in chunk:
                    reach("streamed")
                    return

    async def _end(self, point: str, events: Sequence[FireEvent]) -> None:
        """The test's own condition is over, and its alarm needs nobody."""
        ended = asyncio.Event()

        def listen(event: FireEvent, stage: str, took: float) -> None:
            if event.device == SELF_TEST and event.point == point and event.active is False and stage == "alarmed":
                ended.set()

        self._desk.listeners.append(listen)
        try:
            account = await self._prepare()
            async with asyncio.timeout(self._patience):
                await asyncio.to_thread(publish, account, self._clock.now(), point, False, self._patience)
                if any(event.alarm for event in events):
                    await ended.wait()
        except (TimeoutError, NotSent) as error:
            log.warning("the end of a self-test of the fire path did not arrive", error=str(error))
        finally:
            self._desk.listeners.remove(listen)
        for alarm in {event.alarm for event in events if event.alarm}:
            await self._acknowledge(alarm, "self-test")


def next_at(now: float, at: str, zone: ZoneInfo) -> float:
    """When it is `at` (HH:MM) next, in that time zone."""
    hour, minute = map(int, at.split(":"))
    today = datetime.fromtimestamp(now, zone).replace(hour=hour, minute=minute, second=0, microsecond=0)
    if today.timestamp() <= now:
        today = (today + timedelta(days=1)).replace(hour=hour, minute=minute)
    return today.timestamp()
