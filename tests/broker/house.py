"""A running embedded broker with a few accounts, and clients that are let go of at the end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from hub.broker import BrokerSettings, EmbeddedBroker, hash_secret, make_secret
from hub.ports import BrokerAccess, BrokerAccount
from tests.broker.clients import Client, Will
from tests.servers.ports import free_port

HUB = "lamplighter-hub"
HUB_PASSWORD = make_secret()
SECRET = make_secret()


def settings(folder: Path, **changes: Any) -> BrokerSettings:
    """Settings on a free port."""
    return replace(BrokerSettings(folder=folder / "broker", mqtt_port=free_port()), **changes)


class House:
    """The broker and its clients. Every device's secret is SECRET unless said otherwise."""

    def __init__(self, chosen: BrokerSettings) -> None:
        self.settings = chosen
        self.broker = EmbeddedBroker(chosen, HUB, HUB_PASSWORD)
        self._clients: list[Client] = []

    async def hub(self, id: str = "", **more: Any) -> Client:
        """The hub, signed in."""
        client = self.client(HUB, HUB_PASSWORD, id, **more)
        assert await asyncio.to_thread(client.connect) == 0
        return client

    async def device(self, name: str, id: str = "", will: Will | None = None) -> Client:
        """A device, signed in."""
        client = self.client(name, SECRET, id, will=will)
        assert await asyncio.to_thread(client.connect) == 0
        return client

    def client(self, user: str | None, password: str | None, id: str = "", **more: Any) -> Client:
        """A client that has not connected yet."""
        client = Client(self.settings.mqtt_port, user, password, id, **more)
        self._clients.append(client)
        return client

    async def killed(self) -> None:
        """kill -9 the broker and return when it is up again by itself."""
        old = self.broker.pid
        assert old is not None
        os.kill(old, signal.SIGKILL)
        await until(lambda: self.broker.health().ok and self.broker.pid not in (None, old))

    def close(self) -> None:
        """Let go of the clients."""
        for client in self._clients:
            client.leave()


def native(device: str) -> BrokerAccess:
    """What a device of the hub's own contract may do."""
    own = f"ll/d/{device}"
    return BrokerAccess((f"{own}/up/#",), (f"{own}/down/#", "ll/g/+/down/command"))


def accounts(names: Iterable[str]) -> dict[str, BrokerAccount]:
    """Accounts of native devices with the secret SECRET."""
    one = hash_secret(SECRET)
    return {name: BrokerAccount(one, native(name)) for name in names}


@asynccontextmanager
async def house(folder: Path, *devices: str, **changes: Any) -> AsyncIterator[House]:
    """A running broker that knows `devices`, ended with its clients when the block is left."""
    made = House(settings(folder, **changes))
    await made.broker.publish(accounts(devices))
    await made.broker.start()
    try:
        yield made
    finally:
        await asyncio.to_thread(made.close)
        await made.broker.stop()


async def until(look: Callable[[], bool], within: float = 20.0) -> None:
    """Return when `look` answers True."""
    async with asyncio.timeout(within):
        while not look():
            await asyncio.sleep(0.01)
