"""Green waves: junctions with a prepared program each, selected together for a while, given back by one click."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import structlog

from hub.model.audit import AuditEntry
from hub.model.ids import new_id
from hub.model.signals import Leg, OrderKind, Route, SignalOrder
from hub.ports import Clock
from hub.registry import Registry, Written
from hub.signals.ledger import Ledger
from hub.signals.once import Claim
from hub.signals.orders import SignalOrders, Wish
from hub.signals.rates import Rates
from hub.signals.refusals import SignalRefusal

log = structlog.get_logger("lamplighter.signals")


class LegRefused(NamedTuple):
    """A junction of a route that cannot follow, and why."""

    leg: Leg
    refusal: SignalRefusal


@dataclass(frozen=True, slots=True)
class Looked:
    """What a request of a route would do now: the orders that it would give, and what cannot follow."""

    orders: Sequence[SignalOrder]
    refused: Sequence[LegRefused]


class RouteDesk:
    """Used on the event loop."""

    def __init__(self, registry: Registry, ledger: Ledger, orders: SignalOrders, rates: Rates, clock: Clock) -> None:
        self._registry, self._ledger, self._orders, self._rates, self._clock = registry, ledger, orders, rates, clock
        self._written: dict[str, Written] = {}
        self.written: Mapping[str, Written] = MappingProxyType(self._written)
        """Every route as it was written, by id."""

    async def load(self) -> None:
        """Read the routes. Raises RegistryUnavailable."""
        self._written.update({each.id: each for each in await asyncio.to_thread(self._registry.plans.routes.all)})

    def get(self, id: str) -> Route:
        """The route of that id; refused as `not-found`."""
        known = self._written.get(id)
        if known is None:
            raise SignalRefusal("not-found", f"no route {id!r}")
        return route_of(known)

    def holding(self, id: str) -> list[SignalOrder]:
        """The orders that a route holds now."""
        return [each for each in self._ledger.ruling.values() if each.route == id]

    # --- writing -------------------------------------------------------------------------------------------------------

    async def add(self, id: str, body: Mapping[str, Any], by: str) -> Written:
        """Add one. Raises Exists."""
        async with self._ledger.turn:
            now = self._clock.now()
            new = Written(id, dict(body), now, by)
            line = AuditEntry(now, by, "route.added", id, {"body": dict(body)})
            await asyncio.to_thread(self._registry.plans.routes.add, new, audit=line)
            self._written[id] = new
            return new

    async def replace(self, id: str, body: Mapping[str, Any], by: str) -> Written:
        """Replace one that does not run."""
        async with self._ledger.turn:
            self._idle(id)
            now = self._clock.now()
            new = Written(id, dict(body), now, by)
            line = AuditEntry(now, by, "route.replaced", id, {"body": dict(body)})
            await asyncio.to_thread(self._registry.plans.routes.replace, new, audit=line)
            self._written[id] = new
            return new

    async def drop(self, id: str, by: str, named_by: Callable[[str], Sequence[str]]) -> None:
        """Delete one that does not run, and that no playbook names (`named_by`: the ids of those that do)."""
        async with self._ledger.turn:
            self._idle(id)
            if playbooks := named_by(id):
                text = f"route {id!r} is asked for by playbook {', '.join(playbooks[:5])}: change that first"
                raise SignalRefusal("in-use", text)
            line = AuditEntry(self._clock.now(), by, "route.deleted", id, {"body": self._written[id].body})
            await asyncio.to_thread(self._registry.plans.routes.delete, id, audit=line)
            del self._written[id]

    def _idle(self, id: str) -> None:
        self.get(id)
        if self.holding(id):
            raise SignalRefusal("route-runs", f"route {id!r} runs: end it first")

    # --- driving -------------------------------------------------------------------------------------------------------

    def look(self, route: Route, wish: Wish) -> Looked:
        """What a request would do now; nothing is done."""
        orders, refused = [], []
        for leg in route.legs:
            try:
                orders.append(self._orders.selection(leg.junction, leg.program, OrderKind.ROUTE, wish))
            except SignalRefusal as refusal:
                refused.append(LegRefused(leg, refusal))
        return Looked(orders, refused)

    async def request(self, id: str, by: str, reason: str, until: float, *, claim: Claim | None = None) -> Looked:
        """Select the prepared programs of a route. What cannot follow is left out and named; refused when nothing can."""
        async with self._ledger.turn:
            self._rates.check_person(by)
            looked = self.look(self.get(id), Wish(by, reason, until, route=id, request=new_id("wav")))
            if not looked.orders:
                said = "; ".join(str(each.refusal) for each in looked.refused[:5])
                raise SignalRefusal("junction-refused", f"no junction of route {id!r} can follow now: {said}")
            line = AuditEntry(
                self._clock.now(), by, "route.requested", id,
                {"reason": reason, "until": until, "refused": [each.leg.junction for each in looked.refused]},
            )  # fmt: skip
            claim = claim and claim.of(lambda given: Looked(given, looked.refused))
            given = await self._orders.give(looked.orders, by, audit=[line], claim=claim)
            return Looked(given, looked.refused)

    async def end(self, id: str, by: str, reason: str, *, claim: Claim | None = None) -> int:
        """Give every junction that the route holds back to its calendar; returns how many those are."""
        async with self._ledger.turn:
            self.get(id)
            held = [each.junction for each in self.holding(id)]
            if held:
                claim = claim and claim.of(lambda given: len(held))
                await self._orders.release(held, Wish(by, reason, None, claim=claim))
            return len(held)


def route_of(written: Written) -> Route:
    """A route as it was written."""
    legs = tuple(Leg(each["junction"], each["program"]) for each in written.body["legs"])
    return Route(written.id, str(written.body.get("name", "")), legs)
