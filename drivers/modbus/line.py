"""The one place that uses pymodbus: a connection on which one request at a time is asked and answered.

pymodbus gives the transports (TCP, serial), the framing with its checksum and the encoding of requests; when to ask again, when
to connect again and which answers to believe is decided here. Its version is pinned, for it does not follow semantic versions.
"""

from __future__ import annotations

import asyncio
import logging
import struct
import termios
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadDiscreteInputsRequest,
    WriteMultipleCoilsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)
from pymodbus.transport import CommParams, CommType, ModbusProtocol

from drivers.modbus.address import LineAddress, Scheme
from drivers.modbus.codec import encoded
from drivers.modbus.model import Block, ReadBack, Write

_READS: dict[int, Callable[..., ModbusPDU]] = {
    1: ReadCoilsRequest,
    2: ReadDiscreteInputsRequest,
    3: ReadHoldingRegistersRequest,
    4: ReadInputRegistersRequest,
}
_ON, _OFF = b"\xff\x00", b"\x00\x00"
_LONGEST = 260  # bytes of a frame
_TOO_MUCH = 64 * _LONGEST  # bytes that come and answer nothing until the connection is ended
_QUIET = 1.75e-3  # seconds of silence between frames above 19,200 baud; below, 3.5 characters
_CHARACTER = 11  # bits on a serial line, start, parity and stop bits among them

logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)  # the bus says what matters, once


class NoAnswer(Exception):
    """Nothing that fits came back in time; the connection stands."""


class LineLost(Exception):
    """There is no connection, or (`asked`) it ended before the answer to a request came; the message says why."""

    def __init__(self, why: str, asked: bool = False) -> None:
        super().__init__(why)
        self.asked = asked


class Refusal(Exception):
    """The device answered with an exception `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


class NotAllowed(Exception):
    """A write that the register map does not list; it never leaves the hub."""


@dataclass(frozen=True, slots=True)
class Serial:
    """How a serial port is set."""

    baud: int = 19_200
    bits: int = 8
    parity: str = "E"
    stop: int = 1


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: the bytes of it, and of how many bytes the answer is; `echo` is what the answer must begin with."""

    unit: int
    pdu: bytes
    size: int
    echo: bytes = b""


def read_request(unit: int, block: Block) -> Request:
    """The read of a block."""
    message = _READS[block.function](address=block.start, count=block.count)
    return Request(
        unit, bytes([block.function]) + message.encode(), 2 + block.size, bytes([block.function, block.size])
    )


def back_request(unit: int, back: ReadBack) -> Request:
    """The read that shows a write."""
    return read_request(unit, Block(back.function, back.address, 1, ()))


def write_request(unit: int, write: Write, value: int) -> Request:
    """The write of one of the values that its rule allows; raises NotAllowed."""
    if not write.allows(value):
        raise NotAllowed(f"{value} is not among what may be written to {write.function}:{write.address}")
    if write.function == 5:
        pdu = WriteSingleCoilRequest(address=write.address, bits=[bool(value)]).encode()
    elif write.function == 15:
        pdu = WriteMultipleCoilsRequest(address=write.address, bits=[bool(value)]).encode()
    else:
        raw = encoded(write.type, write.order, value)
        registers = list(struct.unpack(f">{len(raw) // 2}H", raw))
        kind = WriteSingleRegisterRequest if write.function == 6 else WriteMultipleRegistersRequest
        pdu = kind(address=write.address, registers=registers).encode()
    whole = bytes([write.function]) + pdu
    return Request(unit, whole, 5, whole[:5])


def many_request(unit: int, start: int, data: bytes) -> Request:
    """The write of many registers of a signal controller (function 16)."""
    registers = list(struct.unpack(f">{len(data) // 2}H", data))
    whole = b"\x10" + WriteMultipleRegistersRequest(address=start, registers=registers).encode()
    return Request(unit, whole, 5, whole[:5])


class _Rtu(FramerRTU):
    """Takes one frame at a time, so that a late answer does not take the one behind it along, and looks for a good frame behind
    garbage."""

    def decode(self, data: bytes) -> tuple[int, int, int, bytes]:
        for start in range(len(data) - self.MIN_SIZE + 1):
            rest = data[start:]
            kind = self.decoder.lookupPduClass(rest)
            if kind is None:
                continue
            size = kind.calculateRtuFrameSize(rest)
            if size and self.MIN_SIZE <= size <= len(rest):
                check = int.from_bytes(rest[size - 2 : size], "big")
                if self.check_CRC(rest[: size - 2], check):
                    return start + size, rest[0], 0, rest[1 : size - 2]
        return 0, 0, 0, b""


class _Wire(ModbusProtocol):
    """A connection; hands what it receives to `heard`."""

    def __init__(self, params: CommParams, heard: Callable[[bytes], None], ended: Callable[[str], None]) -> None:
        super().__init__(params, False)
        self._heard, self._ended = heard, ended

    async def open(self) -> None:
        """Connect, as pymodbus does, but tell why it cannot be."""
        self.is_closing = False
        self.transport, _ = await asyncio.wait_for(self.call_create(), self.comm_params.timeout_connect)

    def data_received(self, data: bytes) -> None:
        self._heard(data)

    def callback_data(self, data: bytes, addr: tuple[object, ...] | None = None) -> int:
        return len(data)

    def callback_new_connection(self) -> ModbusProtocol:
        return self

    def callback_connected(self) -> None:
        """Nothing: `connect` tells."""

    def callback_disconnected(self, exc: Exception | None) -> None:
        self._ended(f"the connection ended ({exc})" if exc else "the other side closed the connection")

    def put(self, frame: bytes) -> None:
        cast(asyncio.WriteTransport, self.transport).write(frame)  # uvloop's is no subclass of it


