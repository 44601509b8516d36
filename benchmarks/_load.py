"""The native load generator and counting subscriber (benchmarks/load), built with the machine's C compiler when needed."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.servers.missing import need

SOURCES = Path(__file__).parent / "load"


@cache
def program(name: str) -> Path:
    """The built program `name`."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    need("a C compiler", compiler is not None, "apt-get install gcc libc6-dev")
    target = Path(tempfile.mkdtemp(prefix="lamplighter-load-")) / name
    subprocess.run([str(compiler), "-O2", "-w", "-o", str(target), str(SOURCES / f"{name}.c")], check=True)
    return target


def written(path: Path, topic: str, payloads: Sequence[bytes]) -> str:
    """Write `payloads` for one topic; returns the `form` that sends them (`devices` is their number)."""
    path.write_bytes(b"".join([f"{topic}\n".encode(), *(struct.pack(">I", len(each)) + each for each in payloads)]))
    return f"@{path}"


def load(
    port: int,
    total: int,
    *,
    rate: float = 0,
    form: str = "json",
    devices: int = 1000,
    connections: int = 4,
    window: int = 50,
    account: tuple[str, str] | None = None,
) -> subprocess.Popen[str]:
    """Start publishing; `result` waits for the end. `rate` in messages a second, 0 as fast as it goes."""
    words = [port, connections, total, devices, window, rate, form, *(account or ())]
    return subprocess.Popen([str(program("mqttload")), *map(str, words)], stdout=subprocess.PIPE, text=True)


def result(process: subprocess.Popen[str], within: float = 600) -> dict[str, Any]:
    """What a program printed when it ended."""
    out, _ = process.communicate(timeout=within)
    found: dict[str, Any] = json.loads(out)
    return found


def subscriber(port: int, topic: str, count: int, idle: float = 5) -> subprocess.Popen[str]:
    """Start the counting subscriber; returns when it has subscribed."""
    words = [str(program("mqttsub")), str(port), topic, str(count), str(idle)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline().strip() == "ready"
    return process
