"""Programs of ours in processes of their own, started as people start them, or forked from a server that has their modules
loaded (`fork_server`). What is measured, and what tests say about starting, is started as people do."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Protocol

ROOT = Path(__file__).parents[2]


class Program(Protocol):
    """What tests use of subprocess.Popen."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


class Forked:
    """A process that the server has forked."""

    def __init__(self) -> None:
        self.pid = 0
        self.code: int | None = None
        self._started, self._ended = threading.Event(), threading.Event()

    def started(self, pid: int) -> None:
        self.pid = pid
        self._started.set()

    def ended(self, code: int) -> None:
        self.code = code
        self._ended.set()

    def await_start(self) -> None:
        assert self._started.wait(120), "the server that forks gave no answer"

    def poll(self) -> int | None:
        return self.code

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        assert self.code is not None
        return self.code

    def send_signal(self, sig: int) -> None:
        if self.code is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The server, which lives as long as this process."""

    def __init__(self) -> None:
        self.environment = dict(os.environ)
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "tests.servers.fork_server"], stdin=theirs.fileno(), stdout=subprocess.PIPE, cwd=ROOT,
                start_new_session=True,
            )  # fmt: skip
        self._turn = threading.Lock()
        self._coming: list[Forked] = []
        self._running: dict[int, Forked] = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def suits(self, environment: Mapping[str, str]) -> bool:
        """True when `environment` changes nothing that only a new interpreter or its libraries would look at."""
        changed = {name for name, _ in environment.items() ^ self.environment.items()}
        return all(name.startswith("LAMPLIGHTER_") or name in ("PYTHONPATH", "PYTEST_CURRENT_TEST") for name in changed)

    def start(
        self,
        module: str,
        words: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        files: Sequence[IO[bytes]],
    ) -> Forked:
        """`python -m MODULE WORDS` in `folder`; `files` are its standard input, output and errors."""
        request = {"module": module, "words": words, "environment": dict(environment), "folder": str(folder)}
        forked = Forked()
        with self._turn:
            self._coming.append(forked)
            socket.send_fds(self._requests, [json.dumps(request).encode()], [file.fileno() for file in files])
        forked.await_start()
        return forked

    def _listen(self) -> None:
        assert self._server.stdout is not None
        for line in self._server.stdout:
            said = json.loads(line)
            if "code" in said:
                self._running.pop(said["pid"]).ended(said["code"])
            else:
                forked = self._running[said["pid"]] = self._coming.pop(0)
                forked.started(said["pid"])


@cache
def fork_server() -> ForkServer:
    """The one of this process."""
    return ForkServer()


def start(
    module: str, *words: str | Path, log: Path, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> Forked:
    """`python -m MODULE WORDS`, forked; what it prints goes to the end of `log`."""
    with Path(os.devnull).open("rb") as nothing, log.open("ab") as sink:
        return fork_server().start(
            module,
            [str(word) for word in words],
            environment or os.environ,
            folder or Path.cwd(),
            [nothing, sink, sink],
        )


def run(
    *words: str | Path, module: str = "hub", environment: Mapping[str, str] | None = None, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """`python -m MODULE WORDS`, forked, to its end."""
    command = [str(word) for word in words]
    with TemporaryFile() as given, TemporaryFile() as said, TemporaryFile() as errors:
        given.write(typed.encode())
        given.seek(0)
        chosen = os.environ if environment is None else environment
        assert fork_server().suits(chosen), "only a new interpreter heeds these variables: use subprocess.run"
        forked = fork_server().start(module, command, chosen, Path.cwd(), [given, said, errors])
        try:
            code = forked.wait(120)
        finally:
            forked.kill()
        for file in (said, errors):
            file.seek(0)
        return subprocess.CompletedProcess(command, code, said.read().decode(), errors.read().decode())


class Printing:
    """`python -m MODULE WORDS`, forked, whose lines are read while it runs."""

    def __init__(self, module: str, *words: str | Path) -> None:
        mine, theirs = os.pipe()
        with Path(os.devnull).open("r+b") as nothing, os.fdopen(theirs, "wb") as sink:
            self.process = fork_server().start(
                module, [str(word) for word in words], os.environ, Path.cwd(), [nothing, sink, nothing]
            )
        self.lines = os.fdopen(mine, "r", encoding="utf-8")

    def killed(self) -> list[str]:
        """End it as a power cut does; the lines that were not read yet."""
        self.process.kill()
        with self.lines:
            left = list(self.lines)
        self.process.wait()
        return left
