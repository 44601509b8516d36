"""The UDP socket, with aiocoap on it: what is on the wire, which message answers which, and what came before.

aiocoap's own transports share their port with whoever asks and remember every request for four minutes without a bound;
this one has the port for itself, and bounds what it remembers.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol, cast

import structlog
from aiocoap import CON, Context, Message
from aiocoap.interfaces import EndpointAddress, MessageInterface
from aiocoap.message import Direction
from aiocoap.messagemanager import MessageManager
from aiocoap.numbers.constants import TransportTuning
from aiocoap.pipe import Pipe
from aiocoap.tokenmanager import TokenManager

_LIFETIME = 247.0  # seconds that a retransmission may come after the first (EXCHANGE_LIFETIME, RFC 7252 section 4.8.2)
_REMEMBERED = 100_000  # requests, of at most; what is forgotten earlier is read twice, and a reading read twice is one
_LOGGER = "lamplighter.coap.wire"
_FULL_BLOCK = 6  # 1024 bytes
_TOKEN = 4  # bytes


class _Tuning(TransportTuning):
    """An answer waits for the disk: it goes with the acknowledgement as long as the other side does not ask again, after 2 s.
    A separate answer is sent up to five times, which a forged sender would turn on somebody else."""

    EMPTY_ACK_DELAY = 1.5


_TUNING = _Tuning()


class SignedIn(Protocol):
    """A device that has signed in with its key (`drivers.coap.secure`)."""

    @property
    def identity(self) -> str:
        """The device."""

    def send(self, data: bytes) -> None:
        """Send a message to it, as long as it is signed in."""


class Peer(EndpointAddress):
    """The other side by its address, and by its session when it has signed in: whoever comes after it from that address is
    another. `heard` is the size of the message that came from it, None when we speak first."""

    __slots__ = ("address", "heard", "session")

    is_multicast = False
    is_multicast_locally = False

    def __init__(self, address: tuple[Any, ...], heard: int | None = None, session: SignedIn | None = None) -> None:
        self.address = address
        self.heard = heard
        self.session = session

    def __hash__(self) -> int:
        return hash((self.address, id(self.session)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Peer) and self.address == other.address and self.session is other.session

    def __repr__(self) -> str:
        return f"<Peer {self.hostinfo}>"

    @property
    def hostinfo(self) -> str:
        """Host and port as in a URI."""
        host, port = self.address[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    hostinfo_local = "hub"

    @property
    def scheme(self) -> str:
        """The beginning of a URI."""
        return "coap" if self.session is None else "coaps"

    @property
    def uri_base_local(self) -> str:
        """The beginning of the hub's URIs."""
        return f"{self.scheme}://hub"

    @property
    def uri_base(self) -> str:
        """The beginning of its URIs."""
        return f"{self.scheme}://{self.hostinfo}"

    @property
    def maximum_block_size_exp(self) -> int:
        """The largest block that it is sent."""
        return _FULL_BLOCK

    @maximum_block_size_exp.setter
    def maximum_block_size_exp(self, value: int) -> None:
        """aiocoap notes here what the other side asked for; each request says so itself."""

    @property
    def blockwise_key(self) -> tuple[Any, ...]:
        """What blocks of one transfer have in common."""
        return self.address, self.session


class Site(Protocol):
    """What answers requests."""

    async def render_to_pipe(self, pipe: Pipe) -> None:
        """Answer `pipe.request` by `pipe.add_response`."""


class _Context(Context):
    """aiocoap's context with a site that answers errors itself."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._tasks: set[asyncio.Task[None]] = set()

    def render_to_pipe(self, pipe: Pipe) -> None:
        """Have a request answered; the answer is given up when nobody waits for it any more."""
        task = asyncio.create_task(self.serversite.render_to_pipe(pipe))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        pipe.on_interest_end(task.cancel)


class _Tokens(TokenManager):
    """aiocoap's tokens, but such as nobody guesses. A request that has one keeps it: an observation is renewed under its own
    (RFC 7641 section 3.3.1)."""

    def request(self, request: Pipe) -> None:
        """Send a request."""
        self._own: bytes = request.request.token
        super().request(request)

    def next_token(self) -> bytes:
        """The token of the request that is being sent."""
        return self._own or secrets.token_bytes(_TOKEN)


class _Messages(MessageManager):
    """aiocoap's handling of messages, with a memory of what was answered that is bounded and holds bytes."""

    def __init__(self, tokens: TokenManager, endpoint: Endpoint) -> None:
        super().__init__(tokens)
        self.message_interface = endpoint
        self._endpoint = endpoint
        self._answered: OrderedDict[tuple[Peer, int], tuple[float, int, bytes]] = OrderedDict()
        self._held: set[tuple[Peer, int]] = set()
        self._at: tuple[Peer, int] | None = None  # what is being handed over

    def dispatch_message(self, message: Message) -> None:
        """Take in a message. Confirmable answers, notifications among them, are remembered as requests are."""
        if message.mtype is CON and message.code.is_response():
            if message.opt.observe is not None and self._endpoint.full():
                return  # it comes again; aiocoap would take what comes again for old
            if self._deduplicate_message(message):
                return
        self._at = (message.remote, message.mid)
        super().dispatch_message(message)
        self._at = None

    def give_up(self, peer: Peer) -> bool:
        """Stop repeating what the other side has not acknowledged; True when there was something."""
        open = [each for each in self._active_exchanges if each[0] == peer]
        for key in open:
            _, repeating = self._active_exchanges.pop(key)
            repeating.cancel()
        self._backlogs.pop(peer, None)
        return bool(open)

    def hold(self, message: Message) -> Callable[[bool], None] | None:
        """Do not acknowledge `message` yet: the function says whether it is durable, and so acknowledged, or never is. None for
        what needs no acknowledgement. To be called while the message is handed over."""
        if message.mtype is not CON:
            return None
        key = (message.remote, message.mid)
        self._held.add(key)

        def release(kept: bool) -> None:
            if key not in self._held or (key == self._at and not kept):
                return
            self._held.discard(key)
            if kept and key != self._at:  # else aiocoap acknowledges it right away
                super(_Messages, self)._send_empty_ack(*key, reason="durable")

        return release

    def _send_empty_ack(self, remote: Peer, mid: int, reason: str) -> None:
        if (remote, mid) not in self._held:
            super()._send_empty_ack(remote, mid, reason)

    def _deduplicate_message(self, message: Message) -> bool:
        answered, now = self._answered, self.loop.time()
        key = (message.remote, message.mid)
        known, same = answered.get(key), _content(message)
        if known is not None and known[0] > now and known[1] == same:
            self._endpoint.counted["duplicates"] += 1
            if message.mtype is CON and known[2]:
                self._endpoint.put(known[2], message.remote)
            return True
        answered.pop(key, None)
        while answered and (len(answered) >= _REMEMBERED or next(iter(answered.values()))[0] <= now):
            answered.popitem(last=False)
        answered[key] = now + _LIFETIME, same, b""
        return False

    def _store_response_for_duplicates(self, message: Message) -> None:
        """Nothing: `remember` does it, when the message has been encoded."""

    def remember(self, message: Message, data: bytes) -> None:
        """A request that is answered with these bytes gets them again when it comes again."""
        key = (message.remote, message.mid)
        known = self._answered.get(key)
        if known is not None and message.mtype is not CON:
            self._answered[key] = known[0], known[1], data


