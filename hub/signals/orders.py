"""Orders to junctions: a stored program, flashing amber, dark, a longer stage, back to the calendar. No order is of a lamp.

What may be ordered is decided here; what is running at the junction says the controller, and it has the last word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub.model.audit import AuditEntry
from hub.model.commands import Command, Operation, Outcome
from hub.model.devices import Device
from hub.model.ids import new_id
from hub.model.junctions import JunctionMode
from hub.model.reasons import sentence
from hub.model.signals import OrderKind, PlanRecord, PlanState, Progress, SignalOrder
from hub.ports import Clock
from hub.registry import TargetChange
from hub.registry.city import City
from hub.signals import hold
from hub.signals.book import Book
from hub.signals.judge import Judge
from hub.signals.judged import Judged
from hub.signals.ledger import Ledger
from hub.signals.names import wire_names
from hub.signals.once import Claim
from hub.signals.rates import Rates, too_often
from hub.signals.refusals import SignalRefusal, WhyNot, unavailable
from schedules.signals import PlanSet, earliest_change, program_checksum, wire_program

MOST_SETTLING = 1_800.0  # seconds
HUB = "calendar"
"""Who orders what the calendar of the active plan set wants."""
RANK = {OrderKind.SELECT: 1, OrderKind.HOLD: 1, OrderKind.ROUTE: 2, OrderKind.FLASH: 3, OrderKind.DARK: 3}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a junction: `until` None only for what the calendar itself orders. `claim`: give it once."""

    by: str
    reason: str
    until: float | None
    route: str | None = None
    request: str | None = None
    claim: Claim | None = None


