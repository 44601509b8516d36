"""How long from PUBLISH to durable, seen on the wire: the time in a message's payload against the moment of the hub's PUBACK.

A relay between hub and broker looks on; the hub acknowledges only what is on disk, so its PUBACK is the proof.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence

from drivers.mqtt.framing import Framer
from tests.servers.relay import Observer

_MS = re.compile(rb'"ts":(\d{13})')
_SECONDS = re.compile(rb'"t":(\d+\.\d+)')
_PUBACK = 0x40


def sent_at(payload: bytes) -> float | None:
    """When the publisher made the message: Unix ms in `ts`, or seconds in `t`."""
    if found := _MS.search(payload):
        return int(found[1]) / 1000
    found = _SECONDS.search(payload)
    return float(found[1]) if found else None


def _client_id(connect: bytes) -> bytes:
    """The client id in a CONNECT packet (MQTT 3.1.1 section 3.1)."""
    at = 12 if connect[1] < 128 else 13
    return connect[at + 2 : at + 2 + (connect[at] << 8 | connect[at + 1])]


class Delays:
    """Seconds from publish to acknowledgement, of the messages on topics that `wanted` says yes to. `last`: by the time in the
    message, those of its last copy where several sessions hear it."""

    def __init__(self, wanted: Callable[[bytes], bool], sessions: bytes) -> None:
        self.seconds: list[float] = []
        self.last: dict[float, float] = {}
        self._wanted = wanted
        self._sessions = sessions  # of which client ids (their ends), e.g. b"-event"; b"" all

    def observe(self) -> tuple[Observer, Observer]:
        """The two observers of a connection."""
        client, server = Framer(1 << 24), Framer(1 << 24)
        waiting: dict[bytes, float] = {}
        state = {"looks": True, "known": False}

        def to_server(data: bytes) -> None:
            if not state["known"]:
                state["known"] = True
                state["looks"] = not self._sessions or _client_id(data).endswith(self._sessions)
            if not state["looks"]:
                return
            now = time.time()
            for packet in client.feed(data).others:
                if packet[0] == _PUBACK and (at := waiting.pop(packet[2:4], None)) is not None:
                    self.seconds.append(now - at)
                    self.last[at] = now - at

        def to_client(data: bytes) -> None:
            if not state["looks"]:
                return
            frames = server.feed(data)
            for (topic, payload), ack in zip(frames.messages, frames.acks, strict=False):
                if self._wanted(topic) and (at := sent_at(payload)) is not None:
                    waiting[ack[2:4]] = at

        return to_server, to_client


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of `values` lie."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))]
