"""A bad network: a UDP proxy that loses, doubles, holds back, cuts and damages datagrams, and writes down what it passed on."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from typing import Any

from tests.drivers.coap.peers import ACK, Said, read

_LONGEST_DELAY = 0.05  # seconds that a datagram is held back


class Storm(asyncio.DatagramProtocol):
    """Between one client and the hub at `target`. `strength` is the share of datagrams that are lost, doubled or held back,
    `damage` of those that are cut or damaged on their way to the hub. `passed` are those that the hub got, each with whether it
    is as it was sent; `acknowledged` are the ids that it acknowledged."""

    def __init__(self, target: int, seed: int) -> None:
        self.strength = self.damage = 0.0
        self.port = 0
        self.passed: list[tuple[bytes, bool]] = []
        self.acknowledged: set[int] = set()
        self._dice = random.Random(seed)
        self._target = target
        self._loop = asyncio.get_running_loop()
        self._hub: Any = None
        self._client: Any = None
        self._address: Any = None

    async def open(self) -> None:
        self._client, _ = await self._loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = self._client.get_extra_info("sockname")[1]
        self._hub, _ = await self._loop.create_datagram_endpoint(
            lambda: _Side(self._from_hub), remote_addr=("127.0.0.1", self._target)
        )

    def close(self) -> None:
        self._client.close()
        self._hub.close()

    def datagram_received(self, data: bytes, address: Any) -> None:
        self._address = address
        for each in self._chance(data):
            damaged = self._damaged(each)
            self._later(lambda said, whole=damaged == each: self._to_hub(said, whole), damaged)

    def _from_hub(self, data: bytes) -> None:
        if data[0] >> 4 & 3 == ACK and data[1] == 0:
            self.acknowledged.add(data[2] << 8 | data[3])
        for each in self._chance(data):
            self._later(self._to_client, each)

    def _to_client(self, data: bytes) -> None:
        if not self._client.is_closing():
            self._client.sendto(data, self._address)

    def _to_hub(self, data: bytes, whole: bool) -> None:
        if not self._hub.is_closing():
            self.passed.append((data, whole))
            self._hub.sendto(data)

    def _chance(self, data: bytes) -> list[bytes]:
        if self._dice.random() >= self.strength:
            return [data]
        return self._dice.choice([[], [data, data], [data]])

    def _later(self, send: Any, data: bytes) -> None:
        if self._dice.random() < self.strength:
            self._loop.call_later(self._dice.uniform(0.0, _LONGEST_DELAY), send, data)
        else:
            send(data)

    def _damaged(self, data: bytes) -> bytes:
        if self._dice.random() >= self.damage:
            return data
        if self._dice.random() < 0.5:
            return data[: self._dice.randrange(len(data))]
        damaged = bytearray(data)
        for _ in range(self._dice.randint(1, 3)):
            damaged[self._dice.randrange(len(damaged))] ^= 1 << self._dice.randrange(8)
        return bytes(damaged)


class _Side(asyncio.DatagramProtocol):
    def __init__(self, heard: Any) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, address: Any) -> None:
        self._heard(data)


@contextlib.asynccontextmanager
async def storm(target: int, seed: int) -> AsyncIterator[Storm]:
    """A proxy, calm until its strength is set."""
    made = Storm(target, seed)
    await made.open()
    try:
        yield made
    finally:
        made.close()


def readable(data: bytes) -> Said | None:
    """A datagram taken apart; None for what is no CoAP."""
    try:
        return read(data) if data[0] >> 6 == 1 and data[0] & 15 <= 8 else None
    except (IndexError, UnicodeDecodeError):
        return None
