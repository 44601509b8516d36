"""Whom the events of fire panels were told to, as the notifications know it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeAlias

from hub.model.fire import Notification
from hub.model.notify import Delivery, DeliveryState
from hub.registry import Registry

Episode: TypeAlias = tuple[str, int]
"""An alarm's id, and which of its occurrences."""


class Tellings:
    """What became of telling people of episodes of alarms. Blocks; `moved` is for one caller."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._last = 0
        self._open: set[int] = set()

    def of(self, episodes: Iterable[Episode]) -> dict[Episode, tuple[Notification, ...]]:
        """One entry a channel, in the order in which they were planned; nothing of what nobody was told of."""
        found: dict[Episode, list[Notification]] = {}
        for each in self._registry.deliveries.of_episodes(episodes):
            found.setdefault((each.alarm, each.episode), []).append(_notification(each))
        return {episode: tuple(those) for episode, those in found.items()}

    def moved(self) -> Collection[Episode]:
        """The episodes of which something may have changed since the last call, at the first all that there are."""
        found = self._registry.deliveries.moved(self._last, self._open)
        self._last = max([self._last, *(each.id for each in found)])
        self._open = {each.id for each in found if each.state.open}
        return {(each.alarm, each.episode) for each in found}


def _notification(delivery: Delivery) -> Notification:
    delivered = delivery.ended if delivery.state is DeliveryState.DELIVERED else None
    return Notification(delivery.channel, delivery.kind.value, delivery.first_attempt, delivered, delivery.state.value)
