"""The broker's folder: made, locked against a second hub, and what nats-server's logs say in it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from pathlib import Path

from hub.broker.configuration import Paths
from hub.broker.settings import BrokerError

_TAIL = 64 * 1024
_ERROR = re.compile(r"\[(?:FTL|ERR)\] (.*)")
_OF_A_CLIENT = re.compile(r" - [mcw]id:[0-9]+ - ")


class Folder:
    """One hub's hold on the folder, from `take` to `release`; the kernel releases it when the hub dies."""

    def __init__(self, folder: Path) -> None:
        self.paths = Paths(folder.absolute())
        self._lock: int | None = None

    def take(self) -> None:
        """Make the folder and lock it; raises BrokerError when it cannot be used or another hub uses it."""
        try:
            self.paths.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.paths.ports.mkdir(mode=0o700, exist_ok=True)
            lock = os.open(self.paths.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise BrokerError(f"the broker's folder {self.paths.folder} cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise BrokerError(f"the broker's folder {self.paths.folder} is in use by another running hub") from error
        self._lock = lock

    def release(self) -> None:
        """Let another hub have the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write_configuration(self, text: str) -> None:
        """Replace the configuration whole or not at all, readable by us alone; raises BrokerError."""
        target = self.paths.configuration
        draft = target.with_suffix(".new")
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        except OSError as error:
            raise BrokerError(f"the broker's configuration {target} cannot be written: {error.strerror}") from error

    def note_pid(self, pid: int) -> None:
        """Remember the running nats-server for the next start; raises BrokerError."""
        try:
            self.paths.pid.write_text(f"{pid}\n")
        except OSError as error:
            raise BrokerError(f"the broker's {self.paths.pid} cannot be written: {error.strerror}") from error

    def forget_runs(self) -> None:
        """Remove what describes a nats-server that is no longer there."""
        for file in (self.paths.pid, *self.paths.ports.glob("*.ports")):
            file.unlink(missing_ok=True)

    def last_error(self) -> str | None:
        """The last error about itself that nats-server wrote in its present run, if any; clients' errors are theirs."""
        for line in reversed(_tail(self.paths.stderr)):
            if line.strip():
                return line.strip()
        for line in reversed(_tail(self.paths.log)):
            found = _ERROR.search(line)
            if found and not _OF_A_CLIENT.search(line):
                return found[1].strip()
        return None


def _tail(file: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError), file.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - _TAIL))
        lines = stream.read().decode("utf-8", "replace").splitlines()
        starts = [i for i, line in enumerate(lines) if line.endswith("Starting nats-server")]
        return lines[starts[-1] :] if starts else lines
    return []
