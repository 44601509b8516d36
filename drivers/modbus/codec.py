"""Types of registers: how many, and what number or text their bytes are."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from enum import StrEnum

Number = Callable[[bytes], float | None]


class RegisterType(StrEnum):
    """What stands in one or more registers."""

    UINT16 = "uint16"
    INT16 = "int16"
    UINT32 = "uint32"
    INT32 = "int32"
    UINT64 = "uint64"
    INT64 = "int64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BCD16 = "bcd16"
    BCD32 = "bcd32"
    BIT = "bit"
    STRING = "string"


class Order(StrEnum):
    """Which word of a number comes first, and whether the bytes in each word are exchanged."""

    BIG = "big"  # high word first, as the standard has it for bytes
    LITTLE = "little"
    BIG_SWAPPED = "big-swapped"
    LITTLE_SWAPPED = "little-swapped"


STRUCTS = {
    RegisterType.UINT16: ">H",
    RegisterType.INT16: ">h",
    RegisterType.UINT32: ">I",
    RegisterType.INT32: ">i",
    RegisterType.UINT64: ">Q",
    RegisterType.INT64: ">q",
    RegisterType.FLOAT32: ">f",
    RegisterType.FLOAT64: ">d",
    RegisterType.BCD16: ">H",
    RegisterType.BCD32: ">I",
}
WIDTHS = {kind: struct.calcsize(form) // 2 for kind, form in STRUCTS.items()}
"""Registers of each type of number."""

DECIMALS = (RegisterType.BCD16, RegisterType.BCD32)
FLOATS = (RegisterType.FLOAT32, RegisterType.FLOAT64)
WRITABLE = (RegisterType.UINT16, RegisterType.INT16, RegisterType.UINT32, RegisterType.INT32, RegisterType.FLOAT32)


class BadDigits(ValueError):
    """Bytes that are no decimal digits, or no number."""


def ordered(order: Order, raw: bytes) -> bytes:
    """The bytes of a number, highest first, as they came in `order`; the same back again."""
    if order in (Order.BIG_SWAPPED, Order.LITTLE_SWAPPED):
        raw = b"".join(raw[place + 1 : place + 2] + raw[place : place + 1] for place in range(0, len(raw), 2))
    if order in (Order.LITTLE, Order.LITTLE_SWAPPED):
        raw = b"".join(raw[place : place + 2] for place in range(len(raw) - 2, -1, -2))
    return raw


def number_reader(kind: RegisterType, order: Order, offset: int) -> Number:
    """A function that reads the number at `offset` of a block; it gives None for a float that is none (a meter's word for
    `not measured`) and raises BadDigits for a BCD number with a digit beyond 9."""
    take, size = struct.Struct(STRUCTS[kind]).unpack_from, WIDTHS[kind] * 2
    plain = order is Order.BIG or (order is Order.LITTLE and size == 2)

    def raw(block: bytes) -> float:
        found: float = take(block, offset)[0] if plain else take(ordered(order, block[offset : offset + size]))[0]
        return found

    def real(block: bytes) -> float | None:
        value = raw(block)
        if math.isnan(value):
            return None
        if math.isinf(value):
            raise BadDigits("is infinite")
        return value

    def decimal(block: bytes) -> float:
        digits = f"{int(raw(block)):x}"
        if not digits.isdecimal():
            raise BadDigits(f"holds 0x{digits}, which are no decimal digits: is it really {kind.value}?")
        return int(digits)

    if kind in FLOATS:
        return real
    return decimal if kind in DECIMALS else raw


def bit_reader(offset: int, bit: int) -> Callable[[bytes], float]:
    """A function that reads a bit: of the byte at `offset`, 0 the lowest."""
    mask = 1 << bit
    return lambda block: 1.0 if block[offset] & mask else 0.0


def text_of(block: bytes, offset: int, registers: int) -> str:
    """The text in so many registers, without what it was filled up with."""
    return block[offset : offset + 2 * registers].split(b"\x00")[0].decode("ascii", "replace").strip()


def encoded(kind: RegisterType, order: Order, value: float) -> bytes:
    """The bytes of a number as they are written; raises struct.error when it does not fit."""
    whole = value if kind in FLOATS else int(value)
    return ordered(order, struct.pack(STRUCTS[kind], whole))


def span(kind: RegisterType) -> tuple[float, float]:
    """The least and the greatest number of a type of integer."""
    bits = WIDTHS[kind] * 16
    if kind.value.startswith("int"):
        return -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1
    return 0.0, 2.0**bits - 1
