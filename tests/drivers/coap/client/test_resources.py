"""What resources say in each format; conditions; names of hosts; many devices of which some are dead."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from itertools import pairwise
from pathlib import Path
from typing import Any

import cbor2
import pytest

import drivers.coap.client.client as client
from hub.model.devices import DeviceKind
from tests.drivers.coap.client.asking import LAMP, asking, device
from tests.drivers.coap.client.lamp import Lamp
from tests.servers.ports import free_udp_port

Run = Callable[[Coroutine[Any, Any, None]], None]

SENSOR = """
title = "Sensor"
kinds = ["environment"]
[[resources]]
path = "air"
observe = true
format = "senml"
names = { "urn:dev:mac:0024befffe804ff1/t" = "temperature", "rh" = "humidity" }
[[resources]]
path = "box"
format = "cbor"
every = 0.05
fields = [{ field = "bat.soc", metric = "battery", scale = 100 }]
events = [{ field = "open", type = "coverOpen", active = { true = true, false = false } }]
"""
PACK = [
    {"bn": "urn:dev:mac:0024befffe804ff1/", "bt": 1, "n": "t", "u": "K", "v": 300.15},
    {"n": "rh", "u": "%RH", "v": 61},
    {"n": "co2", "u": "ppm", "v": 400},
]
CBOR_PACK = [
    {-2: "urn:dev:mac:0024befffe804ff1/", 0: "t", 1: "Cel", 2: 28},
    {0: "co2", 1: "ppm", 2: 401},
]


def sensor(port: int) -> list[Any]:
    return [device("air", f"coap://127.0.0.1:{port}", "sensor", DeviceKind.ENVIRONMENT)]


def test_packs_with_names_of_their_own_and_objects_in_cbor(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        pack = json.dumps([each | {"bt": 0} if "bt" in each else each for each in PACK]).encode()
        holds = {"air": pack, "box": cbor2.dumps({"bat": {"soc": 0.87}, "open": False})}
        async with Lamp(holds).on(port) as lamp, asking(tmp_path, sensor(port), {"sensor": SENSOR}) as hub:
            await hub.until(lambda: hub.values("humidity") and hub.values("battery"))
            assert (hub.values("temperature"), hub.values("humidity"), hub.values("battery")[0]) == (
                [27.0],
                [61.0],
                87.0,
            )
            lamp.say("air", cbor2.dumps(CBOR_PACK))
            await hub.until(lambda: len(hub.values("temperature")) == 2)
            assert hub.values("temperature")[1] == 28.0 and hub.inbox.all("rejected") == []
            lamp.say("air", b"[]")
            await hub.until(lambda: bool(hub.inbox.all("rejected")))

    run(scene())


def test_a_condition_is_told_when_it_changes_and_one_that_held_before_ends(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        lamp = Lamp({"air": b"[]", "box": cbor2.dumps({"open": False})})
        async with lamp.on(port), asking(tmp_path, sensor(port), {"sensor": SENSOR}) as hub:
            hub.held["air"] = [("coverOpen", "")]  # the hub was restarted meanwhile
            await hub.until(lambda: hub.events("air") == [("coverOpen", "", False)])
            lamp.holds["box"] = cbor2.dumps({"open": True})
            await hub.until(lambda: len(hub.events("air")) == 2)
            asked = len(lamp.asked)
            await hub.until(lambda: len(lamp.asked) > asked + 3)
            assert hub.events("air")[1:] == [("coverOpen", "", True)]

    run(scene())


def test_a_host_may_be_a_name(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        lamps = [device("lamp", f"coap://localhost:{port}"), device("gone", f"coap://nowhere.invalid:{port}")]
        async with Lamp().on(port), asking(tmp_path, lamps) as hub:
            await hub.until(lambda: hub.levels() == [0] and hub.presence("gone") == [False])

    run(scene())


def test_devices_that_are_away_keep_no_others_waiting(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if one device alone may be asked at a time, and three of four are dead."""
    monkeypatch.setattr(client, "_AT_ONCE", 1)
    monkeypatch.setattr(client, "_PROBES", 1)

    async def scene() -> None:
        ports = [free_udp_port() for _ in range(4)]
        lamps = [device(f"lamp-{n}", f"coap://127.0.0.1:{port}") for n, port in enumerate(ports)]
        often = {"test-lamp": LAMP.replace("observe = true", "").replace("0.5", "0.02")}
        async with Lamp().on(ports[0]), asking(tmp_path, lamps, often, timeout=0.3, probe_most=0.1) as hub:
            await hub.until(lambda: hub.count("asked_away") == 3)
            missed, heard = hub.count("asked_missed_total"), len(hub.levels("lamp-0"))
            await hub.until(lambda: hub.count("asked_missed_total") >= missed + 3)
            assert len(hub.levels("lamp-0")) >= heard + 10

    run(scene())


def test_questions_to_many_devices_are_spread(tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        holds = {f"lamps/{n}/light": b"1" for n in range(20)}
        lamps = [device(f"lamp-{n}", f"coap://127.0.0.1:{port}/lamps/{n}") for n in range(20)]
        slow = {"test-lamp": LAMP.replace("observe = true", "").replace("0.5", "600")}
        async with Lamp(holds).on(port), asking(tmp_path, lamps, slow) as hub:
            await hub.until(lambda: len(hub.inbox.all("lights")) == 20)
            nodes = [each.node for each in hub.driver._client._running.values()]
            due = sorted(node.slots[0].due for node in nodes)  # ten minutes later, on the same raster
            assert min(later - earlier for earlier, later in pairwise(due)) > (due[-1] - due[0]) / 100

    asyncio.run(scene())


def test_an_address_that_nothing_can_be_sent_to_keeps_no_others_from_being_asked(run: Run, tmp_path: Path) -> None:
    async def scene() -> None:
        port = free_udp_port()
        lamps = [device("lamp", f"coap://127.0.0.1:{port}"), device("all", f"coap://127.255.255.255:{port}")]
        async with Lamp().on(port) as lamp, asking(tmp_path, lamps, timeout=0.3) as hub:
            await hub.until(lambda: hub.presence("all") == [False] and hub.levels() != [])
            lamp.say("light", b"30")
            await hub.until(lambda: hub.levels()[-1] == 30)

    run(scene())
