"""The simulator as a process of its own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.programs import run, start
from tests.servers.waiting import until


class Running:
    """`python -m simulators` with its lines."""

    def __init__(self, log: Path, arguments: list[str]) -> None:
        self.log = log
        self.process = start("simulators", *arguments, log=log)

    @property
    def lines(self) -> list[str]:
        """What it printed."""
        return self.log.read_text("utf-8").splitlines()

    def until_line(self, words: str, within: float = 60.0) -> str:
        """Wait for a line with `words`."""

        def look() -> str | None:
            found = next((line for line in self.lines if words in line), None)
            if found is None and self.process.poll() is not None:
                raise AssertionError(f"it ended: {self.lines}")
            return found

        return until(words, look, within=within)

    def stop(self, number: int = signal.SIGINT) -> int:
        """End it as a person does; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)


@contextmanager
def simulators(folder: Path, *arguments: str) -> Iterator[Running]:
    """A running simulation."""
    running = Running(folder / "simulators.log", list(arguments))
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


def ended(*arguments: str) -> tuple[int, str]:
    """Run it to its end: exit code and everything it printed."""
    done = run(*arguments, module="simulators")
    return done.returncode, done.stdout + done.stderr
