"""kill -9 of everything on the way of a fire event, in turn, while panels burn."""

from __future__ import annotations

import itertools
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from benchmarks._fire import Key, Panels, Sent
from benchmarks._hub import register
from benchmarks._orders import items
from tests.servers.hub import RunningHub, running_hub
from tests.servers.missing import need
from tests.servers.mosquitto import program
from tests.servers.ports import free_port
from tests.servers.waiting import until

KILLS = int(os.environ.get("KILLS", "9"))
PANELS = 10
_WITHIN = 180.0  # seconds until all must be there after the last event


class Mortal:
    """A process that can be killed and started again. `up` says whether it answers."""

    def __init__(self, words: list[str], port: int) -> None:
        self._words, self._port = words, port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it listens."""
        self._process = subprocess.Popen(self._words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(f"{self._words[0]} to listen", self._listens, within=30)

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
            return True
        return False


class Shown(NamedTuple):
    """What became of the events: of each point once, or not."""

    alarms: Counter[Key]
    began: Counter[Key]
    notified: Counter[Key] | None


def kills(events: int, rate: float) -> dict[str, Any]:
    """Events that are missing, and that are there more than once, as alarms, in the registry, and at the receiver."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        broker = stack.enter_context(_running(*_broker(folder)))
        target = stack.enter_context(_running(*_target(folder)))
        hub = stack.enter_context(running_hub(folder / "hub", {"mqtt__url": f"mqtt://127.0.0.1:{broker._port}"}))
        panels = [{"id": Panels.name(n), "kind": "fire_panel", "profile": "native"} for n in range(PANELS)]
        register(hub, [{"name": each["id"], **each} for each in panels])
        notifies = _notify(hub, target._port)
        sent = Sent()
        speaking = Panels(broker._port, PANELS, sent)
        try:
            killed = _through(hub, broker, target if notifies else None, lambda: speaking.events(events, rate))
            wanted = set(sent.totals())
            shown = _settled(hub, folder / "told", wanted, notifies)
        finally:
            speaking.close()
    figures = {"kills: events": events, "kills: kill -9 of": dict(killed)}
    for where, found in shown._asdict().items():
        if found is None:
            figures[f"kills: {where}"] = "the hub has no notifications"
            continue
        figures[f"kills: {where}, missing"] = len(wanted - found.keys())
        figures[f"kills: {where}, more than once"] = sum(number > 1 for number in found.values())
        figures[f"kills: {where}, never sent"] = len(found.keys() - wanted)
    return figures


def _through(hub: RunningHub, broker: Mortal, target: Mortal | None, speak: Callable[[], None]) -> Counter[str]:
    """Kill one after the other while the panels speak; returns how often each was."""
    killed: Counter[str] = Counter()
    speaking = threading.Thread(target=speak, daemon=True)
    victims: list[tuple[str, RunningHub | Mortal]] = [("hub", hub), ("broker", broker)]
    victims += [("target", target)] if target is not None else []
    begin = time.monotonic()
    speaking.start()
    for name, victim in itertools.islice(itertools.cycle(victims), KILLS):
        victim.kill()
        victim.start()
        killed[name] += 1
        speaking.join(1.0)
        if not speaking.is_alive():
            break
    speaking.join()
    print(f"  {dict(killed)} killed in {time.monotonic() - begin:.0f} s", flush=True)
    return killed


def _settled(hub: RunningHub, told: Path, wanted: set[Key], notifies: bool) -> Shown:
    """What is there when nothing is missing, or when that has taken too long."""
    end = time.monotonic() + _WITHIN
    while True:
        shown = Shown(_alarms(hub), _began(hub), _told(told) if notifies else None)
        complete = all(found is None or wanted <= found.keys() for found in shown)
        if complete or time.monotonic() > end:
            return shown
        time.sleep(1.0)


def _alarms(hub: RunningHub) -> Counter[Key]:
    with suppress(httpx.TransportError), hub.client("operator") as api:
        return Counter(
            Key(each["device"], each["point"], True)
            for each in items(api, "/alarms", show="all")
            if each["type"] == "fireAlarm"
            for _ in range(each["times"])
        )
    return Counter()


def _began(hub: RunningHub) -> Counter[Key]:
    with closing(sqlite3.connect(f"file:{hub.data / 'registry.db'}?mode=ro", uri=True, timeout=10)) as database:
        query = "SELECT device, point FROM events WHERE type = 'fireAlarm' AND phase = 'began'"
        return Counter(Key(device, point, True) for device, point in database.execute(query))


def _told(file: Path) -> Counter[Key]:
    """What the receiver was told, each message once: a repeat has the same id."""
    lines = file.read_bytes().splitlines() if file.is_file() else []
    messages = {said["message"]: said for said in map(json.loads, lines)}
    return Counter(Key(each["device"], each["point"], True) for each in messages.values())


def _notify(hub: RunningHub, port: int) -> bool:
    """Have fire alarms told to the receiver; False when the hub knows no notifications."""
    body = {name: f"{{{name}}}" for name in ("message", "device", "point")}
    with hub.client() as api:
        made = api.post("/webhooks", json={"id": "target", "url": f"http://127.0.0.1:{port}/", "body": body})
        if made.status_code == 404:
            return False
        made.raise_for_status()
        route = {"id": "fire", "when": {"classes": ["fire"]}, "on": ["began"], "steps": [{"channels": ["target"]}]}
        api.post("/notifications/routes", json=route).raise_for_status()
    return True


def _broker(folder: Path) -> tuple[list[str], int]:
    """A Mosquitto that writes what it holds every second."""
    binary, port = program(), free_port()
    need("mosquitto", binary is not None)
    file = folder / "mosquitto.conf"
    lines = [
        *(["user root"] if os.geteuid() == 0 else []), f"listener {port} 127.0.0.1", "persistence true",
        f"persistence_location {folder}/", "autosave_interval 1", "allow_anonymous true", "max_inflight_messages 1000",
        "max_queued_messages 0",
    ]  # fmt: skip
    file.write_text("\n".join([*lines, ""]), "utf-8")
    return [str(binary), "-c", str(file)], port


def _target(folder: Path) -> tuple[list[str], int]:
    port = free_port()
    return [sys.executable, "-m", "benchmarks._target", str(port), str(folder / "told")], port


@contextmanager
def _running(words: list[str], port: int) -> Iterator[Mortal]:
    process = Mortal(words, port)
    process.start()
    try:
        yield process
    finally:
        process.kill()
