"""A Mosquitto of a test's own, which can be killed and started again on the same port and data."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.servers.missing import need
from tests.servers.mosquitto import program
from tests.servers.ports import free_port
from tests.servers.waiting import until

_CONFIGURATION = """
listener {port} 127.0.0.1
persistence true
persistence_location {folder}/
autosave_interval 1
max_inflight_messages 1000
max_queued_messages 0
max_keepalive 3600
{access}
{more}
"""


class Mosquitto:
    """`mosquitto` on a free port of 127.0.0.1."""

    def __init__(self, folder: Path, more: str = "", access: str = "allow_anonymous true") -> None:
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "mosquitto.conf"
        user = "user root\n" if os.geteuid() == 0 else ""
        self._file.write_text(user + _CONFIGURATION.format(port=self.port, folder=folder, more=more, access=access))

    def start(self) -> None:
        """Start and wait until it takes connections."""
        binary = program()
        assert binary is not None
        with (self._folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(
                [binary, "-c", str(self._file)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until("mosquitto to listen", self._listens)

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "mosquitto.log").read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM: it saves its state."""
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """SIGSTOP: connections stay, nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(how)
            self._process.wait(10)


@contextlib.contextmanager
def mosquitto(folder: Path, more: str = "", access: str = "allow_anonymous true") -> Iterator[Mosquitto]:
    """A running Mosquitto; `more` and `access` are further lines of its configuration."""
    need("mosquitto", program() is not None, how="on Debian, apt-get install mosquitto mosquitto-clients")
    server = Mosquitto(folder, more, access)
    server.start()
    try:
        yield server
    finally:
        server.kill()
