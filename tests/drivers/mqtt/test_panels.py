"""Telemetry of fire panels does not wait behind that of others, and is read once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.panels import COMMON_WAY, OWN_WAY, SLOT, Panels
from drivers.mqtt.topics import Topics
from hub.model.devices import Device, DeviceKind
from hub.ports import Lane
from tests.drivers.mqtt.broker import mosquitto
from tests.drivers.mqtt.hub import Collected, city, context, running
from tests.drivers.mqtt.wire import publish

PANEL = b"ll/d/panel-1/up/telemetry"


def panels() -> Panels:
    found = Panels(city(), Topics("ll"))
    assert found.moves() == [(0, (PANEL.decode(),), ())]
    return found


def test_topics_follow_the_registered_panels() -> None:
    places = city()
    found = Panels(places, Topics("ll"))
    assert found.moves()
    assert found.moves() == []
    places.drop_device("panel-1")
    places.put_devices([Device("panel-2", "", DeviceKind.FIRE_PANEL)])
    assert found.moves() == [(0, ("ll/d/panel-2/up/telemetry",), (PANEL.decode(),))]


def test_a_session_hears_no_more_panels_than_the_embedded_broker_lets_it() -> None:
    places = city()
    places.put_devices([Device(f"panel-{n}", "", DeviceKind.FIRE_PANEL) for n in range(1, 101)])
    found = Panels(places, Topics("ll"))
    moves = found.moves()
    assert sum(len(move.wanted) for move in moves) == 100
    assert max(len(move.wanted) for move in moves) <= 31
    places.drop_device("panel-7")
    assert [(move.unwanted, len(move.wanted)) for move in found.moves()] == [(("ll/d/panel-7/up/telemetry",), SLOT - 1)]


@given(st.lists(st.sampled_from([b"1", b"2", b"3"])), st.data())
def test_each_message_is_read_once_whichever_copy_comes_first(sent: list[bytes], data: st.DataObject) -> None:
    found = panels()
    ways = {OWN_WAY: [(PANEL, each) for each in sent], COMMON_WAY: [(PANEL, each) for each in sent]}
    read: list[bytes] = []
    while any(ways.values()):
        way = data.draw(st.sampled_from([way for way, left in ways.items() if left]))
        read += [payload for _, payload in found.fresh([ways[way].pop(0)], way)]
    assert sorted(read) == sorted(sent)


def test_others_are_not_touched() -> None:
    messages = [(b"ll/d/lamp-0001/up/telemetry", b"1")] * 3
    assert panels().fresh(messages, COMMON_WAY) == messages


@pytest.mark.timeout(60)
def test_a_panel_is_heard_while_telemetry_is_held_up(tmp_path: Path) -> None:
    async def scene() -> None:
        inbox = Collected(automatic=False, limit=1)
        with mosquitto(tmp_path / "broker") as broker:
            async with running(context(broker.url, inbox)) as driver:
                await publish(broker, "ll/d/lamp-0001/up/telemetry", '[{"n":"power","v":0}]')
                await inbox.until(lambda: bool(driver.counters()["telemetry_paused"]))
                await publish(broker, PANEL.decode(), '[{"n":"battery","u":"/","v":0.5}]')
                await inbox.until(lambda: inbox.values("battery") == [50.0])
                assert [lane for lane, each in inbox.deliveries if any("battery" in r.values for r in each.rows)] == [
                    Lane.STATE
                ]
                inbox.release()
                await publish(broker, "ll/d/lamp-0001/up/telemetry", '[{"n":"power","v":1}]')
                await inbox.until(lambda: 1.0 in inbox.values("power"))
                assert inbox.values("battery") == [50.0]

    asyncio.run(scene())
