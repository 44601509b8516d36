"""The event stream to browsers: what changed, merged, batched, encoded once for everybody, resumable."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from hub.ports import Topic

Item = Callable[[], Mapping[str, Any] | None]
INTERVAL = 0.1
RING_BYTES = 4 << 20
FRAME_ITEMS = 500
FLUSH_ITEMS = 1_000
REST = 3.0  # a flush is followed by a pause of at least this many times what it took
CHUNK_BYTES = 256 << 10
KEEP_ALIVE = 15.0
LINGER = 60.0


class _Frame(NamedTuple):
    seq: int
    text: bytes


class EventStream:
    """Implements `hub.ports.Announcer`. Lives on one event loop; nothing here is thread-safe.

    Frames leave at most every 100 ms, those of fire at once, and are kept once, in a ring of `ring_bytes`; a subscriber is
    only a position in
    it, so a slow one costs nothing and is told to reload (`reset`) when the ring has overtaken it. While nobody has
    watched for a minute no frames are made.
    """

    def __init__(
        self,
        *,
        interval: float = INTERVAL,
        ring_bytes: int = RING_BYTES,
        keep_alive: float = KEEP_ALIVE,
        linger: float = LINGER,
        most_subscribers: int = 1_000,
    ) -> None:
        self._interval, self._ring_bytes, self._keep_alive, self._linger = interval, ring_bytes, keep_alive, linger
        self._most_subscribers = most_subscribers
        self._boot = secrets.token_hex(4)
        self._seq = 0
        self._ring: deque[_Frame] = deque()
        self._size = 0
        self._pending: dict[tuple[Topic, str], Item] = {}
        self._urgent: dict[tuple[Topic, str], Item] = {}
        self._flush_at: asyncio.TimerHandle | None = None
        self._next_flush = float("-inf")
        self._awake = False
        self._left = float("-inf")
        self._news = asyncio.Event()
        self._closed = False
        self.subscribers = 0

    @property
    def pending(self) -> int:
        """Changes that wait for the next frame."""
        return len(self._pending)

    # --- what changed ----------------------------------------------------------------------------------------------

    def announce(self, topic: Topic, key: str, item: Item) -> None:
        """Say that `key` changed; `item` is called when its frame leaves (None: there is nothing to say after all)."""
        if not self._awake or self._closed:
            return
        self._pending[topic, key] = item
        self._schedule()

    def announce_now(self, topic: Topic, key: str, item: Item) -> None:
        """The same, in a frame of its own that waits for nothing: for fire."""
        if not self._awake or self._closed:
            return
        self._pending.pop((topic, key), None)
        if not self._urgent:
            asyncio.get_running_loop().call_soon(self._flush_urgent)
        self._urgent[topic, key] = item

    def _flush_urgent(self) -> None:
        urgent, self._urgent = self._urgent, {}
        if not self._closed and self._append_all(urgent.items()):
            self._wake_readers()

    def _append_all(self, changes: Iterable[tuple[tuple[Topic, str], Item]]) -> bool:
        leaving: dict[Topic, list[Mapping[str, Any]]] = {}
        for (topic, _), make in changes:
            item = make()
            if item is not None:
                leaving.setdefault(topic, []).append(item)
        for topic, items in leaving.items():
            for first in range(0, len(items), FRAME_ITEMS):
                self._append(topic, items[first : first + FRAME_ITEMS])
        return bool(leaving)

    def _schedule(self) -> None:
        if self._flush_at is None:
            loop = asyncio.get_running_loop()
            self._flush_at = loop.call_at(max(loop.time(), self._next_flush), self._flush)

    def _flush(self) -> None:
        self._flush_at = None
        now = asyncio.get_running_loop().time()
        if not self.subscribers and now - self._left > self._linger:
            self._sleep()
            return
        keys = list(islice(self._pending, FLUSH_ITEMS))
        self._append_all([(key, self._pending.pop(key)) for key in keys])
        self._wake_readers()
        took = asyncio.get_running_loop().time() - now
        self._next_flush = now + max(self._interval, (1 + REST) * took)
        if self._pending:
            self._schedule()

    def _append(self, topic: Topic, items: list[Mapping[str, Any]]) -> None:
        self._seq += 1
        frame = _Frame(
            self._seq, b"id: %s\nevent: %s\ndata: %s\n\n" % (self._id(), topic.encode(), msgspec.json.encode(items))
        )
        self._ring.append(frame)
        self._size += len(frame.text)
        while self._size > self._ring_bytes and len(self._ring) > 1:
            self._size -= len(self._ring.popleft().text)

    def _id(self) -> bytes:
        return f"{self._boot}-{self._seq}".encode()

    def _sleep(self) -> None:
        # Nothing is kept of what happens from here on, so whoever resumes later must reload.
        self._awake = False
        self._pending.clear()
        self._ring.clear()
        self._size = 0
        self._seq += 1

    def _wake_readers(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def close(self) -> None:
        """End every stream, for a shutdown."""
        self._closed = True
        self._pending.clear()
        if self._flush_at is not None:
            self._flush_at.cancel()
        self._wake_readers()

    # --- who watches -----------------------------------------------------------------------------------------------

    @property
    def watched(self) -> bool:
        """True while frames are made: somebody watches, or left less than a minute ago."""
        return self._awake

    @property
    def full(self) -> bool:
        """True while there are as many subscribers as the stream takes."""
        return self.subscribers >= self._most_subscribers

    async def frames(self, last_id: str | None, allowed: Callable[[], Awaitable[bool]]) -> AsyncGenerator[bytes]:
        """The stream from `last_id` on, in chunks ready for the wire, until `allowed` says no or the hub stops.

        `allowed` is asked at every keep-alive.
        """
        self.subscribers += 1
        try:
            resumed = self._position(last_id) if last_id else None
            self._awake = True
            position = self._seq if resumed is None else resumed
            yield b": connected\nid: %s-%d\n\n" % (self._boot.encode(), position)
            if last_id and resumed is None:
                yield self._reset()
            asked = asyncio.get_running_loop().time()
            while not self._closed:
                now = asyncio.get_running_loop().time()
                if now - asked >= self._keep_alive:
                    asked = now
                    if not await allowed():
                        return
                    yield b": keep\n\n"
                    continue
                if position < self._seq:
                    chunk, position = self._after(position)
                    yield chunk
                    continue
                news = self._news
                try:
                    async with asyncio.timeout_at(asked + self._keep_alive):
                        await news.wait()
                except TimeoutError:
                    continue
        finally:
            self.subscribers -= 1
            self._left = asyncio.get_running_loop().time()

    def _position(self, last_id: str) -> int | None:
        """The sequence number in an id of ours from which the ring can go on; None otherwise."""
        boot, _, number = last_id.partition("-")
        if boot != self._boot or not (number.isascii() and number.isdigit() and len(number) < 16):
            return None
        seq = int(number)
        oldest = self._ring[0].seq if self._ring else self._seq + 1
        return seq if oldest - 1 <= seq <= self._seq else None

    def _after(self, position: int) -> tuple[bytes, int]:
        """What follows `position`, as one chunk, and the new position; a reset when the ring no longer reaches back."""
        oldest = self._ring[0].seq if self._ring else self._seq + 1
        if position < oldest - 1:
            return self._reset(), self._seq
        parts: list[bytes] = []
        size = 0
        for frame in islice(self._ring, position + 1 - oldest, None):
            parts.append(frame.text)
            size += len(frame.text)
            position = frame.seq
            if size >= CHUNK_BYTES:
                break
        return b"".join(parts), position

    def _reset(self) -> bytes:
        return b"id: %s\nevent: reset\ndata: {}\n\n" % self._id()
