"""Peers on the same work: the broker alone, Node-RED, the ThingsBoard gateway. Installed by benchmarks/peers/setup."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from benchmarks._load import load, result, subscriber
from tests.servers.mosquitto import MosquittoServer, mosquitto
from tests.servers.ports import free_port
from tests.servers.waiting import until

HERE = Path(__file__).parent / "peers"
FIELD = "tele/+/telemetry"
DEVICES = {"json": 1000, "senml": 100}  # that publish in each form of the load generator
OPEN = ("allow_anonymous true", "max_inflight_messages 2048", "max_queued_messages 0", "log_type error")


class Passage(NamedTuple):
    """What got through: messages a second, CPU us a message of the subject, its memory in MB."""

    rate: float
    cpu: float
    memory: float


def installed() -> Path:
    """The folder of the peers."""
    return Path(os.environ.get("LAMPLIGHTER_PEERS", Path.home() / ".cache" / "lamplighter-peers"))


@contextmanager
def field(folder: Path) -> Iterator[MosquittoServer]:
    """A Mosquitto that drops nothing and lets everybody in."""
    with mosquitto(folder, *OPEN) as broker:
        yield broker


def passage(pid: int, total: int, port: int, through: Callable[[], int], form: str = "json") -> Passage:
    """Publish `total` messages as fast as it goes and time them from the first publish until `through` has counted them all."""
    process = psutil.Process(pid)
    before, already = _cpu(process), through()
    begin = time.monotonic()
    publisher = load(port, total, form=form, devices=DEVICES[form])
    until("every message to get through", lambda: through() - already >= total or None, within=900, every=0.1)
    seconds = time.monotonic() - begin
    found = Passage(total / seconds, (_cpu(process) - before) / total * 1e6, process.memory_info().rss / 1e6)
    result(publisher)
    return found


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def broker_alone(broker: MosquittoServer, total: int) -> Passage:
    """The limit: a native subscriber that only counts."""
    process = psutil.Process(broker.pid)
    counting = subscriber(broker.port, FIELD, total)
    before = _cpu(process)
    publisher = load(broker.port, total)
    received = result(counting)
    result(publisher)
    return Passage(received["rate"], (_cpu(process) - before) / total * 1e6, process.memory_info().rss / 1e6)


@contextmanager
def node_red(folder: Path, port: int) -> Iterator[tuple[int, Callable[[], int]]]:
    """Node-RED: mqtt in -> function -> file, all in memory. Yields its pid and a counter of lines written."""
    program = installed() / "nodered" / "node_modules" / "node-red" / "red.js"
    node = shutil.which("node")
    if node is None or not program.exists():
        raise FileNotFoundError("Node-RED is not installed: run benchmarks/peers/setup")
    folder.mkdir(parents=True)
    shutil.copytree(HERE / "nodered", folder, dirs_exist_ok=True)
    settings = (folder / "settings.js").read_text("utf-8").replace("uiPort: 18880", f"uiPort: {free_port()}")
    (folder / "settings.js").write_text(settings, "utf-8")
    out, log = folder / "lines", folder / "log"
    out.touch()
    environment = {**os.environ, "FIELD_PORT": str(port), "PEERS_OUT": str(out)}
    counted = _LineCount(out)
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [node, str(program), "-s", str(folder / "settings.js")], stdout=sink, stderr=sink, env=environment
        )
    with _ended(process):
        until("Node-RED to subscribe", lambda: flows(port, counted) or None, within=90, every=0.5)
        yield process.pid, counted


class _LineCount:
    """Lines in a growing file, read once each."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._lines = 0

    def __call__(self) -> int:
        while chunk := self._file.read(1 << 20):
            self._lines += chunk.count(b"\n")
        return self._lines


def flows(port: int, counted: Callable[[], int], form: str = "json") -> bool:
    """True once what is published gets through."""
    before = counted()
    result(load(port, 500, connections=1, form=form, devices=DEVICES[form]))
    end = time.monotonic() + 1
    while time.monotonic() < end:
        if counted() - before >= 500:
            return True
        time.sleep(0.05)
    return False


@contextmanager
def thingsboard_gateway(folder: Path, field_port: int) -> Iterator[tuple[int, Callable[[], int]]]:
    """The ThingsBoard gateway with memory storage, and its platform played at a broker of its own. Yields pid and counter."""
    base = installed() / "tbgw" / "venv" / "bin"
    if not (base / "thingsboard-gateway").exists():
        raise FileNotFoundError("thingsboard-gateway is not installed: run benchmarks/peers/setup")
    with mosquitto(folder / "platform-broker", *OPEN) as platform_broker:
        config = folder / "config"
        config.mkdir(parents=True)
        (folder / "logs").mkdir()
        _adapt(HERE / "tbgw" / "tb_gateway.json", config, "thingsboard", platform_broker.port)
        _adapt(HERE / "tbgw" / "mqtt.json", config, "broker", field_port)
        counts, log = folder / "counts", folder / "log"
        with counts.open("wb") as sink:
            platform = subprocess.Popen(
                [_python(), str(HERE / "tbgw" / "server_side.py"), str(platform_broker.port)], stdout=sink
            )
        environment = {**os.environ, "TB_GW_CONFIG_DIR": str(config), "TB_GW_LOGS_PATH": str(folder / "logs")}
        with _ended(platform), log.open("wb") as sink:
            gateway = subprocess.Popen(
                [str(base / "thingsboard-gateway")], stdout=sink, stderr=sink, env=environment, cwd=folder
            )
            with _ended(gateway):

                def counted() -> int:
                    lines = counts.read_text().split()
                    return int(lines[-1]) if lines else 0

                until("the gateway to deliver", lambda: flows(field_port, counted) or None, within=120, every=0.5)
                yield gateway.pid, counted


def _adapt(source: Path, folder: Path, section: str, port: int) -> None:
    settings = json.loads(source.read_text("utf-8"))
    settings[section]["port"] = port
    (folder / source.name).write_text(json.dumps(settings), "utf-8")


def _python() -> str:
    return sys.executable


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        for child in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
            child.kill()
        process.wait()
