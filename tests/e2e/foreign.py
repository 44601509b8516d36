"""Lamps that know nothing of Lamplighter, built from their makers' documentation with a plain MQTT client."""

from __future__ import annotations

import base64
import json
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt import enums


class Foreign:
    """A client at the broker. `heard` are (topic, payload) of what it was sent; `obeys` False: it hears and does nothing."""

    def __init__(self, port: int, *topics: str, user: str | None = None, password: str | None = None) -> None:
        self.obeys = True
        self.heard: list[tuple[str, bytes]] = []
        self.granted: list[int] = []
        self._topics = topics
        client = self.client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id=f"client-of-{user or topics}")
        if user is not None:
            client.username_pw_set(user, password)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.reconnect_delay_set(1, 2)
        client.connect("127.0.0.1", port)
        client.loop_start()

    def _on_connect(self, client: paho.Client, *_: Any) -> None:
        for topic in self._topics:
            client.subscribe(topic, 1)

    def _on_subscribe(self, _client: paho.Client, _data: Any, _mid: int, codes: list[Any], *_: Any) -> None:
        self.granted += [code.value for code in codes]

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self.heard.append((message.topic, message.payload))
        if self.obeys:
            self.obey(message.topic, message.payload)

    def obey(self, topic: str, payload: bytes) -> None:
        """Do what it was told."""

    def say(self, topic: str, body: Any, *, retain: bool = False) -> None:
        """Publish a text as it is, anything else as JSON."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.client.publish(topic, text, 1, retain).wait_for_publish(10)

    def close(self) -> None:
        """Leave."""
        self.client.disconnect()
        self.client.loop_stop()


class TasmotaLamp(Foreign):
    """A dimmable lamp with Tasmota: `cmnd/NAME/Dimmer 60` is answered on `stat/NAME/RESULT` (Tasmota docs, Commands)."""

    def __init__(self, port: int, name: str, **sign_in: str) -> None:
        self.name = name
        super().__init__(port, f"cmnd/{name}/#", **sign_in)

    def obey(self, topic: str, payload: bytes) -> None:
        """Dim."""
        order = topic.rsplit("/", 1)[1]
        text = payload.decode()
        if order.startswith("Backlog"):  # several commands, parted by semicolons
            parts = [part.split() for part in text.split(";")]
            level = next(int(part[1]) for part in parts if part and part[0] == "Dimmer")
        elif order == "Dimmer":
            level = int(text)
        elif order.startswith("POWER") or order == "Power":
            level = 100 if text.upper() in ("ON", "1") else 0
        else:
            return
        self.state(level)

    def state(self, level: int) -> None:
        """Tell what it does."""
        body = {"POWER": "ON" if level else "OFF", "Dimmer": level}
        self.client.publish(f"stat/{self.name}/RESULT", json.dumps(body), 1)


class Zigbee2Mqtt(Foreign):
    """A zigbee2mqtt bridge: one client for all its lamps, `zigbee2mqtt/NAME/set` (zigbee2mqtt docs, MQTT topics)."""

    def __init__(self, port: int, **sign_in: str) -> None:
        super().__init__(port, "zigbee2mqtt/+/set", **sign_in)

    def obey(self, topic: str, payload: bytes) -> None:
        """Switch the lamp, then publish its new state."""
        wanted = json.loads(payload)
        brightness = wanted.get("brightness", 254)
        on = wanted.get("state", "ON") == "ON" and brightness > 0
        body = {"state": "ON" if on else "OFF", "brightness": brightness, "linkquality": 120}
        self.client.publish(topic.removesuffix("/set"), json.dumps(body), 1)


class ChirpStack(Foreign):
    """A ChirpStack v4 server: downlinks are queued on `command/down`, acknowledged on `event/ack` (ChirpStack docs, MQTT)."""

    APPLICATION = "17c82e96-be03-4f38-aef3-f83d48582d97"

    def __init__(self, port: int, **sign_in: str) -> None:
        super().__init__(port, "application/+/device/+/command/down", **sign_in)

    def obey(self, topic: str, payload: bytes) -> None:
        """Deliver the downlink; the device's stack acknowledges it."""
        body = json.loads(payload)
        base64.b64decode(body.get("data", ""), validate=True)
        eui = topic.split("/")[3]
        said = {
            "deviceInfo": {"devEui": eui, "applicationId": self.APPLICATION},
            "queueItemId": body.get("id"),
            "acknowledged": True,
            "fCntDown": 7,
        }
        self.client.publish(topic.replace("command/down", "event/ack"), json.dumps(said), 1)

    def uplink(self, eui: str, decoded: dict[str, Any]) -> None:
        """An uplink that a codec has decoded."""
        body = {
            "deviceInfo": {"devEui": eui, "applicationId": self.APPLICATION},
            "fPort": 2,
            "object": decoded,
            "rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -61, "snr": 9.2}],
        }
        self.say(f"application/{self.APPLICATION}/device/{eui}/event/up", body)
