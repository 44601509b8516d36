"""One device's connection: persistent session, QoS 1 both ways, comes back by itself."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from simulators.mqtt import packets
from simulators.mqtt.outbox import Message, Outbox
from simulators.mqtt.packets import BadPacket, Decoder, Kind, Packet, Publish, Will

log = structlog.get_logger("lamplighter.simulators")

KEEP_ALIVE = 60
_ANSWER_WITHIN = 60.0
_ASK_AGAIN = (1.0, 5.0)  # seconds
_SUBSCRIPTION_REFUSED = 0x80
_REFUSALS = {
    1: "protocol version",
    2: "client id",
    3: "server unavailable",
    4: "bad user name or password",
    5: "not authorised",
}


class BadAddress(ValueError):
    """A broker URL that cannot be used; the message says what to write."""


class ConnectionRefused(ConnectionError):
    """The broker answered CONNECT with a refusal."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker listens."""

    host: str
    port: int
    tls: bool = False

    @classmethod
    def parse(cls, url: str) -> Address:
        """`mqtt://host:1883` or `mqtts://host:8883`; BadAddress otherwise."""
        parts = urlsplit(url if "://" in url else f"mqtt://{url}")
        try:
            port = parts.port
        except ValueError:
            port = 0
        if parts.scheme not in ("mqtt", "mqtts", "tcp", "ssl") or not parts.hostname or port == 0:
            raise BadAddress(f"broker {url!r}: write mqtt://host:1883 or mqtts://host:8883")
        tls = parts.scheme in ("mqtts", "ssl")
        return cls(parts.hostname, port or (8883 if tls else 1883), tls)

    async def look_up(self) -> None:
        """Raise BadAddress when nobody knows the host; whether anything listens there is not asked."""
        try:
            await asyncio.get_running_loop().getaddrinfo(self.host, self.port)
        except OSError as error:
            raise BadAddress(f"broker host {self.host!r}: {error.strerror}; check --broker mqtt://host:1883") from error


@dataclass(frozen=True, slots=True)
class Identity:
    """Who connects, as whom, and what is said when it vanishes."""

    client_id: str
    username: str | None
    password: str | None
    will: Will | None = None


@dataclass(frozen=True, slots=True)
class Ears:
    """Whom the client tells. All are called on the loop; a message is acknowledged when `message` returns."""

    message: Callable[[str, bytes], None]
    up: Callable[[], None]
    down: Callable[[str], None]


