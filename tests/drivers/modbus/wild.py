"""A gateway with two devices of which the second sends whatever it likes, on a real socket or serial port."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from drivers.modbus.address import Scheme
from tests.drivers.modbus.driving import float32
from tests.drivers.modbus.test_cases import checksum

SOUND, WILD = 1, 2  # units
READS = {SOUND: 100.0, WILD: 200.0}  # W, as each answers when it is itself


def tcp(transaction: bytes, unit: int, pdu: bytes) -> bytes:
    """A frame of Modbus TCP."""
    return transaction + b"\x00\x00" + (len(pdu) + 1).to_bytes(2, "big") + bytes([unit]) + pdu


def rtu(unit: int, pdu: bytes) -> bytes:
    """A frame on a line."""
    frame = bytes([unit]) + pdu
    return frame + checksum(frame)


@dataclass(frozen=True)
class Ask:
    """A request as it came, and what answers it."""

    scheme: Scheme
    transaction: bytes
    unit: int
    pdu: bytes
    raw: bytes

    def frame(self, pdu: bytes, unit: int | None = None, transaction: bytes | None = None) -> bytes:
        """A whole answer."""
        unit = self.unit if unit is None else unit
        return tcp(transaction or self.transaction, unit, pdu) if self.scheme is Scheme.TCP else rtu(unit, pdu)

    def reading(self, watts: float) -> bytes:
        """The PDU that answers a read with this value, and zeros."""
        size = int.from_bytes(self.pdu[3:5], "big") * 2
        return bytes([self.pdu[0], size]) + float32(watts).ljust(size, b"\x00")

    @property
    def good(self) -> bytes:
        """The right answer."""
        return self.frame(self.reading(READS[self.unit]))


Pieces = list[bytes] | None  # one after the other; None ends the connection
Fault = Callable[[Ask], Pieces]


class Gateway:
    """Answers for both units; the second as `fault` says, while there is one. `asked` counts its requests."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.fault: Fault | None = None
        self.late: list[bytes] = []  # sent before the next answer of the sound unit
        self.asked = 0
        self.address = ""
        self._tasks: set[asyncio.Task[None]] = set()

    def hear(self, heard: bytes, send: Callable[[bytes], None], end: Callable[[], None]) -> bytes:
        """Answer what is whole of `heard`; returns the rest."""
        while len(heard) >= (12 if self.scheme is Scheme.TCP else 8):
            size = 12 if self.scheme is Scheme.TCP else 8
            raw, heard = heard[:size], heard[size:]
            at = 6 if self.scheme is Scheme.TCP else 0
            ask = Ask(self.scheme, raw[:2], raw[at], raw[at + 1 : at + 6], raw)
            self.asked += ask.unit == WILD
            pieces: Pieces = [ask.good]
            if ask.unit == WILD and self.fault is not None:
                pieces = self.fault(ask)
            elif ask.unit == SOUND:
                pieces, self.late = [*self.late, ask.good], []
            task = asyncio.create_task(self._send(pieces, send, end))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return heard

    async def _send(self, pieces: Pieces, send: Callable[[bytes], None], end: Callable[[], None]) -> None:
        if pieces is None:
            end()
        for piece in pieces or []:
            send(piece)
            await asyncio.sleep(0.002)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        heard = b""
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(300):
                heard = self.hear(heard + data, writer.write, writer.close)
        writer.close()


@contextlib.asynccontextmanager
async def gateway(scheme: Scheme) -> AsyncIterator[Gateway]:
    """A running one; its `address` is the line's."""
    wild = Gateway(scheme)
    if scheme is Scheme.RTU:
        ours, theirs = os.openpty()
        tty.setraw(ours)
        tty.setraw(theirs)
        heard = b""

        def read() -> None:
            nonlocal heard
            heard = wild.hear(heard + os.read(ours, 300), lambda data: _write(ours, data), lambda: None)

        os.set_blocking(ours, False)
        asyncio.get_running_loop().add_reader(ours, read)
        wild.address = f"rtu://{Path(os.ttyname(theirs))}"
        try:
            yield wild
        finally:
            asyncio.get_running_loop().remove_reader(ours)
            os.close(ours)
            os.close(theirs)
        return
    server = await asyncio.start_server(wild.serve, "127.0.0.1", 0)
    wild.address = f"{scheme.value}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield wild
    finally:
        server.close()


def _write(port: int, data: bytes) -> None:
    with contextlib.suppress(BlockingIOError):
        os.write(port, data)
