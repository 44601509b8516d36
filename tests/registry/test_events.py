from __future__ import annotations

from hub.registry import Registry
from tests.registry.examples import NOW, add_lamps, event


def test_exact_repeats_are_ignored(registry: Registry) -> None:
    add_lamps(registry, "a", "b")
    first = [event("a", True), event("b", None), event("a", True), event("b", None), event("a", False)]
    assert registry.reports.record(events=first).new_events == [event("a", True), event("b", None), event("a", False)]
    more = [event("a", True), event("a", True, NOW + 1), event("a", True, point="loop1/7"), event("b", None)]
    assert registry.reports.record(events=more).new_events == more[1:3]


def test_a_condition_is_active_until_it_ends(registry: Registry) -> None:
    add_lamps(registry, "a", "b")
    record, active = registry.reports.record, registry.events.active
    record(events=[event("a", True), event("a", True, type="fireAlarm", point="1/1"), event("b", None)])
    assert active() == [event("a", True), event("a", True, type="fireAlarm", point="1/1")]
    record(events=[event("a", None, NOW + 5), event("a", True, NOW + 3)])
    assert event("a", True, NOW + 3) in active()
    assert event("a", True) not in active()
    record(events=[event("a", False, NOW + 4, point="other")])
    assert len(active()) == 2
    record(events=[event("a", False, NOW + 4)])
    assert active() == [event("a", True, type="fireAlarm", point="1/1")]
    record(events=[event("a", True, NOW + 1)])  # late: it had ended since
    assert active() == [event("a", True, type="fireAlarm", point="1/1")]


def test_within_one_second_the_order_of_arrival_counts(registry: Registry) -> None:
    add_lamps(registry, "a", "b")
    registry.reports.record(events=[event("a", True), event("a", False), event("b", False), event("b", True)])
    assert registry.events.active() == [event("b", True)]


def test_the_list_shows_the_last_to_arrive_first(registry: Registry) -> None:
    add_lamps(registry, "a", "b")
    registry.reports.record(events=[event("a", True, NOW + 9), event("b", True)])
    registry.reports.record(events=[event("a", False, NOW + 3)])
    rows = registry.events.list()
    assert [row.event for row in rows] == [event("a", False, NOW + 3), event("b", True), event("a", True, NOW + 9)]
    assert registry.events.list(limit=1) == rows[:1]
    assert registry.events.list(after=rows[0].id, limit=1) == rows[1:2]
    assert registry.events.list("a") == [rows[0], rows[2]]


def test_what_tells_of_a_time_is_what_held_at_its_beginning_and_what_came_within_it(registry: Registry) -> None:
    add_lamps(registry, "a", "b")
    over = [event("a", True, NOW - 50), event("a", False, NOW - 40)]
    holding, within = event("a", True, NOW - 30), event("a", False, NOW + 10)
    again = [event("a", True, NOW + 20), event("a", True, NOW + 100)]
    others = [event("a", None, NOW + 5), event("b", True, NOW + 5), event("a", True, NOW + 5, type="fireAlarm")]
    registry.reports.record(events=[*over, holding, within, *again, *others])
    type = holding.type
    assert registry.events.between(["a"], [type], NOW, NOW + 100) == [holding, within, again[0]]
    assert registry.events.between(["a"], [type], NOW - 35, NOW - 31) == [over[1]]
    assert registry.events.between(["b", "a"], [type], NOW + 1, NOW + 9) == [holding, others[1]]
    assert registry.events.between([], [type], NOW, NOW + 100) == []
