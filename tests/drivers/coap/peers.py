"""Peers: libcoap's client as a program of its own, and datagrams made by hand (RFC 7252 section 3)."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.servers.missing import need

CON, NON, ACK, RST = range(4)
GET, POST, PUT, DELETE = 0x01, 0x02, 0x03, 0x04
OBSERVE, PATH, FORMAT, QUERY, BLOCK2, BLOCK1 = 6, 11, 12, 15, 23, 27


def program(name: str = "coap-client") -> str:
    """One of libcoap's programs, without DTLS where there are several."""
    found = shutil.which(f"{name}-notls") or shutil.which(name)
    need("libcoap", found is not None, "apt-get install libcoap3-bin")
    assert found is not None
    return found


async def client(port: int, path: str, *words: str, body: bytes | None = None, within: float = 30.0) -> str:
    """What `coap-client WORDS coap://127.0.0.1:port/path` prints, on both its outputs, with the verbosity that shows codes."""
    process = await asyncio.create_subprocess_exec(
        program(), "-v", "6", *words, *(["-f", "-"] if body is not None else []), f"coap://127.0.0.1:{port}{path}",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(within):
            said, _ = await process.communicate(body)
    finally:
        if process.returncode is None:
            process.kill()
    return said.decode(errors="replace")


def _varied(number: int) -> tuple[int, bytes]:
    if number < 13:
        return number, b""
    if number < 269:
        return 13, bytes([number - 13])
    return 14, (number - 269).to_bytes(2, "big")


def datagram(
    kind: int,
    code: int,
    mid: int,
    token: bytes = b"",
    options: list[tuple[int, bytes]] | None = None,
    payload: bytes = b"",
) -> bytes:
    """A CoAP message. Options are (number, value), in ascending order."""
    out = bytearray([0x40 | kind << 4 | len(token), code, mid >> 8, mid & 255])
    out += token
    last = 0
    for number, value in options or []:
        delta, more = _varied(number - last)
        length, longer = _varied(len(value))
        out += bytes([delta << 4 | length]) + more + longer + value
        last = number
    return bytes(out + (b"\xff" + payload if payload else b""))


def path(text: str) -> list[tuple[int, bytes]]:
    """Uri-Path options."""
    return [(PATH, part.encode()) for part in text.strip("/").split("/")]


def uint(value: int) -> bytes:
    """An option's number, as short as can be."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


@dataclass(frozen=True)
class Said:
    """A message that came back; `options` by number, the first of each."""

    kind: int
    code: str
    mid: int
    token: bytes
    options: dict[int, bytes]
    payload: bytes
    size: int
    several: tuple[tuple[int, bytes], ...] = ()

    def all(self, number: int) -> list[str]:
        """Every option of that number, as text."""
        return [value.decode() for each, value in self.several if each == number]


def read(data: bytes) -> Said:
    """Take a datagram apart."""
    length = data[0] & 15
    place, number = 4 + length, 0
    several: list[tuple[int, bytes]] = []
    while place < len(data) and data[place] != 0xFF:
        delta, size = data[place] >> 4, data[place] & 15
        place += 1
        more = []
        for each in (delta, size):
            if each == 13:
                each, place = data[place] + 13, place + 1
            elif each == 14:
                each, place = int.from_bytes(data[place : place + 2], "big") + 269, place + 2
            more.append(each)
        number += more[0]
        several.append((number, data[place : place + more[1]]))
        place += more[1]
    code = f"{data[1] >> 5}.{data[1] & 31:02}"
    mid, token, payload = data[2] << 8 | data[3], data[4 : 4 + length], data[place + 1 :]
    options = dict(reversed(several))
    return Said(data[0] >> 4 & 3, code, mid, token, options, payload, len(data), tuple(several))


@dataclass
class Wire(asyncio.DatagramProtocol):
    """A UDP socket that keeps what it hears."""

    heard: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    transport: Any = None
    mids: Iterator[int] = field(default_factory=lambda: count(30_000))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        self.heard.put_nowait(data)

    def send(self, data: bytes) -> None:
        self.transport.sendto(data)

    async def hear(self, within: float = 10.0) -> Said:
        """The next message."""
        async with asyncio.timeout(within):
            return read(await self.heard.get())

    async def ask(self, data: bytes, within: float = 10.0) -> Said:
        """Send, and the next message."""
        self.send(data)
        return await self.hear(within)


@contextlib.asynccontextmanager
async def wire(port: int) -> AsyncIterator[Wire]:
    """A socket that speaks to that port of this machine."""
    made, protocol = await asyncio.get_running_loop().create_datagram_endpoint(Wire, remote_addr=("127.0.0.1", port))
    try:
        yield protocol
    finally:
        made.close()
