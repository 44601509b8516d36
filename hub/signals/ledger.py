"""What holds at the junctions now: plan sets that run or are on their way, and orders. The registry first, then memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol
from zoneinfo import ZoneInfo

from hub.model.audit import AuditEntry
from hub.model.commands import Command
from hub.model.signals import OrderKind, PlanRecord, PlanState, SignalOrder
from hub.registry import IdempotencyKey, Registry, SignalChanges, TargetChange
from schedules.signals import BadPlanSet, PlanSet, parse_plan_set, wanted
from schedules.signals.timetable import Wanted

DAY = 86_400.0
LIVE = (PlanState.DOWNLOADING, PlanState.DOWNLOADED, PlanState.ACTIVE)


class Carrying(Protocol):
    """Carries commands out (`hub.control.dispatch.Dispatcher`)."""

    def begin(self, command: Command, targets: Collection[str], /) -> None:
        """Tell these devices; the command is in the registry."""

    def observe(self, changes: Iterable[TargetChange], /) -> None:
        """Outcomes that changed in the registry."""


class Ledger:
    """Changed on the event loop only, within `turn`: one change at a time, written before it is seen.

    `tell` is told the junctions that changed, `told_plan` the plan sets.
    """

    def __init__(
        self,
        registry: Registry,
        carrying: Carrying,
        zone: ZoneInfo,
        tell: Callable[[Iterable[str]], None],
        told_plan: Callable[[PlanRecord], None] = lambda record: None,
    ) -> None:
        self._registry, self._carrying, self._zone = registry, carrying, zone
        self._tell, self._told_plan = tell, told_plan
        self.turn = asyncio.Lock()
        self._active: dict[str, PlanRecord] = {}
        self._coming: dict[str, PlanRecord] = {}
        self._left: dict[str, PlanRecord] = {}
        self._ruling: dict[str, SignalOrder] = {}
        self._base: dict[str, SignalOrder] = {}
        self._read: dict[str, tuple[str, PlanSet]] = {}
        self._due: dict[str, tuple[str, Wanted]] = {}
        self.active: Mapping[str, PlanRecord] = MappingProxyType(self._active)
        """By junction: the plan set that runs."""
        self.coming: Mapping[str, PlanRecord] = MappingProxyType(self._coming)
        """By junction: the plan set that is on its way."""
        self.left: Mapping[str, PlanRecord] = MappingProxyType(self._left)
        """By junction where none is active: the plan set that was the last one."""
        self.ruling: Mapping[str, SignalOrder] = MappingProxyType(self._ruling)
        """By junction: what somebody ordered and has not ended."""
        self.base: Mapping[str, SignalOrder] = MappingProxyType(self._base)
        """By junction: the newest order of the calendar."""

    async def load(self) -> None:
        """Take up what held. Raises RegistryUnavailable."""
        for states in (LIVE, (PlanState.SUPERSEDED,)):
            for record in await asyncio.to_thread(self._registry.signals.in_state, states):
                self._see_plan(record)
        for order in await asyncio.to_thread(self._registry.signals.open_orders):
            self._see_order(order)

    async def write(
        self,
        *,
        plans: Sequence[PlanRecord] = (),
        orders: Sequence[SignalOrder] = (),
        commands: Sequence[tuple[Command, Sequence[str]]] = (),
        outcomes: Sequence[TargetChange] = (),
        audit: Sequence[AuditEntry] = (),
        key: IdempotencyKey | None = None,
    ) -> None:
        """All of it or nothing; then memory, then the commands are carried out. Only within `turn`. Raises RegistryUnavailable,
        Missing, KeyTaken."""
        changes = SignalChanges(plans, orders, commands, outcomes, audit, key)
        changed = await asyncio.to_thread(self._registry.signals.apply, changes)
        for record in plans:
            self._see_plan(record)
        for order in orders:
            self._see_order(order)
        self._carrying.observe(changed)
        for command, junctions in commands:
            self._carrying.begin(command, junctions)
        for record in plans:
            self._told_plan(record)
        self._tell({*(each.junction for each in plans), *(each.junction for each in orders)})

    def forget(self, junction: str) -> None:
        """Drop a junction that was deleted."""
        for record in (self._active.pop(junction, None), self._coming.pop(junction, None)):
            if record is not None:
                self._read.pop(record.id, None)
                self._due.pop(record.id, None)
        self._left.pop(junction, None)
        for orders in (self._ruling, self._base):
            orders.pop(junction, None)

    def _see_plan(self, record: PlanRecord) -> None:
        for kept, here in (
            (self._active, record.state is PlanState.ACTIVE), (self._coming, record.state.under_way)
        ):  # fmt: skip
            if here:
                kept[record.junction] = record
            elif (known := kept.get(record.junction)) is not None and known.id == record.id:
                del kept[record.junction]
        if record.state not in LIVE:
            self._read.pop(record.id, None)
            self._due.pop(record.id, None)
        self._see_left(record)

    def _see_left(self, record: PlanRecord) -> None:
        known = self._left.get(record.junction)
        if record.junction in self._active:
            self._left.pop(record.junction, None)
        elif record.state is PlanState.SUPERSEDED:
            if known is None or known.changed <= record.changed:
                self._left[record.junction] = record
        elif known is not None and known.id == record.id and not record.state.under_way:
            del self._left[record.junction]

    def _see_order(self, order: SignalOrder) -> None:
        kept = self._base if order.kind is OrderKind.CALENDAR else self._ruling
        known = kept.get(order.junction)
        if order.open:
            kept[order.junction] = order
        elif known is not None and known.id == order.id:
            del kept[order.junction]

    # --- what people and the calendar ask ----------------------------------------------------------------------------

    def plan_set(self, record: PlanRecord) -> PlanSet | None:
        """The plan set of a record; None for one that this version of the hub cannot read."""
        known = self._read.get(record.id)
        if known is None or known[0] != record.digest:
            try:
                known = record.digest, parse_plan_set(record.body)
            except BadPlanSet:
                return None
            if record.state in LIVE:
                self._read[record.id] = known
        return known[1]

    def zone(self, plan_set: PlanSet) -> ZoneInfo:
        """The time zone of its calendar."""
        return ZoneInfo(plan_set.time_zone) if plan_set.time_zone else self._zone

    def due(self, record: PlanRecord, now: float) -> Wanted | None:
        """What the calendar of a plan set wants now; worked out anew when that ends."""
        known = self._due.get(record.id)
        if known is not None and known[0] == record.digest:
            ends = known[1].until if known[1].until is not None else known[1].since + DAY
            if known[1].since <= now < ends:
                return known[1]
        plan_set = self.plan_set(record)
        if plan_set is None:
            return None
        found = wanted(plan_set, self.zone(plan_set), now)
        if record.state in LIVE:
            self._due[record.id] = record.digest, found
        return found

    def neighbours(self, junction: str, plan_set: PlanSet) -> list[PlanSet]:
        """The plan sets that run at the other junctions of its coordination group."""
        if plan_set.coordination is None:
            return []
        found = []
        for other, record in self._active.items():
            theirs = self.plan_set(record) if other != junction else None
            group = None if theirs is None or theirs.coordination is None else theirs.coordination.group
            if theirs is not None and group == plan_set.coordination.group:
                found.append(theirs)
        return found
