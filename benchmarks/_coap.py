"""CoAP by hand (RFC 7252 section 3) for load: as little work a message as can be, and none of the hub's code."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from typing import Any

CON, ACK = 0, 2
GET, POST, PUT = 1, 2, 3
CREATED, CHANGED, CONTENT, NOT_FOUND = 0x41, 0x44, 0x45, 0x84
OBSERVE, PATH, FORMAT, QUERY = 6, 11, 12, 15


def message(
    kind: int, code: int, mid: int, token: bytes, options: list[tuple[int, bytes]], payload: bytes = b""
) -> bytes:
    """A datagram; options in ascending order, none longer than 268 bytes."""
    out = bytearray((0x40 | kind << 4 | len(token), code, mid >> 8 & 255, mid & 255))
    out += token
    last = 0
    for number, value in options:
        length = len(value)
        out.append(number - last << 4 | min(length, 13))
        if length >= 13:
            out.append(length - 13)
        out += value
        last = number
    return bytes(out + b"\xff" + payload if payload else out)


def parts(data: bytes) -> tuple[int, int, bytes, bytes, dict[int, list[bytes]], bytes]:
    """Kind, code, message id, token, options and payload of a datagram."""
    place, number = 4 + (data[0] & 15), 0
    token = data[4:place]
    options: dict[int, list[bytes]] = {}
    while place < len(data) and data[place] != 0xFF:
        delta, length = data[place] >> 4, data[place] & 15
        place += 1
        if delta == 13:
            delta, place = data[place] + 13, place + 1
        if length == 13:
            length, place = data[place] + 13, place + 1
        number += delta
        options.setdefault(number, []).append(data[place : place + length])
        place += length
    return data[0] >> 4 & 3, data[1], data[2:4], token, options, data[place + 1 :]


REPEAT = 2.0  # seconds until what was not answered is sent again


class Poster(asyncio.DatagramProtocol):
    """Posts readings of one device, `window` at a time, each with a value of its own."""

    def __init__(self, device: str, window: int) -> None:
        self.answered = self.refused = 0
        self._options = [(PATH, b"t"), (PATH, device.encode()), (FORMAT, b"\x6e")]
        self._window = window
        self._mids = itertools.count(1)
        self._transport: Any = None
        self._open: dict[bytes, tuple[float, bytes]] = {}

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self._transport = transport
        for _ in range(self._window):
            self._post()
        self._repeat()

    def datagram_received(self, data: bytes, address: Any) -> None:
        """Count an answer, and post the next."""
        if not data[1] or self._open.pop(data[4:8], None) is None:
            return  # an empty acknowledgement, or the answer to what was sent twice
        if data[1] == CHANGED:
            self.answered += 1
        else:
            self.refused += 1
        self._post()

    def _post(self) -> None:
        mid = next(self._mids)
        body = b'[{"n":"power","u":"W","v":%d}]' % (mid % 1000)
        token = mid.to_bytes(4, "big")
        data = message(CON, POST, mid & 0xFFFF, token, self._options, body)
        self._open[token] = asyncio.get_running_loop().time(), data
        self._transport.sendto(data)

    def _repeat(self) -> None:
        loop = asyncio.get_running_loop()
        if self._transport.is_closing():
            return
        for sent, data in self._open.values():
            if loop.time() - sent > REPEAT:
                self._transport.sendto(data)
        loop.call_later(REPEAT, self._repeat)


class Lamp(asyncio.DatagramProtocol):
    """An LwM2M lamp with objects 3416 and 3418, which does at once what it is written."""

    def __init__(self, endpoint: str) -> None:
        self.registered = False
        self.level = b"0"
        self._endpoint = endpoint
        self._values = {b"1": b"0", b"3": b"0", b"4": b"0", b"51": b"0"}
        self._token: bytes | None = None
        self._numbers = itertools.count(2)
        self._transport: Any = None

    @property
    def observed(self) -> bool:
        """True once its level is."""
        return self._token is not None

    def connection_made(self, transport: Any) -> None:
        """Register."""
        self._transport = transport
        self._register()

    def _register(self) -> None:
        if self.registered or self._transport.is_closing():
            return
        options = [(PATH, b"rd"), (FORMAT, b"\x28"), (QUERY, b"ep=" + self._endpoint.encode()), (QUERY, b"lwm2m=1.1")]
        links = b"</3416>;ver=2.0,</3416/0>,</3418>;ver=2.0,</3418/0>"
        self._transport.sendto(message(CON, POST, 1, b"r", options, links))
        asyncio.get_running_loop().call_later(REPEAT, self._register)

    def datagram_received(self, data: bytes, address: Any) -> None:
        """Answer the hub."""
        _, code, mid, token, options, payload = parts(data)
        if code >= 64 or code == 0:
            self.registered = self.registered or code == CREATED
            return
        path = [*options.get(PATH, ()), b"", b"", b""]
        found: list[tuple[int, bytes]] = []
        answer, body = CHANGED, b""
        if code == GET:
            answer = CONTENT
            if path[2]:
                body = self._values.get(path[2], b"0")
                if OBSERVE in options:
                    self._token = token
            else:
                values = self._values if path[0] == b"3416" else {b"4": b"61", b"6": b"12"}
                body = b",".join(b'{"n":"/%s/0/%s","v":%s}' % (path[0], key, value) for key, value in values.items())
                body, found = b"[" + body + b"]", [(FORMAT, b"\x6e")]
            if OBSERVE in options:
                found.insert(0, (OBSERVE, b"\x01"))
        elif code == PUT and QUERY not in options:
            self._values[path[2]] = payload
        self._transport.sendto(message(ACK, answer, mid[0] << 8 | mid[1], token, found, body))
        if code == PUT and path[2] == b"1":
            self._shine(payload)
        elif code == PUT and path[2] == b"51" and payload == b"0":
            self._shine(self._values[b"4"])

    def _shine(self, level: bytes) -> None:
        self._values[b"3"] = self.level = level
        number = next(self._numbers)
        if self._token is not None:
            self._transport.sendto(
                message(CON, CONTENT, number, self._token, [(OBSERVE, number.to_bytes(3, "big"))], level)
            )


_AT_ONCE = 20  # lamps that a bare server converses with at a time: a socket holds no more of what they say


class BareServer(asyncio.DatagramProtocol):
    """What an LwM2M server has to say to such lamps at the least: it takes registrations, observes, writes, and acknowledges what
    it is told. The floor for the lamps' own share of the work, on the core that they run on."""

    def __init__(self) -> None:
        self.lamps: list[Any] = []
        self.observations = 0
        self.lit = 0
        self.transport: Any = None
        self._numbers = itertools.count(1)
        self._level = b""
        self._jobs: deque[Any] = deque()  # lamps that wait for their turn
        self._under_way = 0
        self._answers: dict[Any, int] = {}

    def connection_made(self, transport: Any) -> None:
        """The socket is open."""
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        """Answer a registration, count an answer, acknowledge a notification."""
        kind, code, mid, token, options, payload = parts(data)
        if code == POST:
            self.transport.sendto(message(ACK, CREATED, mid[0] << 8 | mid[1], token, []), address)
            if address not in self._answers:
                self._answers[address] = 0
                self.lamps.append(address)
                self._begin(address)
        elif kind == ACK and token == b"o":
            self.observations += OBSERVE in options
            self._answers[address] += 1
            if self._answers[address] == 3:
                self._end()
        elif code == CONTENT:
            self.transport.sendto(message(ACK, 0, mid[0] << 8 | mid[1], b"", []), address)
            if payload == self._level:
                self.lit += 1
                self._end()

    def switch(self, level: bytes) -> None:
        """Write an end and a level to every lamp, as the hub does."""
        self._level = level
        for address in self.lamps:
            self._begin(address)

    def _begin(self, address: Any) -> None:
        if self._under_way >= _AT_ONCE:
            self._jobs.append(address)
            return
        self._under_way += 1
        if self._level:
            for resource, value in ((b"51", b"1900000000"), (b"1", self._level)):
                self._ask(address, PUT, [(PATH, b"3416"), (PATH, b"0"), (PATH, resource)], b"w", value)
        else:
            for path in ((b"3416", b"0"), (b"3416", b"0", b"3"), (b"3418", b"0")):
                self._ask(address, GET, [(OBSERVE, b""), *((PATH, part) for part in path)], b"o")

    def _end(self) -> None:
        self._under_way -= 1
        if self._jobs:
            self._begin(self._jobs.popleft())

    def _ask(
        self, address: Any, code: int, options: list[tuple[int, bytes]], token: bytes, payload: bytes = b""
    ) -> None:
        number = next(self._numbers) & 0xFFFF
        self.transport.sendto(message(CON, code, number, token, options, payload), address)
