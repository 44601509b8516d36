"""What is in a segment of the spool, byte by byte (README.md has the tables). Pure."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from hub.model.readings import Row

MAGIC = b"LLSPOOL\n"
VERSION = 1
_HEADER = struct.Struct("<8sHHIQQdd")  # magic, version, reserved, checksum, first, rows before, made, oldest before
HEADER_SIZE = _HEADER.size
_SUMMED = 16  # where the header's checksum begins to count; the version is its start value

MARK = b"\xd7LLb"
_RECORD = struct.Struct("<4sIIQQdd")  # mark, checksum, length of the body, number, rows through, written, oldest
_CHECKED = 8  # where the record's checksum begins to count
RECORD_SIZE = _RECORD.size
LARGEST_BODY = 64 << 20
_FASTEST = 1  # five times smaller for 1.7 us a row of seven metrics; level 6 takes 4.5 us for another fifth

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Row])


class UnknownVersion(Exception):
    """The segment was written by a newer version of this program."""


class BadBody(Exception):
    """The bytes of a record are as they were written, and yet hold no rows."""


class Header(NamedTuple):
    """The beginning of a segment.

    `first` is the number of its first batch and `rows_before` how many rows all batches before that had; `made` is when
    it was begun; `oldest_before` is the oldest source time in the segment before it (infinity when there was none).
    """

    first: int
    rows_before: int
    made: float
    oldest_before: float = math.inf


class Record(NamedTuple):
    """One batch in a segment. It takes the bytes from `start` to `end`.

    `number` counts batches and `rows_through` rows, both since the spool was last empty at a start; `written` is when it
    was taken; `oldest` is the oldest source time in it (Unix seconds).
    """

    number: int
    rows_through: int
    written: float
    oldest: float
    body: bytes
    start: int
    end: int


def encode_header(header: Header) -> bytes:
    """The bytes of a segment's header."""
    packed = _HEADER.pack(MAGIC, VERSION, 0, 0, *header)
    checksum = zlib.crc32(packed[_SUMMED:], VERSION)
    return _HEADER.pack(MAGIC, VERSION, 0, checksum, *header)


def decode_header(data: bytes) -> Header | None:
    """The header at the beginning of `data`; None when it is damaged or cut off. Raises UnknownVersion."""
    if len(data) < HEADER_SIZE:
        return None
    magic, version, _, checksum, first, rows_before, made, oldest_before = _HEADER.unpack_from(data)
    if magic != MAGIC or zlib.crc32(data[_SUMMED:HEADER_SIZE], version) != checksum:
        return None
    if version != VERSION:
        raise UnknownVersion(f"version {version}, and this program knows version {VERSION}")
    return Header(first, rows_before, made, oldest_before)


def encode_rows(rows: Sequence[Row]) -> bytes:
    """The body of a record."""
    return zlib.compress(_encoder.encode(rows), _FASTEST)


def decode_rows(body: bytes) -> list[Row]:
    """The rows of a body. Raises BadBody."""
    try:
        return _decoder.decode(zlib.decompress(body))
    except (zlib.error, msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise BadBody(str(error)) from error


def encode_record(number: int, rows_through: int, written: float, oldest: float, body: bytes) -> bytes:
    """The bytes of a record."""
    fields = (len(body), number, rows_through, written, oldest)
    checksum = zlib.crc32(body, zlib.crc32(_RECORD.pack(MARK, 0, *fields)[_CHECKED:]))
    return _RECORD.pack(MARK, checksum, *fields) + body


def record_at(data: bytes, start: int) -> Record | None:
    """The record that begins at `start`; None when there is no whole and sound one."""
    body = start + RECORD_SIZE
    if body > len(data):
        return None
    mark, checksum, length, number, rows_through, written, oldest = _RECORD.unpack_from(data, start)
    end = body + length
    if mark != MARK or length > LARGEST_BODY or end > len(data):
        return None
    if zlib.crc32(memoryview(data)[start + _CHECKED : end]) != checksum:
        return None
    return Record(number, rows_through, written, oldest, data[body:end], start, end)


def written_at(data: bytes) -> float | None:
    """When the record that begins `data` says it was written; None when none begins there. Checks no sums."""
    if len(data) < RECORD_SIZE:
        return None
    mark, _, _, _, _, written, _ = _RECORD.unpack_from(data)
    return float(written) if mark == MARK else None


def next_record(data: bytes, start: int) -> Record | None:
    """The first sound record at or after `start`: where reading goes on behind damage."""
    found = data.find(MARK, start)
    while found >= 0:
        record = record_at(data, found)
        if record is not None:
            return record
        found = data.find(MARK, found + 1)
    return None
