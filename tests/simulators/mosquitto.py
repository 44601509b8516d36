"""A Mosquitto of one's own, and a listener that is not ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho

from tests.servers.missing import need
from tests.servers.ports import free_port
from tests.servers.waiting import until


class Mosquitto:
    """A broker on a free port that keeps what it holds over kill -9."""

    def __init__(self, folder: Path, users: dict[str, str] | None = None) -> None:
        found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
        need("mosquitto", found is not None)
        self._program = str(found)
        self.port = free_port()
        self._folder = folder
        lines = [
            f"listener {self.port} 127.0.0.1",
            f"allow_anonymous {'false' if users else 'true'}",
            "max_queued_messages 0",
            "persistence true",
            f"persistence_location {folder}/",
            "autosave_interval 1",
            "autosave_on_changes true",
            "log_type none",
        ]
        if os.geteuid() == 0:
            lines.append("user root")  # else it gives up its rights, and with them its folder
        if users:
            passwords = folder / "passwords"
            passwords.write_text("".join(f"{name}:{word}\n" for name, word in users.items()))
            subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True)
            lines.append(f"password_file {passwords}")
        self._conf = folder / "mosquitto.conf"
        self._conf.write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it takes connections."""
        self._process = subprocess.Popen([self._program, "-c", str(self._conf)])
        until("mosquitto", self._answers, within=20)

    def kill(self) -> None:
        """Kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        probe = paho.Client(paho.CallbackAPIVersion.VERSION2)
        try:
            probe.connect("127.0.0.1", self.port)
        except OSError:
            return False
        probe.disconnect()
        return True


class Listener:
    """A paho client that remembers everything below `ll/d/+/up`."""

    def __init__(self, port: int, user: str | None = None, password: str | None = None) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self._there = threading.Event()
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="listener", clean_session=False)
        if user is not None:
            self.client.username_pw_set(user, password)
        self.client.on_message = lambda c, u, m: self.heard.append((m.topic, m.payload, m.retain))
        self.client.on_subscribe = lambda *a: self._there.set()
        self.client.on_connect = lambda c, *a: c.subscribe("ll/d/+/up/#", 1)
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self._there.wait(20)

    def tell(self, topic: str, content: Any, retain: bool = False) -> None:
        """Publish JSON with QoS 1 and wait for the broker's word."""
        self.client.publish(topic, json.dumps(content), 1, retain).wait_for_publish(20)

    def said(self, device: str, channel: str) -> list[Any]:
        """What a device said on a channel, decoded; the records of arrays one by one."""
        found: list[Any] = []
        for topic, payload, _ in list(self.heard):
            if topic == f"ll/d/{device}/up/{channel}":
                content = json.loads(payload) if payload[:1] in b"[{" else payload.decode()
                found += content if isinstance(content, list) else [content]
        return found

    def close(self) -> None:
        """Leave."""
        self.client.loop_stop()
        self.client.disconnect()


@contextmanager
def broker(folder: Path, users: dict[str, str] | None = None) -> Iterator[Mosquitto]:
    """A running broker."""
    mosquitto = Mosquitto(folder, users)
    mosquitto.start()
    try:
        yield mosquitto
    finally:
        mosquitto.kill()
