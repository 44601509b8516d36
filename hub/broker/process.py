"""nats-server as an operating-system process: started so that it dies with us, waited for, ended, found again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_LAUNCHER = Path(__file__).with_name("launcher.py")
_ORPHAN_SECONDS = 5.0


class Process:
    """A child that the kernel kills when the thread that started it ends, kill -9 of the hub included.

    Start it on the thread that runs the event loop: that thread lives as long as the hub.
    """

    def __init__(self, command: Sequence[str], stderr: Path) -> None:
        with stderr.open("wb") as sink:
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=sink,
                start_new_session=True,
            )
        self._descriptor = os.pidfd_open(self._child.pid)
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._descriptor, self._reap)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """False once it has ended."""
        return not self._ended.is_set()

    @property
    def outcome(self) -> str:
        """How it ended, for a sentence."""
        code = self._child.returncode
        return (
            f"was ended by {signal.Signals(-code).name}" if code is not None and code < 0 else f"ended with code {code}"
        )

    async def ends(self, within: float) -> bool:
        """Wait for its end, at most `within` seconds; True when it has ended."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._ended.wait()
        return not self.running

    def reload(self) -> None:
        """Have it read its configuration again."""
        self._send(signal.SIGHUP)

    async def end(self, within: float) -> None:
        """End it in good order, by force after `within` seconds."""
        self._send(signal.SIGTERM)
        await self.ends(within)
        self.kill()
        await self._ended.wait()

    def kill(self) -> None:
        """End it at once."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    def _reap(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        self._child.wait()
        os.close(self._descriptor)
        self._ended.set()


def end_orphan(pid_file: Path, configuration: Path) -> int | None:
    """End the broker that an earlier hub left behind in this folder; returns its process id if there was one. Blocks.

    Only a process whose command line names our configuration file is touched: process ids are used again.
    """
    try:
        pid = int(pid_file.read_text())
        descriptor = os.pidfd_open(pid)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None
    try:
        if os.fsencode(configuration) not in _command_line(pid):
            return None
        for number in (signal.SIGTERM, signal.SIGKILL):
            signal.pidfd_send_signal(descriptor, number)
            if select.select([descriptor], [], [], _ORPHAN_SECONDS)[0]:
                break
        return pid
    except ProcessLookupError:
        return pid
    finally:
        os.close(descriptor)


def _command_line(pid: int) -> list[bytes]:
    """The arguments of a process; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
