"""How long the audit and the events of devices are kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.model.audit import AuditEntry
from hub.model.reports import EventReport
from hub.registry import Extent, Registry
from tests.registry.examples import NOW, add_lamps, event


def lines(registry: Registry) -> list[str]:
    return [row.entry.about for row in registry.audit.page()]


def events(registry: Registry) -> list[EventReport]:
    return [row.event for row in registry.events.list()]


def arrived(at: float, *args: Any, **options: Any) -> EventReport:
    return replace(event(*args, **options), received=at)


def test_the_audit_loses_what_is_older_than_it_is_kept(registry: Registry) -> None:
    for age in (30, 20, 10):
        registry.audit.add(AuditEntry(NOW - age, "admin", "order.placed", f"ovr-{age}", {}))
    assert registry.audit.extent() == Extent(3, NOW - 30)
    assert registry.audit.prune(NOW - 20) == 1
    assert lines(registry) == ["ovr-10", "ovr-20"]
    assert registry.audit.prune(NOW - 20) == 0
    assert registry.audit.prune(NOW) == 2
    assert registry.audit.extent() == Extent(0, None)


def test_more_than_goes_at_once_all_goes(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("audit", "events"):
        monkeypatch.setattr(f"hub.registry.{module}._PRUNED_AT_ONCE", 2)
    add_lamps(registry, *(f"lamp-{number}" for number in range(7)))
    for number in range(7):
        registry.audit.add(AuditEntry(NOW + number, "admin", "order.placed", f"ovr-{number}", {}))
        registry.reports.record(events=[arrived(NOW + number, f"lamp-{number}", None)])
    assert registry.audit.prune(NOW + 5) == 5 == registry.events.prune(NOW + 5)
    assert lines(registry) == ["ovr-6", "ovr-5"]
    assert [each.device for each in events(registry)] == ["lamp-6", "lamp-5"]


def test_events_that_are_over_go_and_a_condition_that_holds_stays(registry: Registry) -> None:
    add_lamps(registry, "a", "b")
    over = [arrived(NOW, "a", True, NOW), arrived(NOW + 1, "a", False, NOW + 1), arrived(NOW, "b", None)]
    again = arrived(NOW + 2, "a", True, NOW + 2)
    holds = arrived(NOW, "b", True)
    registry.reports.record(events=[*over, again, holds])
    assert registry.events.prune(NOW + 10) == 3
    assert set(events(registry)) == {again, holds}
    assert set(registry.events.active()) == {again, holds}
    assert registry.events.extent() == Extent(2, NOW)


def test_a_condition_that_ended_lately_keeps_its_beginning(registry: Registry) -> None:
    add_lamps(registry, "a")
    began, ended = arrived(NOW, "a", True, NOW), arrived(NOW + 50, "a", False, NOW + 50)
    registry.reports.record(events=[began, ended])
    assert registry.events.prune(NOW + 20) == 0
    assert registry.events.prune(NOW + 60) == 2


def test_what_a_device_with_a_wrong_clock_says_is_as_old_as_its_arrival(registry: Registry) -> None:
    add_lamps(registry, "a")
    registry.reports.record(events=[arrived(NOW, "a", None, 5.0), arrived(NOW - 90, "a", None, NOW + 9e8)])
    assert registry.events.prune(NOW - 30) == 1
    assert [each.time for each in events(registry)] == [5.0]


REPORTS = st.lists(
    st.builds(
        lambda device, active, time, received: arrived(NOW + received, device, active, NOW + time),
        st.sampled_from("ab"), st.sampled_from([True, False, None]), st.integers(0, 9), st.integers(0, 9),
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reports=REPORTS, before=st.integers(0, 10))
def test_whatever_goes_the_conditions_that_hold_are_the_same(
    registry: Registry, reports: list[EventReport], before: int
) -> None:
    for device in registry.devices.all():
        registry.devices.delete(device.id)  # and its events
    add_lamps(registry, "a", "b")
    registry.reports.record(events=reports)
    held, all_of_them = registry.events.active(), set(events(registry))
    registry.events.prune(NOW + before)
    assert registry.events.active() == held
    gone = all_of_them - set(events(registry))
    assert all(each.received < NOW + before for each in gone)
