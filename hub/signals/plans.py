"""Plan sets: written, submitted, approved by a second person, activated, rolled back. Each step is judged anew and audited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any

from hub.model.audit import AuditEntry
from hub.model.commands import Command, Operation
from hub.model.ids import new_id
from hub.model.signals import Evaluation, PlanRecord
from hub.ports import Clock
from hub.registry import Registry
from hub.signals import life
from hub.signals.judge import Judge
from hub.signals.judged import Judged
from hub.signals.ledger import Ledger
from hub.signals.life import Act
from hub.signals.names import wire_names
from hub.signals.once import Claim
from hub.signals.orders import SignalOrders, Wish
from hub.signals.refusals import SignalRefusal, unavailable
from schedules.signals import wire_program

Decide = Callable[[PlanRecord, Judged, float], PlanRecord]


class PlanDesk:
    """Used on the event loop. `approval_days`: how long an approval waits to be used; `rollback_days`: how long what was active
    may be so again; `deadline`: seconds for one download."""

    def __init__(
        self, registry: Registry, ledger: Ledger, orders: SignalOrders, judge: Judge, clock: Clock, *,
        approval_days: float, rollback_days: float, deadline: float,
    ) -> None:  # fmt: skip
        self._registry, self._ledger, self._orders, self._judge = registry, ledger, orders, judge
        self._clock, self._approval_days, self.rollback_days = clock, approval_days, rollback_days
        self._deadline = deadline

    # --- reading -------------------------------------------------------------------------------------------------------

    async def get(self, id: str) -> PlanRecord:
        """The plan set of that id; refused as `not-found`."""
        found = await asyncio.to_thread(self._registry.signals.plan, id)
        if found is None:
            raise SignalRefusal("not-found", f"no plan set {id!r}")
        return found

    async def judged(self, body: Mapping[str, Any], against: PlanRecord | None = None) -> Judged:
        """What the linter says of a plan set, written or not; with `against` of the change from that one too."""
        junction = str(body.get("junction", ""))
        before = None if against is None else self._ledger.plan_set(against)
        return await self._judge.judge(body, lambda plan_set: self._ledger.neighbours(junction, plan_set), before)

    async def _as_is(self, record: PlanRecord) -> Judged:
        """The same of one that is to go on its way: with the change from what runs there now."""
        self._judge.same_intersection(record.junction, record.body)
        running = self._ledger.active.get(record.junction)
        return await self.judged(record.body, running if running is not None and running.id != record.id else None)

    # --- writing -------------------------------------------------------------------------------------------------------

    async def add(self, junction: str, body: Mapping[str, Any], by: str, note: str) -> PlanRecord:
        """A new version for a junction. Raises SignalRefusal: `bad-plan`, `other-intersection`."""
        self._judge.same_intersection(junction, body)
        judged = await self.judged(body)
        async with self._ledger.turn:
            now = self._clock.now()
            record = life.drafted(new_id("pln"), junction, body, judged, by, now, note)
            line = plan_line(record, by, now, "added", note)
            return await asyncio.to_thread(self._registry.signals.add, record, line)

    async def edit(self, id: str, body: Mapping[str, Any], by: str, note: str, digest: str | None = None) -> PlanRecord:
        """Other programs for one that may still be edited; `digest`: that of what the writer read. Raises SignalRefusal."""
        record = await self.get(id)
        life.check(record, Act.EDIT, self._clock.now())
        self._judge.same_intersection(record.junction, body)
        judged = await self.judged(body)
        async with self._ledger.turn:
            record = await self.get(id)
            if digest is not None and digest != record.digest:
                raise SignalRefusal(
                    "changed-meanwhile", f"{record.by} changed plan set {id!r} after you read it: read it again"
                )
            record = life.edited(record, body, judged, by, self._clock.now(), note)
            return await self._write(record, by, "edited", note)

    async def drop(self, id: str, by: str) -> None:
        """Delete one that may still be edited."""
        async with self._ledger.turn:
            record, now = await self.get(id), self._clock.now()
            life.check(record, Act.DELETE, now)
            await asyncio.to_thread(self._registry.signals.remove, id, plan_line(record, by, now, "deleted", ""))

    async def attach(self, evaluation: Evaluation) -> None:
        """Keep what an evaluation says of a plan set."""
        line = AuditEntry(
            evaluation.created, evaluation.by, "signal-plan.evaluated", evaluation.plan,
            {"junction": evaluation.junction, "evaluation": evaluation.id, "verdict": evaluation.verdict},
        )  # fmt: skip
        await asyncio.to_thread(self._registry.signals.attach, evaluation, line)

    # --- approval ------------------------------------------------------------------------------------------------------

    async def submit(self, id: str, by: str, reason: str) -> PlanRecord:
        """Hand in for approval."""

        def decide(record: PlanRecord, judged: Judged, now: float) -> PlanRecord:
            return life.submitted(record, judged, by, now, reason)

        return await self._decided(id, Act.SUBMIT, decide, by, "submitted", reason)

    async def approve(self, id: str, by: str, reason: str) -> PlanRecord:
        """Approve as a second person."""

        def decide(record: PlanRecord, judged: Judged, now: float) -> PlanRecord:
            return life.approved(record, judged, by, now, reason, self._approval_days)

        return await self._decided(id, Act.APPROVE, decide, by, "approved", reason)

    async def _decided(self, id: str, act: Act, decide: Decide, by: str, what: str, reason: str) -> PlanRecord:
        async for record, judged in self._judged_now(id, act):
            async with self._ledger.turn:
                if await self._still(record):
                    record = decide(record, judged, self._clock.now())
                    return await self._write(record, by, what, reason)
        raise AssertionError("a plan set is judged until it stands still")

    async def _judged_now(self, id: str, act: Act) -> AsyncIterator[tuple[PlanRecord, Judged]]:
        """A plan set with what the linter says now, outside of `turn`: flashing amber does not wait for a linter. Again, while
        something changes meanwhile."""
        while True:
            record = await self.get(id)
            life.check(record, act, self._clock.now())
            running = self._ledger.active.get(record.junction)
            judged = await self._as_is(record)
            if self._ledger.active.get(record.junction) is running:
                yield record, judged

    async def _still(self, record: PlanRecord) -> bool:
        """Whether it is as it was judged; within `turn`."""
        return await self.get(record.id) == record

    async def reject(self, id: str, by: str, reason: str) -> PlanRecord:
        """Refuse a submitted one."""
        async with self._ledger.turn:
            record = life.rejected(await self.get(id), by, self._clock.now(), reason)
            return await self._write(record, by, "rejected", reason)

    async def withdraw(self, id: str, by: str, reason: str) -> PlanRecord:
        """Take back a submitted or approved one."""
        async with self._ledger.turn:
            record = life.withdrawn(await self.get(id), by, self._clock.now(), reason)
            return await self._write(record, by, "withdrawn", reason)

    # --- activation ----------------------------------------------------------------------------------------------------

    async def activate(
        self, id: str, by: str, reason: str, until: float | None, *, claim: Claim | None = None
    ) -> PlanRecord:
        """Begin to bring an approved one to its controller; it is active when the controller runs it. Raises SignalRefusal,
        KeyTaken."""
        return await self._activated(id, by, reason, until, "activated", claim)

    async def rollback(self, id: str, by: str, reason: str, *, claim: Claim | None = None) -> PlanRecord:
        """Leave this one for the one before. One that is still on its way is stopped: the active one goes on."""
        record = await self.get(id)
        life.check(record, Act.ROLLBACK, self._clock.now())
        if record.state.under_way:
            return await self._stopped(id, by, reason, claim)
        before = record.before
        if before is None:
            raise _nothing_before(id)
        return await self._activated(before, by, reason, None, "rolled-back", claim)

    async def _stopped(self, id: str, by: str, reason: str, claim: Claim | None) -> PlanRecord:
        async with self._ledger.turn:
            record, now = await self.get(id), self._clock.now()
            life.check(record, Act.ROLLBACK, now)
            active = self._ledger.active.get(record.junction)
            if active is None or active.id == id:
                raise _nothing_before(id)
            key = claim and claim.of(lambda stopped: active)
            await self._write(life.failed(record, by, now, reason), by, "rolled-back", reason, key)
            if record.junction not in self._ledger.ruling:
                await self._orders.release([record.junction], Wish(by, reason, None))
            return active

    async def _activated(
        self, id: str, by: str, reason: str, until: float | None, what: str, claim: Claim | None
    ) -> PlanRecord:
        async for record, judged in self._judged_now(id, Act.ACTIVATE):
            junction = record.junction
            if reasons := self._orders.why_not(junction):
                raise unavailable(junction, reasons)
            async with self._ledger.turn:
                if await self._still(record):
                    return await self._download(record, judged, by, reason, until, what, claim)
        raise AssertionError("a plan set is judged until it stands still")

    async def _download(
        self, record: PlanRecord, judged: Judged, by: str, reason: str, until: float | None, what: str,
        claim: Claim | None,
    ) -> PlanRecord:  # fmt: skip
        junction, now = record.junction, self._clock.now()
        coming, active = self._ledger.coming.get(junction), self._ledger.active.get(junction)
        if coming is not None:
            raise SignalRefusal(
                "plan-state", f"plan set {coming.id!r} is on its way to {junction!r}: wait for it, or roll it back"
            )
        stored = self._orders.stored(junction)
        in_use = self._orders.in_use(junction) | (set(active.names.values()) if active is not None else set())
        record = life.downloading(
            record, judged, by, now, reason, until=until, names=wire_names(judged.checksums, stored, in_use),
            before=None if active is None else active.id, what=what,
        )  # fmt: skip
        record = life.read_back(record, stored, now)
        commands = self._downloads(record, judged, by)
        record = replace(record, commands=tuple(command.id for command, _ in commands))
        key = None if claim is None else claim.stored(record, now)
        line = plan_line(record, by, now, what, reason)
        await self._ledger.write(plans=[record], commands=commands, audit=[line], key=key)
        return record

    def _downloads(self, record: PlanRecord, judged: Judged, by: str) -> list[tuple[Command, list[str]]]:
        """A command for each program that the controller does not hold yet: to be stored and not to be run."""
        plan_set, now, expires = judged.plan_set, self._clock.now(), self._clock.ahead(self._deadline)
        found = []
        for program, name in record.names.items():
            if program in record.stored:
                continue
            body = wire_program(plan_set.intersection.ids, plan_set.programs[program], plan_set.transition)
            told = {"plan": name, "program": body, "checksum": record.checksums[program], "activate": False}
            command = Command(new_id("cmd"), Operation.SIGNAL_PLAN, now, by, expires, signals={record.junction: told})
            found.append((command, [record.junction]))
        return found

    async def leave(self, junction: str, by: str, reason: str) -> None:
        """Give up what is active or on its way there: the controller's own plan decides from now on."""
        async with self._ledger.turn:
            now = self._clock.now()
            plans, audit = [], []
            coming, active = self._ledger.coming.get(junction), self._ledger.active.get(junction)
            if coming is not None:
                plans.append(life.failed(coming, by, now, reason))
            if active is not None:
                plans.append(life.left(active, by, now, reason, self.rollback_days))
            audit = [plan_line(each, by, now, "left", reason) for each in plans]
            await self._ledger.write(plans=plans, audit=audit)

    async def _write(
        self, record: PlanRecord, by: str, what: str, reason: str, claim: Claim | None = None
    ) -> PlanRecord:
        now = self._clock.now()
        key = None if claim is None else claim.stored(record, now)
        await self._ledger.write(plans=[record], audit=[plan_line(record, by, now, what, reason)], key=key)
        return record


def _nothing_before(id: str) -> SignalRefusal:
    return SignalRefusal(
        "nothing-before", f"before {id!r} no plan set was active: order `local` with `leave` to give the junction back"
    )


def plan_line(record: PlanRecord, by: str, now: float, what: str, reason: str) -> AuditEntry:
    """A step of a plan set's life in the audit."""
    detail = {
        "junction": record.junction, "version": record.version, "state": record.state.value, "reason": reason,
        "digest": record.digest, "checksums": dict(record.checksums),
    }  # fmt: skip
    return AuditEntry(now, by, f"signal-plan.{what}", record.id, detail)
