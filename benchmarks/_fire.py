"""Fire panels on plain MQTT clients, and the two who see what became of their events: a reader of the registry, an operator."""

from __future__ import annotations

import itertools
import json
import sqlite3
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import paho.mqtt.client as paho
from paho.mqtt import enums

from tests.servers.hub import RunningHub

POINTS = 250  # of the one loop of a panel
_STATE_EVERY = 1.0  # seconds between the states of a panel while it changes
_LOOK = 0.002  # seconds between looks into the registry


class Key(NamedTuple):
    """Something that begins or ends at a point; it may do so again, and the n-th of one is the n-th of the other."""

    device: str
    point: str
    active: bool


class Sent:
    """When each event left its panel, in their order."""

    def __init__(self) -> None:
        self.count = 0
        self._at: dict[Key, list[float]] = defaultdict(list)

    def note(self, key: Key, at: float) -> None:
        """It leaves now."""
        self._at[key].append(at)
        self.count += 1

    def at(self, key: Key, place: int) -> float | None:
        """When the event of that key and number left, None when it never did."""
        times = self._at.get(key, [])
        return times[place] if place < len(times) else None

    def totals(self) -> Counter[Key]:
        """How often each left."""
        return Counter({key: len(times) for key, times in self._at.items()})


class Seen:
    """What somebody saw, and how long after it had left."""

    def __init__(self, sent: Sent) -> None:
        self.seconds: list[float] = []
        self.totals: Counter[Key] = Counter()
        self._sent = sent

    def note(self, key: Key, now: float) -> None:
        """It is seen now."""
        at = self._sent.at(key, self.totals[key])
        self.totals[key] += 1
        if at is not None:
            self.seconds.append(now - at)


class Panels:
    """So many panels, each a connection of its own, that keep what the broker has not acknowledged. Each says its whole state
    once a second while it changes, and when it connects."""

    def __init__(self, port: int, count: int, sent: Sent) -> None:
        self.sent = sent
        self._standing: list[dict[str, None]] = [{} for _ in range(count)]
        self._told: list[float] = [0.0] * count
        self._clients = [self._client(port, number) for number in range(count)]
        self._turns = [itertools.cycle(self._turn()) for _ in range(count)]
        for client in self._clients:
            client.loop_start()

    @staticmethod
    def name(number: int) -> str:
        """The device's id."""
        return f"panel-{number + 1:02d}"

    def events(self, count: int, rate: float) -> None:
        """Say so many events, panel after panel, at that pace: each burns point after point, and is reset in turn."""
        begin = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, begin + number / rate - time.monotonic()))
            panel = number % len(self._clients)
            point, active = next(self._turns[panel])
            self._event(panel, point, active)
        for panel in range(len(self._clients)):
            self._state(panel)

    def close(self) -> None:
        """Leave."""
        for client in self._clients:
            client.disconnect()
            client.loop_stop()

    @staticmethod
    def _turn() -> Iterator[tuple[str, bool]]:
        points = [f"1/{number}" for number in range(1, POINTS + 1)]
        yield from ((point, True) for point in points)
        yield from ((point, False) for point in points)

    def _event(self, panel: int, point: str, active: bool) -> None:
        if active:
            self._standing[panel][point] = None
        else:
            self._standing[panel].pop(point, None)
        now = time.time()
        event = {"t": now, "type": "fireAlarm", "active": active, "point": point, "text": f"Đầu báo {point}"}
        self.sent.note(Key(self.name(panel), point, active), now)
        self._clients[panel].publish(f"ll/d/{self.name(panel)}/up/event", json.dumps(event, separators=(",", ":")), 1)
        if now - self._told[panel] >= _STATE_EVERY:
            self._state(panel)

    def _state(self, panel: int) -> None:
        self._told[panel] = now = time.time()
        points = [
            {"point": point, "state": "alarm", "text": f"Đầu báo {point}"} for point in list(self._standing[panel])
        ]
        counts = {"alarm": len(points), "fault": 0, "supervisory": 0, "disabled": 0, "test": 0}
        state = json.dumps({"t": now, **counts, "points": points})
        self._clients[panel].publish(f"ll/d/{self.name(panel)}/up/state", state, 1, retain=True)

    def _client(self, port: int, number: int) -> paho.Client:
        name = self.name(number)
        client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        client.max_queued_messages_set(0)
        client.reconnect_delay_set(1, 1)
        client.will_set(f"ll/d/{name}/up/presence", "offline", 1, True)

        def connected(*_: Any) -> None:
            client.publish(f"ll/d/{name}/up/presence", "online", 1, retain=True)
            self._state(number)

        client.on_connect = connected
        client.connect_async("127.0.0.1", port)
        return client


class Registry:
    """Looks into the registry of a hub from outside, and sees each event when its transaction is durable."""

    def __init__(self, data: Path, sent: Sent) -> None:
        self.seen = Seen(sent)
        self._file, self._ended = data / "registry.db", threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        last = 0
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=5)) as database:
            query = "SELECT id, device, point, phase FROM events WHERE id > ? AND type = 'fireAlarm' ORDER BY id"
            while not self._ended.wait(_LOOK):
                with suppress(sqlite3.OperationalError):
                    rows = database.execute(query, (last,)).fetchall()
                    now = time.time()
                    for _, device, point, phase in rows:
                        self.seen.note(Key(device, point, phase == "began"), now)
                    last = rows[-1][0] if rows else last

    def close(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()


class Operator:
    """Watches the event stream, as the page does. Shown is an event of fire; a hub that has no such topic shows the alarm."""

    def __init__(self, hub: RunningHub, sent: Sent) -> None:
        self.seen, self.topic = Seen(sent), "alarm"
        self._alarms = Seen(sent)
        self._api = hub.client("operator")
        self.watching = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        held = b""
        with suppress(httpx.HTTPError), self._api.stream("GET", "/events", timeout=None) as answer:
            self.watching.set()
            for chunk in answer.iter_raw():
                now = time.time()
                *frames, held = (held + chunk).split(b"\n\n")
                for frame in frames:
                    self._frame(frame, now)

    def _frame(self, frame: bytes, now: float) -> None:
        topic = b"fire" if b"\nevent: fire\n" in frame else b"alarm" if b"\nevent: alarm\n" in frame else b""
        if not topic:
            return
        items = json.loads(frame.partition(b"data: ")[2])
        if topic == b"fire":
            if self.topic != "fire":
                self.topic, self.seen = "fire", Seen(self.seen._sent)
            for item in items:
                if item["type"] == "fireAlarm" and not item.get("test"):
                    self.seen.note(Key(item["device"], item["point"], bool(item["active"])), now)
        elif self.topic == "alarm":
            for item in items:
                if item.get("type") == "fireAlarm" and item["state"] == "unacknowledged":
                    self.seen.note(Key(item["device"], item["point"], True), now)

    def close(self) -> None:
        """Leave."""
        self._api.close()
