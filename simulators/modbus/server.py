"""Servers for Modbus TCP and for RTU on a serial port."""

from __future__ import annotations

import asyncio
import os
import termios
import tty
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from simulators.modbus.frames import Bank, answer, checksum, request_length

Units = Mapping[int, Bank]
_LONGEST = 260


class CannotServe(Exception):
    """A port that cannot be had; the message says which and why."""


class TcpServer:
    """Answers for all units at one TCP port; for others it says that the gateway has no path to them. Port 0 is a free one, which
    `port` is after the start."""

    def __init__(self, host: str, port: int, units: Units) -> None:
        self._host, self.port, self._units = host, port, units
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen; raises CannotServe."""
        try:
            self._server = await asyncio.start_server(self._serve, self._host, self.port)
        except OSError as error:
            raise CannotServe(f"Modbus port {self._host}:{self.port}: {error.strerror or error}") from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """End all connections."""
        if self._server is not None:
            self._server.close()
            for writer in self._writers:
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                head = await reader.readexactly(7)
                length = int.from_bytes(head[4:6], "big")
                if head[2:4] != b"\x00\x00" or not 2 <= length <= _LONGEST:
                    return
                pdu = await reader.readexactly(length - 1)
                bank = self._units.get(head[6])
                said = answer(bank, pdu) if bank is not None else bytes([pdu[0] | 0x80, 10])
                writer.write(head[:4] + (len(said) + 1).to_bytes(2, "big") + head[6:7] + said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


class SerialServer:
    """Answers for all units on a serial port; for others it is silent, as a line is."""

    def __init__(self, port: Path, units: Units) -> None:
        self._port, self._units = port, units
        self._file = -1
        self._heard = b""

    async def start(self) -> None:
        """Open the port; raises CannotServe."""
        try:
            self._file = os.open(self._port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            tty.setraw(self._file)
        except (OSError, termios.error) as error:
            raise CannotServe(f"serial port {self._port}: {error}") from error
        asyncio.get_running_loop().add_reader(self._file, self._read)

    async def stop(self) -> None:
        """Close the port."""
        if self._file >= 0:
            asyncio.get_running_loop().remove_reader(self._file)
            os.close(self._file)
            self._file = -1

    def _read(self) -> None:
        with suppress(BlockingIOError):
            self._heard = (self._heard + os.read(self._file, _LONGEST))[-2 * _LONGEST :]
        while self._heard:
            length = request_length(self._heard)
            if length is None or len(self._heard) < length:
                return
            frame = self._heard[:length]
            if not length or checksum(frame[:-2]) != frame[-2:]:
                self._heard = self._heard[1:]
                continue
            self._heard = self._heard[length:]
            bank = self._units.get(frame[0])
            if bank is not None:
                said = frame[:1] + answer(bank, frame[1:-2])
                with suppress(BlockingIOError):
                    os.write(self._file, said + checksum(said))
