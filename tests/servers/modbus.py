"""Modbus peers that are not ours: a server on libmodbus, compiled here, and a pair of serial ports by socat."""

from __future__ import annotations

import contextlib
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.servers.missing import need
from tests.servers.ports import free_port
from tests.servers.waiting import until

_SOURCE = Path(__file__).with_name("modbus_slave.c")
_PACKAGES = "apt-get install gcc libc6-dev libmodbus-dev"


def compiled(folder: Path) -> Path:
    """The server's program, made once a folder."""
    program = folder / "modbus_slave"
    if not program.exists():
        found = shutil.which("gcc") is not None and any(Path("/usr/include/modbus").glob("modbus.h"))
        need("libmodbus", found, _PACKAGES)
        subprocess.run(
            ["gcc", "-O1", "-Wall", "-I/usr/include/modbus", "-o", str(program), str(_SOURCE), "-lmodbus"], check=True, timeout=60
        )  # fmt: skip
    return program


class Slave:
    """A running server; `say` gives it an order."""

    def __init__(self, process: subprocess.Popen[str], port: int = 0) -> None:
        self._process, self.port = process, port

    def say(self, order: str) -> str:
        """What it answers to a line."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def asked(self, unit: int) -> int:
        """How many requests a unit had."""
        return int(self.say(f"asked {unit}"))

    def put(self, table: str, address: int, raw: bytes) -> None:
        """Fill registers with bytes."""
        for place, word in enumerate(struct.unpack(f">{len(raw) // 2}H", raw)):
            self.say(f"{table} {address + place} {word}")


@contextlib.contextmanager
def slave(folder: Path, *arguments: str) -> Iterator[Slave]:
    """The server by TCP on a free port, or as `arguments` say (`rtu`, port, unit)."""
    program = compiled(folder)
    port = int(arguments[1]) if arguments and arguments[0] == "tcp" else free_port()
    process = subprocess.Popen(
        [str(program), *(arguments or ("tcp", str(port)))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready", "the Modbus server did not start"
        yield Slave(process, port)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


@contextlib.contextmanager
def serial_pair(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Two serial ports with a cable between them."""
    need("socat", shutil.which("socat") is not None, "apt-get install socat")
    one, other = folder / "port-a", folder / "port-b"
    process = subprocess.Popen(
        ["socat", f"pty,raw,echo=0,link={one}", f"pty,raw,echo=0,link={other}"], stderr=subprocess.DEVNULL
    )  # fmt: skip
    try:
        until("the serial ports", lambda: (one.exists() and other.exists()) or None, within=10)
        yield one, other
    finally:
        process.kill()
        process.wait()
