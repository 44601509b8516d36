"""One call switches a whole city: seconds to the last confirmation. Every lamp answers at once.

The hub is `lamplighter run`, the city `lamplighter simulate`; broker, lamps and hub share the machine. Five cities: 10,000 lamps
behind the gateways of their cabinets; the same with every twentieth controller dead; single lamps of it, alone and while 5,000
readings a second come in; 5,000 lamps, each on a connection of its own (to a Mosquitto); 100,000 lamps behind gateways, with
somebody at the API meanwhile. The floor of the first is a bare MQTT client that publishes the group command and counts
the states of the lamps that have a controller. `SCENARIOS` in the environment (gateways, connections, city) chooses some.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks import poison
from benchmarks._fuzz import GOOD, SOURCE
from benchmarks._load import load, written
from benchmarks._orders import Round, bare, behind_contactors, items, known, root_of, switched
from tests.servers.hub import RunningHub, running_hub
from tests.servers.mosquitto import mosquitto
from tests.servers.streets import streets
from tests.servers.waiting import until

ALL = "gateways,connections,city"
ROUNDS = 5
SINGLES = 300
FLOW, READINGS = 5_000, 400_000  # readings a second beside single orders, and all there are
ASKED_ALONE = 3.0  # seconds until the hub asks a silent lamp alone (control.retry_after)
REST = 30.0  # seconds of a city at rest
LAME = 3  # rounds with dead lamps; each ends at the deadline (60 s), so those they are compared with begin after as long a rest
DEADLINE = 60.0


def run() -> dict[str, Any]:
    """Figures in seconds, ms, ratios, MB."""
    chosen = os.environ.get("SCENARIOS", ALL).split(",")
    figures: dict[str, Any] = {}
    if "gateways" in chosen:
        figures |= _gateways(10_000)
    if "connections" in chosen:
        figures |= _connections(5_000)
    if "city" in chosen:
        figures |= _city(100_000)
    return figures


@contextmanager
def _standing(
    lights: int, *options: str, faults: Sequence[str] = (), broker: str | None = None
) -> Iterator[tuple[RunningHub, httpx.Client, str]]:
    """A hub and its city, every lamp known; those of `faults` have dead controllers. `broker`: None for the embedded one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scenario = folder / "scenario.toml"
        dead = f"[[happening]]\nat = 0\ndo = 'fail'\nfault = 'controller'\ndevices = {list(faults)}\n" if faults else ""
        scenario.write_text(dead, "utf-8")
        words = ("--seed", "3", "--faults", "0", "--instant", "--scenario", str(scenario), *options)
        with (
            running_hub(folder, {"mqtt__url": broker} if broker else {}) as hub,
            streets(hub, folder / "streets", lights, *words, within=900, broker=broker),
        ):
            with hub.client("operator") as api:
                root = root_of(api)
                wanted = lights - len(faults)
                until("every light to have reported", lambda: known(api, root) >= wanted or None, within=600, every=0.5)
                # A lamp that missed its configuration gets it anew after 30 s; until then it hears no group and is asked alone.
                levels, process = itertools.cycle((15, 16)), psutil.Process(hub.pid)
                until(
                    "every lamp to hear its groups",
                    lambda: (
                        switched(api, process, root, next(levels)).last < ASKED_ALONE * max(1, lights / 20_000) or None
                    ),
                    within=300,
                    every=5,
                )
                yield hub, api, root


def _gateways(lights: int) -> dict[str, Any]:
    with _standing(lights, "--single", "0") as (hub, api, root):
        process = psutil.Process(hub.pid)
        controlled = lights - behind_contactors(api)
        floor = statistics.median(bare(hub, root, controlled, 20 + n) for n in range(2))
        rounds = [switched(api, process, root, 30 + 10 * n) for n in range(ROUNDS)]
        lamps = [each["id"] for each in items(api, "/devices", kind="light") if each["profile"] == "native"]
        idle = _one_by_one(api, lamps[:SINGLES])
        with _flow(hub):
            busy = _one_by_one(api, lamps[SINGLES : 2 * SINGLES])
        rested = [_rested(api, process, root, 32 + 10 * n) for n in range(LAME)]
    dead = lamps[::20]
    with _standing(lights, "--single", "0", faults=dead) as (hub, api, root):
        process = psutil.Process(hub.pid)
        lame = [_rested(api, process, root, 32 + 10 * n) for n in range(LAME)]
        last_order = api.get("/commands", params={"limit": 1}).json()["items"][0]["id"]
        named = {each["device"] for each in items(api, f"/commands/{last_order}/targets", outcome="timed_out")}
    last = _last(rounds)
    return {
        "gateways: lights": lights,
        "gateways: rounds": ROUNDS,
        "gateways: accepted (POST answered), median s": statistics.median(each.accepted for each in rounds),
        "gateways: last confirmation, median s": last,
        "gateways: last confirmation, worst s": max(each.last for each in rounds),
        "gateways: bare wire (no hub), last state, s": floor,
        "gateways: ratio to the bare wire": last / floor,
        "gateways: confirmed, fewest": min(len(each.times) for each in rounds),
        "gateways: hub CPU s a round, median": statistics.median(each.cpu for each in rounds),
        "one lamp, hub idle: p50 ms": _share(idle, 0.5),
        "one lamp, hub idle: p99 ms": _share(idle, 0.99),
        "one lamp, 5,000 readings/s: p50 ms": _share(busy, 0.5),
        "one lamp, 5,000 readings/s: p99 ms": _share(busy, 0.99),
        "dead lamps": len(dead),
        "with dead lamps: last confirmation of the others, s": _last(lame),
        "without, after as long a rest: last confirmation, s": _last(rested),
        "with dead lamps: ratio to the city without": _last(lame) / _last(rested),
        "with dead lamps: confirmed, fewest": min(len(each.times) for each in lame),
        "with dead lamps: dead ones that were not named": len(set(dead) - named),
        "with dead lamps: others named as dead": len(named - set(dead)),
    }


