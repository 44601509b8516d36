"""Values of resources on the wire: in TLV by their type, in text as they are written."""

from __future__ import annotations

import struct

Value = float | bool | str | bytes


class BadValue(ValueError):
    """Bytes or text that are no value of the type."""


def from_tlv(data: bytes, kind: str) -> Value:
    """A value of a resource of this type (LwM2M 1.0 appendix C); raises BadValue."""
    if kind in ("Integer", "Time", "Unsigned Integer"):
        if len(data) not in (1, 2, 4, 8):
            raise BadValue(f"an integer of {len(data)} bytes: send 1, 2, 4 or 8")
        return int.from_bytes(data, "big", signed=kind != "Unsigned Integer")
    if kind == "Float":
        if len(data) in (1, 2):  # clients that write whole numbers as integers
            return float(int.from_bytes(data, "big", signed=True))
        if len(data) not in (4, 8):
            raise BadValue(f"a float of {len(data)} bytes: send 4 or 8")
        return float(struct.unpack(">f" if len(data) == 4 else ">d", data)[0])
    if kind == "Boolean":
        if data not in (b"\x00", b"\x01"):
            raise BadValue("a boolean that is neither 0 nor 1")
        return data == b"\x01"
    if kind in ("String", "Corelnk"):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise BadValue("text that is not UTF-8") from None
    return data


def to_tlv(value: Value, kind: str) -> bytes:
    """The bytes of a value."""
    if kind in ("Integer", "Time"):
        number = int(value)
        size = next(size for size in (1, 2, 4, 8) if -(1 << 8 * size - 1) <= number < 1 << 8 * size - 1)
        return number.to_bytes(size, "big", signed=True)
    if kind == "Float":
        return struct.pack(">d", float(value))
    if kind == "Boolean":
        return b"\x01" if value else b"\x00"
    return value if isinstance(value, bytes) else str(value).encode()


def from_text(data: bytes, kind: str) -> Value:
    """A value in plain text, content format 0; raises BadValue."""
    text = data.decode("utf-8", "replace").strip()
    if kind in ("Integer", "Time", "Unsigned Integer", "Float"):
        try:
            number = float(text)
        except ValueError:
            raise BadValue(f"{text[:40]!r} is no number") from None
        return number if kind == "Float" else int(number) if number == number // 1 else number
    if kind == "Boolean":
        if text.lower() in ("0", "1", "true", "false"):
            return text.lower() in ("1", "true")
        raise BadValue(f"{text[:40]!r} is no boolean: send 0 or 1")
    return text


def to_text(value: Value) -> bytes:
    """A value in plain text."""
    if isinstance(value, bool):
        return b"1" if value else b"0"
    if isinstance(value, float) and value == int(value):
        value = int(value)
    return value if isinstance(value, bytes) else str(value).encode()
