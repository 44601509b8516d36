"""Takes what fire panels say out of a delivery, so that it need not wait for the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hub.model.fire import FIRE_EVENTS
from hub.ports import Delivery


def split(delivery: Delivery) -> tuple[Delivery | None, Delivery | None]:
    """Its part for the lane of fire, and the rest; one of the two is None when all of it is of the other kind.

    Both are acknowledged together, when the second is durable, and given back together when one fails.
    """
    if not delivery.panels and not any(event.type in FIRE_EVENTS for event in delivery.events):
        return None, delivery
    events = [event for event in delivery.events if event.type in FIRE_EVENTS]
    others = [event for event in delivery.events if event.type not in FIRE_EVENTS]
    rest = replace(delivery, events=others, panels=())
    left = (rest.rows, rest.lights, rest.results, others, rest.presence, rest.rejected, rest.plans, rest.cabinets)
    if not any(left) and not rest.junctions:
        return delivery, None
    both = _Both(delivery.done, delivery.failed)
    size = len(events) + sum(1 + len(report.points) for report in delivery.panels)
    fire = Delivery(both.done, events=events, panels=delivery.panels, size=max(1, size), failed=both.failed)
    return fire, replace(rest, done=both.done, failed=both.failed, size=max(1, delivery.size - size))


class _Both:
    """Calls `done` when both parts are durable, `failed` once when one of them failed."""

    def __init__(self, done: Callable[[], None], failed: Callable[[], None]) -> None:
        self._done, self._failed = done, failed
        self._left, self._over = 2, False

    def done(self) -> None:
        self._left -= 1
        if not self._left and not self._over:
            self._over = True
            self._done()

    def failed(self) -> None:
        if not self._over:
            self._over = True
            self._failed()