def _connections(lights: int) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory() as folder,
        mosquitto(Path(folder), "allow_anonymous true", "max_queued_messages 0") as broker,
        _standing(lights, "--single", str(lights), broker=broker.url) as (hub, api, root),
    ):
        process = psutil.Process(hub.pid)
        rounds = [switched(api, process, root, 30 + 10 * n) for n in range(ROUNDS)]
    return {
        "own connections: lights": lights,
        "own connections: last confirmation, median s": _last(rounds),
        "own connections: last confirmation, worst s": max(each.last for each in rounds),
        "own connections: confirmed, fewest": min(len(each.times) for each in rounds),
    }


def _city(lights: int) -> dict[str, Any]:
    with _standing(lights, "--single", "0") as (hub, api, root):
        process = psutil.Process(hub.pid)
        with _asking(hub, root) as answered:
            rounds = [switched(api, process, root, 30 + 10 * n) for n in range(3)]
        before, begin = process.cpu_times(), time.monotonic()
        until("a while", lambda: time.monotonic() - begin > REST or None, within=2 * REST, every=1)
        after, seconds = process.cpu_times(), time.monotonic() - begin
        memory = process.memory_info().rss / 1e6
    return {
        "city: lights": lights,
        "city: accepted (POST answered), median s": statistics.median(each.accepted for each in rounds),
        "city: last confirmation, median s": _last(rounds),
        "city: last confirmation, worst s": max(each.last for each in rounds),
        "city: confirmed, fewest": min(len(each.times) for each in rounds),
        "city: hub memory MB": memory,
        "city: API meanwhile, answers": len(answered),
        "city: API meanwhile, p50 ms": _share(answered, 0.5),
        "city: API meanwhile, p99 ms": _share(answered, 0.99),
        "city: at rest, share of a core": (after.user + after.system - before.user - before.system) / seconds,
    }


def _rested(api: httpx.Client, process: psutil.Process, root: str, level: int) -> Round:
    """A round that begins after a rest."""
    begin = time.monotonic()
    until("a rest", lambda: time.monotonic() - begin > DEADLINE or None, within=2 * DEADLINE, every=1)
    return switched(api, process, root, level)


def _last(rounds: Sequence[Round]) -> float:
    return statistics.median(each.last for each in rounds)


def _share(seconds: Sequence[float], share: float) -> float:
    """That quantile, in ms."""
    return 1000 * sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))]


def _one_by_one(api: httpx.Client, lamps: Sequence[str]) -> list[float]:
    """Seconds from the call to the confirmation, of an order to each lamp alone."""
    taken = []
    for lamp in lamps:
        begin = time.time()
        order = {"devices": [lamp], "level": 35, "ramp": 0, "for": "PT1H", "reason": "benchmark"}
        command = api.post("/overrides", json=order).raise_for_status().json()["command"]
        address = f"/commands/{command}/targets"

        def confirmed(address: str = address) -> str | None:
            (target,) = api.get(address).json()["items"]
            return str(target["updated"]) if target["outcome"] == "applied" else None

        at = until("the lamp to confirm", confirmed, within=30, every=0.02)
        taken.append(datetime.fromisoformat(at).timestamp() - begin)
    return taken


@contextmanager
def _flow(hub: RunningHub) -> Iterator[None]:
    """Readings of a meter come in, `FLOW` a second."""
    account, begin = poison.registered(hub), time.time() - 86_400
    records = (
        {"bn": f"{GOOD}/", "n": "power", "u": "W", "v": n % 300, "t": round(begin + n / 100, 2)}
        for n in range(READINGS)
    )
    with tempfile.TemporaryDirectory() as folder:
        form = written(Path(folder) / "payloads", SOURCE, [json.dumps([record]).encode() for record in records])
        words: dict[str, Any] = {"rate": FLOW, "form": form, "devices": READINGS, "window": 1000, "account": account}
        flood = load(hub.mqtt_port, READINGS, **words)
        try:
            yield
        finally:
            assert flood.poll() is None, "the readings ended before the orders"
            flood.kill()
            flood.wait()


@contextmanager
def _asking(hub: RunningHub, root: str) -> Iterator[list[float]]:
    """Somebody looks at zones and lamps meanwhile, twenty times a second; yields the seconds of each answer."""
    taken: list[float] = []
    ended = threading.Event()

    def ask() -> None:
        with hub.client("operator") as api:
            while not ended.wait(0.05):
                for address in (f"/zones/{root}", "/devices?limit=100", "/overrides"):
                    begin = time.monotonic()
                    api.get(address, timeout=30).raise_for_status()
                    taken.append(time.monotonic() - begin)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield taken
    finally:
        ended.set()
        asking.join()
