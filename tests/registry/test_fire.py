"""What stands at fire panels and the proof of their events, on every database."""

from __future__ import annotations

from dataclasses import replace

from hub.model.alarms import Alarm, AlarmChanges, AlarmKey, AlarmNote
from hub.model.devices import Device, DeviceKind
from hub.model.fire import Acknowledgement, Notification, PanelCondition, PanelCounts, PanelPoint, PanelReport
from hub.model.panels import Found, PointKey
from hub.model.reports import EventReport
from hub.registry import Registry, Stamp
from tests.registry.examples import NOW

FIRE = EventReport("panel-1", "fireAlarm", True, NOW, NOW + 0.1, "1/23", "kho")
KEY = PointKey(PanelCondition.ALARM, "1/23")
STATE = PanelReport("panel-1", NOW + 5, NOW + 5.1, PanelCounts(0, 0, 0, 0, 0))
LISTED = replace(STATE, counts=PanelCounts(1, 0, 0, 0, 0), points=(PanelPoint("1/23", PanelCondition.ALARM, "kho"),))


def furnished(registry: Registry) -> None:
    registry.devices.add_many([Device("panel-1", "", DeviceKind.FIRE_PANEL)])


def test_what_comes_twice_changes_nothing_and_what_is_not_registered_is_left_out(registry: Registry) -> None:
    furnished(registry)
    recorded = registry.reports.record(events=[FIRE, FIRE, replace(FIRE, device="stranger")])
    assert [event.point for event in recorded.fire] == ["1/23"]
    assert recorded.new_events == [FIRE]
    again = registry.reports.record(events=[FIRE], panels=[LISTED, replace(LISTED, device="stranger")])
    assert (again.new_events, list(again.fire)) == ([], [])
    assert registry.fire.standing()["panel-1"].standing[KEY].found is Found.EVENT


def test_a_state_ends_what_it_does_not_name_in_the_same_transaction(registry: Registry) -> None:
    furnished(registry)
    registry.reports.record(events=[FIRE])
    recorded = registry.reports.record(panels=[STATE])
    assert [(event.active, event.found) for event in recorded.fire] == [(False, "comparison")]
    assert [event.type for event in registry.events.active()] == []
    held = registry.fire.standing()["panel-1"]
    assert (held.standing, held.report) == ({}, STATE)
    assert registry.reports.record(panels=[STATE]).fire == []


def test_a_repeated_beginning_is_found_by_its_place_however_many_come_at_once(registry: Registry) -> None:
    furnished(registry)
    many = [replace(FIRE, point=f"1/{n}") for n in range(1_100)]
    assert len(registry.reports.record(events=many).fire) == 1_100
    assert len(registry.reports.record(events=[*many, replace(FIRE, point="2/1")]).fire) == 1


def test_the_proof_keeps_first_times_acknowledgements_and_notifications_and_outlives_the_device(
    registry: Registry,
) -> None:
    furnished(registry)
    (event,) = registry.reports.record(events=[FIRE]).fire
    alarm = Alarm("alarm-1", AlarmKey("panel-1", "fireAlarm", "1/23"), times=3)
    registry.alarms.apply(
        AlarmChanges((alarm,), (), (), None, event.id), stamps=[Stamp(event.id, None, "alarm-1", 3, NOW + 2)]
    )
    assert registry.alarms.fire_cursor() == event.id
    note = AlarmNote("alarm-1", NOW + 9, "acknowledged", "lan", "đã gọi 114")
    registry.alarms.apply(AlarmChanges((alarm,), (note,)))
    registry.fire.events.stamp([Stamp(event.id, persisted=NOW + 1, streamed=NOW + 1.5, clock_error=-0.25)])
    registry.fire.events.stamp([Stamp(event.id, persisted=NOW + 99)])
    told = Notification("đội trực", "webhook", NOW + 2, None, "waiting")
    registry.fire.events.notified({event.id: [told]})
    registry.devices.delete("panel-1")
    assert registry.fire.events.get(event.id) == replace(
        event, persisted=NOW + 1, streamed=NOW + 1.5, clock_error=-0.25, alarm="alarm-1", episode=3, alarmed=NOW + 2,
        acknowledged=(Acknowledgement(NOW + 9, "lan", "đã gọi 114"),), notified=(told,),
    )  # fmt: skip
    assert registry.fire.standing() == {}
    assert registry.fire.events.prune(NOW) == 0
    assert registry.fire.events.prune(NOW + 1) == 1
    assert registry.fire.events.get(event.id) is None


def test_events_are_listed_by_what_is_asked(registry: Registry) -> None:
    furnished(registry)
    registry.devices.add_many([Device("panel-2", "", DeviceKind.FIRE_PANEL)])
    registry.reports.record(
        events=[
            FIRE, replace(FIRE, device="panel-2", received=NOW + 10), replace(FIRE, type="fireFault", received=NOW + 20),
        ]
    )  # fmt: skip
    events = registry.fire.events
    assert [each.type for each in events.list(device="panel-1")] == ["fireFault", "fireAlarm"]
    assert [each.device for each in events.list(type="fireAlarm", start=NOW + 5)] == ["panel-2"]
    assert [each.id for each in events.list(below=events.list()[0].id, limit=1)] == [events.list()[1].id]
    assert [each.id for each in events.after(0, 2)] == sorted(each.id for each in events.list())[:2]
