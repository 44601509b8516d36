"""A street light built from docs/devices.md alone, with a plain MQTT client: it knows nothing of ours."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt import enums


class Lamp:
    """One lamp on a connection of its own. `follow` False: it hears and does not answer."""

    def __init__(self, port: int, name: str, password: str, *, follow: bool = True) -> None:
        self.name, self.follow = name, follow
        self.level: float = 0
        self.configs: list[dict[str, Any]] = []
        self.commands: list[tuple[str, bool, dict[str, Any]]] = []
        self.granted = 0  # subscriptions that the broker has confirmed
        self._timers: list[threading.Timer] = []
        client = self.client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id=name, clean_session=False)
        client.username_pw_set(name, password)
        client.will_set(f"ll/d/{name}/up/presence", "offline", 1, True)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        client.reconnect_delay_set(1, 2)
        client.connect("127.0.0.1", port)
        client.loop_start()

    def _on_connect(self, client: paho.Client, *_: Any) -> None:
        client.subscribe(f"ll/d/{self.name}/down/#", 1)
        client.publish(f"ll/d/{self.name}/up/presence", "online", 1, True)
        self.say(self.level, "program")

    def _on_subscribe(self, _client: paho.Client, _data: Any, _mid: int, codes: list[Any], *_: Any) -> None:
        self.granted += len(codes)

    def _on_message(self, client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        body = json.loads(message.payload)
        if message.topic.endswith("/config"):
            self.configs.append(body)
            for group in body["groups"]:
                client.subscribe(f"ll/g/{group}/down/command", 1)
            return
        self.commands.append((message.topic, message.retain, body))
        if not self.follow or body["expires"] < time.time():
            return
        if body["op"] == "set_level":
            self.say(body["level"], "override", body["id"])
            if "until" in body:
                timer = threading.Timer(max(0.0, body["until"] - time.time()), self.say, (0, "program"))
                timer.daemon = True
                timer.start()
                self._timers.append(timer)
        elif body["op"] == "resume":
            self.say(0, "program")
        result = {"t": time.time(), "id": body["id"], "outcome": "applied"}
        client.publish(f"ll/d/{self.name}/up/result", json.dumps(result), 1)

    def say(self, level: float, cause: str, command: str | None = None) -> None:
        """Report a state."""
        self.level = level
        state = {"t": time.time(), "level": level, "cause": cause} | ({"command": command} if command else {})
        self.client.publish(f"ll/d/{self.name}/up/state", json.dumps(state), 1, True)

    def close(self) -> None:
        """Leave without a word: the broker sends the will."""
        for timer in self._timers:
            timer.cancel()
        self.client.loop_stop()
        sock = self.client.socket()
        if sock is not None:
            sock.close()
