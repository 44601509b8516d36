"""Topics of native devices (prefix `ll` is a setting)."""

from __future__ import annotations

import sys
from typing import NamedTuple

from hub.ports import BrokerAccess

CHANNELS = ("telemetry", "state", "event", "result", "presence")
_CACHED = 200_000  # topics remembered, of at most
_LONGEST = 256  # bytes each


class Upward(NamedTuple):
    """Where an upward message came from: the device of the topic, and the channel (`state`, `telemetry` ...)."""

    topic: str
    device: str
    channel: str


class Topics:
    """Makes and reads topics."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._seen: dict[bytes, Upward] = {}

    def upward_filter(self, channel: str) -> str:
        """What to subscribe to for this channel of all devices."""
        return f"{self._prefix}/d/+/up/{channel}"

    def upward(self, topic: bytes) -> Upward | None:
        """What an upward topic says; None for a topic that is none."""
        found = self._seen.get(topic)
        if found is None:
            found = self._read(topic)
            if found is not None and len(topic) <= _LONGEST:
                if len(self._seen) >= _CACHED:
                    self._seen.clear()
                self._seen[topic] = found
        return found

    def _read(self, topic: bytes) -> Upward | None:
        try:
            text = topic.decode("utf-8")
        except UnicodeDecodeError:
            return None
        start = f"{self._prefix}/d/"
        parts = text.removeprefix(start).split("/")
        if not text.startswith(start) or len(parts) != 3 or parts[1] != "up":
            return None
        return Upward(text, parts[0], sys.intern(parts[2]))

    def spoken(self, device: str, channel: str) -> str:
        """Where a device speaks on one of the channels."""
        return f"{self._prefix}/d/{device}/up/{channel}"

    def device_command(self, device: str) -> str:
        """Where a device listens for commands; never retained."""
        return f"{self._prefix}/d/{device}/down/command"

    def zone_command(self, zone: str) -> str:
        """Where all devices of a zone listen; never retained."""
        return f"{self._prefix}/g/{zone}/down/command"

    def config(self, device: str) -> str:
        """Where a device finds its configuration, retained."""
        return f"{self._prefix}/d/{device}/down/config"

    def access(self, device: str, *, zones: bool = True) -> BrokerAccess:
        """What the account of a device may do: speak as itself, hear its own orders and, with `zones`, those of any zone."""
        own = f"{self._prefix}/d/{device}"
        return BrokerAccess((f"{own}/up/#",), (f"{own}/down/#", *((self.zone_command("+"),) if zones else ())))

    def retained(self, device: str) -> tuple[str, str, str]:
        """Every topic under which a broker may keep a message of, or for, a device."""
        own = f"{self._prefix}/d/{device}"
        return self.config(device), f"{own}/up/state", f"{own}/up/presence"
