"""Values of resources as bytes: TLV (LwM2M 1.0 section 6.4.3), SenML JSON and CBOR, plain text."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

import cbor2

TEXT, SENML_JSON, SENML_CBOR, TLV = 0, 110, 112, 11542
ALL = (TEXT, SENML_JSON, SENML_CBOR, TLV)
_RESOURCE = 0xC0
_CBOR = {"bn": -2, "n": 0, "v": 2, "vs": 3, "vb": 4}

Value = float | bool | str
Path = tuple[int, ...]


class Held(NamedTuple):
    """A value with its type: Integer, Float, Boolean, String or Time."""

    type: str
    value: Value


class BadValue(ValueError):
    """Bytes that are no value of that resource."""


def encode(path: Path, held: Mapping[int, Held], format: int) -> bytes:
    """What is held at `path`: the resources of an instance, or the one that it names."""
    if format == TEXT:
        return _text(held[path[2]])
    if format == TLV:
        return b"".join(_entry(number, _bytes(each)) for number, each in sorted(held.items()))
    base = "".join(f"/{part}" for part in path[:2])
    records: list[dict[str, Any]] = [{"n": str(number), **_labelled(each)} for number, each in sorted(held.items())]
    records[0] = {"bn": f"{base}/", **records[0]}
    if format == SENML_JSON:
        return json.dumps(records, separators=(",", ":")).encode()
    return cbor2.dumps([{_CBOR[label]: value for label, value in record.items()} for record in records])


def decode(payload: bytes, format: int | None, path: Path, type: str) -> Value:
    """The value that is written to the resource `path`; raises BadValue."""
    try:
        if format in (None, TEXT):
            return _from_text(payload.decode(), type)
        if format == TLV:
            return _from_bytes(_only(payload, path[2]), type)
        records = json.loads(payload) if format == SENML_JSON else cbor2.loads(payload)
        labels = ("v", "vs", "vb") if format == SENML_JSON else (2, 3, 4)
        value = next(records[0][label] for label in labels if label in records[0])
        return _from_text(value if isinstance(value, str) else str(value), type)
    except (ValueError, LookupError, TypeError, StopIteration, struct.error, cbor2.CBORDecodeError) as error:
        raise BadValue(f"no {type}: {error}") from error


def _labelled(held: Held) -> dict[str, Value]:
    if held.type == "String":
        return {"vs": held.value}
    return {"vb" if held.type == "Boolean" else "v": held.value}


def _text(held: Held) -> bytes:
    return str(int(held.value) if isinstance(held.value, bool) else held.value).encode()


def _from_text(text: str, type: str) -> Value:
    if type == "String":
        return text
    if type == "Boolean":
        return {"0": False, "1": True, "False": False, "True": True}[text]
    return float(text) if type == "Float" else int(float(text))


def _bytes(held: Held) -> bytes:
    value = held.value
    if held.type == "Boolean":
        return b"\x01" if value else b"\x00"
    if held.type == "Float":
        return struct.pack(">f", float(value)) if abs(float(value)) < 1e5 else struct.pack(">d", float(value))
    if held.type == "String":
        return str(value).encode()
    number = int(value)
    size = next(size for size in (1, 2, 4, 8) if -(1 << 8 * size - 1) <= number < 1 << 8 * size - 1)
    return number.to_bytes(size, "big", signed=True)


def _from_bytes(data: bytes, type: str) -> Value:
    if type == "String":
        return data.decode()
    if type == "Boolean":
        return data == b"\x01"
    if type == "Float":
        return float(struct.unpack(">f" if len(data) == 4 else ">d", data)[0])
    return int.from_bytes(data, "big", signed=True)


def _entry(number: int, value: bytes) -> bytes:
    wide = 0x20 if number > 255 else 0
    name = number.to_bytes(2 if wide else 1, "big")
    if len(value) < 8:
        return bytes([_RESOURCE | wide | len(value)]) + name + value
    size = (len(value).bit_length() + 7) // 8
    return bytes([_RESOURCE | wide | size << 3]) + name + len(value).to_bytes(size, "big") + value


def _only(data: bytes, number: int) -> bytes:
    """The value of the one entry in `data`."""
    head = data[0]
    wide, size = 2 if head & 0x20 else 1, head >> 3 & 3
    start = 1 + wide + size
    length = int.from_bytes(data[1 + wide : start], "big") if size else head & 7
    if head & 0xC0 != _RESOURCE or int.from_bytes(data[1 : 1 + wide], "big") != number or len(data) != start + length:
        raise ValueError("another resource")
    return data[start:]
