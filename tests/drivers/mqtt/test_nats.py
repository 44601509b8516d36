"""The driver against the embedded broker (nats-server), with its accounts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from drivers.mqtt import MqttDriver
from hub.broker import BrokerSettings, EmbeddedBroker, hash_secret
from hub.model.commands import Command, Operation
from hub.model.devices import Device, DeviceKind
from hub.ports import BrokerAccount, DeviceConfig, DriverContext, Order
from tests.drivers.mqtt.hub import Collected, context, healthy, running
from tests.servers.ports import free_port


async def client(program: str, broker: EmbeddedBroker, *arguments: str) -> asyncio.subprocess.Process:
    """One of Mosquitto's clients, signed in as lamp-0001."""
    port = broker.url.rsplit(":", 1)[1]
    return await asyncio.create_subprocess_exec(
        program, "-h", "127.0.0.1", "-p", port, "-u", "lamp-0001", "-P", "lamp secret", "-q", "1", *arguments,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def publish(broker: EmbeddedBroker, topic: str, payload: str) -> None:
    process = await client("mosquitto_pub", broker, "-t", topic, "-m", payload)
    assert await process.wait() == 0


def test_readings_in_orders_out_and_a_restart_between(tmp_path: Path) -> None:
    async def scene() -> None:
        broker = EmbeddedBroker(BrokerSettings(folder=tmp_path / "nats", mqtt_port=free_port()), "hub", "hub secret")
        await broker.start()
        try:
            access = MqttDriver(context(broker.url, Collected())).access(Device("lamp-0001", "", DeviceKind.LIGHT))
            assert access is not None
            await broker.publish({"lamp-0001": BrokerAccount(hash_secret("lamp secret"), access)})
            waiting = Collected(automatic=False)
            ctx: DriverContext = context(broker.url, waiting, sign_in=("hub", "hub secret"))
            async with running(ctx):
                await publish(broker, "ll/d/lamp-0001/up/telemetry", '[{"n":"power","v":1}]')
                await waiting.until(lambda: bool(waiting.values("power")))
            inbox = Collected()
            async with running(context(broker.url, inbox, sign_in=("hub", "hub secret"))) as driver:
                await inbox.until(lambda: inbox.values("power") == [1])  # it was never acknowledged
                await publish(
                    broker, "ll/d/lamp-0002/up/telemetry", '[{"n":"power","v":666}]'
                )  # forged: reaches nobody
                await driver.configure("lamp-0001", DeviceConfig(("le-loi",), None))
                listener = await client(
                    "mosquitto_sub", broker, "-t", "ll/d/lamp-0001/down/#", "-C", "2", "-F", "%r %t"
                )
                assert listener.stdout is not None
                assert await listener.stdout.readline() == b"1 ll/d/lamp-0001/down/config\n"
                command = Command("c", Operation.IDENTIFY, 1.0, "an", 2.0)
                await asyncio.gather(*(driver.send(Order(command, device="lamp-0001")) for _ in range(200)))
                assert await listener.stdout.readline() == b"0 ll/d/lamp-0001/down/command\n"
                await listener.wait()
                await broker.stop()
                await healthy(driver, ok=False)
                await broker.start()
                await healthy(driver)
                await publish(broker, "ll/d/lamp-0001/up/telemetry", '[{"n":"power","v":2}]')
                await inbox.until(lambda: 2 in inbox.values("power"))
                assert 666 not in inbox.values("power")
        finally:
            await broker.stop()

    asyncio.run(scene())
