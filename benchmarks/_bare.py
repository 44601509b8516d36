"""The floor of the fire path: a bare MQTT client that writes each event to SQLite with fsync, acknowledges it, and does nothing
else. `python -m benchmarks._bare PORT TOPIC FILE COUNT` prints the seconds of each from the time in it to the commit."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
import time
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt import enums


def main(port: int, topic: str, file: str, count: int) -> None:
    """Take `count` messages, each in a transaction of its own."""
    seconds: list[float] = []
    ended = threading.Event()
    client = paho.Client(enums.CallbackAPIVersion.VERSION2, client_id="bare", clean_session=False, manual_ack=True)
    database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    for line in ("journal_mode=WAL", "synchronous=FULL"):
        database.execute(f"PRAGMA {line}")
    database.execute("CREATE TABLE events (time REAL, topic TEXT, payload BLOB)")

    def heard(_client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        at = float(json.loads(message.payload)["t"])
        database.execute("INSERT INTO events VALUES (?, ?, ?)", (at, message.topic, message.payload))
        seconds.append(time.time() - at)
        client.ack(message.mid, message.qos)
        if len(seconds) >= count:
            ended.set()

    client.on_message = heard
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", port)
    client.subscribe(topic, 1)
    client.loop_start()
    ended.wait(3600)
    client.loop_stop()
    print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
