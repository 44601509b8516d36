"""What became of telling people of fire, as the proof takes it over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.fire.told import Tellings
from hub.model.fire import Notification
from hub.model.notify import Attempt, ChannelKind, Delivery, DeliveryState, Outcome, What
from hub.registry import Registry
from tests.servers.registries import open_registry

NOW = 1_763_750_000.0
DELIVERY = Delivery(
    "message-1", "sms", ChannelKind.WEBHOOK, "alarm-1", 2, What.BEGAN, "fire", 0, True, False, NOW, NOW,
    DeliveryState.WAITING, "", "", 0, None, None, {}, 0,
)  # fmt: skip


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    registry = open_registry(tmp_path / "registry.db")
    yield registry
    registry.close()


def test_only_what_may_have_changed_is_asked_for_again(registry: Registry) -> None:
    record, tellings = registry.deliveries, Tellings(registry)
    other = replace(DELIVERY, message="message-2", alarm="alarm-2", episode=1)
    lamp = replace(DELIVERY, message="message-3", alarm="alarm-3", fire=False)
    first, second, _ = record.plan([DELIVERY, other, lamp], [], NOW)
    assert tellings.moved() == {("alarm-1", 2), ("alarm-2", 1)}
    attempt = record.begin([first.id], "message-1", "sms", NOW + 1)
    record.end(Attempt(attempt, "message-1", "sms", NOW + 1, Outcome.DELIVERED, 0.5), [first.id], NOW + 1.5)
    assert tellings.moved() == {("alarm-1", 2), ("alarm-2", 1)}  # the one has ended, the other waits
    assert tellings.moved() == {("alarm-2", 1)}
    assert tellings.of([("alarm-1", 2), ("alarm-2", 1), ("alarm-3", 2), ("nobody", 1)]) == {
        ("alarm-1", 2): (Notification("sms", "webhook", NOW + 1, NOW + 1.5, "delivered"),),
        ("alarm-2", 1): (Notification("sms", "webhook", None, None, "waiting"),),
        ("alarm-3", 2): (Notification("sms", "webhook", None, None, "waiting"),),
    }
    assert second.id > first.id
