"""A VictoriaMetrics of a test's own, that can be stopped, killed and started again on the same folder and port."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.servers.missing import need
from tests.servers.ports import free_port
from tests.servers.waiting import until


class Victoria:
    """One server on 127.0.0.1; `start` again after `stop` or `kill` finds what was durable at the same url."""

    def __init__(self, binary: str, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Run it; returns when it answers."""
        log = self.folder / "victoria.log"
        words = [
            self._binary, f"-storageDataPath={self.folder / 'data'}", f"-httpListenAddr=127.0.0.1:{self.port}",
            "-retentionPeriod=100y", "-memory.allowedPercent=10",
        ]  # fmt: skip
        with log.open("ab") as sink:
            self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink)
        until(f"VictoriaMetrics to answer ({log})", lambda: self._answers(log), within=60)

    def stop(self) -> None:
        """End it in good order (its data is then on disk), at once when it has not within 20 s."""
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

    def export(self, match: str) -> list[dict[str, Any]]:
        """What `/api/v1/export` holds of the series that match, e.g. `{device="lamp-1"}`: metric, values, timestamps (ms)."""
        words = urllib.parse.urlencode({"match[]": match, "start": "1970-01-02T00:00:00Z"})
        with urllib.request.urlopen(f"{self.url}/internal/force_flush", timeout=10):
            pass
        with urllib.request.urlopen(f"{self.url}/api/v1/export?{words}", timeout=60) as answer:
            return [json.loads(line) for line in answer]

    def _answers(self, log: Path) -> bool:
        assert self._process is not None and self._process.poll() is None, f"it ended:\n{log.read_text()[-3000:]}"
        with (
            suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer,
        ):
            return bool(answer.status == 200)
        return False


def program() -> str | None:
    """The victoria-metrics on PATH (Debian's name, then the project's)."""
    return shutil.which("victoria-metrics") or shutil.which("victoria-metrics-prod")


@contextmanager
def victoria(folder: Path) -> Iterator[Victoria]:
    """Run a VictoriaMetrics with its files in `folder` until the block is left; skips the test where there is none."""
    binary = program()
    need("victoria-metrics", binary is not None, "apt-get install victoria-metrics")
    server = Victoria(str(binary), folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
