"""What goes wrong in a city, done to a real hub while a ledger publishes: each scenario returns how many messages were
acknowledged and how many of these are missing. Tests run a few rounds, `make bench ARGS=faults` many."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil

from benchmarks._ledger import Ledger
from tests.servers.hub import RunningHub, running_hub
from tests.servers.influxd import Influxd, influxd
from tests.servers.missing import need
from tests.servers.mosquitto import mosquitto
from tests.servers.relay import relay
from tests.servers.waiting import until

RATE = 1000.0  # messages a second, as far as the paho client gets
HOUR = 3600.0
PERSISTENT = ("allow_anonymous true", "max_inflight_messages 2048", "max_queued_messages 0", "autosave_interval 1")


class Tally(NamedTuple):
    """What a scenario came to."""

    rounds: int
    acknowledged: int
    missing: int


class Bed(NamedTuple):
    """A running hub and a ledger that publishes to it."""

    hub: RunningHub
    ledger: Ledger


@contextmanager
def _bed(hub: RunningHub, port: int | None = None) -> Iterator[Bed]:
    """A ledger on `port` (the embedded broker's unless given)."""
    with hub.client() as api:
        body = {"id": "ledger-1", "name": "Ledger", "kind": "meter"}
        password = api.post("/devices", json=body).json()["credentials"]["password"]
    ledger = Ledger(port or hub.mqtt_port, "ledger-1", None if port else password, RATE)
    try:
        _grown(ledger, 300)
        yield Bed(hub, ledger)
    finally:
        ledger.close()


def _grown(ledger: Ledger, by: int, within: float = 120) -> None:
    goal = len(ledger.acknowledged) + by
    until(f"{by} more acknowledgements", lambda: len(ledger.acknowledged) >= goal or None, within=within)


def _ready(hub: RunningHub) -> None:
    def answer() -> bool | None:
        with suppress(httpx.TransportError):
            return httpx.get(f"{hub.url}/readyz", timeout=5).status_code == 200 or None
        return None

    until("the hub to be ready", answer, within=180)


def _complete(bed: Bed, within: float = 180) -> None:
    """Wait until everything acknowledged so far is stored; fails with what is missing."""
    with bed.hub.client() as api:
        until("every acknowledged message in the store", lambda: _nothing_missing(bed, api), within=within, every=0.3)


def _nothing_missing(bed: Bed, api: httpx.Client) -> bool | None:
    try:
        return bed.ledger.missing(api) == [] or None
    except httpx.HTTPStatusError:  # 503 while the store is away
        return None


def _rounds(bed: Bed, rounds: int, seed: int, blow: Callable[[random.Random], None]) -> Tally:
    chance = random.Random(seed)
    for _ in range(rounds):
        time.sleep(chance.uniform(0, 0.5))  # the moment of the blow is random, nothing is waited for
        blow(chance)
        _ready(bed.hub)
        _grown(bed.ledger, 100)
        _complete(bed)
    return _tally(bed, rounds)


def _tally(bed: Bed, rounds: int) -> Tally:
    """The end: nothing is published any more, and all that was acknowledged is compared with the store."""
    bed.ledger.close()
    _complete(bed)
    with bed.hub.client() as api:
        return Tally(rounds, len(bed.ledger.acknowledged), len(bed.ledger.missing(api)))


def hub_killed(folder: Path, rounds: int, seed: int) -> Tally:
    """kill -9 of the hub, its broker with it."""
    with running_hub(folder) as hub, _bed(hub) as bed:

        def blow(_: random.Random) -> None:
            hub.kill()
            hub.start()

        return _rounds(bed, rounds, seed, blow)


def broker_killed(folder: Path, rounds: int, seed: int) -> Tally:
    """kill -9 of the embedded broker."""
    with running_hub(folder) as hub, _bed(hub) as bed:
        return _rounds(bed, rounds, seed, lambda _: os.kill(broker_pid(hub), signal.SIGKILL))


def broker_pid(hub: RunningHub) -> int:
    """The hub's own nats-server; waited for, because it may just be starting again."""
    return until("the broker to run", lambda: next(_brokers(hub), None))


def _brokers(hub: RunningHub) -> Iterator[int]:
    for process in psutil.process_iter(["name", "cmdline"]):
        words = process.info["cmdline"] or []  # None while a process ends
        if process.info["name"] == "nats-server" and any(str(hub.data) in word for word in words):
            yield process.pid


@contextmanager
def _on_influxdb(folder: Path) -> Iterator[tuple[Bed, Influxd]]:
    with influxd(folder / "influxd") as server:
        settings = {"influx__url": server.url, "influx__database": "faults"}
        with running_hub(folder, settings) as hub, _bed(hub) as bed:
            yield bed, server


def influxdb_killed(folder: Path, rounds: int, seed: int) -> Tally:
    """kill -9 of InfluxDB, which is back after up to two seconds."""
    with _on_influxdb(folder) as (bed, server):

        def blow(chance: random.Random) -> None:
            server.kill()
            _grown(bed.ledger, chance.randrange(1000))
            server.start()

        return _rounds(bed, rounds, seed, blow)


def influxdb_and_hub_killed(folder: Path, rounds: int, seed: int) -> Tally:
    """kill -9 of the hub while InfluxDB is away and readings wait in the spool."""
    with _on_influxdb(folder) as (bed, server):

        def blow(_: random.Random) -> None:
            server.kill()
            _grown(bed.ledger, 300)
            bed.hub.kill()
            server.start()
            bed.hub.start()

        return _rounds(bed, rounds, seed, blow)


def influxdb_stopped(folder: Path, minutes: float, seed: int = 1) -> Tally:
    """InfluxDB is away for minutes; devices go on being acknowledged."""
    with _on_influxdb(folder) as (bed, server):
        server.stop()
        end = time.monotonic() + 60 * minutes
        while time.monotonic() < end:
            _grown(bed.ledger, 200)
        server.start()
        _grown(bed.ledger, 200)
        _complete(bed, within=900)
        return _tally(bed, 1)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own in memory, mounted on `folder`."""
    folder.mkdir(parents=True)
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(["mount", *options], capture_output=True).returncode == 0
    need("a small disk", mounted, "run as root where tmpfs may be mounted")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def disk_full(folder: Path, rounds: int, seed: int) -> Tally:
    """The disk with everything that the hub writes is full for a while. The broker is an outside one on another disk."""
    with mosquitto(folder / "mosquitto", *PERSISTENT) as broker, small_disk(folder / "small", 200) as small:
        with running_hub(small, {"mqtt__url": broker.url}) as hub, _bed(hub, broker.port) as bed:
            filler = small / "filler"

            def blow(chance: random.Random) -> None:
                fill(filler)
                until("the hub to notice", lambda: _failing(hub) or None, within=60)
                _grown(bed.ledger, chance.randrange(500))
                filler.unlink()

            return _rounds(bed, rounds, seed, blow)


def disk_of_the_broker_full(folder: Path, rounds: int, seed: int) -> Tally:
    """The disk with everything that hub and embedded broker write is full for a while."""
    with small_disk(folder, 300) as small, running_hub(small) as hub, _bed(hub) as bed:
        filler = small / "filler"

        def blow(_: random.Random) -> None:
            fill(filler)
            until("the hub to say it of its broker", lambda: _unwell(hub, "broker") or None, within=60)
            filler.unlink()

        return _rounds(bed, rounds, seed, blow)


def _unwell(hub: RunningHub, part: str) -> bool:
    return not httpx.get(f"{hub.url}/readyz", timeout=30).json()["parts"][part]["ok"]


def fill(path: Path, leaving: int = 0) -> None:
    """Write until the disk has only `leaving` bytes left."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while not leaving or shutil.disk_usage(path.parent).free > leaving:
            file.write(bytes(1 << 16))


def _failing(hub: RunningHub) -> bool:
    text = httpx.get(f"{hub.url}/metrics", timeout=30).text
    return (
        'lamplighter_ingest_failing{part="store"} 1' in text or 'lamplighter_ingest_failing{part="registry"} 1' in text
    )


def connection_cut(folder: Path, rounds: int, seed: int) -> Tally:
    """The connections between hub and broker are cut in the middle of a packet."""
    with mosquitto(folder / "mosquitto", *PERSISTENT) as broker, relay(broker.port) as wire:
        settings = {"mqtt__url": f"mqtt://127.0.0.1:{wire.port}"}
        with running_hub(folder, settings) as hub, _bed(hub, broker.port) as bed:

            def blow(chance: random.Random) -> None:
                before = wire.connections
                wire.cut(after=chance.randrange(1, 4000))
                until("the hub to connect again", lambda: wire.connections > before or None)

            return _rounds(bed, rounds, seed, blow)


def clock_stepped(folder: Path, rounds: int, seed: int) -> Tally:
    """The clock of the hub's machine is stepped by an hour, forth and back in turn, while devices keep the true time."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    need("libfaketime", library is not None, "apt-get install faketime")
    folder.mkdir(parents=True, exist_ok=True)
    offset = folder / "offset"
    _step(offset, 0)
    variables = {
        "LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }  # fmt: skip
    with running_hub(folder, variables=variables) as hub, _bed(hub) as bed:
        steps = iter([HOUR, 0, -HOUR, 0] * rounds)

        def blow(_: random.Random) -> None:
            wanted = next(steps)
            _step(offset, wanted)
            until("the hub to have the new time", lambda: abs(_ahead(hub) - wanted) < 60 or None)

        return _rounds(bed, rounds, seed, blow)


def _step(file: Path, seconds: float) -> None:
    file.write_text(f"{seconds:+.0f}\n", "utf-8")


def _ahead(hub: RunningHub) -> float:
    """By how many seconds the hub's clock is ahead of ours."""
    shown = httpx.get(f"{hub.url}/api/v1/about", timeout=10).json()["time"]
    return datetime.fromisoformat(shown).timestamp() - time.time()


SCENARIOS: dict[str, Callable[[Path, int, int], Tally]] = {
    "kill -9 of the hub": hub_killed,
    "kill -9 of the broker": broker_killed,
    "kill -9 of InfluxDB": influxdb_killed,
    "kill -9 of the hub while InfluxDB is away": influxdb_and_hub_killed,
    "disk full": disk_full,
    "disk full, the embedded broker on it": disk_of_the_broker_full,
    "connection cut in the middle of a packet": connection_cut,
    "clock stepped by an hour, forth and back": clock_stepped,
}
