"""5,000 alarms in a minute at a running hub, and an operator at work meanwhile; and what rules cost a hub that is flooded."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as paho
from paho.mqtt import enums

from benchmarks import _peers as peers
from benchmarks._hub import Counter, durable_rows
from benchmarks._peers import Passage
from hub.model.devices import Device, DeviceKind
from hub.model.zones import Zone
from hub.registry import Registry
from tests.servers.hub import RunningHub, running_hub
from tests.servers.mosquitto import mosquitto
from tests.servers.waiting import until

CABINETS, EACH, STORM, SECONDS = 70, 72, 5_000, 60.0
STREETS, ACKNOWLEDGED_EVERY = 14, 5
BAR_MS = 200.0
MESSAGES, ROUNDS = 200_000, 3
_ASKED = {
    "list of 100": "/alarms?limit=100",
    "filtered": "/alarms?limit=100&severity=high&zone=street-03&state=unacknowledged&q=lamp",
    "by cabinet": "/alarms/groups?group_by=cabinet",
    "by street": "/alarms/groups?group_by=street",
    "by cause": "/alarms/groups?group_by=cause",
    "one group": "/alarms?limit=100&by=cabinet&key=cab-007",
    "second page": "",
    "/about (the machine and the hub, asked for next to nothing)": "/about",
}
_BARE = "/about (the machine and the hub, asked for next to nothing)"


def storm() -> dict[str, Any]:
    """5,000 lamps fail within a minute; the list is read, filtered, grouped and acknowledged all the while."""
    with (
        tempfile.TemporaryDirectory(prefix="lamplighter-alarms-") as name,
        mosquitto(Path(name) / "broker", "allow_anonymous true", "max_queued_messages 0") as broker,
        running_hub(Path(name) / "hub", {"mqtt__url": broker.url}, start=False) as hub,
    ):
        with closing(Registry(f"sqlite:///{hub.data / 'registry.db'}")) as registry:
            registry.zones.add(Zone("city", "City", "city"))
            for street in range(STREETS):
                registry.zones.add(Zone(f"street-{street:02d}", f"Street {street}", "street", "city"))
            registry.devices.add_many(list(_devices()))
        hub.start()
        return _storm(hub, broker.port)


def _devices() -> Iterator[Device]:
    for cabinet in range(CABINETS):
        name, zone = f"cab-{cabinet:03d}", f"street-{cabinet % STREETS:02d}"
        yield Device(name, name, DeviceKind.CABINET, zone=zone)
        for lamp in range(EACH):
            yield Device(f"{name}-lamp-{lamp:02d}", "", DeviceKind.LIGHT, zone=zone, address=name, feed=f"{name}/a")


def _storm(hub: RunningHub, port: int) -> dict[str, Any]:
    client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id="storm")
    client.connect("127.0.0.1", port)
    client.loop_start()
    answers: dict[str, list[float]] = {name: [] for name in (*_ASKED, "acknowledging one", "acknowledging a group")}
    lamps = [f"cab-{n % CABINETS:03d}-lamp-{n // CABINETS:02d}" for n in range(STORM)]
    began, sent, turn, seen = time.perf_counter(), 0, 0, 0
    with hub.client("operator") as api:
        while sent < STORM:
            due = min(STORM, int((time.perf_counter() - began) / SECONDS * STORM) + 1)
            for lamp in lamps[sent:due]:
                event = [{"t": time.time(), "d": lamp, "type": "lampFailure", "active": True}]
                client.publish(f"ll/d/{lamp[:7]}/up/event", json.dumps(event), 1)
            sent = due
            seen += _at_work(api, answers, turn)
            turn += 1
            time.sleep(0.1)
        until(
            "every alarm",
            lambda: api.get("/alarms?limit=1").json()["counts"]["list"] == STORM or None,
            within=60,
            every=0.05,
        )
        complete = time.perf_counter() - began
        after = [_timed(lambda: api.get("/alarms?limit=1000")) for _ in range(20)]
        listed = _every(api)
        revision = api.get("/alarms?limit=1").json()["revision"]
        group = {"by": "cause", "key": "lampFailure", "revision": revision}
        cut = time.perf_counter()
        done = api.post("/alarms/ack", json={"group": group}, timeout=60).json()["changed"]
        acknowledged = time.perf_counter() - cut
    client.disconnect()
    client.loop_stop()
    worst = max(max(times) for name, times in answers.items() if name != _BARE)
    return {
        "storm: alarms": STORM, "storm: seconds until all stood": complete,
        "storm: missing": STORM - len(listed & set(lamps)), "storm: acknowledged meanwhile": seen,
        **{f"storm: {name}, ms": _quantiles(times) for name, times in answers.items()},
        "storm: list of 1,000 after, ms": _quantiles(after),
        "storm: all the rest acknowledged as one group": done, "storm: that took, s": acknowledged,
        "storm: the longest answer, ms": worst, "storm: bar of 200 ms met": worst <= BAR_MS,
    }  # fmt: skip


def _at_work(api: httpx.Client, answers: dict[str, list[float]], turn: int) -> int:
    """One look at each list, and now and then a hand on it; how many alarms were acknowledged."""
    first: dict[str, Any] = {}
    for name, path in _ASKED.items():
        if name == "list of 100":
            answers[name].append(_timed(lambda: first.update(_read(api, "/alarms?limit=100"))))
        elif name == "second page":
            if first.get("next"):
                answers[name].append(_timed(lambda: _read(api, f"/alarms?limit=100&cursor={first['next']}")))
        else:
            answers[name].append(_timed(lambda path=path: _read(api, path)))  # type: ignore[misc]
    done = {"changed": 0}
    fresh = [each["id"] for each in first["items"] if each["state"] == "unacknowledged"]
    if turn % ACKNOWLEDGED_EVERY == 1 and fresh:
        answers["acknowledging one"].append(_timed(lambda: done.update(_do(api, f"/alarms/{fresh[-1]}/ack", {}))))
    elif turn % ACKNOWLEDGED_EVERY == 3 and fresh:
        group = {"by": "cabinet", "key": f"cab-{turn % CABINETS:03d}", "revision": first["revision"]}
        answers["acknowledging a group"].append(_timed(lambda: done.update(_do(api, "/alarms/ack", {"group": group}))))
    return int(done["changed"])


def _read(api: httpx.Client, path: str) -> dict[str, Any]:
    answer = api.get(path)
    answer.raise_for_status()
    return dict(answer.json()) if "/alarms" in path else {}


def _do(api: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(path, json=body)
    answer.raise_for_status()
    return dict(answer.json())


def _every(api: httpx.Client) -> set[str]:
    found: set[str] = set()
    cursor = ""
    while True:
        page = _read(api, f"/alarms?limit=1000{cursor}")
        found |= {each["device"] for each in page["items"]}
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000.0


def _quantiles(times: list[float]) -> dict[str, float]:
    return {"median": statistics.median(times), "p95": sorted(times)[int(len(times) * 0.95)], "most": max(times)}


def flood() -> dict[str, Any]:
    """Messages a second that become durable with the rules at work and without those that look at readings, round by round in
    turn. The 1,000 lamps are of 80 W and report as the benchmark `ingest` has them do; rules bring none of them to an end."""
    rates: dict[bool, list[Passage]] = {True: [], False: []}
    skipped: list[float] = []
    with tempfile.TemporaryDirectory(prefix="lamplighter-flood-") as name, peers.field(Path(name) / "field") as broker:
        for turn in range(2 * ROUNDS):
            ruled = turn % 2 == 0
            with _flooded(Path(name) / f"hub-{turn}", broker.url, ruled=ruled) as hub:
                rates[ruled].append(_rate(hub, broker.port))
                if ruled:
                    skipped.append(Counter(hub, "lamplighter_alarm_rows_skipped_total")() / (MESSAGES * 1.25))
    with_rules, without = (statistics.median(each.rate for each in rates[ruled]) for ruled in (True, False))
    spent, bare = (statistics.median(each.cpu for each in rates[ruled]) for ruled in (True, False))
    return {
        "flood: messages/s with rules": with_rules, "flood: messages/s without": without,
        "flood: ratio": with_rules / without, "flood: CPU us a message with rules": spent, "flood: CPU without": bare,
        "flood: share of rows that no rule looked at": statistics.median(skipped),
    }  # fmt: skip


def _rate(hub: RunningHub, port: int) -> Passage:
    through = durable_rows(hub)
    until("the hub to have subscribed", lambda: peers.flows(port, through) or None)
    peers.passage(hub.pid, MESSAGES // 4, port, through)
    return peers.passage(hub.pid, MESSAGES, port, through)


def _flooded(folder: Path, broker: str, *, ruled: bool) -> Any:
    root = str(Path(__file__).parents[1])
    variables = {"PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}
    context = running_hub(folder, {"mqtt__url": broker}, start=False, variables=variables)
    return _Started(context, ruled)


class _Started:
    """The hub with its lamps registered, with or without rules over readings."""

    def __init__(self, context: Any, ruled: bool) -> None:
        self._context, self._ruled = context, ruled

    def __enter__(self) -> RunningHub:
        hub: RunningHub = self._context.__enter__()
        with closing(Registry(f"sqlite:///{hub.data / 'registry.db'}")) as registry:
            names = [f"lamp-{number:06}" for number in range(1000)]
            registry.devices.add_many([Device(n, n, DeviceKind.LIGHT, "flat-json", rated_power=80.0) for n in names])
        if not self._ruled:
            hub.program = ("benchmarks._no_rules",)
        hub.start()
        return hub

    def __exit__(self, *error: Any) -> None:
        self._context.__exit__(*error)
