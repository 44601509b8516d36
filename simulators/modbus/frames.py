"""Modbus as a device speaks it: requests to answers (application protocol 1.1b3), and frames for lines and for TCP."""

from __future__ import annotations

import struct
from typing import Protocol, runtime_checkable

COILS, INPUTS, HOLDING, INPUT_REGISTERS = 1, 2, 3, 4
_BITS, _REGISTERS = (COILS, INPUTS), (HOLDING, INPUT_REGISTERS)
_MOST = {COILS: 2000, INPUTS: 2000, HOLDING: 125, INPUT_REGISTERS: 125}


class Refused(Exception):
    """A request that is answered with an exception `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


class Bank(Protocol):
    """What can be read of a device, and written."""

    def bits(self, function: int) -> list[bool]:
        """All coils (1) or discrete inputs (2), from address 0; empty when there are none."""

    def registers(self, function: int) -> bytes:
        """All holding registers (3) or input registers (4), from address 0, two bytes each; empty when there are none."""

    def switch(self, coil: int, on: bool) -> None:
        """Write a coil; raises Refused."""


@runtime_checkable
class Writable(Protocol):
    """A device whose holding registers can be written too."""

    def write(self, start: int, data: bytes) -> None:
        """Write registers from `start` on; raises Refused."""


def answer(bank: Bank, request: bytes) -> bytes:
    """The answer's PDU to a request's."""
    function = request[0] if request else 0
    try:
        return bytes([function]) + _answer(bank, function, request[1:])
    except Refused as refused:
        return bytes([function | 0x80, refused.code])


def _answer(bank: Bank, function: int, body: bytes) -> bytes:
    if function in _BITS + _REGISTERS:
        if len(body) != 4:
            raise Refused(3)
        start, count = struct.unpack(">HH", body)
        if not 1 <= count <= _MOST[function]:
            raise Refused(3)
        if function in _REGISTERS:
            held = bank.registers(function)[start * 2 : (start + count) * 2]
            if len(held) < count * 2:
                raise Refused(2 if bank.registers(function) else 1)
            return bytes([len(held)]) + held
        bits = bank.bits(function)
        if start + count > len(bits):
            raise Refused(2 if bits else 1)
        packed = sum(bit << place for place, bit in enumerate(bits[start : start + count]))
        return bytes([(count + 7) // 8]) + packed.to_bytes((count + 7) // 8, "little")
    if function == 5:
        if len(body) != 4 or body[2:] not in (b"\xff\x00", b"\x00\x00"):
            raise Refused(3)
        bank.switch(int.from_bytes(body[:2], "big"), body[2] == 0xFF)
        return body
    if function == 15:
        start, count = struct.unpack(">HH", body[:4]) if len(body) > 5 else (0, 0)
        if not 1 <= count <= 1968 or body[4] != (count + 7) // 8 or len(body) != 5 + body[4]:
            raise Refused(3)
        for place in range(count):
            bank.switch(start + place, bool(body[5 + place // 8] >> place % 8 & 1))
        return body[:4]
    if function == 16:
        start, count = struct.unpack(">HH", body[:4]) if len(body) > 5 else (0, 0)
        if not 1 <= count <= 123 or body[4] != count * 2 or len(body) != 5 + body[4]:
            raise Refused(3)
        if not isinstance(bank, Writable):
            raise Refused(1)
        bank.write(start, body[5:])
        return body[:4]
    raise Refused(1)


def checksum(frame: bytes) -> bytes:
    """CRC-16 of a frame on a line."""
    rest = 0xFFFF
    for byte in frame:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ 0xA001 if rest & 1 else rest >> 1
    return rest.to_bytes(2, "little")


def request_length(frame: bytes) -> int | None:
    """Bytes of the request that `frame` begins with, on a line; None while too little of it is there, 0 when it is none."""
    if len(frame) < 2:
        return None
    if frame[1] in (1, 2, 3, 4, 5, 6):
        return 8
    if frame[1] in (15, 16):
        return None if len(frame) < 7 else 9 + frame[6]
    return 0
