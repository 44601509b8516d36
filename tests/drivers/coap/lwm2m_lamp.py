"""An LwM2M client made by hand, a datagram at a time (RFC 7252, LwM2M 1.1)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tests.drivers.coap.peers import (
    ACK,
    CON,
    FORMAT,
    GET,
    OBSERVE,
    PATH,
    POST,
    PUT,
    QUERY,
    Said,
    Wire,
    datagram,
    path,
    read,
    uint,
    wire,
)  # fmt: skip

LINKS = b'</>;rt="oma.lwm2m",</1/0>,</3/0>,</3416>;ver=2.0,</3416/0>,</3418>;ver=2.0,</3418/0>'
REGISTER = ("ep=urn:lamp:1", "lt=300", "lwm2m=1.1", "b=U")


@dataclass
class Lamp:
    """A client that answers what it is asked from `values` ({path: text}), and remembers what it was asked."""

    wire: Wire
    values: dict[str, str] = field(
        default_factory=lambda: {"3416/0/1": "0", "3416/0/3": "0", "3416/0/4": "0", "3416/0/51": "0"}
    )
    asked: list[str] = field(default_factory=list)
    tokens: dict[str, bytes] = field(default_factory=dict)  # {path: token of its observation}
    acknowledged: list[int] = field(default_factory=list)
    resets: list[int] = field(default_factory=list)
    answers: asyncio.Queue[Said] = field(default_factory=asyncio.Queue)
    dumb: bool = False
    refuse: tuple[str, ...] = ()
    observable: bool = True

    async def live(self) -> None:
        while True:
            data = await self.wire.heard.get()
            kind, code = data[0] >> 4 & 3, data[1]
            if code == 0:
                (self.acknowledged if kind == ACK else self.resets).append(data[2] << 8 | data[3])
            elif code >= 64:
                self.answers.put_nowait(read(data))
            elif not self.dumb:
                self.answer(data)

    def answer(self, data: bytes) -> None:
        asked = read(data)
        place = "/".join(asked.all(11))
        method = {GET: "GET", PUT: "PUT", POST: "POST"}[data[1]]
        queries = asked.all(15)
        written = f" {asked.payload.decode()}" if asked.payload else ""
        observing = " observe" if OBSERVE in asked.options else ""
        self.asked.append(f"{method} {place}{'?' if queries else ''}{'&'.join(queries)}{written}{observing}")
        code, options, payload = 0x45, [], b""
        if place in self.refuse and method == "PUT":
            code = 0x85
        elif method == "PUT" and not queries:
            code, self.values[place] = 0x44, asked.payload.decode()
        elif method != "GET":
            code = 0x44
        elif place in self.values:
            payload = self.values[place].encode()
        elif place.count("/") == 1:
            inner = {key.split("/")[2]: value for key, value in self.values.items() if key.startswith(f"{place}/")}
            pack = ",".join(f'{{"n":"{number}","v":{value}}}' for number, value in inner.items())
            payload = f'[{{"bn":"/{place}/"}},{pack}]'.encode() if inner else b"[]"
            options = [(FORMAT, uint(110))]
            code = code if inner else 0x84
        else:
            code = 0x84
        if observing and code == 0x45 and self.observable:
            self.tokens[place] = asked.token
            options = [(OBSERVE, b"\x01"), *options]
        self.wire.send(datagram(ACK, code, asked.mid, asked.token, options, payload))

    def written(self) -> list[str]:
        """What was written, attributes aside."""
        return [asked for asked in self.asked if asked.startswith("PUT") and "?" not in asked]

    def notify(self, place: str, value: str, mid: int, number: int) -> None:
        """Say that `place` has changed."""
        self.values[place] = value
        self.wire.send(datagram(CON, 0x45, mid, self.tokens[place], [(OBSERVE, uint(number))], value.encode()))

    async def register(self, *queries: str, links: bytes = LINKS) -> Said:
        options = [(PATH, b"rd"), (FORMAT, uint(40)), *((QUERY, each.encode()) for each in queries)]
        self.wire.send(datagram(CON, POST, next(self.wire.mids), b"r", options, links))
        return await asyncio.wait_for(self.answers.get(), 10)

    async def say(self, code: int, location: str, *queries: str) -> Said:
        options = [*path(location), *((QUERY, each.encode()) for each in queries)]
        self.wire.send(datagram(CON, code, next(self.wire.mids), b"u", options))
        return await asyncio.wait_for(self.answers.get(), 10)


@contextlib.asynccontextmanager
async def lamp(port: int, by: contextlib.AbstractAsyncContextManager[Wire] | None = None) -> AsyncIterator[Lamp]:
    async with by or wire(port) as made:
        one = Lamp(made)
        life = asyncio.create_task(one.live())
        try:
            yield one
        finally:
            life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await life
