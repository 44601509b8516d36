"""A network between hub and device that does to each datagram what a test says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

Treat = Callable[[bytes, bool], list[tuple[float, bytes]]]
"""(datagram, True on its way to the device) -> what arrives instead, each after so many seconds."""


def straight(data: bytes, down: bool) -> list[tuple[float, bytes]]:
    """A network that does no harm."""
    return [(0.0, data)]


class _Near(asyncio.DatagramProtocol):
    def __init__(self, network: Network) -> None:
        self.network = network

    def connection_made(self, transport: Any) -> None:
        self.network.near = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        self.network.hub = address
        self.network.carry(data, True)


class _Far(asyncio.DatagramProtocol):
    def __init__(self, network: Network) -> None:
        self.network = network

    def connection_made(self, transport: Any) -> None:
        self.network.far = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        self.network.carry(data, False)


class Network:
    """Both ends, and how datagrams fare. `carried` counts those that came in, towards the device and back."""

    def __init__(self) -> None:
        self.treat: Treat = straight
        self.near: Any = None
        self.far: Any = None
        self.hub: Any = None
        self.carried = [0, 0]

    def carry(self, data: bytes, down: bool) -> None:
        self.carried[0 if down else 1] += 1
        for delay, out in self.treat(data, down):
            asyncio.get_running_loop().call_later(delay, self._arrive, out, down)

    def _arrive(self, data: bytes, down: bool) -> None:
        if down and not self.far.is_closing():
            self.far.sendto(data)
        elif not down and self.hub is not None and not self.near.is_closing():
            self.near.sendto(data, self.hub)


@contextlib.asynccontextmanager
async def network(near: int, far: int) -> AsyncIterator[Network]:
    """A network whose near end is that port, before the device at port `far`."""
    made, loop = Network(), asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: _Near(made), local_addr=("127.0.0.1", near))
    await loop.create_datagram_endpoint(lambda: _Far(made), remote_addr=("127.0.0.1", far))
    try:
        yield made
    finally:
        made.near.close()
        made.far.close()
