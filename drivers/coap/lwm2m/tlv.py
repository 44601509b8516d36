"""TLV, content format 11542 (LwM2M 1.0 section 6.4.3): object instances, resources and resource instances."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

_DEEPEST = 3  # object instance, multiple resource, resource instance
_MOST = 10_000


class BadTlv(ValueError):
    """Bytes that are no TLV."""


class Kind(IntEnum):
    """What an entry is, by the two highest bits of its first byte."""

    OBJECT_INSTANCE = 0
    RESOURCE_INSTANCE = 1
    MULTIPLE_RESOURCE = 2
    RESOURCE = 3


class Entry(NamedTuple):
    """One entry: of `value` and `inner` the one that its kind has."""

    kind: Kind
    id: int
    value: bytes = b""
    inner: tuple[Entry, ...] = ()


def decode(data: bytes) -> list[Entry]:
    """The entries in `data`; raises BadTlv."""
    return _decode(data, 0)


def _decode(data: bytes, depth: int) -> list[Entry]:
    if depth >= _DEEPEST:
        raise BadTlv("nested too deeply")
    found: list[Entry] = []
    place = 0
    while place < len(data):
        head = data[place]
        kind = Kind(head >> 6)
        wide = 2 if head & 0x20 else 1
        length_bytes = head >> 3 & 3
        start = place + 1 + wide + length_bytes
        if start > len(data):
            raise BadTlv("cut short")
        number = int.from_bytes(data[place + 1 : place + 1 + wide], "big")
        length = int.from_bytes(data[place + 1 + wide : start], "big") if length_bytes else head & 7
        end = start + length
        if end > len(data):
            raise BadTlv("cut short")
        value = data[start:end]
        if kind in (Kind.OBJECT_INSTANCE, Kind.MULTIPLE_RESOURCE):
            found.append(Entry(kind, number, inner=tuple(_decode(value, depth + 1))))
        else:
            found.append(Entry(kind, number, value))
        if len(found) > _MOST:
            raise BadTlv("too many entries")
        place = end
    return found


def encode(entries: list[Entry] | tuple[Entry, ...]) -> bytes:
    """The bytes of entries."""
    out = bytearray()
    for entry in entries:
        value = encode(entry.inner) if entry.inner else entry.value
        head = entry.kind << 6 | (0x20 if entry.id > 255 else 0)
        number = entry.id.to_bytes(2 if entry.id > 255 else 1, "big")
        length = len(value)
        if length < 8:
            out += bytes([head | length]) + number
        else:
            size = (length.bit_length() + 7) // 8
            out += bytes([head | size << 3]) + number + length.to_bytes(size, "big")
        out += value
    return bytes(out)
