"""Fire panels that speak CoAP: the same state as on MQTT, answered when it is durable; smoke alarms that are LwM2M clients."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from drivers.burst import Burst
from drivers.coap.lwm2m.content import Item
from drivers.coap.lwm2m.meaning import Known, Meaning
from drivers.coap.lwm2m.objects import objects
from drivers.coap.lwm2m.smoke import panel
from drivers.senml import Limits
from drivers.senml.refusals import Refusals
from hub.model.commands import Command, Operation
from hub.model.devices import Device, DeviceKind
from hub.model.fire import PanelCounts
from hub.model.zones import Zone
from hub.ports import CannotCarry, Lane, Order
from hub.registry.city import City
from tests.drivers.coap.client.asking import asking, device
from tests.drivers.coap.client.lamp import Lamp
from tests.drivers.coap.peers import client
from tests.drivers.coap.scene import serving
from tests.drivers.mqtt.hub import Collected
from tests.servers.ports import free_udp_port

Run = Callable[[Coroutine[Any, Any, None]], None]
STATE = {"t": 1763750000, "alarm": 1, "fault": 0, "supervisory": 0, "disabled": 0, "test": 0,
         "points": [{"point": "1/23", "state": "alarm", "text": "Sảnh tầng 1"}]}  # fmt: skip


def test_a_panel_posts_its_state_and_its_events(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox) as driver:
            body = json.dumps(STATE).encode()
            assert "c:2.04" in await client(driver.port, "/s/panel-1", "-m", "post", "-t", "50", body=body)
            event = b'{"t":1763750000,"type":"fireAlarm","active":true,"point":"1/23"}'
            assert "c:2.04" in await client(driver.port, "/e/panel-1", "-m", "post", "-t", "50", body=event)
            wrong = json.dumps({"points": [{"point": "1/1", "state": "burning"}]}).encode()
            said = await client(driver.port, "/s/panel-1", "-m", "post", "-t", "50", body=wrong)
            assert "stored but for" in said
        (report, other) = inbox.all("panels")
        assert report.complete and report.counts == PanelCounts(1, 0, 0, 0, 0)
        assert [(each.point, each.state.value, each.text) for each in report.points] == [
            ("1/23", "alarm", "Sảnh tầng 1")
        ]
        assert not other.complete and other.points == ()
        assert {lane for lane, each in inbox.deliveries if each.panels or each.events} == {Lane.FIRE}

    run(scene())


def test_only_read_waits_for_a_panel_also_when_its_zone_is_switched(run: Run) -> None:
    places = City(
        devices=[Device("panel-1", "", DeviceKind.FIRE_PANEL, zone="le-loi")],
        zones=[Zone("le-loi", "Lê Lợi", "street")],
    )

    async def scene() -> None:
        async with serving(Collected(), places) as driver:
            await client(driver.port, "/c/panel-1")  # it is heard here now
            now = time.time()
            for operation in (Operation.SET_LEVEL, Operation.RESUME, Operation.IDENTIFY, Operation.REBOOT):
                command = Command(f"cmd-{operation}", operation, now, "an", now + 60, 0.0)
                assert driver.overhear(Order(command, device="panel-1")) is False
                driver.overhear(Order(command, zone="le-loi"))
            assert "command" not in await client(driver.port, "/c/panel-1")
            read = Command("cmd-read", Operation.READ, now, "an", now + 60)
            assert driver.overhear(Order(read, device="panel-1")) is True
            assert '"op":"read"' in await client(driver.port, "/c/panel-1")

    run(scene())


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_smoke_alarms_are_a_panel_whose_state_is_whole_when_each_was_heard(order: tuple[int, int]) -> None:
    known, meaning, device = Known(), Meaning(objects(), Limits()), Device("d", "", DeviceKind.FIRE_PANEL, "lwm2m")
    said = []
    for instance in order:
        items = [Item((3407, instance, 6046), True)]
        meaning.read(items, {3407: "1.0"}, device, 1763750000.0, known, Burst(), Refusals())
        said.append(panel(items, device, 1763750000.0, known, {0, 1}))
    first, whole = said
    assert first is not None and not first.complete and len(first.points) == 1
    assert whole is not None and whole.complete and [each.point for each in whole.points] == ["", "3407/1"]
    assert panel([Item((3, 0, 9), 80)], device, 1763750000.0, known, {0, 1}) is None


HOSTED = """
title = "Panel"
kinds = ["fire_panel"]
[[resources]]
path = "fire"
format = "panel"
observe = true
every = 0.5
"""


def test_a_panel_that_hosts_its_state_is_observed_and_never_written(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        one = device("panel-1", f"coap://127.0.0.1:{port}", "hosted-panel", DeviceKind.FIRE_PANEL)
        holds = {"fire": json.dumps(STATE).encode()}
        async with Lamp(holds).on(port) as host, asking(tmp_path, [one], {"hosted-panel": HOSTED}) as hub:
            await hub.until(lambda: hub.inbox.all("panels"))
            first = hub.inbox.all("panels")[0]
            assert first.complete and [each.point for each in first.points] == ["1/23"]
            host.say(
                "fire", b'{"t":1763750001,"alarm":1,"points":[{"point":"1/24","state":"alarm","text":"T\xc7ng 2"}]}'
            )
            await hub.until(lambda: [each.point for each in hub.inbox.all("panels")[-1].points] == ["1/24"])
            await hub.until(lambda: [each.code for each in hub.inbox.all("rejected")] == ["bad-json"])
            host.say("fire", json.dumps(STATE | {"alarm": 0, "points": []}).encode())
            await hub.until(lambda: hub.inbox.all("panels")[-1].points == ())
            assert {lane for lane, each in hub.inbox.deliveries if each.panels} == {Lane.URGENT}
            for operation in Operation:
                order = Order(Command("c", operation, time.time(), "an", time.time() + 60, 0.0), device="panel-1")
                if operation is Operation.READ:
                    await hub.driver.send(order)
                else:
                    with pytest.raises(CannotCarry, match="they take read"):
                        await hub.driver.send(order)
            assert host.written == [] and hub.presence("panel-1") == [True]

    run(scene())
