"""The UDP port where devices sign in with their keys, and speak CoAP when they have."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import cast

import structlog

from drivers.coap.secure.openssl import Acceptor, Channel
from drivers.coap.secure.sessions import Address, Opening, Openings, Session, Sessions

_TICK = 1.0  # seconds between looks at what is late
_HANDSHAKE, _CLIENT_HELLO = 22, 1
_RECORD, _MESSAGE = 13, 12  # bytes of the headers (RFC 6347 sections 4.1 and 4.2.2)
_VERSIONS = (b"\xfe\xff", b"\xfe\xfd")  # a ClientHello may say 1.0 outside
_RANDOM = slice(_RECORD + _MESSAGE + 2, _RECORD + _MESSAGE + 34)
_LONGEST_HELLO = 2_048  # bytes; one that is not in one piece is not taken
_NAMED = 10_000  # devices whose failed sign-in was logged

Keys = Callable[[str], bytes | None]
Deliver = Callable[[bytes, Session], None]


class SecurePort(asyncio.DatagramProtocol):
    """Deciphers what comes and hands it to `deliver` with its session.

    A session lasts while its key is the device's: it is asked for with every datagram, so that a key that was taken away
    or replaced counts at once.
    """

    def __init__(self, listener: socket.socket, keys: Keys, most: int, idle: float, deliver: Deliver) -> None:
        self._listener, self._keys, self._idle, self._deliver = listener, keys, idle, deliver
        self._acceptor = Acceptor(keys)
        self._sessions = Sessions(most, self._ended)
        self._openings = Openings(self._late)
        self._transport: asyncio.DatagramTransport | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._log = structlog.get_logger("lamplighter.coap")
        self._named: set[str] = set()
        self._counted = {"sign_ins": 0, "sign_ins_failed": 0, "strange_datagrams": 0, "secure_faults": 0}

    async def open(self) -> None:
        """Begin to listen."""
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=self._listener)
        self._ticking = asyncio.create_task(self._tick())

    async def close(self) -> None:
        """Bid every device farewell and stop listening: they sign in again when the hub is back."""
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
        for session in self._sessions:
            self._sessions.end(session)
        if self._transport is not None:
            self._transport.close()
        else:
            self._listener.close()

    @property
    def counted(self) -> dict[str, int]:
        """Totals since the start."""
        return {**self._counted, "unknown_identities": self._acceptor.unknown}

    @property
    def gauges(self) -> dict[str, int]:
        """Figures of now."""
        return {"sessions": len(self._sessions), "handshakes": len(self._openings)}

    # --- the socket's side ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def error_received(self, error: Exception) -> None:
        """A datagram could not be sent: the other side asks again."""

    def datagram_received(self, data: bytes, address: Address) -> None:
        """A datagram came. Nothing is remembered of an address, and next to nothing sent there, before it sent its cookie."""
        try:
            self._take_in(data, address)
        except Exception:
            if not self._counted["secure_faults"]:
                self._log.exception("a datagram to the secure port could not be dealt with", peer=str(address[0]))
            self._counted["secure_faults"] += 1

    def _take_in(self, data: bytes, address: Address) -> None:
        now = asyncio.get_running_loop().time()
        opening, session = self._openings.at(address), self._sessions.at(address)
        random = _hello(data)
        if random is not None and (opening is None or opening.random != random):
            self._greet(data, address, random, now)
        elif opening is not None:
            self._go_on(opening, data, address, now, session)
        elif session is not None:
            self._receive(session, data, now)
        else:
            self._counted["strange_datagrams"] += 1

    def _greet(self, data: bytes, address: Address, random: bytes, now: float) -> None:
        answer, channel = self._acceptor.hello(data, address)
        if channel is None or (not channel.closed and self._openings.add(address, Opening(channel, random, now))):
            self._put(answer, address)

    def _go_on(self, opening: Opening, data: bytes, address: Address, now: float, before: Session | None) -> None:
        """A datagram of a handshake; or one of the session that its address still has."""
        channel = opening.channel
        messages = list(channel.feed(data))
        self._put(channel.outgoing(), address)
        if channel.established:
            self._openings.drop(address)
            assert channel.identity is not None
            session = Session(channel.identity, address, channel, self._send)
            self._sessions.add(session, now)
            self._counted["sign_ins"] += 1
            self._named.discard(channel.identity)
            for message in messages:
                self._take(session, message)
            if channel.closed:
                self._sessions.end(session)
        elif channel.closed:
            self._openings.drop(address)
            self._counted["sign_ins_failed"] += 1
        else:
            opening.ciphered |= _ciphered(data)
            if _epoch(data) and before is not None:
                self._receive(before, data, now)

    def _receive(self, session: Session, data: bytes, now: float) -> None:
        if (channel := self._valid(session)) is None:
            return
        messages = list(channel.feed(data))
        if messages:
            self._sessions.heard(session, now)
        for message in messages:
            self._take(session, message)
        self._put(channel.outgoing(), session.address)  # the end of a handshake again, which was lost
        if channel.closed:
            self._sessions.end(session)

    def _take(self, session: Session, message: bytes) -> None:
        if message and self._valid(session) is not None:
            self._deliver(message, session)

    def _send(self, session: Session, data: bytes) -> None:
        if (channel := self._valid(session)) is not None:
            self._put(channel.seal(data), session.address)

    def _valid(self, session: Session) -> Channel | None:
        """The channel of a session whose key is still its device's; one that is not ends here."""
        channel = session.channel
        if channel is not None and self._keys(session.identity) != channel.key:
            self._sessions.end(session)
            return None
        return channel

    # --- ends ---

    def _ended(self, session: Session) -> None:
        channel, session.channel = session.channel, None
        if channel is not None:
            self._put(channel.close(), session.address)

    def _late(self, opening: Opening) -> None:
        self._counted["sign_ins_failed"] += 1
        identity = opening.channel.identity
        if opening.ciphered and identity is not None and identity not in self._named and len(self._named) < _NAMED:
            self._named.add(identity)
            self._log.warning("a device has tried to sign in with another key than its own", device=identity)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK)
            now = asyncio.get_running_loop().time()
            self._sessions.end_idle(now - self._idle)
            self._openings.end_late(now)
            for address, opening in self._openings:
                self._put(opening.channel.again(), address)

    def _put(self, data: bytes, address: Address) -> None:
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, address)


def _hello(data: bytes) -> bytes | None:
    """The random bytes of a ClientHello that is not ciphered; None of anything else."""
    if (
        not _RANDOM.stop <= len(data) <= _LONGEST_HELLO
        or data[0] != _HANDSHAKE
        or data[1:3] not in _VERSIONS
        or _epoch(data)
    ):
        return None
    return data[_RANDOM] if data[_RECORD] == _CLIENT_HELLO else None


def _ciphered(data: bytes) -> bool:
    """True when one of the records in a datagram is ciphered: the end of a handshake often comes with what is before it."""
    while len(data) >= _RECORD:
        if _epoch(data):
            return True
        data = data[_RECORD + int.from_bytes(data[11:13], "big") :]
    return False


def _epoch(data: bytes) -> int:
    """0 before keys are agreed on (RFC 6347 section 4.1)."""
    return int.from_bytes(data[3:5], "big")
