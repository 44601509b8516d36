"""A fire panel built from docs/devices.md alone, with a plain MQTT client: it latches, and tells its whole state on `read`."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt import enums


class FirePanel:
    """One panel on a connection of its own. `told` False: events are kept to itself, only its state says them; `mute`: it says
    nothing at all; `ahead` is how far its clock is wrong."""

    def __init__(self, port: int, name: str, password: str) -> None:
        self.name, self.ahead = name, 0.0
        self.told, self.mute = True, False
        self.points: dict[tuple[str, str], str] = {}
        self.heard: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        client = self.client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        client.username_pw_set(name, password)
        client.will_set(f"ll/d/{name}/up/presence", "offline", 1, True)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.reconnect_delay_set(1, 2)
        client.connect("127.0.0.1", port)
        client.loop_start()

    def _on_connect(self, client: paho.Client, *_: Any) -> None:
        client.subscribe(f"ll/d/{self.name}/down/#", 1)
        client.publish(f"ll/d/{self.name}/up/presence", "online", 1, True)
        self.state()

    def _on_message(self, client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        if message.topic.endswith("/command"):
            self.heard.append(json.loads(message.payload))
            if self.heard[-1]["op"] == "read":
                self.state()

    def change(self, condition: str, point: str, active: bool = True, text: str = "") -> None:
        """A point changes: an event and the state, as the contract has it."""
        with self._lock:
            if active:
                self.points[point, condition] = text
            else:
                self.points.pop((point, condition), None)
        if self.told:
            self.event("fire" + condition.capitalize(), point, active, text)
        self.state()

    def event(self, type: str, point: str, active: bool, text: str = "", at: float | None = None) -> None:
        """An event alone."""
        at = time.time() + self.ahead if at is None else at
        self._say("event", {"t": at, "type": type, "active": active, "point": point, "text": text})

    def state(self) -> None:
        """The whole state."""
        with self._lock:
            points = [{"point": p, "state": s, "text": text} for (p, s), text in sorted(self.points.items())]
        counts = {
            each: sum(point["state"] == each for point in points)
            for each in ("alarm", "fault", "supervisory", "disabled", "test")
        }
        self._say("state", {"t": time.time() + self.ahead, **counts, "points": points}, retain=True)

    def _say(self, channel: str, body: dict[str, Any], retain: bool = False) -> None:
        if not self.mute:
            sent = self.client.publish(f"ll/d/{self.name}/up/{channel}", json.dumps(body), 1, retain)
            if threading.current_thread() is threading.main_thread():
                sent.wait_for_publish(20)

    def close(self) -> None:
        """Leave."""
        self.client.disconnect()
        self.client.loop_stop()
