"""What fire panels say, by sessions of its own: nothing of it waits behind what others send."""

from __future__ import annotations

from typing import NamedTuple

from drivers.mqtt.topics import Topics
from hub.ports import Directory

_REMEMBERED = 10_000
SLOT = 30  # topics a session: nats-server takes 31 QoS 1 subscriptions of one (hub/broker/README.md)

OWN_WAY, COMMON_WAY = 1, -1


class Move(NamedTuple):
    """What a session is to hear from now on, and what it heard until now."""

    slot: int
    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]


class Panels:
    """Which session hears which panel, and which messages are second copies.

    `channels` are those that these sessions hear. The broker delivers the same to the common sessions too. Whichever copy
    arrives first is read; the other is
    acknowledged only. Should the hub die before the first is durable, the broker still has that one.
    """

    def __init__(self, directory: Directory, topics: Topics, channels: tuple[str, ...] = ("telemetry",)) -> None:
        self._directory, self._topics, self._channels = directory, topics, channels
        self._slots: list[dict[str, None]] = []
        self._heard: frozenset[bytes] = frozenset()
        self._once: dict[tuple[bytes, bytes], int] = {}  # copies by the panels' own way less those by the common one

    def moves(self) -> list[Move]:
        """The sessions that are to hear others than at the last call, because panels came or went."""
        panels = self._directory.fire_panels()
        named = {self._topics.spoken(panel, channel) for panel in panels for channel in self._channels}
        before = [tuple(slot) for slot in self._slots]
        for slot in self._slots:
            for gone in slot.keys() - named:
                del slot[gone]
        for new in sorted(named.difference(*before)):
            free = next((slot for slot in self._slots if len(slot) < SLOT), None)
            if free is None:
                self._slots.append(free := {})
                before.append(())
            free[new] = None
        found = [
            Move(number, tuple(slot), tuple(set(old) - slot.keys()))
            for number, (slot, old) in enumerate(zip(self._slots, before, strict=True))
            if tuple(slot) != old
        ]
        if found:
            self._heard = frozenset(topic.encode() for topic in named)
            self._once.clear()
        return found

    def fresh(self, messages: list[tuple[bytes, bytes]], way: int) -> list[tuple[bytes, bytes]]:
        """`messages`, that came by `way`, without the second copies."""
        heard = self._heard
        if not heard:
            return messages
        return [each for each in messages if each[0] not in heard or self._first(each, way)]

    def _first(self, message: tuple[bytes, bytes], way: int) -> bool:
        balance = self._once.pop(message, 0)
        if balance * way < 0:
            if balance + way:
                self._once[message] = balance + way
            return False
        self._once[message] = balance + way
        if len(self._once) > _REMEMBERED:
            del self._once[next(iter(self._once))]
        return True
