"""An InfluxDB 1.x of a test's own, that can be stopped, killed and started again on the same folder and port."""

from __future__ import annotations

import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.servers.missing import need
from tests.servers.ports import free_port
from tests.servers.waiting import until

_CONFIGURATION = """\
reporting-disabled = true
bind-address = "127.0.0.1:{inner}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  index-version = "tsi1"
  max-values-per-tag = 0
  max-series-per-database = 0
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
  auth-enabled = {auth}
  max-body-size = {body}
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[continuous_queries]
  enabled = false
"""


class Influxd:
    """One server on 127.0.0.1; `start` again after `stop` or `kill` finds the same data at the same url."""

    def __init__(self, binary: str, folder: Path, *, auth: bool = False, body: int = 25_000_000) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._configuration = folder / "influxdb.conf"
        self._configuration.write_text(
            _CONFIGURATION.format(folder=folder, port=self.port, inner=free_port(), auth=str(auth).lower(), body=body)
        )

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Run it; returns when it answers."""
        log = self.folder / "influxd.log"
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                [self._binary, "-config", str(self._configuration)],
                stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
            )  # fmt: skip
        until(f"influxd to answer ({log})", lambda: self._answers(log), within=60)

    def stop(self) -> None:
        """End it in good order, at once when it has not within 20 s."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(20)
            self.kill()

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def ask(self, statement: str, database: str = "") -> bytes:
        """The answer of `/query` to an InfluxQL statement, as JSON; times in microseconds."""
        words = urllib.parse.urlencode({"q": statement, "db": database, "epoch": "u"}).encode()
        with urllib.request.urlopen(f"{self.url}/query", words, timeout=60) as answer:
            return bytes(answer.read())

    def _answers(self, log: Path) -> bool:
        assert self._process is not None and self._process.poll() is None, f"influxd ended:\n{log.read_text()[-3000:]}"
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{self.url}/ping", timeout=2) as answer:
            return bool(answer.status == 204)
        return False


def program() -> str | None:
    """The influxd on PATH."""
    return shutil.which("influxd")


@contextmanager
def influxd(folder: Path, *, auth: bool = False, body: int = 25_000_000) -> Iterator[Influxd]:
    """Run an influxd with its files in `folder` until the block is left; skips the test where there is none.

    `auth` makes it ask for accounts (the first `CREATE USER ... WITH ALL PRIVILEGES` is free); `body` is the largest
    request in bytes.
    """
    binary = program()
    need("influxd", binary is not None, "apt-get install influxdb")
    server = Influxd(str(binary), folder, auth=auth, body=body)
    server.start()
    try:
        yield server
    finally:
        server.stop()