class Client:
    """A connection that lasts: `run` keeps it up until `close`; `publish` and `subscribe` may be called at any time.

    `gate` bounds how many connect at once, so that a city's start does not drown the broker.
    """

    def __init__(self, address: Address, identity: Identity, ears: Ears, gate: asyncio.Semaphore) -> None:
        self._address = address
        self._identity = identity
        self._ears = ears
        self._gate = gate
        self._topics: dict[str, int] = {}
        self._outbox = Outbox()
        self._link: Link | None = None
        self._flush_planned = False
        self._drained = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Messages the broker has not acknowledged yet."""
        return len(self._outbox)

    @property
    def connected(self) -> bool:
        """True between CONNACK and the loss of the connection."""
        return self._link is not None

    async def run(self) -> None:
        """Connect, and again whenever the connection is lost, until cancelled."""
        while True:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception_type((OSError, BadPacket, TimeoutError)),
                wait=wait_random_exponential(multiplier=0.5, max=20),
                before_sleep=lambda state: self._ears.down(_reason(_error(state))),
            ):
                with attempt:
                    link = await self._connect()
            try:
                reason = await link.lost
            finally:
                self._link = None
                link.end()
            self._ears.down(reason)

    def publish(self, message: Message) -> None:
        """Send with QoS 1: now, or when there is a connection again."""
        self._drained.clear()
        self._outbox.put(message)
        self._plan_flush()

    def subscribe(self, topics: Mapping[str, int]) -> None:
        """Make `topics`, each with its QoS, the whole set of subscriptions."""
        new, gone = sorted(topics.keys() - self._topics), sorted(self._topics.keys() - topics)
        self._topics = dict(topics)
        if self._link is not None:
            if gone:
                self._link.write(packets.unsubscribe(self._outbox.new_id(), gone))
            self._ask_for(self._link, new)

    def cut(self) -> None:
        """Drop the connection without a word, as a power cut does."""
        if self._link is not None:
            self._link.transport.abort()

    async def close(self, patience: float = 5.0) -> None:
        """Send what waits if the broker takes it within `patience` seconds, then say goodbye."""
        if self._link is None:
            return
        if self.waiting:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._drained.wait()
        if self._link is not None:
            self._link.write(packets.DISCONNECT)
            self._link.transport.close()

    async def _connect(self) -> Link:
        loop = asyncio.get_running_loop()
        async with self._gate, asyncio.timeout(_ANSWER_WITHIN):
            tls = ssl.create_default_context() if self._address.tls else None
            _, link = await loop.create_connection(
                lambda: Link(self._take, self._acknowledged), self._address.host, self._address.port, ssl=tls
            )
            try:
                who = self._identity
                link.write(packets.connect(who.client_id, who.username, who.password, who.will, KEEP_ALIVE))
                code = await link.greeting
                if code:
                    raise ConnectionRefused(
                        f"{who.client_id}: the broker refused it: {_REFUSALS.get(code, f'code {code}')}"
                    )
                asked: set[str] = set()
                while missing := self._topics.keys() - asked:
                    refused = await link.subscribe(self._outbox.new_id(), self._at(missing))
                    if link.lost.done():
                        raise ConnectionError(link.lost.result())
                    if refused:
                        raise ConnectionRefused(f"{who.client_id}: the broker refused its subscription to {refused[0]}")
                    asked |= missing
            except BaseException:
                link.end()
                raise
        for packet_id, message in self._outbox.unacknowledged():
            link.write(packets.publish(message.topic, message.payload, packet_id, message.retain, duplicate=True))
        self._link = link
        link.keep_alive()
        self._ears.up()
        self._plan_flush()
        return link

    def _ask_for(self, link: Link, topics: list[str]) -> None:
        """Subscribe on a connection that is up; a broker that refuses (a busy one may) is asked again."""
        wanted = self._at(topic for topic in topics if topic in self._topics)
        if wanted and link is self._link:
            link.subscribe(self._outbox.new_id(), wanted).add_done_callback(
                lambda done: self._granted(link, done.result())
            )

    def _at(self, topics: Iterable[str]) -> dict[str, int]:
        return {topic: self._topics[topic] for topic in sorted(topics)}

    def _granted(self, link: Link, refused: list[str]) -> None:
        if refused:
            asyncio.get_running_loop().call_later(random.uniform(*_ASK_AGAIN), self._ask_for, link, refused)

    def _take(self, message: Publish) -> None:
        try:
            self._ears.message(message.topic, message.payload)
        except Exception:
            log.exception(
                "a simulated device stumbled over a message", device=self._identity.client_id, topic=message.topic
            )

    def _acknowledged(self, packet_id: int) -> None:
        self._outbox.acknowledge(packet_id)
        if not len(self._outbox):
            self._drained.set()
        self._plan_flush()

    def _plan_flush(self) -> None:
        if self._link is not None and not self._flush_planned:
            self._flush_planned = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_planned = False
        link = self._link
        if link is None:
            return
        out = []
        while (found := self._outbox.next()) is not None:
            packet_id, message = found
            out.append(packets.publish(message.topic, message.payload, packet_id, message.retain))
        if out:
            self._send(link, out)

    def _send(self, link: Link, packets: Sequence[bytes]) -> None:
        link.write(b"".join(packets))


class Link(asyncio.Protocol):
    """One TCP connection of a client. `lost` is done with the reason when it is gone."""

    transport: asyncio.Transport

    def __init__(self, on_publish: Callable[[Publish], None], on_puback: Callable[[int], None]) -> None:
        loop = asyncio.get_running_loop()
        self.greeting: asyncio.Future[int] = loop.create_future()
        self.lost: asyncio.Future[str] = loop.create_future()
        self._on_publish = on_publish
        self._on_puback = on_puback
        self._decoder = Decoder()
        self._subscribing: dict[int, tuple[list[str], asyncio.Future[list[str]]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._answered = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(_reason(exc) if exc else "the broker closed the connection")

    def data_received(self, data: bytes) -> None:
        acknowledgements = []
        try:
            for packet in self._decoder.feed(data):
                if packet.kind == Kind.PUBLISH:
                    message = packets.parse_publish(packet)
                    self._on_publish(message)
                    if message.qos:
                        acknowledgements.append(packets.puback(message.packet_id))
                else:
                    self._control(packet)
        except BadPacket as error:
            self._fail(str(error))
            self.transport.abort()
        if acknowledgements:
            self.write(b"".join(acknowledgements))

    def write(self, data: bytes) -> None:
        """Send bytes, unless it is ending."""
        if not self.transport.is_closing():
            self.transport.write(data)

    def subscribe(self, packet_id: int, topics: Mapping[str, int]) -> asyncio.Future[list[str]]:
        """Ask for `topics`; what is returned is done when the broker has answered or is gone: the topics it refused."""
        answer: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        if self.lost.done():
            answer.set_result([])
        else:
            self._subscribing[packet_id] = (list(topics), answer)
            self.write(packets.subscribe(packet_id, topics))
        return answer

    def keep_alive(self) -> None:
        """Ping from now on; a ping that is not answered before the next ends the connection."""
        self._timer = asyncio.get_running_loop().call_later(KEEP_ALIVE * 0.75, self._ping)

    def hang(self) -> None:
        """Stand still, as a program does that hangs: nothing is read, no ping leaves."""
        if self._timer is not None:
            self._timer.cancel()
        self.transport.pause_reading()

    def go_on(self) -> None:
        """The end of that."""
        if not self.transport.is_closing():
            self.transport.resume_reading()
            self._answered = True
            self.keep_alive()

    def end(self) -> None:
        """Give it up at once."""
        if self._timer is not None:
            self._timer.cancel()
        self.transport.abort()

    def _ping(self) -> None:
        if not self._answered:
            self._fail("the broker does not answer")
            self.transport.abort()
            return
        self._answered = False
        self.write(packets.PINGREQ)
        self.keep_alive()

    def _control(self, packet: Packet) -> None:
        self._answered = True
        if packet.kind == Kind.PUBACK:
            self._on_puback(packets.packet_id(packet.body))
        elif packet.kind == Kind.CONNACK:
            if len(packet.body) != 2:
                raise BadPacket("a CONNACK of another length than 2")
            if not self.greeting.done():
                self.greeting.set_result(packet.body[1])
        elif packet.kind == Kind.SUBACK:
            topics, answer = self._subscribing.pop(packets.packet_id(packet.body), ([], None))
            if answer is not None and not answer.done():
                codes = zip(topics, packet.body[2:], strict=False)
                answer.set_result([topic for topic, code in codes if code == _SUBSCRIPTION_REFUSED])

    def _fail(self, reason: str) -> None:
        if not self.lost.done():
            self.lost.set_result(reason)
        if not self.greeting.done():
            self.greeting.set_exception(ConnectionError(reason))
        for _, answer in self._subscribing.values():
            if not answer.done():
                answer.set_result([])


def _error(state: RetryCallState) -> BaseException | None:
    return None if state.outcome is None else state.outcome.exception()


def _reason(error: BaseException | None) -> str:
    return "" if error is None else (str(error) or type(error).__name__)
