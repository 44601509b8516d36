"""Whatever is lost, doubled or exchanged on the way from a panel: after its next state the hub holds what the panel holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.fire import PanelCondition, PanelCounts, PanelPoint, PanelReport
from hub.model.panels import SAME, STALE, Change, Found, Held, PointKey, take
from hub.model.reports import EventReport

NOW = 1_790_000_000.0
ALARM, FAULT, TEST = PanelCondition.ALARM, PanelCondition.FAULT, PanelCondition.TEST


def event(active: bool, at: float, point: str = "1/23", condition: PanelCondition = ALARM) -> EventReport:
    return EventReport("panel-1", condition.event, active, at, at + 0.01, point, "kho 2")


def report(
    at: float, *points: tuple[PanelCondition, str], counts: PanelCounts | None = None, complete: bool = True
) -> PanelReport:
    if counts is None:
        counts = PanelCounts(*(sum(each is condition for condition, _ in points) for each in PanelCondition))
    named = tuple(PanelPoint(point, condition) for condition, point in points)
    return PanelReport("panel-1", at, at + 0.01, counts, named, complete)


def said(changes: list[Change]) -> list[tuple[str, str, bool | None, Found]]:
    return [(each.event.type, each.event.point, each.event.active, each.found) for each in changes]


def test_a_beginning_that_was_lost_is_found_and_the_panels_late_word_for_it_is_the_same() -> None:
    held = Held()
    assert said(held.compare(report(NOW, (ALARM, "1/23")))) == [("fireAlarm", "1/23", True, Found.COMPARISON)]
    assert held.hear(event(True, NOW - 3)) is None
    assert held.standing[PointKey(ALARM, "1/23")].since == NOW - 3
    assert held.hear(event(True, NOW + 1)) is None


def test_an_end_that_was_lost_is_found_and_the_panels_late_word_for_it_is_the_same() -> None:
    held = Held()
    assert held.hear(event(True, NOW))
    assert said(held.compare(report(NOW + 5))) == [("fireAlarm", "1/23", False, Found.COMPARISON)]
    assert held.hear(event(False, NOW + 4)) is None
    assert not held.standing


def test_an_alarm_that_ends_by_event_is_latched_until_the_panels_state_says_so() -> None:
    held = Held()
    held.compare(report(NOW - 1))
    held.hear(event(True, NOW))
    assert held.hear(event(False, NOW + 1))
    assert held.standing[PointKey(ALARM, "1/23")].ended == NOW + 1
    assert said(held.compare(report(NOW + 2, (ALARM, "1/23")))) == [("fireAlarm", "1/23", True, Found.COMPARISON)]
    held.hear(event(False, NOW + 3))
    assert held.compare(report(NOW + 4)) == []
    assert not held.standing


def test_an_alarm_of_a_panel_that_never_says_its_state_ends_by_its_event() -> None:
    held = Held()
    held.hear(event(True, NOW))
    assert held.hear(event(False, NOW + 1))
    assert not held.standing


def test_a_fault_ends_by_its_event() -> None:
    held = Held()
    held.compare(report(NOW - 1))
    held.hear(event(True, NOW, condition=FAULT))
    held.hear(event(False, NOW + 1, condition=FAULT))
    assert not held.standing


def test_conditions_of_one_point_stand_together() -> None:
    held = Held()
    held.compare(report(NOW, (ALARM, "1/23"), (FAULT, "1/23"), (TEST, "1/23")))
    assert {key.condition for key in held.standing} == {ALARM, FAULT, TEST}
    held.compare(report(NOW + 1, (FAULT, "1/23")))
    assert {key.condition for key in held.standing} == {FAULT}


def test_what_a_panel_counts_and_does_not_name_stands_at_the_panel_and_nothing_ends_by_it() -> None:
    held = Held()
    held.hear(event(True, NOW, "1/1"))
    changes = held.compare(report(NOW + 1, (ALARM, "1/2"), counts=PanelCounts(alarm=3)))
    assert said(changes) == [("fireAlarm", "", True, Found.COMPARISON), ("fireAlarm", "1/2", True, Found.COMPARISON)]
    assert PointKey(ALARM, "1/1") in held.standing
    assert len(held.compare(report(NOW + 2, counts=PanelCounts(alarm=0), complete=False))) == 3
    assert not held.standing


def test_a_torn_read_ends_nothing() -> None:
    held = Held()
    held.hear(event(True, NOW))
    assert held.compare(report(NOW + 1, counts=PanelCounts(), complete=False)) == []
    assert held.standing and held.report is None


def test_a_state_that_comes_late_changes_nothing_and_a_clock_that_was_set_back_blinds_nobody() -> None:
    held = Held()
    held.compare(report(NOW, (ALARM, "1/23")))
    late = replace(report(NOW - 30), received=NOW + 1)
    assert held.compare(late) == [] and held.standing
    assert held.compare(replace(late, received=NOW + STALE + 1)) != []


@pytest.mark.parametrize("condition", [ALARM, FAULT])
def test_a_state_that_was_said_before_something_began_does_not_end_it(condition: PanelCondition) -> None:
    held = Held()
    held.compare(report(NOW - 1))
    assert held.hear(event(True, NOW + 0.001, condition=condition))
    assert held.compare(report(NOW)) == []
    assert held.compare(report(NOW + 0.001)) == []
    assert PointKey(condition, "1/23") in held.standing
    assert said(held.compare(report(NOW + 60))) == [(condition.event, "1/23", False, Found.COMPARISON)]


@pytest.mark.parametrize("condition", [ALARM, FAULT])
def test_a_state_that_was_said_before_something_ended_does_not_begin_it_again(condition: PanelCondition) -> None:
    held = Held()
    held.compare(report(NOW - 1))
    held.hear(event(True, NOW, condition=condition))
    assert held.hear(event(False, NOW + 1, condition=condition))
    assert held.compare(report(NOW + 0.5, (condition, "1/23"))) == []
    assert said(held.compare(report(NOW + 60, (condition, "1/23")))) == [
        (condition.event, "1/23", True, Found.COMPARISON)
    ]


def test_a_state_that_was_said_before_an_event_of_a_wrong_clock_does_not_end_what_that_began() -> None:
    held = Held()
    held.compare(report(NOW - 1))
    assert held.hear(replace(event(True, NOW - 40 * 86_400), received=NOW))
    assert held.compare(report(NOW)) == []
    assert said(held.compare(report(NOW + SAME))) == [("fireAlarm", "1/23", False, Found.COMPARISON)]


@given(st.lists(st.sampled_from("123456"), unique=True, min_size=1), st.data())
def test_however_events_and_states_overtake_each_other_what_began_once_began_once(
    points: list[str], data: st.DataObject
) -> None:
    """Each by a way of its own, in its own order, all within moments."""
    ways: list[list[EventReport | PanelReport]] = [
        [event(True, NOW + number / 1000, point) for number, point in enumerate(points)],
        [
            report(NOW + number / 1000, *((ALARM, point) for point in points[: number + 1]))
            for number in range(len(points))
        ],
    ]
    held, changes, received = {"panel-1": Held()}, [], NOW + 1
    while any(ways):
        way = data.draw(st.sampled_from([each for each in ways if each]))
        received += 0.001
        changes += take(held, [replace(way.pop(0), received=received)])
    assert sorted((each.event.point, each.event.active) for each in changes) == sorted(
        (point, True) for point in points
    )
    assert {key.point for key in held["panel-1"].standing} == set(points)


def test_an_event_of_long_ago_begins_nothing_that_is_over() -> None:
    held = Held()
    held.hear(event(True, NOW))
    held.hear(event(False, NOW + 1))
    late = replace(event(True, NOW - 10), received=NOW + SAME)
    assert held.hear(late) is not None
    assert not held.standing


@pytest.mark.parametrize("back", [3600.0, 26 * 365 * 86_400.0])
def test_what_a_panel_says_by_a_clock_that_was_set_back_stands(back: float) -> None:
    held = Held()
    held.hear(event(True, NOW))
    held.hear(event(False, NOW + 1))
    assert held.hear(replace(event(True, NOW + STALE + 2 - back), received=NOW + STALE + 2)) is not None
    assert PointKey(ALARM, "1/23") in held.standing


@pytest.mark.parametrize("condition", PanelCondition)
def test_a_difference_never_has_the_time_of_an_event_that_is_there(condition: PanelCondition) -> None:
    held = Held()
    held.hear(event(True, NOW, condition=condition))
    held.hear(event(False, NOW, condition=condition))
    (change,) = held.compare(report(NOW, (condition, "1/23")))
    assert change.event.time > NOW


_KEYS = st.tuples(st.sampled_from(list(PanelCondition)), st.sampled_from(["1/1", "1/2", "2/1"]))


@given(st.lists(st.tuples(_KEYS, st.sampled_from(["kept", "lost", "doubled", "late"])), max_size=40), st.data())
def test_after_a_state_the_hub_holds_what_the_panel_holds_and_the_record_tells_it(
    history: list[tuple[tuple[PanelCondition, str], str]], data: st.DataObject
) -> None:
    """The panel's points change; each change is an event, which the way keeps, loses, doubles or brings later; states come in
    between. The record of each point alternates and ends with what the panel holds."""
    held, panel = {"panel-1": Held()}, set[tuple[PanelCondition, str]]()
    record: list[Change] = []
    late: list[EventReport] = []
    at = NOW
    for key, fate in history:
        at += 1
        panel ^= {key}
        word = event(key in panel, at, key[1], key[0])
        words: list[EventReport | PanelReport] = [word] * {"kept": 1, "doubled": 2}.get(fate, 0)
        late += [word] if fate == "late" else []
        if data.draw(st.booleans()):
            words.append(report(at, *panel))
        bring: bool = data.draw(st.booleans())
        if late and bring:
            words.append(replace(late.pop(0), received=at + 0.02))
        record += take(held, words)
    record += take(held, [report(at + 1, *panel)])
    assert {(key.condition, key.point) for key in held["panel-1"].standing} == panel
    for key in {(key.condition, key.point) for key in held["panel-1"].standing} | {key for key, _ in history}:
        of_key = [each.event for each in record if (each.event.type, each.event.point) == (key[0].event, key[1])]
        phases = [each.active for each in of_key]
        assert (phases[-1] if phases else False) is (key in panel)
