"""Junctions that speak CoAP, by libcoap's client: the same state as on MQTT, and the orders that they fetch."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from drivers.coap import CoapDriver
from hub.model.commands import Command, Operation
from hub.model.devices import Device, DeviceKind
from hub.model.junctions import JunctionMode
from hub.model.zones import Zone
from hub.ports import Lane, Order
from hub.registry.city import City
from simulators.junctions.program import checksum
from tests.drivers.coap.peers import client
from tests.drivers.coap.scene import serving
from tests.drivers.mqtt.hub import Collected
from tests.simulators.junctions.crossroad import Crossroad

Run = Callable[[Coroutine[Any, Any, None]], None]
J = "junction-1"
STATE = {"t": 1795384841.4, "mode": "plan", "plan": "p3", "stage": 2, "second": 29, "cycle": 90, "groups": "rrGGrf",
         "clock_error": 0.4, "faults": ["lamp-single:n"], "by": "order", "selected": "p3", "command": "c-17",
         "stored": {"p3": "75" * 32}}  # fmt: skip


def order(driver: CoapDriver, id: str, operation: Operation, **told: Any) -> bool:
    now = time.time()
    return driver.overhear(Order(Command(id, operation, now, "an", now + 60, signal=told), device=J))


async def post(driver: CoapDriver, kind: str, body: Any) -> str:
    return await client(driver.port, f"/{kind}/{J}", "-m", "post", "-t", "50", body=json.dumps(body).encode())


async def fetched(driver: CoapDriver) -> dict[str, Any]:
    """The command that waits; {} when none does."""
    said = await client(driver.port, f"/c/{J}", "-v", "0")
    return dict(json.loads(said).get("command", {}))


def test_a_junction_posts_its_state_and_what_is_wrong(run: Run) -> None:
    async def scene() -> None:
        inbox = Collected()
        async with serving(inbox) as driver:
            assert "c:2.04" in await post(driver, "s", STATE)
            event = {"t": 1795384841.4, "type": "signalLampFailure", "active": True, "point": "n"}
            assert "c:2.04" in await post(driver, "e", event)
            assert "stored but for" in await post(driver, "s", STATE | {"cycle": -90})
            assert "c:4.00" in await post(driver, "s", {"mode": "green"})
        first, second = inbox.all("junctions")
        assert (first.mode, first.plan, first.cycle) == (JunctionMode.PLAN, "p3", 90.0)
        assert first.available and dict(first.stored) == STATE["stored"]
        assert second.cycle is None and second.plan == "p3"
        assert {lane for lane, each in inbox.deliveries if each.junctions} == {Lane.STATE}
        assert [each.code for each in inbox.all("rejected")] == ["bad-state", "bad-state"]
        assert [(each.type, each.point) for each in inbox.all("events")] == [("signalLampFailure", "n")]

    run(scene())


def test_it_fetches_a_program_whole_and_then_only_the_newest_selection(run: Run) -> None:
    wire = Crossroad().program("evening")
    told = {"plan": "evening", "program": wire, "checksum": checksum(wire), "activate": False}

    async def scene() -> None:
        async with serving(Collected()) as driver:
            assert not order(driver, "c-0", Operation.SIGNAL_PLAN, **told), "nobody has been heard here yet"
            got = await fetched(driver)
            assert got["op"] == "signal_plan" and checksum(got["program"]) == got["checksum"]
            assert order(driver, "c-1", Operation.SIGNAL_PLAN, plan="day", program=None, checksum="0" * 64)
            assert order(driver, "c-2", Operation.SIGNAL_MODE, mode="flash")
            assert (await fetched(driver))["mode"] == "flash"
            assert "c:2.04" in await post(driver, "r", {"id": "c-2", "outcome": "applied"})
            assert (await fetched(driver))["id"] == "c-0", "the selection of before is overtaken, the program is not"
            assert "c:2.04" in await post(driver, "r", {"id": "c-0", "outcome": "applied"})
            assert await fetched(driver) == {}
            order(driver, "c-3", Operation.SIGNAL_PLAN, plan="evening", program=None, checksum=told["checksum"])
            assert (await fetched(driver))["plan"] == "evening"
            assert "c:2.04" in await post(driver, "s", STATE | {"command": "c-3"})
            assert await fetched(driver) == {}, "its state names the order: it has it"

    run(scene())


@pytest.mark.parametrize("operation", [Operation.SET_LEVEL, Operation.RESUME])
def test_what_lights_of_its_zone_are_told_is_not_for_it(run: Run, operation: Operation) -> None:
    places = City(
        devices=[
            Device(J, "", DeviceKind.JUNCTION, zone="le-loi"),
            Device("lamp", "", DeviceKind.LIGHT, zone="le-loi"),
        ],
        zones=[Zone("le-loi", "Lê Lợi", "street")],
    )

    async def scene() -> None:
        async with serving(Collected(), places) as driver:
            now = time.time()
            driver.overhear(Order(Command("c", operation, now, "an", now + 60, 0.0), zone="le-loi"))
            assert await fetched(driver) == {}
            assert f'"op":"{operation}"' in await client(driver.port, "/c/lamp")

    run(scene())