def _content(message: Message) -> int:
    """What a retransmission has in common with the first, beside sender and message id. A device that was restarted may begin
    with the same message id, on the same port, within the lifetime of the old one."""
    options = message.opt
    return hash(
        (message.code, message.token, bytes(message.payload), options.uri_path, options.uri_query, options.block1)
    )


class Endpoint(asyncio.DatagramProtocol, MessageInterface):
    """One socket: requests that come go to `site`, requests of ours leave by `context.request`."""

    def __init__(self, listener: socket.socket, site: Site) -> None:
        self.counted = {
            "datagrams": 0,
            "unreadable": 0,
            "broken": 0,
            "duplicates": 0,
            "sent": 0,
            "sent_bytes": 0,
            "received_bytes": 0,
        }
        self.full: Callable[[], bool] = lambda: False  # True while no notification can be taken
        self._listener = listener
        self._site = site
        self._log = structlog.get_logger("lamplighter.coap")
        self._transport: asyncio.DatagramTransport | None = None
        self.context: Context
        self._messages: _Messages

    async def open(self) -> None:
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        logging.getLogger(_LOGGER).setLevel(logging.CRITICAL)  # a line a datagram would be anybody's to write
        self.context = _Context(loop=loop, serversite=self._site, loggername=_LOGGER)
        tokens = _Tokens(self.context)
        self._messages = tokens.token_interface = _Messages(tokens, self)
        self.context.request_interfaces.append(tokens)
        await loop.create_datagram_endpoint(lambda: self, sock=self._listener)

    async def close(self) -> None:
        """Stop listening; what is under way is not answered."""
        if self._transport is not None:
            await self.context.shutdown()

    def give_up(self, peer: Peer) -> bool:
        """Stop repeating what the other side has not acknowledged: what is sent next need not wait behind it. False when it has
        acknowledged all."""
        return self._messages.give_up(peer)

    def hold(self, message: Message) -> Callable[[bool], None] | None:
        """Do not acknowledge a notification yet; the function says whether it is durable, or never will be. None for one that
        needs no acknowledgement. To be called while it is handed over."""
        return self._messages.hold(message)

    # --- the socket's side ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[Any, ...]) -> None:
        """A datagram came. What cannot be read draws no answer at all."""
        self.take(data, Peer(address, len(data)))

    def take(self, data: bytes, peer: Peer) -> None:
        """A message came, by this socket or deciphered by the secure one."""
        counted = self.counted
        counted["datagrams"] += 1
        counted["received_bytes"] += len(data)
        try:
            message = Message.decode(data, peer)
        except Exception:  # aiocoap raises many kinds for bytes that are no CoAP
            counted["unreadable"] += 1
            return
        message.direction = Direction.INCOMING
        message.transport_tuning = _TUNING
        try:
            self._messages.dispatch_message(message)
        except Exception:
            if not counted["broken"]:
                self._log.exception("a datagram could not be dealt with", peer=message.remote.hostinfo)
            counted["broken"] += 1

    def error_received(self, error: Exception) -> None:
        """A datagram could not be sent: CoAP sends it again, or gives up in time."""

    def put(self, data: bytes, peer: Peer) -> None:
        """Send these bytes."""
        if self._transport is not None and not self._transport.is_closing():
            self.counted["sent"] += 1
            self.counted["sent_bytes"] += len(data)
            if peer.session is not None:
                peer.session.send(data)
            else:
                self._transport.sendto(data, peer.address)

    # --- aiocoap's side ---

    def send(self, message: Message) -> None:
        """Send a message."""
        message.direction = Direction.OUTGOING
        data: bytes = message.encode()
        self._messages.remember(message, data)
        self.put(data, message.remote)

    async def shutdown(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.abort()

    async def recognize_remote(self, remote: object) -> bool:
        """True for addresses of this socket."""
        return isinstance(remote, Peer)

    async def determine_remote(self, request: Message) -> Peer | None:
        """Requests of ours always name their Peer."""
        return None
