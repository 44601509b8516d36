"""Bodies in blocks by a server made by hand: what changes while it is read, what never ends, what does not fit together."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.drivers.coap.client.asking import LAMP, Asking, asking, device
from tests.drivers.coap.peers import ACK, BLOCK1, BLOCK2, PUT, Said, datagram, read, uint

_ETAG = 4
SIZE = 64
JSON = LAMP.replace("observe = true", 'format = "json"').replace(
    '{ metric = "level" }', '{ field = "level", metric = "level" }'
)


def body(level: int) -> bytes:
    """A large object with its level at both ends, which must agree."""
    return json.dumps({"first": level, "text": "long " * 50, "level": level}).encode()


@dataclass
class Server(asyncio.DatagramProtocol):
    """Answers each GET with the block `block` says: (payload, number, more, etag), given the number that was asked for."""

    block: Callable[[int], tuple[bytes, int, bool, bytes]]
    transport: Any = None
    asked: list[int] = field(default_factory=list)
    written: dict[int, bytes] = field(default_factory=dict)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        asked = read(data)
        if data[1] == PUT:
            self.transport.sendto(self.take(asked), address)
        elif data[1]:
            number = int.from_bytes(asked.options.get(BLOCK2, b""), "big") >> 4
            self.asked.append(number)
            payload, number, more, etag = self.block(number)
            options = [(_ETAG, etag), (BLOCK2, uint(number << 4 | more << 3 | 2))]
            self.transport.sendto(datagram(ACK, 0x45, asked.mid, asked.token, options, payload), address)

    def take(self, asked: Said) -> bytes:
        """Takes blocks of 32 bytes and no larger ones."""
        said = int.from_bytes(asked.options.get(BLOCK1, b"\x06"), "big")
        number, more, exponent = said >> 4, said >> 3 & 1, said & 7
        if exponent > 1:
            return datagram(ACK, 0x8D, asked.mid, asked.token, [(BLOCK1, b"\x01")])
        self.written[number] = asked.payload
        return datagram(ACK, 0x5F if more else 0x44, asked.mid, asked.token, [(BLOCK1, uint(said))])


def of(whole: bytes, number: int, etag: bytes) -> tuple[bytes, int, bool, bytes]:
    """A block of a body."""
    return whole[number * SIZE : (number + 1) * SIZE], number, (number + 1) * SIZE < len(whole), etag


@contextlib.asynccontextmanager
async def scene(
    folder: Path, block: Callable[[int], tuple[bytes, int, bool, bytes]], profile: str = JSON
) -> AsyncIterator[tuple[Server, Asking]]:
    server = Server(block)
    made, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", 0))
    port = made.get_extra_info("sockname")[1]
    try:
        async with asking(folder, [device("lamp", f"coap://127.0.0.1:{port}")], {"test-lamp": profile}) as hub:
            yield server, hub
    finally:
        made.close()


def test_what_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    held = [10]

    def block(number: int) -> tuple[bytes, int, bool, bytes]:
        if number == 2:
            held[0] = 20
        return of(body(held[0]), number, b"%d" % held[0])

    async def play() -> None:
        async with scene(tmp_path, block) as (server, hub):
            await hub.until(lambda: bool(hub.levels()))
            assert hub.levels()[0] == 20 and server.asked[:4] == [0, 1, 2, 0]
            assert hub.inbox.all("rejected") == []

    asyncio.run(play())


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (lambda number: (b"x" * SIZE, number, True, b"e"), "light is larger than 65536 bytes"),
        (lambda number: (b"x" * SIZE if number < 2 else b"x", number, True, b"e"), "the blocks of light do not fit together"),
        (lambda number: (b"x" * SIZE, number, True, b"%d" % number), "light changes faster than it can be read"),
        (lambda number: (b"x" * SIZE, 0, True, b"e"), "light changes faster than it can be read"),
    ],
)  # fmt: skip
def test_blocks_that_make_no_body_are_a_condition(
    tmp_path: Path, block: Callable[[int], tuple[bytes, int, bool, bytes]], said: str
) -> None:
    async def play() -> None:
        async with scene(tmp_path, block) as (_, hub):
            await hub.until(lambda: bool(hub.inbox.all("events")))
            (event,) = hub.inbox.all("events")
            assert (event.type, event.point, event.active, event.text) == ("equipmentFailure", "light", True, said)
            assert hub.presence() == [True]

    asyncio.run(play())


def test_a_device_that_wants_small_blocks_gets_them(tmp_path: Path) -> None:
    profile = JSON.replace('text = "{level}"', f'json = {{ level = "{{level}}", note = "{"dim it " * 20}" }}')

    async def play() -> None:
        async with scene(tmp_path, lambda number: of(body(0), number, b"e"), profile) as (server, hub):
            await hub.until(lambda: hub.levels()[:1] == [0])
            await hub.order(60)
            parts = [server.written[number] for number in sorted(server.written)]
            assert {len(part) for part in parts[:-1]} == {32} and sorted(server.written) == list(range(len(parts)))
            assert json.loads(b"".join(parts)) == {"level": 60, "note": "dim it " * 20}

    asyncio.run(play())
