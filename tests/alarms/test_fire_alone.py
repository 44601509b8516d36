"""A fire that stands when its panel is retired or deleted: it stays until a person, or another word of the panel, ends it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from hub.model.alarms import AlarmSource, AlarmState
from hub.model.devices import Device, DeviceKind, DeviceStatus
from tests.alarms.test_desk import Room
from tests.servers.registries import open_registry

PANELS = [Device(f"panel-{n}", "Chợ", DeviceKind.FIRE_PANEL) for n in range(2)]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    room = Room(open_registry(tmp_path / "registry.db", lambda registry: registry.devices.add_many(PANELS)))
    room.street.known = {panel.id: panel for panel in PANELS}
    for type in ("fireAlarm", "fireFault"):
        room.says(type, *room.street.known)
    asyncio.run(room.desk.catch_up())
    return room


def reset(room: Room, name: str) -> None:
    alarm = room.shown()[name]
    asyncio.run(
        room.desk.change([alarm.id], lambda draft, each: draft.reset(each, "lan", "nobody"), lambda changed: None)
    )


def journal(room: Room, alarm: str) -> list[str]:
    return [line.note.what for line in room.registry.alarms.log(alarm)][::-1]


@pytest.mark.parametrize("acknowledged", [True, False])
def test_a_fire_of_a_retired_panel_stands_until_it_is_reset(room: Room, acknowledged: bool) -> None:
    fire = room.shown()["panel-0 fireAlarm"]
    if acknowledged:
        act = room.desk.change([fire.id], lambda draft, each: draft.acknowledge(each, "lan"), lambda changed: None)
        asyncio.run(act)
    room.street.known["panel-0"] = replace(room.street.known["panel-0"], status=DeviceStatus.RETIRED)
    for _ in range(2):
        room.look()
        assert set(room.shown()) == {"panel-0 fireAlarm", "panel-1 fireAlarm", "panel-1 fireFault"}
        kept = room.shown()["panel-0 fireAlarm"]
        assert (kept.source, kept.state.raised) == (AlarmSource.RETIRED, True)
        assert room.shown()["panel-1 fireAlarm"].source is AlarmSource.EVENT, "the same point of another panel"
        room.again()
    reset(room, "panel-0 fireAlarm")
    seen = ["acknowledged"] if acknowledged else []
    rest = ["device-retired", "ended"] + ([] if acknowledged else ["acknowledged"])
    assert journal(room, fire.id) == ["began", *seen, *rest]
    room.look()
    room.again()
    assert set(room.shown()) == {"panel-1 fireAlarm", "panel-1 fireFault"}
    assert {alarm.key.device for alarm in room.registry.alarms.all()} == {"panel-1"}


def test_a_retired_panel_that_is_back_speaks_for_itself_again(room: Room) -> None:
    known = room.street.known["panel-0"]
    room.street.known["panel-0"] = replace(known, status=DeviceStatus.RETIRED)
    room.look()
    room.street.known["panel-0"] = known
    room.look()
    assert room.shown()["panel-0 fireAlarm"].source is AlarmSource.EVENT
    room.clock.time += 1
    room.says("fireAlarm", "panel-0", active=False)
    asyncio.run(room.desk.catch_up())
    assert room.shown()["panel-0 fireAlarm"].state is AlarmState.RETURNED


@pytest.mark.parametrize("seen", ["by a look", "by the one who deletes", "by the next start"])
def test_a_panel_that_is_deleted_and_registered_anew_ends_no_fire_and_may_have_another(room: Room, seen: str) -> None:
    panel = room.street.known["panel-0"]
    room.registry.devices.delete("panel-0")
    if seen != "by the next start":
        del room.street.known["panel-0"]
        asyncio.run(room.desk.look() if seen == "by a look" else room.desk.device_deleted("panel-0"))
    room.registry.devices.add_many([panel])
    room.street.known["panel-0"] = panel
    room.again()
    room.look()
    old = room.shown()["panel-0 fireAlarm"]
    assert (old.source, old.state, old.times) == (AlarmSource.DELETED, AlarmState.UNACKNOWLEDGED, 1)
    room.clock.time += 90
    room.says("fireAlarm", "panel-0")
    asyncio.run(room.desk.catch_up())
    new = room.shown()["panel-0 fireAlarm"]
    assert (new.id, new.source, new.state, new.times) == (old.id, AlarmSource.EVENT, AlarmState.UNACKNOWLEDGED, 2)
    assert journal(room, old.id) == ["began", "device-deleted", "ended", "began"], "and it is told again"
    room.clock.time += 1
    room.says("fireAlarm", "panel-0", active=False)
    asyncio.run(room.desk.catch_up())
    assert room.shown()["panel-0 fireAlarm"].state is AlarmState.RETURNED