class SignalOrders:
    """Used on the event loop. `deadline`: seconds after which a controller that does not answer counts as timed out."""

    def __init__(
        self, city: City, ledger: Ledger, book: Book, judge: Judge, rates: Rates, clock: Clock, *, deadline: float
    ) -> None:
        self._city, self._ledger, self._book, self._judge = city, ledger, book, judge
        self._rates, self._clock, self._deadline = rates, clock, deadline
        self._settled: dict[str, float] = {}  # by a clock that nobody sets

    # --- what people order -------------------------------------------------------------------------------------------

    async def select(self, junction: str, program: str, wish: Wish) -> SignalOrder:
        """Run a program of the active plan set. Raises SignalRefusal, KeyTaken."""
        async with self._ledger.turn:
            self._rates.check_person(wish.by)
            order = self.selection(junction, program, OrderKind.SELECT, wish)
            return (await self.give([order], wish.by, claim=_first(wish.claim)))[0]

    async def mode(self, junction: str, kind: OrderKind, wish: Wish) -> SignalOrder:
        """Flashing amber or dark: held up by nothing but a controller that takes no order."""
        async with self._ledger.turn:
            self._available(junction)
            return (await self.give([self._drafted(junction, kind, wish)], wish.by, claim=_first(wish.claim)))[0]

    async def local(
        self, junction: str, by: str, reason: str, *, leave: bool = False, claim: Claim | None = None
    ) -> SignalOrder:
        """End what is ordered there, so that the calendar of its plan set decides, or its controller where there is none.
        `leave`: as if there were none; the caller gives the plan sets up. Never refused: it is the way back."""
        async with self._ledger.turn:
            done = await self.release([junction], Wish(by, reason, None, claim=_first(claim)), leave=leave)
            assert done is not None, "one junction, one order"
            return done

    async def held(
        self, junction: str, stage: str, seconds: int, wish: Wish, *, dry: bool = False
    ) -> tuple[SignalOrder | None, Judged]:
        """A stage that lasts longer, as a temporary program that the linter passes; `dry`: only shown. Raises SignalRefusal."""
        async with self._ledger.turn:
            self._rates.check_person(wish.by)
            record, plan_set = self._running(junction)
            program = self._program_of(junction, record)
            with_it = hold.with_held(plan_set, program, stage, seconds)
            judged = Judged(
                with_it,
                record.digest,
                {hold.NAME: program_checksum(with_it, hold.NAME)},
                await self._judge.findings(with_it),
            )
            if dry:
                return None, judged
            if judged.errors:
                text = f"the linter does not pass stage {stage!r} of {program!r} {seconds} s longer: see findings, take fewer"
                raise SignalRefusal("plan-not-safe", text, {"findings": judged.shown()})
            self._allowed(junction, OrderKind.HOLD)
            body = wire_program(with_it.intersection.ids, with_it.programs[hold.NAME], with_it.transition)
            name = wire_names(judged.checksums, self.stored(junction), self.in_use(junction))[hold.NAME]
            order = replace(
                self._drafted(junction, OrderKind.HOLD, wish), plan=record.id, program=program, name=name,
                checksum=judged.checksums[hold.NAME], stage=stage, seconds=float(seconds), body=body,
            )  # fmt: skip
            claim = wish.claim and wish.claim.of(lambda given: (given[0], judged))
            return (await self.give([order], wish.by, claim=claim))[0], judged

    # --- what may be ---------------------------------------------------------------------------------------------------

    def why_not(self, junction: str) -> list[WhyNot]:
        """Why it takes no order now."""
        return self._book.why_not(self._junction(junction))

    def stored(self, junction: str) -> Mapping[str, str]:
        """The programs that its controller says it holds: {name: checksum}."""
        return self._book.stored(junction)

    def in_use(self, junction: str) -> set[str]:
        """What its controller runs, or was asked for, by name."""
        report = self._book.of(junction)
        return set() if report is None else {each for each in (report.plan, report.selected) if each is not None}

    def selection(self, junction: str, program: str, kind: OrderKind, wish: Wish) -> SignalOrder:
        """The order of a program of the active plan set, not yet given. Raises SignalRefusal."""
        self._available(junction)
        record, plan_set = self._running(junction)
        if program not in plan_set.programs:
            known = ", ".join(plan_set.programs)
            raise SignalRefusal(
                "not-in-plan", f"the active plan set of {junction!r} has no program {program!r}: it has {known}"
            )
        self._allowed(junction, kind)
        return self._of_program(self._drafted(junction, kind, wish), record, program)

    def _junction(self, junction: str) -> Device:
        known = self._city.device(junction)
        if known is None:
            raise SignalRefusal("not-found", f"no junction {junction!r}")
        return known

    def _available(self, junction: str) -> None:
        if reasons := self.why_not(junction):
            raise unavailable(junction, reasons)

    def _running(self, junction: str) -> tuple[PlanRecord, PlanSet]:
        record = self._ledger.active.get(junction)
        plan_set = None if record is None else self._ledger.plan_set(record)
        if record is None or plan_set is None or not record.sound:
            raise SignalRefusal(
                "not-in-plan",
                f"no plan set is active at {junction!r}, so the hub knows no program that is proved safe there: activate one",
            )
        return record, plan_set

    def _program_of(self, junction: str, record: PlanRecord) -> str:
        """The program of the plan set that runs now, or that was asked for."""
        report = self._book.of(junction)
        by_name = {name: program for program, name in record.names.items()}
        name = None if report is None else report.selected or report.plan
        if name not in by_name:
            raise SignalRefusal(
                "not-in-plan",
                f"{junction!r} runs no program of its active plan set now: select one first, then hold its stage",
            )
        return by_name[name]

    def _allowed(self, junction: str, kind: OrderKind) -> None:
        """Refuse what something of higher rank forbids, what is too soon, and what would not let a program run its time."""
        ruling = self._ledger.ruling.get(junction)
        if ruling is not None and RANK.get(ruling.kind, 0) > RANK.get(kind, 0):
            what = f"route {ruling.route!r}" if ruling.route else ruling.kind.value
            raise SignalRefusal("held", f"{what} holds junction {junction!r}, by {ruling.by}: end that first")
        self._rates.check_junction(junction)
        if (wait := self.settles_in(junction)) > 0:
            raise too_often(junction, wait, "what was ordered last must be entered and run a whole cycle first")

    def settles_in(self, junction: str) -> float:
        """Seconds until the program that was asked for last has surely been entered and run a whole cycle; 0 when it has."""
        until = self._settled.get(junction)
        return 0.0 if until is None else max(0.0, (until - self._clock.monotonic()) * self._clock.rate)

    def load(self) -> None:
        """Take up how long the programs of open orders must still run."""
        now = self._clock.now()
        for order in (*self._ledger.ruling.values(), *self._ledger.base.values()):
            self._settle(order.junction, min(order.earliest - now, MOST_SETTLING))

    def _settle(self, junction: str, seconds: float) -> None:
        self._settled[junction] = self._clock.monotonic() + max(0.0, seconds) / self._clock.rate

    def _earliest(self, order: SignalOrder) -> float:
        """Before when nothing else may be asked for once this was: the linter's word for what the controller needs."""
        plan_set, record = order_set(order, self._ledger)
        if plan_set is None or record is None:
            return order.created
        report = self._book.of(order.junction)
        by_name = {name: program for program, name in record.names.items()}
        running = by_name.get(report.plan or "") if report is not None and report.mode is JunctionMode.PLAN else None
        selected = order.program if order.name is not None and order.program in plan_set.programs else None
        longer = (order.seconds or 0.0) * 2.0
        return earliest_change(plan_set, running, selected, order.created) + longer

    def wanted(self, junction: str) -> PlanRecord | None:
        """The plan set whose calendar decides. One that is downloaded takes over from a program of the active one, or from
        flashing: the linter has looked at these changes, and not at that from a held stage."""
        active, coming = self._ledger.active.get(junction), self._ledger.coming.get(junction)
        if coming is None or coming.state is not PlanState.DOWNLOADED:
            return active
        report = self._book.of(junction)
        if active is None or report is None or report.mode is not JunctionMode.PLAN:
            return coming
        known = (*active.names.values(), *coming.names.values())
        return coming if report.plan in known and report.selected in (None, *known) else active

    # --- orders --------------------------------------------------------------------------------------------------------

    def _drafted(self, junction: str, kind: OrderKind, wish: Wish) -> SignalOrder:
        return SignalOrder(
            new_id("sor"), junction, kind, self._clock.now(), wish.by, wish.reason, "", wish.until, route=wish.route,
            request=wish.request,
        )  # fmt: skip

    def _of_program(self, order: SignalOrder, record: PlanRecord, program: str) -> SignalOrder:
        return replace(
            order, plan=record.id, program=program, name=record.names[program], checksum=record.checksums[program]
        )

    def of_calendar(self, junction: str, record: PlanRecord, program: str) -> SignalOrder:
        """The order of what the calendar of a plan set wants. It lasts as long as the plan set may be active."""
        wish = Wish(HUB, "", record.active_until)
        return self._of_program(self._drafted(junction, OrderKind.CALENDAR, wish), record, program)

    async def release(self, junctions: Sequence[str], wish: Wish, *, leave: bool = False) -> SignalOrder | None:
        """Let junctions go back to their calendar (or, where they have none, their controller's own plan); within `turn`. Where
        what was ordered last must still run its time, that order ends and the calendar is asked for when it has."""
        now = self._clock.now()
        orders: list[SignalOrder] = []
        ended: list[SignalOrder] = []
        for junction in junctions:
            record = None if leave else self.wanted(junction)
            due = None if record is None or not record.sound else self._ledger.due(record, now)
            ruling = self._ledger.ruling.get(junction)
            if record is None or due is None:
                orders.append(self._drafted(junction, OrderKind.LOCAL, wish))
            elif self.settles_in(junction) > 0 and ruling is not None:
                ended.append(replace(ruling, progress=Progress.ENDED, ended=now, ended_by=wish.by, detail=wish.reason))
            else:
                orders.append(replace(self.of_calendar(junction, record, due.program), by=wish.by, reason=wish.reason))
        if ended:
            key = None if wish.claim is None or orders else wish.claim.stored(ended, now)
            await self._ledger.write(orders=ended, audit=[self._line(each) for each in ended], key=key)
        given = await self.give(orders, wish.by, claim=wish.claim) if orders else []
        return next(iter((*given, *ended)), None)

    async def give(
        self,
        orders: Sequence[SignalOrder],
        by: str,
        *,
        plans: Sequence[PlanRecord] = (),
        audit: Sequence[AuditEntry] = (),
        claim: Claim | None = None,
    ) -> list[SignalOrder]:
        """Write orders down with their commands and carry them out; what they take the place of ends. Within `turn`."""
        now = self._clock.now()
        commands: list[tuple[Command, Sequence[str]]] = []
        given: list[SignalOrder] = []
        ended: list[SignalOrder] = []
        outcomes: list[TargetChange] = []
        groups: dict[tuple[Operation, float | None], list[SignalOrder]] = {}
        for order in orders:
            operation = Operation.SIGNAL_PLAN if order.name is not None else Operation.SIGNAL_MODE
            groups.setdefault((operation, order.until), []).append(order)
        for (operation, until), those in groups.items():
            expires = self._clock.ahead(self._deadline)
            signals = {each.junction: self._payload(each) for each in those}
            command = Command(
                new_id("cmd"),
                operation,
                now,
                by,
                expires if until is None else min(expires, until),
                until=until,
                signals=signals,
            )
            commands.append((command, [each.junction for each in those]))
            given += [replace(each, command=command.id, earliest=self._earliest(each)) for each in those]
        for order in given:
            for before in (self._ledger.ruling.get(order.junction), self._ledger.base.get(order.junction)):
                if before is None:
                    continue
                ended.append(replace(before, progress=Progress.ENDED, ended=now, ended_by=by))
                said = sentence("superseded", command=order.command)
                outcomes.append(TargetChange(before.command, order.junction, Outcome.SUPERSEDED, said, now))
        lines = [self._line(each) for each in given]
        await self._ledger.write(
            plans=plans, orders=[*ended, *given], commands=commands, outcomes=outcomes, audit=[*audit, *lines],
            key=None if claim is None else claim.stored(given, now),
        )  # fmt: skip
        for order in given:
            self._settle(order.junction, order.earliest - now)
        if by != HUB:
            self._rates.ordered(by, [each.junction for each in given])
        return given

    def _payload(self, order: SignalOrder) -> Mapping[str, Any]:
        if order.name is None:
            mode = order.kind.value if order.kind in (OrderKind.FLASH, OrderKind.DARK) else "local"
            return {"mode": mode}
        body = order.body
        if body is None and self._book.stored(order.junction).get(order.name) != order.checksum:
            body = self._body(order)
        return {"plan": order.name, "program": body, "checksum": order.checksum}

    def _body(self, order: SignalOrder) -> Mapping[str, Any] | None:
        plan_set, _ = order_set(order, self._ledger)
        if plan_set is None or order.program is None or order.program not in plan_set.programs:
            return None
        return wire_program(plan_set.intersection.ids, plan_set.programs[order.program], plan_set.transition)

    def _line(self, order: SignalOrder) -> AuditEntry:
        told = {
            "kind": order.kind.value, "program": order.program, "plan": order.plan, "stage": order.stage,
            "seconds": order.seconds, "checksum": order.checksum, "until": order.until, "reason": order.reason,
            "route": order.route, "command": order.command, "order": order.id,
        }  # fmt: skip
        what, who = ("ordered", order.by) if order.open else ("ended", order.ended_by)
        return AuditEntry(
            order.ended or order.created,
            who,
            f"junction.{what}",
            order.junction,
            {k: v for k, v in told.items() if v is not None},
        )


def _first(claim: Claim | None) -> Claim | None:
    """A claim of one order, where a list of them is at hand."""
    return claim and claim.of(lambda given: given[0])


def order_set(order: SignalOrder, ledger: Ledger) -> tuple[PlanSet | None, PlanRecord | None]:
    """The plan set that an order is of, where it runs or is on its way; of flashing and dark the one that runs."""
    for record in (ledger.active.get(order.junction), ledger.coming.get(order.junction)):
        if record is not None and order.plan in (None, record.id):
            return ledger.plan_set(record), record
    return None, None
