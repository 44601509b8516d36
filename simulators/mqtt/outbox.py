"""Messages on their way out: what matters goes first and waits long, bulk is bounded and loses its oldest."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple


class Message(NamedTuple):
    """A message to publish with QoS 1. `bulk` messages may be dropped when too many wait."""

    topic: str
    payload: bytes
    retain: bool = False
    bulk: bool = False


class Outbox:
    """Two bounded queues and the messages in flight. Nothing leaves it before the broker acknowledged it."""

    def __init__(self, window: int = 64, urgent: int = 5_000, bulk: int = 1_000) -> None:
        self._window = window
        self._urgent: deque[Message] = deque(maxlen=urgent)
        self._bulk: deque[Message] = deque(maxlen=bulk)
        self._in_flight: dict[int, Message] = {}
        self._last_id = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._urgent) + len(self._bulk) + len(self._in_flight)

    def put(self, message: Message) -> None:
        """Queue `message`; at its bound a queue drops its oldest."""
        queue = self._bulk if message.bulk else self._urgent
        self.dropped += len(queue) == queue.maxlen
        queue.append(message)

    def next(self) -> tuple[int, Message] | None:
        """The next message that may be sent now, with its packet identifier."""
        queue = self._urgent or self._bulk
        if not queue or len(self._in_flight) >= self._window:
            return None
        message = queue.popleft()
        packet_id = self.new_id()
        self._in_flight[packet_id] = message
        return packet_id, message

    def acknowledge(self, packet_id: int) -> None:
        """The broker has it."""
        self._in_flight.pop(packet_id, None)

    def unacknowledged(self) -> list[tuple[int, Message]]:
        """What must be sent again after a new connection, in order."""
        return list(self._in_flight.items())

    def new_id(self) -> int:
        """A packet identifier that is not in use."""
        while True:
            self._last_id = self._last_id % 65_535 + 1
            if self._last_id not in self._in_flight:
                return self._last_id
