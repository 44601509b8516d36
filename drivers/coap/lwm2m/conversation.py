"""What the hub asks of one registered client: observe, read, write, execute."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiocoap import Message
from aiocoap.error import Error as CoapError
from aiocoap.error import NetworkError
from aiocoap.numbers.codes import Code

from drivers.coap.endpoint import Endpoint
from drivers.coap.lwm2m.content import TEXT, Path
from drivers.coap.lwm2m.registrations import Registration
from drivers.coap.lwm2m.values import Value, to_text
from hub.ports import Unreachable

_ANSWER_WITHIN = 30.0  # seconds for a client's answer, CoAP's own repeats among them
_BLOCKS = 64  # of one answer, of at most

Kept = Callable[[bool], None]
"""What a notification waits for: whether it is durable."""
Heard = Callable[[Path, Message, Kept | None, bool], None]
"""(path, what came, who waits for it to be durable, True when the client spoke by itself)."""


class Answered(Exception):
    """The client refused: its code, as it is written."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(f"{code.dotted}{' ' + text if text else ''}")
        self.code = code


class Conversation:
    """Requests to one client, one at a time, and its observations. Ends with `close`."""

    def __init__(self, endpoint: Endpoint, registration: Registration, heard: Heard) -> None:
        self._endpoint, self.registration, self._heard = endpoint, registration, heard
        self._turn = asyncio.Lock()
        self._observations: dict[Path, Callable[[], None]] = {}
        self.notified: dict[Path, float] = {}
        self.closed = False
        self._telling: Path | None = None  # whose notification is being handed over

    @property
    def observing(self) -> frozenset[Path]:
        """What is observed now."""
        return frozenset(self._observations)

    async def ask(
        self, code: Code, path: Path, payload: bytes = b"", *, query: tuple[str, ...] = (), format: int | None = None
    ) -> Message:
        """The answer to a request; raises Unreachable, and Answered for an error."""
        return await self._request(self._message(code, path, payload, query, format))

    async def read(self, path: Path) -> Message:
        """The whole of what is at `path`, whatever the number of blocks."""
        first = await self.ask(Code.GET, path)
        return await self.rest(path, first)

    async def rest(self, path: Path, first: Message) -> Message:
        """`first` with the blocks that follow it."""
        block, body = first.opt.block2, bytes(first.payload)
        if block is None or not block.more or block.block_number:
            return first
        for number in range(1, _BLOCKS):
            message = self._message(Code.GET, path)
            message.opt.block2 = (number, False, block.size_exponent)
            found = await self._request(message)
            body += found.payload
            if found.opt.block2 is None or not found.opt.block2.more:
                break
        return Message(code=first.code, payload=body, content_format=first.opt.content_format)

    async def write(self, path: Path, value: Value) -> None:
        """Write one resource as text, which every client reads."""
        await self.ask(Code.PUT, path, to_text(value), format=TEXT)

    async def execute(self, path: Path) -> None:
        """Execute a resource."""
        await self.ask(Code.POST, path)

    async def attributes(self, path: Path, **attributes: float) -> None:
        """Write-Attributes: pmin and pmax, in seconds."""
        await self.ask(Code.PUT, path, query=tuple(f"{key}={value:g}" for key, value in attributes.items()))

    async def observe(self, path: Path) -> None:
        """Observe; the first answer and every notification go to `heard`. Raises Unreachable, Answered."""
        self.forget(path)
        message = self._message(Code.GET, path)
        message.opt.observe = 0
        async with self._turn:
            request = self._endpoint.context.request(message, handle_blockwise=False)
            answer = await self._answer(request.response)
        if answer.opt.observe is not None:
            self._observations[path] = lambda: self._cancel(path, request)
            request.observation.register_errback(lambda error: self._lost(path), _suppress_deprecation=True)
            request.observation.register_callback(
                lambda message: self._notified(path, message), _suppress_deprecation=True
            )
        self.notified[path] = asyncio.get_running_loop().time()
        self._heard(path, await self.rest(path, answer), None, False)

    def forget(self, path: Path) -> None:
        """End an observation: the next notification is answered with a reset."""
        cancel = self._observations.pop(path, None)
        if cancel is not None:
            cancel()

    def close(self) -> None:
        """End all observations."""
        self.closed = True
        for path in list(self._observations):
            self.forget(path)

    # --- inside ---

    def _notified(self, path: Path, message: Message) -> None:
        if not message.code.is_successful():
            return
        self.notified[path] = asyncio.get_running_loop().time()
        self._telling = path
        try:
            self._heard(path, message, self._endpoint.hold(message), True)
        finally:
            self._telling = None

    def _cancel(self, path: Path, request: Any) -> None:
        """End an observation now: aiocoap alone would still acknowledge the next notification, and drop it."""
        if not request.observation.cancelled:
            request.observation.cancel()
        if path == self._telling:
            asyncio.get_running_loop().call_soon(request._stop_interest)
        else:
            request._stop_interest()

    def _lost(self, path: Path) -> None:
        self._observations.pop(path, None)

    def _message(
        self, code: Code, path: Path, payload: bytes = b"", query: tuple[str, ...] = (), format: int | None = None
    ) -> Message:
        root = [part for part in self.registration.offered.root.split("/") if part]
        message = Message(code=code, payload=payload, uri_path=(*root, *map(str, path)), uri_query=query)
        if format is not None:
            message.opt.content_format = format
        message.remote = self.registration.peer
        return message

    async def _request(self, message: Message) -> Message:
        async with self._turn:
            return await self._answer(self._endpoint.context.request(message, handle_blockwise=False).response)

    async def _answer(self, response: Awaitable[Message]) -> Message:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                answer = await response
        except TimeoutError:
            self._endpoint.give_up(self.registration.peer)
            raise Unreachable(f"no answer within {_ANSWER_WITHIN:g} s") from None
        except asyncio.CancelledError:
            self._endpoint.give_up(self.registration.peer)
            raise
        except (NetworkError, CoapError) as error:
            raise Unreachable(f"no answer: {error}") from None
        if not answer.code.is_successful():
            raise Answered(answer.code, answer.payload[:100].decode("utf-8", "replace"))
        return answer
