"""Messages that come in blocks (RFC 7959, Block1), put together within bounds."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from aiocoap import Message
from aiocoap.numbers.codes import Code

from drivers.coap.replies import Refused

_LIFETIME = 120.0  # seconds between two blocks; a sender gives up after 93
_IN_ALL = 64  # times the largest message: bytes of all messages under way


@dataclass(slots=True)
class _Upload:
    until: float
    body: bytearray = field(default_factory=bytearray)


class Uploads:
    """Messages under way by sender and path. The oldest gives way when there are too many, or their bytes are."""

    def __init__(self, most_bytes: int, most: int) -> None:
        self._most_bytes, self._most = most_bytes, most
        self._open: OrderedDict[tuple[Any, ...], _Upload] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._open)

    def feed(self, request: Message, now: float) -> bytes | None:
        """The whole message when this was its last block, None while more is to come; raises Refused."""
        block = request.opt.block1
        if block is None:
            return self._bounded(bytes(request.payload))
        key = (request.remote, request.code, request.opt.uri_path, request.opt.uri_query)
        self._forget_old(now)
        if block.block_number == 0:
            self._drop(key)
            upload = _Upload(now + _LIFETIME)
        else:
            found = self._open.get(key)
            if found is None or len(found.body) != block.start:
                self._drop(key)
                raise Refused(Code.REQUEST_ENTITY_INCOMPLETE, "a block is missing: begin again with the first")
            upload = found
        if len(upload.body) + len(request.payload) > self._most_bytes:
            self._drop(key)
            raise self._too_large()
        if not block.more:
            self._drop(key)
            return bytes(upload.body + request.payload)
        if len(request.payload) != block.size:
            self._drop(key)
            raise Refused(
                Code.BAD_REQUEST, f"block {block.block_number} has {len(request.payload)} of {block.size} bytes"
            )
        upload.body += request.payload
        upload.until = now + _LIFETIME
        self._open[key] = upload
        self._open.move_to_end(key)
        self._bytes += len(request.payload)
        while len(self._open) > self._most or self._bytes > _IN_ALL * self._most_bytes:
            self._drop(next(iter(self._open)))
        return None

    def _bounded(self, payload: bytes) -> bytes:
        if len(payload) > self._most_bytes:
            raise self._too_large()
        return payload

    def _too_large(self) -> Refused:
        text = f"send at most {self._most_bytes} bytes in one message"
        return Refused(Code.REQUEST_ENTITY_TOO_LARGE, text, size1=self._most_bytes)

    def _forget_old(self, now: float) -> None:
        while self._open and next(iter(self._open.values())).until <= now:
            self._drop(next(iter(self._open)))

    def _drop(self, key: tuple[Any, ...]) -> None:
        gone = self._open.pop(key, None)
        if gone is not None:
            self._bytes -= len(gone.body)
