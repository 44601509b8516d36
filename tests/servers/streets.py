"""The simulated city in a process of its own, against a running hub: it lives on when the hub is killed."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.servers.hub import RunningHub
from tests.servers.programs import Program, start
from tests.servers.waiting import until


@contextlib.contextmanager
def streets(
    hub: RunningHub, folder: Path, lights: int, *arguments: str, within: float = 120.0, broker: str | None = None
) -> Iterator[Path]:
    """`lamplighter simulate` against `hub`, registered through its API; yields its log once every device is connected.
    `broker` is the hub's, when it is not the embedded one."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "password").write_text(hub.password("admin"), "utf-8")
    options = {
        "--broker": broker or f"mqtt://127.0.0.1:{hub.mqtt_port}",
        "--hub": hub.url,
        "--user": "admin",
        "--password-file": folder / "password",
        "--credentials": folder / "credentials.json",
        "--lights": lights,
    }
    words = [str(word) for option in options.items() for word in option]
    command = ["hub", "simulate", *words, *arguments]
    log = folder / "streets.log"
    process: Program
    with log.open("wb") as sink:
        if hub.forked:
            process = start(*command, log=log)
        else:
            process = subprocess.Popen(
                [sys.executable, "-m", *command], stdin=subprocess.DEVNULL, stdout=sink, stderr=sink
            )
    try:
        until("the city to be connected", lambda: _ready(process, log), within=within)
        yield log
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ready(process: Program, log: Path) -> bool | None:
    text = log.read_text("utf-8", "replace")
    assert process.poll() is None, text
    return "ready:" in text or None
