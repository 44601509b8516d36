"""LwM2M clients with keys: the endpoint name has to be that of the device that has signed in."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from drivers.coap.lwm2m import server
from hub.model.devices import Device, DeviceKind
from hub.registry.city import City
from tests.drivers.coap.keyed import tunnel
from tests.drivers.coap.lwm2m_lamp import REGISTER, lamp
from tests.drivers.coap.peers import DELETE, POST
from tests.drivers.coap.scene import serving
from tests.drivers.coap.test_lwm2m import streets, tell, until
from tests.drivers.mqtt.hub import Collected
from tests.servers.ports import free_udp_port

Run = Callable[[Coroutine[Any, Any, None]], None]
KEYS = {"lamp-1": b"key-of-lamp-1-26-letters--", "lamp-2": b"key-of-lamp-2-26-letters--"}


def test_a_client_with_a_key_registers_is_observed_and_switched(run: Run) -> None:
    async def scene() -> None:
        inbox, port = Collected(), free_udp_port()
        async with serving(inbox, streets(), keys=KEYS, secure_port=port) as driver:
            async with lamp(port, tunnel(port, "lamp-1", KEYS["lamp-1"])) as one:
                said = await one.register(*REGISTER)
                assert said.code == "2.01"
                await until(lambda: driver.counters()["observations"] == 2)
                await tell(driver, 60)
                assert "PUT 3416/0/4 60" in one.written()
            async with lamp(port, tunnel(port, "lamp-1", KEYS["lamp-1"])) as moved:  # from another port: signed in anew
                assert (await moved.say(POST, "/".join(said.all(8)))).code == "2.04"
                await until(lambda: "3416/0/3" in moved.tokens)

    run(scene())


def test_no_client_registers_updates_or_leaves_for_another(run: Run) -> None:
    async def scene() -> None:
        inbox, port = Collected(), free_udp_port()
        async with serving(inbox, streets(), keys=KEYS, secure_port=port) as driver:
            async with lamp(port, tunnel(port, "lamp-1", KEYS["lamp-1"])) as one:
                location = "/".join((await one.register(*REGISTER)).all(8))
                async with lamp(port, tunnel(port, "lamp-2", KEYS["lamp-2"])) as other, lamp(driver.port) as plain:
                    assert (await other.register(*REGISTER)).code == "4.03"
                    assert (await plain.register(*REGISTER)).code == "4.01"
                    for code in (POST, DELETE):
                        assert (await other.say(code, location)).code == "4.03"
                        assert (await plain.say(code, location)).code == "4.01"
                    assert (await other.register("ep=lamp-2", "lt=300")).code == "2.01"
                assert (await one.say(POST, location)).code == "2.04"
        (aside,) = inbox.all("rejected")
        assert (aside.code, aside.device, aside.source) == ("not-yours", "lamp-2", "coaps://lamp-2/rd")

    run(scene())


def test_a_registration_in_plain_ends_when_its_device_is_given_a_key(run: Run, monkeypatch: Any) -> None:
    monkeypatch.setattr(server, "_WATCH", 0.05)

    async def scene() -> None:
        keys: dict[str, bytes] = {}
        devices = City([], [Device("lamp-2", "", DeviceKind.LIGHT, "lwm2m")])
        async with serving(Collected(), devices, keys=keys) as driver, lamp(driver.port) as one:
            assert (await one.register("ep=lamp-2", "lt=300")).code == "2.01"
            keys["lamp-2"] = KEYS["lamp-2"]
            await until(lambda: driver.counters()["clients"] == 0)

    run(scene())
