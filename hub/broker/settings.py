"""What the embedded broker can be told, and the error it ends in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_SYNC = re.compile(r"always|[1-9][0-9]*(ms|s|m|h)")
_HOST = re.compile(r"[A-Za-z0-9.:_-]+")


class BrokerError(Exception):
    """The embedded broker cannot do what was asked; the text is one sentence for a person."""


@dataclass(frozen=True, kw_only=True)
class BrokerSettings:
    """How the embedded broker runs. Everything it writes is inside `folder`.

    `sync` says when stored messages reach the disk itself: "always" before each PUBACK (a power cut loses nothing that
    was acknowledged), or an interval such as "2m" (only kill -9 is survived). README.md has the price of each.
    `max_payload`, `max_store` and `log_size` are bytes; `max_store` bounds what waits for devices or for the hub.
    `ack_wait` (seconds): a QoS 1 message without PUBACK is sent again after this, on a live connection or the next one.
    `max_in_flight`: QoS 1 messages a subscription may have without PUBACK. One session holds 65,535 of them over all
    its QoS 1 subscriptions (one ending in `#` counts twice), so 2,048 leaves room for 31 subscriptions.
    `reserve`: bytes that must be free on the disk before a broker that could not write is started again; `look_every`
    (seconds): how often it is asked whether it still can.
    """

    folder: Path
    host: str = "127.0.0.1"
    mqtt_port: int = 1883
    sync: str = "250ms"
    max_payload: int = 1024 * 1024
    max_store: int = 4 * 1024**3
    max_in_flight: int = 2048
    ack_wait: int = 5
    log_size: int = 4 * 1024 * 1024
    start_within: float = 30.0
    reserve: int = 64 * 1024 * 1024
    look_every: float = 5.0

    def __post_init__(self) -> None:
        if not _SYNC.fullmatch(self.sync):
            raise BrokerError(f"the broker's sync {self.sync!r} must be 'always' or an interval such as '10s' or '2m'")
        if not _HOST.fullmatch(self.host):
            raise BrokerError(f"the broker's host {self.host!r} must be a host name or an address")
        if not 1 <= self.mqtt_port <= 65535:
            raise BrokerError(f"the MQTT port {self.mqtt_port} must be between 1 and 65535")
        if not 1 <= self.max_in_flight <= 65535:
            raise BrokerError(f"the broker's max_in_flight {self.max_in_flight} must be between 1 and 65535")
        for name, least in (("max_payload", 1024), ("max_store", 4 * 1024**2), ("ack_wait", 1), ("log_size", 1024)):
            if getattr(self, name) < least:
                raise BrokerError(f"the broker's {name} must be at least {least}")