class Line:
    """A connection to one or more units. Not for two requests at a time: its bus sees to that.

    `timeout` are the seconds that an answer may take. What arrives and does not fit the request under way (another unit, another
    transaction, another function or length, a wrong checksum) is counted in `strays` and otherwise as if it had not come.
    """

    def __init__(self, address: LineAddress, timeout: float, serial: Serial | None = None) -> None:
        self.address, self._timeout = address, timeout
        serial = serial or Serial()
        self._tcp = address.scheme is Scheme.TCP
        self._framer = FramerSocket(DecodePDU(False)) if self._tcp else _Rtu(DecodePDU(False))
        self.quiet = 0.0
        if address.scheme is Scheme.RTU:
            self.quiet = _QUIET if serial.baud > 19_200 else 3.5 * _CHARACTER / serial.baud
        self._params = CommParams(
            comm_type=CommType.SERIAL if address.scheme is Scheme.RTU else CommType.TCP,
            comm_name="modbus", host=address.host, port=address.port, reconnect_delay=0.0, reconnect_delay_max=0.0,
            timeout_connect=max(timeout, 1.0), baudrate=serial.baud, bytesize=serial.bits, parity=serial.parity,
            stopbits=serial.stop,
        )  # fmt: skip
        self._wire: _Wire | None = None
        self._buffer = b""
        self._transaction = 0
        self._useless = 0  # bytes that came since the last answer
        self._request: Request | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self.strays = 0

    @property
    def connected(self) -> bool:
        """True while there is a connection."""
        return self._wire is not None

    async def connect(self) -> None:
        """Connect; raises LineLost."""
        self.close()
        wire = _Wire(self._params, self._heard, self._ended)
        what = "opened" if self.address.scheme is Scheme.RTU else "reached"
        try:
            await wire.open()
        except TimeoutError:
            seconds = self._params.timeout_connect
            raise LineLost(f"{self.address} cannot be {what} (no answer within {seconds:g} s)") from None
        except OSError as error:
            raise LineLost(f"{self.address} cannot be {what} ({error.strerror or error})") from None
        except (ValueError, termios.error) as error:
            raise LineLost(f"{self.address} cannot be opened as it is set ({error}): see modbus.ports") from None
        self._wire, self._useless = wire, 0

    def close(self) -> None:
        """End the connection, if there is one."""
        wire, self._wire, self._buffer = self._wire, None, b""
        if wire is not None:
            wire.close()
        self._fail("the connection was closed")

    async def ask(self, request: Request) -> bytes:
        """The data of the answer, without function code and length; raises NoAnswer, LineLost and Refusal."""
        wire = self._wire
        if wire is None or not wire.is_active():
            raise LineLost("there is no connection")
        if not self._tcp:
            self._buffer = b""
        elif self._buffer:  # the answer to this would be taken for the rest of what came before
            self._ended("an answer ended in the middle")
            raise LineLost("an answer ended in the middle")
        self._transaction = self._transaction % 65_000 + 1
        loop = asyncio.get_running_loop()
        self._request, self._answer = request, loop.create_future()
        end = loop.call_later(self._timeout, self._late)
        wire.put(self._framer.encode(request.pdu, request.unit, self._transaction if self._tcp else 0))
        try:
            pdu = await self._answer
        finally:
            end.cancel()
            self._request = self._answer = None
        if pdu[0] & 0x80:
            raise Refusal(pdu[1])
        return pdu[2:]

    # --- what comes in --------------------------------------------------------------------------------------------

    def _heard(self, data: bytes) -> None:
        self._useless += len(data)
        for start in range(0, len(data), _LONGEST):  # never much at once: a frame is looked for at every place
            if self._wire is not None:
                self._listen(data[start : start + _LONGEST])
        if self._useless > _TOO_MUCH:
            self._ended("what comes back answers nothing and does not end")

    def _listen(self, data: bytes) -> None:
        self._buffer += data
        while self._buffer:
            if self._tcp and not self._speaks_tcp():
                self._ended("what came back is no Modbus TCP")
                return
            used, unit, transaction, pdu = self._framer.decode(self._buffer)
            if not used:
                break
            self._buffer = self._buffer[used:]
            self._take(unit, transaction, pdu)
        if len(self._buffer) > 2 * _LONGEST:
            self._buffer = self._buffer[-_LONGEST:]

    def _speaks_tcp(self) -> bool:
        head = self._buffer[:6]
        if len(head) == 6 and head[2:5] == b"\x00\x00\x00" and 2 <= head[5] <= 254:
            return True
        return head[2:4] in (b"", b"\x00", b"\x00\x00") and (
            len(head) < 6 or 2 <= int.from_bytes(head[4:6], "big") <= 254
        )

    def _take(self, unit: int, transaction: int, pdu: bytes) -> None:
        request, answer = self._request, self._answer
        fits = (
            request is not None
            and answer is not None
            and not answer.done()
            and unit == request.unit
            and (not self._tcp or transaction == self._transaction)
            and (
                (len(pdu) == request.size and pdu.startswith(request.echo))
                or (len(pdu) == 2 and pdu[0] == request.pdu[0] | 0x80)
            )
        )
        if fits and answer is not None:
            self._useless = 0
            answer.set_result(pdu)
        else:
            self.strays += 1

    def _late(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(NoAnswer("no answer"))

    def _ended(self, why: str) -> None:
        wire, self._wire, self._buffer = self._wire, None, b""
        if wire is not None:
            wire.close()
        self._fail(why)

    def _fail(self, why: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(LineLost(why, asked=True))
