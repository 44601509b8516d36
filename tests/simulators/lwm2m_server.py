"""An LwM2M server made by hand, a datagram at a time, for the simulated clients."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from tests.drivers.coap.peers import ACK, CON, DELETE, GET, OBSERVE, POST, RST, Said, datagram, path, read, uint

CREATED, DELETED, CHANGED, NOT_FOUND = 0x41, 0x42, 0x44, 0x84
CODES = {POST: "POST", DELETE: "DELETE"}


class Server(asyncio.DatagramProtocol):
    """Takes registrations, and asks. `said` are requests as text, `told` notifications; with `amnesia` it knows no client."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.told: list[Said] = []
        self.links = ""
        self.amnesia = False
        self._answers: dict[bytes, asyncio.Future[Said]] = {}
        self._client: Any = None
        self._number = 100
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        self._client = address
        heard = read(data)
        if data[1] in CODES:
            queries = "&".join(heard.all(15))
            self.said.append(f"{CODES[data[1]]} {'/'.join(heard.all(11))}{'?' if queries else ''}{queries}")
            self._take(data[1], heard)
        elif heard.token in self._answers:
            self._answers.pop(heard.token).set_result(heard)
        elif data[1]:
            self.told.append(heard)
            self.send(datagram(RST if self.amnesia else ACK, 0, heard.mid))

    def _take(self, method: int, heard: Said) -> None:
        options: list[tuple[int, bytes]] = []
        if method == POST and heard.all(11) == ["rd"]:
            self.amnesia, self.links = False, heard.payload.decode()
            code, options = CREATED, [(8, b"rd"), (8, b"x1")]
        else:
            code = NOT_FOUND if self.amnesia else CHANGED if method == POST else DELETED
        self.send(datagram(ACK, code, heard.mid, heard.token, options))

    def send(self, data: bytes) -> None:
        """Say something to the client that spoke last."""
        self.transport.sendto(data, self._client)

    def request(self, method: int, place: str, payload: bytes = b"", *more: tuple[int, bytes]) -> tuple[bytes, bytes]:
        """A request as a datagram, and its token."""
        self._number += 1
        token = self._number.to_bytes(2, "big")
        options = sorted([*path(place), *more], key=lambda option: option[0])
        return datagram(CON, method, self._number, token, options, payload), token

    async def ask(self, method: int, place: str, payload: bytes = b"", *more: tuple[int, bytes]) -> Said:
        """The answer to a request."""
        data, token = self.request(method, place, payload, *more)
        answer: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self._answers[token] = answer
        self.send(data)
        async with asyncio.timeout(10):
            return await answer

    async def observe(self, place: str, *more: tuple[int, bytes]) -> Said:
        """The first answer of an observation."""
        return await self.ask(GET, place, b"", (OBSERVE, uint(0)), *more)


@contextlib.asynccontextmanager
async def lwm2m_server() -> AsyncIterator[tuple[Server, str]]:
    """A server, and its address as a URL."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(Server, local_addr=("127.0.0.1", 0))
    try:
        yield server, f"coap://127.0.0.1:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()
