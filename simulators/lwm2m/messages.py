"""CoAP messages (RFC 7252 section 3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

GET, POST, PUT, DELETE = 0x01, 0x02, 0x03, 0x04
CREATED, DELETED, CHANGED, CONTENT = 0x41, 0x42, 0x44, 0x45
BAD_REQUEST, NOT_FOUND, NOT_ALLOWED, NOT_ACCEPTABLE, BAD_FORMAT = 0x80, 0x84, 0x85, 0x86, 0x8F
OBSERVE, LOCATION, PATH, FORMAT, QUERY, ACCEPT = 6, 8, 11, 12, 15, 17
_UNDERSTOOD = frozenset({3, 7, PATH, QUERY, ACCEPT})  # critical options, host and port among them


class BadMessage(ValueError):
    """A datagram that is no CoAP."""


class Kind(IntEnum):
    """Whether a message is to be acknowledged, or acknowledges."""

    CON = 0
    NON = 1
    ACK = 2
    RST = 3


@dataclass(frozen=True, slots=True)
class Message:
    """One message; options by ascending number."""

    kind: Kind
    code: int
    id: int
    token: bytes = b""
    options: tuple[tuple[int, bytes], ...] = ()
    payload: bytes = b""

    def all(self, number: int) -> list[str]:
        """Every option of that number, as text."""
        return [value.decode("utf-8", "replace") for each, value in self.options if each == number]

    def number(self, option: int) -> int | None:
        """An option that is a number; None when it is not there."""
        found = next((value for each, value in self.options if each == option), None)
        return int.from_bytes(found, "big") if found is not None else None

    @property
    def strange(self) -> bool:
        """True when it has a critical option that nobody here understands."""
        return any(number & 1 and number not in _UNDERSTOOD for number, _ in self.options)


def uint(value: int) -> bytes:
    """A number as an option has it, as short as can be."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def texts(number: int, values: Iterable[str]) -> list[tuple[int, bytes]]:
    """Options of that number."""
    return [(number, value.encode()) for value in values]


def encode(message: Message) -> bytes:
    """The datagram."""
    out = bytearray([0x40 | message.kind << 4 | len(message.token), message.code, *message.id.to_bytes(2, "big")])
    out += message.token
    last = 0
    for number, value in sorted(message.options, key=lambda option: option[0]):
        delta, more = _split(number - last)
        length, longer = _split(len(value))
        out += bytes([delta << 4 | length]) + more + longer + value
        last = number
    return bytes(out + b"\xff" + message.payload) if message.payload else bytes(out)


def decode(data: bytes) -> Message:
    """The message in a datagram; raises BadMessage."""
    if len(data) < 4 or data[0] >> 6 != 1 or data[0] & 15 > 8:
        raise BadMessage("no CoAP of version 1")
    place, number = 4 + (data[0] & 15), 0
    token = data[4:place]
    options = []
    try:
        while place < len(data) and data[place] != 0xFF:
            head, place = data[place], place + 1
            delta, place = _join(head >> 4, data, place)
            length, place = _join(head & 15, data, place)
            number += delta
            if place + length > len(data):
                raise BadMessage("an option is cut short")
            options.append((number, data[place : place + length]))
            place += length
    except IndexError:
        raise BadMessage("cut short") from None
    return Message(Kind(data[0] >> 4 & 3), data[1], data[2] << 8 | data[3], token, tuple(options), data[place + 1 :])


def _split(number: int) -> tuple[int, bytes]:
    if number < 13:
        return number, b""
    if number < 269:
        return 13, bytes([number - 13])
    return 14, (number - 269).to_bytes(2, "big")


def _join(nibble: int, data: bytes, place: int) -> tuple[int, int]:
    if nibble < 13:
        return nibble, place
    if nibble == 13:
        return data[place] + 13, place + 1
    if nibble == 14:
        return (data[place] << 8 | data[place + 1]) + 269, place + 2
    raise BadMessage("a reserved length")
