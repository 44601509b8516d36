"""Requests to devices that host resources, from one socket: whole bodies whatever the number of blocks, and observations."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakValueDictionary

from aiocoap import Message
from aiocoap.numbers.codes import Code
from aiocoap.numbers.constants import TransportTuning
from aiocoap.pipe import Pipe

from drivers.coap.client.address import Address
from drivers.coap.client.freshness import Freshness
from drivers.coap.client.target import Target
from drivers.coap.endpoint import Endpoint, Peer

_FULL = 6  # size exponent of a block of 1024 bytes
_CHANGED = 3  # times that something may change while it is read in blocks
_TEXT = 100  # characters of a device's diagnostic text that are kept

Release = Callable[[bool], None] | None
Heard = Callable[[Message, Release], None]
"""(a notification that is fresh, and, when the device waits for that, what to call with whether it is durable)."""


class NoAnswer(Exception):
    """Nothing came back, or nothing that answers. `silent`: not even an acknowledgement."""

    def __init__(self, text: str, silent: bool = False) -> None:
        super().__init__(text)
        self.silent = silent


class BadAnswer(Exception):
    """What came back cannot be put together."""


class ErrorAnswer(Exception):
    """The device answered with an error (RFC 7252 section 5.9)."""

    def __init__(self, answer: Message) -> None:
        text = bytes(answer.payload[:_TEXT]).decode("utf-8", "replace").replace("\x00", "\ufffd")
        super().__init__(f"{answer.code}{': ' + text if text else ''}")
        self.code = answer.code
        self.wait: int | None = answer.opt.max_age


class _Nothing:
    """Who asks the hub at this socket gets nothing."""

    async def render_to_pipe(self, pipe: Pipe) -> None:
        """4.04, without a word."""
        pipe.add_response(Message(code=Code.NOT_FOUND), is_last=True)


class Observation:
    """What is observed: its token, which stays the same, and what came last."""

    def __init__(self, heard: Heard, lost: Callable[[], None]) -> None:
        self.heard, self.lost = heard, lost
        self.token = b""
        self.fresh = Freshness()
        self.stop: Callable[[], None] = lambda: None
        self.standing = False


class _Turn:
    """One request at a time goes to a server (RFC 7252 section 4.7). Who waited for its turn while another got no sign of life
    gets none either: behind one address all are silent together."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._silent_at = float("-inf")

    async def __aenter__(self) -> None:
        now = asyncio.get_running_loop().time
        began = now()
        await self._lock.acquire()
        if self._silent_at > began:
            self._lock.release()
            raise NoAnswer("no answer: its server is silent")

    async def __aexit__(self, kind: object, error: BaseException | None, where: object) -> None:
        if isinstance(error, NoAnswer) and error.silent:
            self._silent_at = asyncio.get_running_loop().time()
        self._lock.release()


