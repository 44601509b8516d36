"""A Mosquitto of a test's own."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.servers.missing import need
from tests.servers.ports import free_port
from tests.servers.waiting import until


@dataclass(frozen=True)
class MosquittoServer:
    """A running Mosquitto on 127.0.0.1."""

    url: str
    port: int
    pid: int


def program() -> Path | None:
    """The mosquitto program, which Debian keeps where a person's PATH does not reach."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


@contextmanager
def mosquitto(folder: Path, *lines: str, port: int | None = None) -> Iterator[MosquittoServer]:
    """Run a Mosquitto with persistence in `folder` until the block is left.

    `lines` are added to its configuration; without any of them it lets everybody in. With the same folder and
    `port` it is the same broker, started anew. Skips the test where there is no Mosquitto.
    """
    binary = program()
    need("mosquitto", binary is not None)
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    configuration = folder / "mosquitto.conf"
    base = ["persistence true", f"persistence_location {folder}/"]
    configuration.write_text("\n".join([f"listener {port} 127.0.0.1", *base, *(lines or ["allow_anonymous true"]), ""]))
    log = folder / "mosquitto.log"
    with log.open("ab") as sink:
        server = subprocess.Popen(
            [str(binary), "-c", str(configuration)], stdin=subprocess.DEVNULL, stdout=sink, stderr=sink
        )
    try:
        until(f"Mosquitto to accept ({log})", lambda: _accepts(server, port, log), within=10)
        yield MosquittoServer(f"mqtt://127.0.0.1:{port}", port, server.pid)
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(10)
        server.kill()
        server.wait()


def _accepts(server: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    assert server.poll() is None, f"Mosquitto ended:\n{log.read_text()}"
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
