"""The other side of the driver: Mosquitto's own clients at a real Mosquitto."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from hub.model.commands import Command, Operation
from hub.ports import Order
from tests.drivers.mqtt.broker import Mosquitto

Run = Callable[[Coroutine[Any, Any, None]], None]


async def publish(broker: Mosquitto, topic: str, *payloads: str, retain: bool = False) -> None:
    """Publish each payload with QoS 1, as an independent client does."""
    command = [
        "mosquitto_pub",
        "-h",
        "127.0.0.1",
        "-p",
        str(broker.port),
        "-q",
        "1",
        "-t",
        topic,
        *(["-r"] if retain else []),
        "-l",
    ]
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    await process.communicate("".join(f"{payload}\n" for payload in payloads).encode())
    assert process.returncode == 0


@asynccontextmanager
async def listening(broker: Mosquitto, topic: str) -> AsyncIterator[asyncio.StreamReader]:
    """mosquitto_sub on `topic`: lines of `retained topic payload`. Ready when entered."""
    process = await asyncio.create_subprocess_exec(
        "mosquitto_sub", "-h", "127.0.0.1", "-p", str(broker.port), "-q", "1", "-t", topic, "-t", "ready", "-F", "%r %t %p",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        heard: list[bytes] = []
        while not heard:
            await publish(broker, "ready", "1")
            try:
                async with asyncio.timeout(0.3):
                    while (line := await process.stdout.readline()) != b"0 ready 1\n":
                        assert line
                    heard.append(line)
            except TimeoutError:
                continue
        yield process.stdout
    finally:
        process.kill()
        await process.wait()


async def heard(stream: asyncio.StreamReader) -> tuple[bool, str, dict[str, object]]:
    """(retained, topic, payload) of the next message."""
    async with asyncio.timeout(10):
        while True:
            retained, topic, payload = (await stream.readline()).decode().split(" ", 2)
            if topic != "ready":
                return retained == "1", topic, json.loads(payload)


async def quiet_for(seconds: float) -> None:
    """Let time pass in which nothing may happen."""
    await asyncio.sleep(seconds)


def order(level: float = 60.0, **where: str) -> Order:
    return Order(
        Command("cmd-1", Operation.SET_LEVEL, 1763750000.0, "an", 1763750060.0, level, 5.0, 1763757200.0), **where
    )
