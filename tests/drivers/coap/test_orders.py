"""What devices fetch and observe: their configuration, and the command that is theirs to carry out."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from typing import Any

from drivers.coap import CoapDriver
from hub.model.commands import Command, Operation
from hub.model.devices import Device, DeviceKind
from hub.model.zones import Zone
from hub.ports import DeviceConfig, Order
from hub.registry.city import City
from tests.drivers.coap.peers import (
    ACK,
    BLOCK2,
    CON,
    GET,
    OBSERVE,
    POST,
    QUERY,
    RST,
    Said,
    Wire,
    client,
    datagram,
    path,
    uint,
    wire,
)  # fmt: skip
from tests.drivers.coap.scene import serving
from tests.drivers.mqtt.hub import Collected

Run = Callable[[Coroutine[Any, Any, None]], None]
CONFIG = DeviceConfig(("ward-1",), {"steps": [{"at": f"{n:02}:00", "level": n} for n in range(24)]}, 900)


def streets() -> City:
    return City(
        [Zone("ward-1", "Ward 1", "ward", None), Zone("ward-2", "Ward 2", "ward", None)],
        [Device(f"lamp-{n}", "", DeviceKind.LIGHT, zone="ward-1") for n in (1, 2)]
        + [Device("lamp-3", "", DeviceKind.LIGHT, zone="ward-2"), Device("gw-1", "", DeviceKind.GATEWAY)]
        + [Device(f"child-{n}", "", DeviceKind.LIGHT, address="gw-1") for n in (1, 2)],
    )


def command(
    id: str, operation: Operation = Operation.SET_LEVEL, level: float | None = 60, life: float = 60.0
) -> Command:
    now = time.time()
    return Command(id, operation, now, "operator", now + life, level if operation is Operation.SET_LEVEL else None)


def tell(driver: CoapDriver, id: str, device: str | None = "lamp-1", zone: str | None = None, **more: Any) -> bool:
    return driver.overhear(Order(command(id, **more), zone=zone, device=device if zone is None else None))


async def whole(peer: Wire, first: Said, place: str, *queries: str) -> dict[str, Any]:
    """The representation that begins with this block."""
    said, body, number = first, first.payload, 0
    while 23 in said.options and said.options[23][-1:] and said.options[23][-1] & 8:
        number += 1
        size = said.options[23][-1] & 7
        options = [*path(place), *((QUERY, each.encode()) for each in queries), (BLOCK2, uint(number << 4 | size))]
        said = await peer.ask(datagram(CON, GET, next(peer.mids), b"b", options))
        assert said.code == "2.05"
        body += said.payload
    found = json.loads(body)
    assert isinstance(found, dict)
    return found


async def observe(peer: Wire, place: str, mid: int, token: bytes, *queries: str) -> Said:
    options = [(OBSERVE, b""), *path(place), *((QUERY, each.encode()) for each in queries)]
    return await peer.ask(datagram(CON, GET, mid, token, options))


async def notified(peer: Wire, kind: int = ACK) -> Said:
    """The next notification, acknowledged."""
    said = await peer.hear()
    assert said.kind == CON
    peer.send(datagram(kind, 0, said.mid))
    return said


def test_libcoap_fetches_configuration_and_command_in_small_blocks(run: Run) -> None:
    async def scene() -> None:
        async with serving(Collected(), streets(), CONFIG) as driver:
            tell(driver, "cmd-1")
            said = json.loads((await client(driver.port, "/c/lamp-1", "-v", "0")).strip())
            assert said["config"]["groups"] == ["ward-1"] and len(said["config"]["program"]["steps"]) == 24
            assert (said["command"]["id"], said["command"]["level"]) == ("cmd-1", 60)
            short = json.loads(await client(driver.port, f"/c/lamp-1?have={said['version']}", "-v", "0"))
            assert short.keys() == {"version", "command"}

    run(scene())


def test_an_observer_is_told_of_its_own_order_and_its_zones_and_of_no_others(run: Run) -> None:
    async def scene() -> None:
        async with serving(Collected(), streets(), CONFIG) as driver, wire(driver.port) as peer:
            first = await observe(peer, "/c/lamp-1", 1, b"o")
            assert first.code == "2.05" and OBSERVE in first.options
            version = (await whole(peer, first, "/c/lamp-1"))["version"]
            have = f"have={version}"
            again = await observe(peer, "/c/lamp-1", 2, b"o", have)
            assert json.loads(again.payload) == {"version": version}
            assert int.from_bytes(again.options[OBSERVE], "big") > int.from_bytes(first.options[OBSERVE], "big")

            assert tell(driver, "cmd-1") is True
            said = await notified(peer)
            assert said.token == b"o"
            assert (await whole(peer, said, "/c/lamp-1", have))["command"]["id"] == "cmd-1"
            assert tell(driver, "cmd-2", zone="ward-2") is False
            assert tell(driver, "cmd-3", zone="ward-1") is False
            assert (await whole(peer, await notified(peer), "/c/lamp-1", have))["command"]["id"] == "cmd-3"
            assert tell(driver, "cmd-4", device="lamp-2") is False

    run(scene())


def test_a_result_takes_the_command_away_and_the_notification_says_so(run: Run) -> None:
    async def scene() -> None:
        async with serving(Collected(), streets()) as driver, wire(driver.port) as peer, wire(driver.port) as other:
            await observe(peer, "/c/lamp-1", 1, b"o")
            tell(driver, "cmd-1")
            assert (await whole(peer, await notified(peer), "/c/lamp-1"))["command"]["id"] == "cmd-1"
            result = json.dumps({"id": "cmd-1", "outcome": "applied"}).encode()
            assert (await other.ask(datagram(CON, POST, 1, b"", path("/r/lamp-1"), result))).code == "2.04"
            assert json.loads((await notified(peer)).payload) == {}

    run(scene())


def test_the_newest_level_counts_and_other_orders_wait_their_turn(run: Run) -> None:
    async def scene() -> None:
        async with serving(Collected(), streets()) as driver, wire(driver.port) as peer:

            async def current() -> str | None:
                said = await peer.ask(datagram(CON, GET, next(peer.mids), b"g", path("/c/lamp-1")))
                found = (await whole(peer, said, "/c/lamp-1")).get("command")
                return None if found is None else str(found["id"])

            async def done(id: str) -> None:
                result = json.dumps({"id": id, "outcome": "applied"}).encode()
                assert (
                    await peer.ask(datagram(CON, POST, next(peer.mids), b"", path("/r/lamp-1"), result))
                ).code == "2.04"

            tell(driver, "read", operation=Operation.READ)
            tell(driver, "old", level=30)
            tell(driver, "new", level=60)
            tell(driver, "gone", operation=Operation.IDENTIFY, life=-1)
            assert await current() == "new"
            await done("new")
            assert await current() == "read"
            await done("read")
            assert await current() is None
            tell(driver, "zone", zone="ward-1", level=0)
            assert await current() == "zone"

    run(scene())


def test_a_gateway_is_told_which_of_its_lamps_is_meant(run: Run) -> None:
    async def scene() -> None:
        async with serving(Collected(), streets()) as driver, wire(driver.port) as peer:
            for number, child in enumerate(("child-1", "child-2")):
                tell(driver, f"cmd-{number}", device=child)
            heard = []
            for number in (1, 0):
                said = await peer.ask(datagram(CON, GET, 10 + number, b"g", path("/c/gw-1")))
                heard.append((await whole(peer, said, "/c/gw-1"))["command"]["d"])
                result = json.dumps({"id": f"cmd-{number}", "d": heard[-1], "outcome": "applied"}).encode()
                assert (await peer.ask(datagram(CON, POST, 20 + number, b"", path("/r/gw-1"), result))).code == "2.04"
            assert heard == ["child-2", "child-1"]

    run(scene())


def test_one_that_says_reset_or_leaves_is_told_no_more(run: Run) -> None:
    async def scene() -> None:
        async with serving(Collected(), streets()) as driver, wire(driver.port) as peer, wire(driver.port) as other:
            await observe(peer, "/c/lamp-1", 1, b"o")
            await observe(other, "/c/lamp-1", 1, b"o")
            assert driver.counters()["observers"] == 2
            tell(driver, "cmd-1")
            await notified(peer, RST)
            await notified(other)
            leave = datagram(CON, GET, 2, b"o", [(OBSERVE, b"\x01"), *path("/c/lamp-1")])
            assert OBSERVE not in (await other.ask(leave)).options
            async with asyncio.timeout(10):
                while driver.counters()["observers"]:
                    await asyncio.sleep(0.01)

    run(scene())


def test_observers_of_one_device_are_bounded_and_the_oldest_is_told_that_it_is_one_no_more(run: Run) -> None:
    async def scene() -> None:
        async with serving(Collected(), streets(), max_observers=2) as driver, wire(driver.port) as peer:
            for number in range(3):
                await observe(peer, "/c/lamp-1", number, b"o%d" % number)
            said = await peer.hear()
            assert said.token == b"o0" and OBSERVE not in said.options
            assert driver.counters()["observers"] == 2

    run(scene())


def test_a_changed_configuration_is_told(run: Run) -> None:
    async def scene() -> None:
        config = {"lamp-1": DeviceConfig(("ward-1",), None)}
        async with serving(Collected(), streets(), config=config.get) as driver, wire(driver.port) as peer:
            first = await observe(peer, "/c/lamp-1", 1, b"o")
            before = await whole(peer, first, "/c/lamp-1")
            config["lamp-1"] = DeviceConfig(("ward-2",), None)
            driver.reconfigured("lamp-1")
            after = await whole(peer, await notified(peer), "/c/lamp-1")
            assert before["config"]["groups"] == ["ward-1"] and after["config"]["groups"] == ["ward-2"]
            assert before["version"] != after["version"]

    run(scene())