class Wire:
    """One socket and one aiocoap context for all devices. `timeout` is of one answer, CoAP's repeats among it, which begin after
    `repeat` seconds; no body may be larger than `most`."""

    def __init__(self, timeout: float, repeat: float, most: int) -> None:
        self._timeout, self._most = timeout, most
        self._tuning = TransportTuning()
        self._tuning.ACK_TIMEOUT = repeat
        self._endpoint: Endpoint | None = None
        self._family = socket.AF_INET6
        self._turns: WeakValueDictionary[Peer, _Turn] = WeakValueDictionary()
        self.full: Callable[[], bool] = lambda: False  # True while no notification can be taken

    async def open(self) -> None:
        """Open the socket, unless it is open."""
        if self._endpoint is None:
            asking, self._family = _any_socket()
            endpoint = self._endpoint = Endpoint(asking, _Nothing())
            endpoint.full = lambda: self.full()
            await endpoint.open()

    async def close(self) -> None:
        """Close it; devices end their observations when nobody answers."""
        endpoint, self._endpoint = self._endpoint, None
        if endpoint is not None:
            await endpoint.close()

    @property
    def counted(self) -> dict[str, int]:
        """The socket's own figures."""
        return self._endpoint.counted if self._endpoint is not None else {}

    async def find(self, address: Address) -> Peer:
        """Who is at an address now; raises NoAnswer for a name that nobody has."""
        mapped = self._family == socket.AF_INET6
        try:
            number = ipaddress.ip_address(address.host)
        except ValueError:
            loop, flags = asyncio.get_running_loop(), socket.AI_V4MAPPED if mapped else 0
            try:
                found = await loop.getaddrinfo(
                    address.host, address.port, family=self._family, type=socket.SOCK_DGRAM, flags=flags
                )
            except (OSError, UnicodeError) as error:
                raise NoAnswer(f"nobody is known as {address.host}: {error}") from None
            return Peer(found[0][4])
        if not mapped:
            return Peer((str(number), address.port))
        host = f"::ffff:{number}" if number.version == 4 else str(number)
        return Peer((host, address.port, 0, 0))

    def turn(self, peer: Peer) -> _Turn:
        """The turns of a server, for as long as somebody waits for one."""
        found = self._turns.get(peer)
        if found is None:
            found = self._turns[peer] = _Turn()
        return found

    # --- reading ------------------------------------------------------------------------------------------------------

    async def get(self, peer: Peer, target: Target) -> Message:
        """The whole of what is at `target`; raises NoAnswer, BadAnswer and ErrorAnswer."""
        async with self.turn(peer):
            return await self._rest(peer, target, await self._ask(_get(peer, target)))

    async def rest(self, peer: Peer, target: Target, first: Message) -> Message:
        """`first` with the blocks that follow it."""
        async with self.turn(peer):
            return await self._rest(peer, target, first)

    async def observe(self, peer: Peer, target: Target, observation: Observation) -> Message:
        """Observe, or observe again; the whole of what is there now. Raises as `get` does."""
        async with self.turn(peer):
            message = _get(peer, target)
            message.opt.observe = 0
            message.token = observation.token
            return await self._rest(peer, target, await self._ask(message, observation))

    async def _rest(self, peer: Peer, target: Target, first: Message) -> Message:
        for _ in range(_CHANGED):
            block, body = first.opt.block2, bytearray(first.payload)
            if block is None or (not block.more and not block.block_number):
                return first
            while block.more and body and not len(body) % block.size:
                if len(body) > self._most:
                    raise BadAnswer(f"{target} is larger than {self._most} bytes")
                message = _get(peer, target)
                message.opt.block2 = (len(body) // block.size, False, block.size_exponent)
                answer = await self._ask(message)
                block = answer.opt.block2
                if block is None or block.start != len(body) or answer.opt.etag != first.opt.etag:
                    break  # it is another one now
                body += answer.payload
            else:
                if block.more:
                    raise BadAnswer(f"the blocks of {target} do not fit together")
                first.payload, first.opt.block2 = bytes(body), None
                return first
            observe = first.opt.observe
            first = await self._ask(_get(peer, target))
            first.opt.observe = observe
        raise BadAnswer(f"{target} changes faster than it can be read")

    # --- writing ------------------------------------------------------------------------------------------------------

    async def write(self, peer: Peer, code: Code, target: Target, payload: bytes, format: int) -> None:
        """Write, in blocks where it is long or the device wants them; raises NoAnswer and ErrorAnswer."""
        async with self.turn(peer):
            exponent, start = _FULL, 0
            blocks = len(payload) > 1024
            while True:
                size = 2 ** (exponent + 4)
                message = Message(code=code, uri_path=target.path, uri_query=target.query, payload=payload)
                message.opt.content_format = format
                message.remote = peer
                more = False
                if blocks:
                    more = start + size < len(payload)
                    message.payload = payload[start : start + size]
                    message.opt.block1 = (start // size, more, exponent)
                    message.opt.size1 = len(payload) if start == 0 else None
                try:
                    answer = await self._ask(message)
                except _TooLarge as error:
                    if start or error.exponent >= exponent:
                        raise ErrorAnswer(error.answer) from None
                    blocks, exponent = True, error.exponent
                    continue
                if not more:
                    return
                start += size
                if answer.opt.block1 is not None:
                    exponent = min(exponent, answer.opt.block1.size_exponent)

    # --- messages -----------------------------------------------------------------------------------------------------

    async def _ask(self, message: Message, observation: Observation | None = None) -> Message:
        endpoint = self._endpoint
        if endpoint is None:
            raise NoAnswer("the hub is stopping")
        message.transport_tuning = self._tuning
        answered: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        pipe = Pipe(message, endpoint.context.log)
        if observation is None:
            stop = pipe.on_event(lambda event: _first(answered, event))
        else:
            stop = self._begin(observation, pipe, answered, endpoint)
        (tokens,) = endpoint.context.request_interfaces
        tokens.request(pipe)
        if observation is not None:
            observation.token = message.token
        peer = message.remote
        try:
            async with asyncio.timeout(self._timeout):
                answer = await answered
        except TimeoutError:
            silent = endpoint.give_up(peer)
            raise NoAnswer(f"no answer within {self._timeout:g} s", silent) from None
        except asyncio.CancelledError:
            endpoint.give_up(peer)
            raise
        finally:
            if observation is None:
                stop()
        if answer.code == Code.REQUEST_ENTITY_TOO_LARGE and answer.opt.block1 is not None:
            raise _TooLarge(answer)
        if not answer.code.is_successful():
            raise ErrorAnswer(answer)
        return answer

    def _begin(
        self, observation: Observation, pipe: Pipe, answered: asyncio.Future[Message], endpoint: Endpoint
    ) -> Callable[[], None]:
        """Hear what comes for an observation from now on by `pipe`. One that is not answered is heard all the same: what comes
        late, or from a device that was away, still counts."""
        observation.stop()

        def event(what: Any) -> bool:
            message, now = what.message, asyncio.get_running_loop().time()
            if message is None or message.opt.observe is None:
                observation.standing = False
                if answered.done():
                    observation.lost()
                return _first(answered, what)
            newer = not observation.standing or not answered.done()
            if newer:
                observation.fresh.begin(message.opt.observe, now)
            else:
                newer = observation.fresh.newer(message.opt.observe, now)
            observation.standing = True
            if not answered.done():
                answered.set_result(message)
            elif newer and message.code.is_successful():
                observation.heard(message, endpoint.hold(message))
            return True

        stop: Callable[[], None] = pipe.on_event(event)
        observation.stop = stop
        return stop


class _TooLarge(Exception):
    """4.13 that names the size of block it takes (RFC 7959 section 2.9.3)."""

    def __init__(self, answer: Message) -> None:
        super().__init__()
        self.answer = answer
        self.exponent: int = answer.opt.block1.size_exponent


def _first(answered: asyncio.Future[Message], event: Any) -> bool:
    """Hand over the first that comes by a pipe; False, which ends the pipe."""
    if answered.done():
        return False
    if event.message is not None:
        answered.set_result(event.message)
    else:
        answered.set_exception(NoAnswer(f"no answer: {event.exception}"))
    return False


def _get(peer: Peer, target: Target) -> Message:
    message = Message(code=Code.GET, uri_path=target.path, uri_query=target.query)
    if target.accept is not None:
        message.opt.accept = target.accept
    message.remote = peer
    return message


def _any_socket() -> tuple[socket.socket, socket.AddressFamily]:
    """A UDP socket with a port of its own that reaches IPv4 and, where the machine has it, IPv6."""
    with suppress(OSError):
        both = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        try:
            both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            both.setblocking(False)
            both.bind(("::", 0))
        except OSError:
            both.close()
            raise
        return both, socket.AF_INET6
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setblocking(False)
    one.bind(("0.0.0.0", 0))
    return one, socket.AF_INET
