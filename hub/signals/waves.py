"""Green waves that incidents ask for: what holds is compared with what they ask, again and again. Refused as a person's request
is, and never taken from a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.model.audit import AuditEntry
from hub.model.ids import new_id
from hub.model.incidents import read_order
from hub.model.refusals import REFUSED
from hub.model.signals import Leg, LegNow, LegState, OrderKind, Progress, Route, SignalOrder, WaveTold, WaveWish
from hub.ports import Clock
from hub.signals.book import Book
from hub.signals.ledger import Ledger
from hub.signals.orders import SignalOrders, Wish
from hub.signals.rates import Rates
from hub.signals.refusals import SignalRefusal, leg_why, unavailable
from hub.signals.routes import LegRefused, Looked, RouteDesk

SLACK = 1.0  # seconds by which two ends may differ and are the same
OVER = "the incident is over, or its route's end has come"
_STATES = {
    Progress.ORDERED: LegState.ORDERED, Progress.CONFIRMED: LegState.CONFIRMED, Progress.RUNNING: LegState.RUNNING,
}  # fmt: skip


class Waves:
    """Used on the event loop. An order of an incident's route names the incident (`read_order`); nothing else is remembered."""

    def __init__(
        self, ledger: Ledger, book: Book, orders: SignalOrders, routes: RouteDesk, rates: Rates, clock: Clock
    ) -> None:
        self._ledger, self._book, self._orders, self._routes = ledger, book, orders, routes
        self._rates, self._clock = rates, clock

    async def keep(self, wishes: Sequence[WaveWish]) -> list[WaveTold]:
        """Ask for what is missing, and give back what no wish asks for any more; what came of each.
        Raises RegistryUnavailable."""
        async with self._ledger.turn:
            await self._give_back({each.route for each in wishes})
            return [await self._ask(each) for each in wishes]

    async def _give_back(self, routes: set[str]) -> None:
        """A route goes on for as long as any incident asks for it, whoever asked first."""
        over: dict[str, list[str]] = {}
        for order in self._ledger.ruling.values():
            if order.kind is OrderKind.ROUTE and read_order(order.by) is not None and order.route not in routes:
                over.setdefault(order.by, []).append(order.junction)
        for by, junctions in over.items():
            await self._orders.release(junctions, Wish(by, OVER, None))

    async def _ask(self, wish: WaveWish) -> WaveTold:
        route = self._route(wish.route)
        if route is None:
            return WaveTold(wish.by, wish.asked, REFUSED.say("no-route", route=wish.route))
        joined = [leg.junction for leg in route.legs if self._runs(leg, wish)]
        left = [leg for leg in route.legs if leg.junction not in {*wish.asked, *joined}]
        looked = self._look(left, wish)
        if looked.orders:
            try:
                self._rates.check_person(wish.who)
            except SignalRefusal as refusal:
                looked = Looked((), [LegRefused(leg, refusal) for leg in left])
        if looked.orders:
            line = AuditEntry(
                self._clock.now(), wish.who, "route.requested", route.id,
                {"by": wish.by, "reason": wish.reason, "until": wish.until,
                 "refused": [each.leg.junction for each in looked.refused]},
            )  # fmt: skip
            await self._orders.give(looked.orders, wish.who, audit=[line])
        asked = dict.fromkeys((*wish.asked, *joined, *(each.junction for each in looked.orders)))
        refused = [each for each in looked.refused if not self._drives(each.leg, wish)]
        refused += [LegRefused(leg, why) for leg in route.legs if (why := self._lost(leg, wish)) is not None]
        return WaveTold(wish.by, tuple(asked), _refused(route, refused), _detail(refused))

    def look(self, wish: WaveWish) -> list[LegNow]:
        """What each junction of the route does, or would do, for that wish; nothing is done."""
        route = self._route(wish.route)
        return [] if route is None else [self._leg(leg, wish) for leg in route.legs]

    def _leg(self, leg: Leg, wish: WaveWish) -> LegNow:
        if (lost := self._lost(leg, wish)) is not None:
            return LegNow(*leg, LegState.REFUSED, leg_why(lost))
        ruling = self._ledger.ruling.get(leg.junction)
        if ruling is not None and ruling.route == wish.route and ruling.progress in _STATES:
            return LegNow(*leg, _STATES[ruling.progress])
        if leg.junction in wish.asked:
            return LegNow(*leg, LegState.OVER)
        refused = self._look([leg], wish).refused
        if refused:
            return LegNow(*leg, LegState.REFUSED, leg_why(refused[0].refusal))
        try:
            self._rates.check_person(wish.who)
        except SignalRefusal as refusal:
            return LegNow(*leg, LegState.REFUSED, leg_why(refusal))
        return LegNow(*leg, LegState.WOULD)

    def _look(self, legs: Iterable[Leg], wish: WaveWish) -> Looked:
        asked = Wish(wish.by, wish.reason, wish.until, route=wish.route, request=new_id("wav"))
        orders: list[SignalOrder] = []
        refused: list[LegRefused] = []
        for leg in legs:
            try:
                self._free(leg, wish)
                orders.append(self._orders.selection(leg.junction, leg.program, OrderKind.ROUTE, asked))
            except SignalRefusal as refusal:
                refused.append(LegRefused(leg, refusal))
        return Looked(orders, refused)

    def _free(self, leg: Leg, wish: WaveWish) -> None:
        """Refuse what is held by a person, or by another route; the same route may be asked for until later."""
        ruling = self._ledger.ruling.get(leg.junction)
        if ruling is not None and ruling.kind is not OrderKind.LOCAL and ruling.route != wish.route:
            raise SignalRefusal("held", f"{ruling.kind.value} holds junction {leg.junction!r}, by {ruling.by}")

    def _runs(self, leg: Leg, wish: WaveWish) -> bool:
        """Whether the route holds that junction already for as long as is wished, whoever asked."""
        ruling = self._ledger.ruling.get(leg.junction)
        if ruling is None or not self._drives(leg, wish):
            return False
        return ruling.until is None or ruling.until >= wish.until - SLACK

    def _drives(self, leg: Leg, wish: WaveWish) -> bool:
        """Whether the route holds that junction now."""
        ruling = self._ledger.ruling.get(leg.junction)
        return ruling is not None and ruling.route == wish.route

    def _lost(self, leg: Leg, wish: WaveWish) -> SignalRefusal | None:
        """Why a junction that was asked does not follow any more: it has failed, is silent, or somebody took it on the spot.
        One that was not heard since the hub started is no news."""
        if not self._drives(leg, wish) or self._book.age(leg.junction) is None:
            return None
        reasons = self._orders.why_not(leg.junction)
        return unavailable(leg.junction, reasons) if reasons else None

    def _route(self, id: str) -> Route | None:
        return self._routes.get(id) if id in self._routes.written else None


def _refused(route: Route, refused: Sequence[LegRefused]) -> str:
    if not refused:
        return ""
    junctions = ", ".join(each.leg.junction for each in refused)
    return REFUSED.say("route-legs", route=route.id, count=len(refused), legs=len(route.legs), junctions=junctions)


def _detail(refused: Sequence[LegRefused]) -> str:
    return "; ".join(f"{each.leg.junction}: {leg_why(each.refusal)['en']}" for each in refused)
