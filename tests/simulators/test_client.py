"""The client at a broker that is in a bad mood; how it gets on with a real one is in test_wire."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from simulators.mqtt.client import Address, Client, Ears, Identity
from simulators.mqtt.outbox import Message
from simulators.mqtt.packets import Decoder, Packet, packet_id, puback

CONNECT, PUBLISH, SUBSCRIBE = 1, 3, 8


class MoodyBroker:
    """Answers as its moods say: codes for SUBSCRIBE in turn (1 when there are none left), and drops publishes once."""

    def __init__(self, codes: list[int], drop: int = 0) -> None:
        self.codes = codes
        self.drop = drop
        self.subscribed: list[bytes] = []
        self.published: list[Packet] = []
        self.connects = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder = Decoder()
        while data := await reader.read(4096):
            for packet in decoder.feed(data):
                if packet.kind == CONNECT:
                    self.connects += 1
                    writer.write(b"\x20\x02\x00\x00")
                elif packet.kind == SUBSCRIBE:
                    code = self.codes.pop(0) if self.codes else 1
                    if code == 1:
                        self.subscribed.append(packet.body[2:])
                    writer.write(b"\x90\x03" + packet.body[:2] + bytes([code]))
                elif packet.kind == PUBLISH:
                    self.published.append(packet)
                    if self.drop:
                        self.drop -= 1
                        writer.close()
                        return
                    topic = packet_id(packet.body)
                    writer.write(puback(packet_id(packet.body[2 + topic :])))


def _with_client(broker: MoodyBroker, act: Callable[[Client, asyncio.Event], Awaitable[None]]) -> None:
    async def run() -> None:
        server = await asyncio.start_server(broker.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        up = asyncio.Event()
        ears = Ears(lambda topic, payload: None, up.set, lambda reason: up.clear())
        client = Client(Address("127.0.0.1", port), Identity("d", None, None), ears, asyncio.Semaphore(1))
        client.subscribe({"a": 1})
        running = asyncio.create_task(client.run())
        try:
            async with asyncio.timeout(30):
                await up.wait()
                await act(client, up)
        finally:
            running.cancel()
            server.close()

    asyncio.run(run())


async def _until(look: Callable[[], bool]) -> None:
    while not look():
        await asyncio.sleep(0.01)


def test_a_device_is_up_only_when_it_can_hear() -> None:
    broker = MoodyBroker([0x80, 0x80])

    async def act(client: Client, up: asyncio.Event) -> None:
        assert broker.subscribed == [b"\x00\x01a\x01"]
        assert broker.connects == 3

    _with_client(broker, act)


def test_a_subscription_that_is_refused_later_is_asked_for_again() -> None:
    broker = MoodyBroker([1, 0x80])

    async def act(client: Client, up: asyncio.Event) -> None:
        client.subscribe({"a": 1, "b": 1})
        await _until(lambda: b"\x00\x01b\x01" in broker.subscribed)
        assert broker.connects == 1

    _with_client(broker, act)


def test_what_was_not_acknowledged_goes_out_again_marked_as_a_repeat() -> None:
    broker = MoodyBroker([], drop=1)

    async def act(client: Client, up: asyncio.Event) -> None:
        client.publish(Message("t", b"x"))
        await _until(lambda: len(broker.published) == 2 and client.waiting == 0)
        first, second = broker.published
        assert second.body == first.body
        assert (first.flags & 8, second.flags & 8) == (0, 8)

    _with_client(broker, act)
