"""What the controllers say, compared with what was ordered: read-backs, switch points, ends, and what the calendar wants now.

Level-triggered: each look compares everything anew, so a lost message, a restart of the hub or of a controller needs no case of
its own. What it finds is written at once; nothing here takes the word of an acknowledgement for what a controller does.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from hub.background import Background
from hub.model.audit import AuditEntry
from hub.model.commands import Outcome
from hub.model.junctions import JunctionReport
from hub.model.signals import OrderKind, PlanRecord, PlanState, Progress, SignalOrder
from hub.ports import Clock
from hub.registry import Registry, RegistryUnavailable, TargetChange
from hub.registry.city import City
from hub.signals import life
from hub.signals.book import Book
from hub.signals.ledger import Ledger
from hub.signals.orders import HUB, SignalOrders, Wish
from hub.signals.plans import plan_line
from hub.signals.progress import by_outcome, by_report, follows

LOOK_EVERY = 1.0
TOGETHER = 0.05  # seconds in which what controllers say is looked at together: a look writes once, whatever it finds
LEAD = 3.0  # seconds before the end of an order at which the calendar's program is asked for, so that the controller changes once
AGAIN, AGAIN_MOST = 30.0, 600.0  # seconds until the calendar's program is asked for once more, doubled each time
LAPSES_EVERY = 600.0


@dataclass(slots=True)
class _Found:
    """What a look found, to be written together."""

    plans: dict[str, PlanRecord] = field(default_factory=dict)
    orders: dict[str, SignalOrder] = field(default_factory=dict)
    outcomes: list[TargetChange] = field(default_factory=list)
    audit: list[AuditEntry] = field(default_factory=list)

    def plan(self, record: PlanRecord, now: float, what: str, why: str = "") -> None:
        """A plan set made a step."""
        self.plans[record.id] = record
        self.audit.append(plan_line(record, "", now, what, why))


class Follower:
    """`download_seconds`: how long a download may take; `follow_seconds`: how long the controller may take to run it then."""

    def __init__(
        self, city: City, registry: Registry, ledger: Ledger, book: Book, orders: SignalOrders, clock: Clock, *,
        download_seconds: float, follow_seconds: float, rollback_days: float,
    ) -> None:  # fmt: skip
        self._city, self._registry, self._ledger, self._book = city, registry, ledger, book
        self._orders, self._clock = orders, clock
        self._download_seconds, self._follow_seconds, self._rollback_days = (
            download_seconds,
            follow_seconds,
            rollback_days,
        )
        self._news = asyncio.Event()
        self._asked: dict[str, tuple[str, int, float]] = {}  # junction -> (what the calendar wanted, times, when last)
        self._lapses_at = 0.0
        self._task = Background("junctions", self._turn, expected=(RegistryUnavailable,))

    def start(self) -> None:
        """Begin to follow."""
        self._task.start()

    async def stop(self) -> None:
        """End between two looks; what holds goes on to its end."""
        await self._task.stop()

    def take(self, reports: Iterable[JunctionReport]) -> None:
        """Controllers said something."""
        taken = [self._book.take(report) for report in reports]
        if any(taken):
            self._news.set()

    async def _turn(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY):
                await self._news.wait()
                await asyncio.sleep(TOGETHER)
        self._news.clear()
        await self.look()

    async def look(self) -> None:
        """One look at every junction. Raises RegistryUnavailable."""
        async with self._ledger.turn:
            found = _Found()
            await self._outcomes(found)
            for junction in self._held():
                self._compare(found, junction)
            if found.plans or found.orders or found.outcomes:
                await self._ledger.write(
                    plans=list(found.plans.values()), orders=list(found.orders.values()), outcomes=found.outcomes,
                    audit=found.audit,
                )  # fmt: skip
            await self._over()
            await self._calendar()
        if self._clock.monotonic() >= self._lapses_at:
            await self.lapse()
            self._lapses_at = self._clock.monotonic() + LAPSES_EVERY

    def _held(self) -> list[str]:
        ledger = self._ledger
        return list(dict.fromkeys([*ledger.active, *ledger.coming, *ledger.ruling, *ledger.base]))

    # --- what came of orders and downloads -----------------------------------------------------------------------------

    async def _outcomes(self, found: _Found) -> None:
        """Commands that ended without a word of the controller's state."""
        waiting = {
            order.command: order for each in (self._ledger.ruling, self._ledger.base) for order in each.values()
            if order.progress is Progress.ORDERED
        }  # fmt: skip
        loading = {
            command: record for record in self._ledger.coming.values() if record.state is PlanState.DOWNLOADING
            for command in record.commands
        }  # fmt: skip
        if not waiting and not loading:
            return
        now = self._clock.now()
        for change in await asyncio.to_thread(self._registry.signals.outcomes, {*waiting, *loading}):
            if not change.outcome.final:
                continue
            mine = next((each for each in self._orders_at(change.device) if each.command == change.command), None)
            if mine is not None and (after := by_outcome(mine, change.outcome, change.detail, now)) != mine:
                found.orders[after.id] = after
                found.audit.append(_order_line(after, now))
            record = loading.get(change.command)
            if record is None or record.id in found.plans:
                continue
            if change.outcome in (Outcome.REJECTED, Outcome.FAILED):
                why = f"the controller did not take it: {change.detail or change.outcome.value}"
                found.plan(life.failed(record, "", now, why), now, "not-activated", why)

    def _orders_at(self, junction: str) -> list[SignalOrder]:
        known = (self._ledger.ruling.get(junction), self._ledger.base.get(junction))
        return [each for each in known if each is not None]

    # --- what controllers say ------------------------------------------------------------------------------------------

    def _compare(self, found: _Found, junction: str) -> None:
        report, now = self._book.believed(junction), self._clock.now()
        if report is not None:
            for order in self._orders_at(junction):
                if order.id not in found.orders:
                    self._compare_order(found, order, report, now)
        coming = self._ledger.coming.get(junction)
        if coming is not None and coming.id not in found.plans:
            self._compare_plan(found, coming, report, now)

    def _compare_order(self, found: _Found, order: SignalOrder, report: JunctionReport, now: float) -> None:
        after = by_report(order, report, self._book.stored(order.junction))
        if after is order:
            return
        if order.confirmed is None and after.confirmed is not None:
            found.outcomes.append(TargetChange(order.command, order.junction, Outcome.APPLIED, "", now))
        if after.kind is OrderKind.LOCAL and after.progress is Progress.RUNNING:
            after = replace(after, progress=Progress.ENDED, ended=now)
        found.orders[after.id] = after
        if after.kind is not OrderKind.CALENDAR:
            found.audit.append(_order_line(after, now))

    def _compare_plan(self, found: _Found, record: PlanRecord, report: JunctionReport | None, now: float) -> None:
        junction, age = record.junction, now - (record.activated or now)
        if record.active_until is not None and now >= record.active_until:
            why = "its end came before it was active"
            found.plan(life.failed(record, "", now, why), now, "not-activated", why)
        elif record.state is PlanState.DOWNLOADING:
            after = life.read_back(record, self._book.stored(junction), now) if report is not None else record
            if after.state is PlanState.DOWNLOADED:
                found.plan(after, now, "downloaded")
            elif age > self._download_seconds:
                missing = ", ".join(each for each in record.names if each not in after.stored)
                why = f"not read back within {self._download_seconds:g} s: {missing}"
                found.plan(life.failed(after, "", now, why), now, "not-activated", why)
            elif after.stored != record.stored:
                found.plans[after.id] = after
        elif report is not None and follows(report, record) is not None:
            before = self._ledger.active.get(junction)
            if before is not None and before.id != record.id:
                why = f"version {record.version} is active"
                found.plan(life.left(before, "", now, why, self._rollback_days), now, "superseded", why)
            found.plan(life.began(record, now), now, "active")
        elif junction not in self._ledger.ruling and age > self._download_seconds + self._follow_seconds:
            why = f"the controller holds it and did not begin it within {self._follow_seconds:g} s"
            found.plan(life.failed(record, "", now, why), now, "not-activated", why)

    # --- ends, and the calendar ----------------------------------------------------------------------------------------

    async def _over(self) -> None:
        """Orders and plan sets whose end has come. The controller ends them by itself; what comes next is asked for a moment
        before, so that it changes once."""
        now = self._clock.now()
        back = [
            order.junction for order in list(self._ledger.ruling.values())
            if order.until is not None and now >= order.until - LEAD * self._clock.rate
            and self._orders.wanted(order.junction) is not None
        ]  # fmt: skip
        if back:
            await self._orders.release(back, Wish(HUB, "", None))
        gone = [
            replace(order, progress=Progress.ENDED, ended=now)
            for order in self._ledger.ruling.values() if order.until is not None and now >= order.until
        ]  # fmt: skip
        if gone:
            await self._ledger.write(orders=gone, audit=[_order_line(each, now) for each in gone])
        for record in list(self._ledger.active.values()):
            if record.active_until is not None and now >= record.active_until:
                after = life.left(record, "", now, "its end has come", self._rollback_days)
                await self._ledger.write(
                    plans=[after], audit=[plan_line(after, "", now, "superseded", "its end has come")]
                )
                if record.junction not in self._ledger.ruling:
                    await self._orders.release([record.junction], Wish(HUB, "its end has come", None))

    async def _calendar(self) -> None:
        """Ask for the program that is due where nobody ordered anything else and the controller does not say that it has it."""
        now, junctions = self._clock.now(), dict.fromkeys([*self._ledger.active, *self._ledger.coming])
        wanted = [order for each in junctions if (order := self._of_calendar(each, now)) is not None]
        if wanted:
            await self._orders.give(wanted, HUB)

    def _of_calendar(self, junction: str, now: float) -> SignalOrder | None:
        record, report = self._orders.wanted(junction), self._book.believed(junction)
        if record is None or not record.sound or report is None or junction in self._ledger.ruling:
            return None
        plan_set, due = self._ledger.plan_set(record), self._ledger.due(record, now)
        if plan_set is None or due is None or self._orders.why_not(junction):
            return None
        name, checksum = record.names[due.program], record.checksums[due.program]
        has_it = report.selected == name or (report.selected is None and report.plan == name)
        if has_it and self._book.stored(junction).get(name) == checksum and not self._leaves_early(report, record):
            self._asked.pop(junction, None)
            return None
        key = f"{record.id} {due.program}"
        asked, times, last = self._asked.get(junction, ("", 0, 0.0))
        times = times if asked == key else 0
        wait = min(AGAIN * 2 ** max(0, times - 1), AGAIN_MOST) if times else 0.0
        at = self._clock.monotonic()
        if at - last < wait or self._orders.settles_in(junction) > 0:
            return None
        self._asked[junction] = key, times + 1, at
        return self._orders.of_calendar(junction, record, due.program)

    def _leaves_early(self, report: JunctionReport, record: PlanRecord) -> bool:
        """Whether the controller would leave the calendar's program before the plan set ends: it was ordered until then by
        somebody else."""
        if report.selected is None or report.until is None:
            return False
        ends = record.active_until
        return ends is None or report.until < ends - 1.0

    # --- approvals that nobody used --------------------------------------------------------------------------------------

    async def lapse(self) -> None:
        """Close approvals whose time has passed. Raises RegistryUnavailable."""
        states = (PlanState.APPROVED, PlanState.SUPERSEDED)
        async with self._ledger.turn:
            now = self._clock.now()
            old = await asyncio.to_thread(self._registry.signals.in_state, states)
            lapsed = [
                replace(each, state=PlanState.LAPSED, changed=now)
                for each in old if life.state_at(each, now) is PlanState.LAPSED
            ]  # fmt: skip
            if lapsed:
                await self._ledger.write(
                    plans=lapsed, audit=[plan_line(each, "", now, "lapsed", "") for each in lapsed]
                )

    async def close(self, junctions: Sequence[str], why: str) -> None:
        """Junctions are no more: their plan sets and orders are closed; the audit keeps what they were."""
        async with self._ledger.turn:
            now, plans, orders = self._clock.now(), [], []
            for junction in junctions:
                known = await asyncio.to_thread(self._registry.signals.unclosed, junction)
                plans += [life.closed(each, now, why) for each in known]
                orders += [
                    replace(each, progress=Progress.ENDED, ended=now, detail=why) for each in self._orders_at(junction)
                ]  # fmt: skip
            if plans or orders:
                await self._ledger.write(
                    plans=plans, orders=orders, audit=[plan_line(each, "", now, "closed", why) for each in plans]
                )
            for junction in junctions:
                self._ledger.forget(junction)
                self._book.forget(junction)
                self._asked.pop(junction, None)


def _order_line(order: SignalOrder, now: float) -> AuditEntry:
    detail = {
        "order": order.id,
        "kind": order.kind.value,
        "program": order.program,
        "detail": order.detail,
        "command": order.command,
    }
    return AuditEntry(
        now, "", f"junction.{order.progress.value}", order.junction, {k: v for k, v in detail.items() if v}
    )
