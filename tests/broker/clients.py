"""An MQTT 3.1.1 client (paho) whose answers a test can wait for."""

from __future__ import annotations

import queue
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

PATIENCE = 20.0
REFUSED = 128


class Message(NamedTuple):
    """A message as it came."""

    topic: str
    payload: str
    retained: bool
    again: bool
    id: int


class Will(NamedTuple):
    """What the broker is to say when the client is gone."""

    topic: str
    payload: str
    retain: bool = False


@dataclass
class Client:
    """Connected as `user` after `connect`; every wait ends with an error after 20 s."""

    port: int
    user: str | None
    password: str | None
    id: str = ""
    will: Will | None = None
    acknowledges: bool = True
    messages: queue.Queue[Message] = field(default_factory=queue.Queue)
    session_present: bool = False

    def __post_init__(self) -> None:
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.id,
            clean_session=not self.id,
            reconnect_on_failure=False,
            manual_ack=not self.acknowledges,
        )
        if self.user is not None:
            self._client.username_pw_set(self.user, self.password)
        if self.will is not None:
            self._client.will_set(self.will.topic, self.will.payload, qos=1, retain=self.will.retain)
        self._connects: queue.Queue[int] = queue.Queue()
        self._leaves: queue.Queue[bool] = queue.Queue()
        self._grants: queue.Queue[list[int]] = queue.Queue()
        self._acknowledged: queue.Queue[int] = queue.Queue()
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = lambda *_: self._leaves.put(True)
        self._client.on_subscribe = lambda _c, _u, _mid, codes, _p: self._grants.put([code.value for code in codes])
        self._client.on_publish = lambda _c, _u, mid, _code, _p: self._acknowledged.put(mid)
        self._client.on_message = self._on_message

    def _on_connect(self, _client: Any, _data: Any, flags: Any, code: Any, _properties: Any) -> None:
        self.session_present = flags.session_present
        self._connects.put(code.value)

    def _on_message(self, _client: Any, _data: Any, came: paho.MQTTMessage) -> None:
        self.messages.put(Message(came.topic, came.payload.decode(), came.retain, came.dup, came.mid))

    def connect(self) -> int:
        """Connect; 0 when the broker lets us in, its refusal otherwise."""
        self._client.connect("127.0.0.1", self.port, keepalive=60)
        self._client.loop_start()
        return self._connects.get(timeout=PATIENCE)

    def subscribe(self, *topics: str) -> list[int]:
        """Subscribe with QoS 1; what was granted for each, 128 being a refusal."""
        self._client.subscribe([(topic, 1) for topic in topics])
        return self._grants.get(timeout=PATIENCE)

    def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Publish with QoS 1; returns with the PUBACK."""
        self._client.publish(topic, payload, qos=1, retain=retain)
        self._acknowledged.get(timeout=PATIENCE)

    def send(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Publish with QoS 1 without waiting."""
        self._client.publish(topic, payload, qos=1, retain=retain)

    def acknowledged(self) -> int:
        """How many messages got their PUBACK since the last call."""
        count = 0
        with suppress(queue.Empty):
            while True:
                self._acknowledged.get_nowait()
                count += 1
        return count

    def acknowledge(self, message: Message) -> None:
        """PUBACK, for a client that does not acknowledge by itself."""
        self._client.ack(message.id, 1)

    def next(self) -> Message:
        """The next message."""
        return self.messages.get(timeout=PATIENCE)

    def cut(self) -> None:
        """Return when the broker has cut the connection."""
        self._leaves.get(timeout=PATIENCE)

    @property
    def connected(self) -> bool:
        """False once the connection is cut."""
        return self._client.is_connected()

    def crash(self) -> None:
        """Vanish without saying goodbye."""
        connection = self._client.socket()
        if isinstance(connection, socket.socket):
            connection.shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()

    def leave(self) -> None:
        """Say goodbye."""
        self._client.disconnect()
        self._client.loop_stop()
