"""A publisher that remembers every PUBACK, and the comparison with what the hub has stored."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import httpx
import paho.mqtt.client as paho
from paho.mqtt import enums

WINDOW = 50.0  # seconds of source time read at once: 50,000 readings


class Ledger:
    """Publishes one reading after another (value = its number) and keeps the numbers that the broker acknowledged.

    It reconnects by itself; a message without PUBACK is sent again by the client library or counts as not acknowledged.
    """

    def __init__(self, port: int, device: str, password: str | None, rate: float) -> None:
        self.device = device
        self.acknowledged: dict[int, float] = {}  # number -> source time
        self._sent: dict[int, tuple[int, float]] = {}  # message id -> (number, source time)
        self._early: set[int] = set()  # acknowledged before `publish` had returned
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._rate = rate
        client = self._client = paho.Client(
            enums.CallbackAPIVersion.VERSION2, client_id=f"{device}-ledger", clean_session=False
        )
        if password is not None:
            client.username_pw_set(device, password)
        client.max_inflight_messages_set(200)
        client.max_queued_messages_set(0)
        client.reconnect_delay_set(1, 1)
        client.on_publish = self._on_publish
        client.connect_async("127.0.0.1", port)
        client.loop_start()
        self._base = self._newest = time.time()
        self._thread = threading.Thread(target=self._publish, daemon=True)
        self._thread.start()

    def _publish(self) -> None:
        number = 0
        while not self._end.is_set():
            if self._client.is_connected() and len(self._sent) < 150:
                number += 1
                at = self._newest = max(round(time.time(), 3), self._newest + 0.001)
                body = json.dumps([{"n": "power", "u": "W", "v": number, "t": at}])
                mid = self._client.publish(f"ll/d/{self.device}/up/telemetry", body, 1).mid
                with self._lock:  # never held while calling the client, whose callbacks take it too
                    if mid in self._early:
                        self._early.discard(mid)
                        self.acknowledged[number] = at
                    else:
                        self._sent[mid] = (number, at)
            self._end.wait(1 / self._rate)

    def _on_publish(self, _client: paho.Client, _data: Any, mid: int, *_: Any) -> None:
        with self._lock:
            entry = self._sent.pop(mid, None)
            if entry is None:
                self._early.add(mid)
            else:
                self.acknowledged[entry[0]] = entry[1]

    def close(self) -> None:
        """Stop publishing; what is on its way may still be acknowledged before the connection ends."""
        self._end.set()
        self._thread.join()
        end = time.monotonic() + 20
        while self._sent and time.monotonic() < end:
            time.sleep(0.01)
        self._client.disconnect()
        self._client.loop_stop()

    def missing(self, api: httpx.Client) -> list[int]:
        """Numbers that were acknowledged until now and are not stored."""
        stored: list[int] = []
        with self._lock:
            acknowledged = dict(self.acknowledged)
        newest = max(acknowledged.values(), default=self._base)
        start = self._base - 1
        while start <= newest:
            window = {"metric": "power", "start": _iso(start), "end": _iso(start + WINDOW)}
            answer = api.get(f"/devices/{self.device}/telemetry", params=window)
            answer.raise_for_status()
            stored += [int(value) for _, value in answer.json()["points"]]
            start += WINDOW
        assert len(stored) == len(set(stored)), "a reading was stored twice"
        return sorted(set(acknowledged) - set(stored))


def _iso(at: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))
    return f"{whole}.{int(at % 1 * 1e6):06}Z"
