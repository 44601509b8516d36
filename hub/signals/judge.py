"""Asking the linter: of a plan set as it is, and of the change to it from what runs. In a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.ports import Clock
from hub.registry import Written
from hub.signals.judged import Judged
from hub.signals.life import digest_of
from hub.signals.refusals import SignalRefusal
from schedules.signals import (
    BadPlanSet,
    Finding,
    PlanSet,
    lint,
    lint_changes,
    parse_plan_set,
    program_checksum,
)


class Judge:
    """`zone` is the city's; `intersections` are those that people configured, by junction: a plan set must have the same."""

    def __init__(self, zone: ZoneInfo, intersections: Mapping[str, Written], clock: Clock) -> None:
        self._zone, self._intersections, self._clock = zone, intersections, clock
        self._threads = ThreadPoolExecutor(1, "linter")

    def stop(self) -> None:
        """Let go of the thread."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def read(self, body: Mapping[str, Any]) -> PlanSet:
        """A plan set from its JSON; refused as `bad-plan` with what to write instead."""
        try:
            return parse_plan_set(body)
        except BadPlanSet as error:
            raise SignalRefusal("bad-plan", str(error)) from None

    async def judge(
        self,
        body: Mapping[str, Any],
        neighbours: Callable[[PlanSet], Sequence[PlanSet]] = lambda plan_set: (),
        against: PlanSet | None = None,
    ) -> Judged:
        """What the linter says of it; of the change from `against` too."""
        plan_set = self.read(body)
        beside = tuple(neighbours(plan_set))
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._lint, plan_set, beside, against)
        checksums = {name: program_checksum(plan_set, name) for name in plan_set.programs}
        return Judged(plan_set, digest_of(body), checksums, found)

    async def findings(self, plan_set: PlanSet) -> tuple[Finding, ...]:
        """The same of a plan set that nobody wrote: a temporary program beside those of the set."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._lint, plan_set, (), None)

    def _lint(self, plan_set: PlanSet, beside: tuple[PlanSet, ...], against: PlanSet | None) -> tuple[Finding, ...]:
        zone = ZoneInfo(plan_set.time_zone) if plan_set.time_zone else self._zone
        year = datetime.fromtimestamp(self._clock.now(), zone).year
        found = tuple(lint(plan_set, zone, beside, year=year))
        if against is not None:
            found += tuple(lint_changes(against, plan_set))
        return found

    def same_intersection(self, junction: str, body: Mapping[str, Any]) -> None:
        """Refuse a plan set that is made for another intersection than the one that is configured there."""
        if body.get("junction") != junction:
            raise SignalRefusal("bad-plan", f"junction = {body.get('junction')!r}: write {junction!r}")
        configured = self._intersections.get(junction)
        if configured is None or body.get("intersection") == configured.body:
            return
        raise SignalRefusal(
            "other-intersection",
            f"the intersection in this plan set is not the one that {configured.by} configured at {junction!r}: "
            "leave `intersection` out to take that one, or change that one first",
        )
