"""One UDP socket to one server: requests both ways, and notifications (RFC 7252 section 4, RFC 7641)."""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import cast

from simulators.lwm2m.messages import NOT_FOUND, BadMessage, Kind, Message, decode, encode

_FIRST_PAUSE = (2.0, 3.0)  # seconds until what was not acknowledged is sent again; then twice as long, each time
_TRIES = 4
_ANSWER_WITHIN = 30.0  # seconds that an answer may take after the acknowledgement
_REMEMBERED = 64  # requests that were answered: one that comes again gets the same answer
_AWAKE = 93.0  # seconds that a client in queue mode listens after it spoke (MAX_TRANSMIT_WAIT)


class NoAnswer(Exception):
    """The server says nothing."""


class Reset(Exception):
    """The server does not know what it was told about."""


class Wire(asyncio.DatagramProtocol):
    """`answer` gets the server's requests and returns what is said to them. With `sleeps` it hears nothing once it has said
    nothing for 93 s (queue mode). One message of ours waits for its acknowledgement at a time."""

    def __init__(self, answer: Callable[[Message], Message], sleeps: bool) -> None:
        self._answer, self._sleeps = answer, sleeps
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()
        self._ids = random.randrange(65_536)
        self._acknowledged: dict[int, asyncio.Future[Message]] = {}
        self._answered: dict[bytes, asyncio.Future[Message]] = {}
        self._said: OrderedDict[tuple[int, bytes], bytes] = OrderedDict()
        self._awake_until = 0.0
        self._transport: asyncio.DatagramTransport | None = None

    async def ask(self, code: int, options: Iterable[tuple[int, bytes]], payload: bytes = b"") -> Message:
        """The answer to a request; raises NoAnswer and Reset."""
        token = random.randbytes(4)
        answered: asyncio.Future[Message] = self._loop.create_future()
        self._answered[token] = answered
        try:
            heard = await self._confirmed(Message(Kind.CON, code, self._next(), token, tuple(options), payload))
            if heard.code:
                return heard
            async with asyncio.timeout(_ANSWER_WITHIN):
                return await answered
        except TimeoutError:
            raise NoAnswer from None
        finally:
            del self._answered[token]

    async def notify(self, code: int, token: bytes, options: Iterable[tuple[int, bytes]], payload: bytes) -> None:
        """Return when it is acknowledged; raises NoAnswer and Reset."""
        await self._confirmed(Message(Kind.CON, code, self._next(), token, tuple(options), payload))

    # --- the socket's side ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: object) -> None:
        """A datagram came; a sleeper and one who cannot read it say nothing."""
        if self._sleeps and self._loop.time() > self._awake_until:
            return
        try:
            message = decode(data)
        except BadMessage:
            return
        if message.code == 0 or 64 <= message.code < 192:
            self._told(message)
        elif message.kind in (Kind.CON, Kind.NON):
            self._asked(message)

    def error_received(self, error: Exception) -> None:
        """Nobody listens there now: what waits is sent again."""

    def _told(self, message: Message) -> None:
        if message.kind in (Kind.ACK, Kind.RST):
            waiting = self._acknowledged.get(message.id)
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
            return
        waiting = self._answered.get(message.token)
        if message.code == 0 or waiting is None:  # a ping, or what nobody asked for
            self._put(Message(Kind.RST, 0, message.id))
            return
        if message.kind is Kind.CON:
            self._put(Message(Kind.ACK, 0, message.id))
        if not waiting.done():
            waiting.set_result(message)

    def _asked(self, message: Message) -> None:
        key = message.id, message.token
        known = self._said.get(key)
        if known is None:
            reply = self._answer(message)
            kind = Kind.ACK if message.kind is Kind.CON else Kind.NON
            number = message.id if message.kind is Kind.CON else self._next()
            known = encode(Message(kind, reply.code, number, message.token, reply.options, reply.payload))
            self._said[key] = known
            while len(self._said) > _REMEMBERED:
                self._said.popitem(last=False)
        self._send(known)

    # --- inside ---

    async def _confirmed(self, message: Message) -> Message:
        async with self._turn:
            heard: asyncio.Future[Message] = self._loop.create_future()
            self._acknowledged[message.id] = heard
            pause = random.uniform(*_FIRST_PAUSE)
            try:
                for _ in range(_TRIES):
                    self._put(message)
                    await asyncio.wait((heard,), timeout=pause)
                    if heard.done():
                        break
                    pause *= 2
                else:
                    raise NoAnswer
            finally:
                del self._acknowledged[message.id]
        found = heard.result()
        if found.kind is Kind.RST:
            raise Reset
        return found

    def _next(self) -> int:
        self._ids = (self._ids + 1) % 65_536
        return self._ids

    def _put(self, message: Message) -> None:
        self._awake_until = self._loop.time() + _AWAKE
        self._send(encode(message))

    def _send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data)


def refusal(code: int = NOT_FOUND, why: str = "") -> Message:
    """An error as the answer to a request."""
    return Message(Kind.ACK, code, 0, payload=why.encode())
