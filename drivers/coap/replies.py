"""Answers, never much larger than what asked for them.

A forged datagram draws its answer to somebody else (RFC 7252 section 11.3): an answer is at most 64 bytes of content, or three
times the request; what is longer leaves in blocks of that size.
"""

from __future__ import annotations

import hashlib
import random
from typing import Any

from aiocoap import Message
from aiocoap.numbers.codes import Code
from aiocoap.optiontypes import BlockOption

SMALL = 64  # bytes of content that any request may draw
FACTOR = 3  # times the request that an answer may be
_SMALLEST, _LARGEST = 0, 6  # block size exponents: 16 and 1024 bytes
_WAIT = (10, 20)  # seconds: those who are sent away do not all come back at once


class Refused(Exception):
    """A request that is answered with an error; the text is the diagnostic payload (RFC 7252 section 5.5.2)."""

    def __init__(self, code: Code, text: str, **options: Any) -> None:
        super().__init__(text)
        self.code, self.options = code, options


def busy(text: str) -> Refused:
    """5.03 with Max-Age: come again later."""
    return Refused(Code.SERVICE_UNAVAILABLE, text, max_age=random.randint(*_WAIT))


def room(request: Message) -> int:
    """Bytes of content that the answer to `request` may have."""
    return max(SMALL, FACTOR * (request.remote.heard or 0))


def plain(request: Message, code: Code, text: str = "", **options: Any) -> Message:
    """An answer in one piece; its text is cut to what the request may draw."""
    payload = text.encode()
    if len(payload) > (most := room(request)):
        payload = payload[: most - 3].decode(errors="ignore").encode() + b"..."
    return Message(code=code, payload=payload, **options)


def content(request: Message, payload: bytes, content_format: int, **options: Any) -> Message:
    """2.05 with the block of `payload` that the request asks for, the first if it names none (RFC 7959 section 2.4)."""
    etag = hashlib.sha256(payload).digest()[:8]
    most = room(request)
    asked = request.opt.block2
    exponent = min(_LARGEST, max(_SMALLEST, most.bit_length() - 5))
    if asked is not None:
        exponent = min(exponent, asked.size_exponent)
    if asked is None and len(payload) <= most:
        return Message(code=Code.CONTENT, payload=payload, content_format=content_format, etag=etag, **options)
    size = 2 ** (exponent + 4)
    start = asked.start if asked is not None else 0
    if start >= len(payload) and start > 0:
        raise Refused(Code.BAD_REQUEST, "no such block")
    if start % size:
        size, exponent = asked.size, asked.size_exponent
    end = start + size
    number = start // size
    block = BlockOption.BlockwiseTuple(number, end < len(payload), exponent)
    if number == 0:
        options["size2"] = len(payload)
    return Message(
        code=Code.CONTENT, payload=payload[start:end], content_format=content_format, etag=etag, block2=block, **options
    )
