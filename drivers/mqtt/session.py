"""A persistent session at the broker, kept alive over as many connections as it takes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Protocol

import structlog

from drivers.mqtt.connection import Connection, Identity, Receive
from drivers.mqtt.framing import Frames
from drivers.mqtt.settings import Server, Settings
from hub.ports import Unreachable

_FIRST_WAIT = 0.2
_LONGEST_WAIT = 5.0
_STEADY = 10.0  # after a connection that held this long the next wait is the shortest
_AT_ONCE = 20_000  # publishes under way; packet ids go to 65,535
_GOOD_BYE = 2.0


class Gate(Protocol):
    """Whether there is room for more messages."""

    def full(self) -> bool:
        """True while nothing more should be read."""

    async def room(self) -> None:
        """Return when there is room again."""


def wait_before(attempt: int, chance: float) -> float:
    """Seconds before connecting again: doubling from 0.2 to 5, less up to a half by `chance` (0 to 1)."""
    longest: float = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(attempt, 10))
    return longest * (1 - chance / 2)


class Voice:
    """Says once that the broker is away, when the first of `names` loses it, and once that it is back, when all have it."""

    def __init__(self, names: Collection[str], server: Server) -> None:
        self._without = set(names)
        self._quiet = False
        self._said = False
        self._log = structlog.get_logger("lamplighter.mqtt").bind(broker=f"{server.host}:{server.port}")

    def up(self, name: str, session_present: bool) -> None:
        """A session is connected; one that was not among `names` joins without a word."""
        self._without.discard(name)
        if not self._without and (self._quiet or not self._said):
            self._quiet, self._said = False, True
            self._log.info("connected", session="kept" if session_present else "new")

    def down(self, name: str, reason: str) -> None:
        """A session is not."""
        self._without.add(name)
        if not self._quiet:
            self._quiet = True
            self._log.warning("not connected, trying again until it works", connection=name, reason=reason)

    def failed(self) -> None:
        """What follows a connection broke; called while handling the exception."""
        self._log.exception("what follows a connection failed")


class Session:
    """Connects, and connects again, until stopped."""

    def __init__(
        self,
        name: str,
        server: Server,
        identity: Identity,
        settings: Settings,
        receive: Receive,
        gate: Gate,
        voice: Voice,
        on_up: Callable[[bool], None],
    ) -> None:
        self.reconnects = 0
        self.paused_seconds = 0.0
        self.down_reason: str | None = "not started"
        self._name = name
        self._server = server
        self._identity = identity
        self._settings = settings
        self._receive = receive
        self._gate = gate
        self._voice = voice
        self._on_up = on_up
        self._connection: Connection | None = None
        self._waiting: set[asyncio.Task[None]] = set()
        self._leaving = False
        self._moved = asyncio.Event()
        self._slots = asyncio.Semaphore(_AT_ONCE)

    @property
    def unacknowledged(self) -> int:
        """Messages received that are not durable yet."""
        return self._connection.unacknowledged if self._connection is not None else 0

    @property
    def paused(self) -> bool:
        """True while reading is stopped because the hub is behind."""
        return self._connection is not None and self._connection.paused

    async def run(self) -> None:
        """Stay connected; ends when cancelled, or after `leave`."""
        attempt = short = 0  # `short`: connections in a row that did not hold
        loop = asyncio.get_running_loop()
        while True:
            try:
                present = await self._open()
            except Unreachable as error:
                self._down(str(error))
            else:
                since = loop.time()
                self._up(present)
                assert self._connection is not None
                reason = await asyncio.shield(self._connection.closed)
                self._connection = None
                if self._leaving:
                    return
                self._down(reason)
                self.reconnects += 1
                short = short + 1 if loop.time() - since < _STEADY else 0
                attempt = short
            await asyncio.sleep(wait_before(attempt, random.random()))
            attempt += 1

    def follow(self, filters: Collection[str], unwanted: Collection[str]) -> None:
        """Subscribe to `filters` and no longer to `unwanted`, now and at every connection to come."""
        self._identity = replace(self._identity, filters=tuple(filters), unwanted=tuple(unwanted))
        if self._connection is not None:
            self._connection.follow(self._identity)

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish with QoS 1; returns when the broker has taken charge, raises Unreachable when that cannot be said."""
        async with self._slots:
            connection = self._connection
            if connection is None or not connection.ready.done():
                raise Unreachable(self.down_reason or "not connected to the broker")
            try:
                async with asyncio.timeout(self._settings.publish_timeout):
                    await connection.publish(topic, payload, retain)
            except TimeoutError:
                raise Unreachable(f"the broker did not confirm within {self._settings.publish_timeout:g} s") from None

    async def leave(self) -> None:
        """Close the connection in good order; returns when it is closed, or after a moment."""
        self._leaving = True
        for task in self._waiting:
            task.cancel()
        if self._connection is not None:
            self._connection.leave()
            await asyncio.wait([self._connection.closed], timeout=_GOOD_BYE)

    async def _open(self) -> bool:
        connection: Connection | None = None
        try:
            async with asyncio.timeout(self._settings.connect_timeout):
                _, connection = await asyncio.get_running_loop().create_connection(
                    self._make, self._server.host, self._server.port, ssl=self._server.tls
                )
                self._connection = connection
                return await connection.ready
        except TimeoutError:
            reason = f"no answer within {self._settings.connect_timeout:g} s"
        except (OSError, ValueError, Unreachable) as error:
            reason = str(error) or type(error).__name__
        except asyncio.CancelledError:
            if connection is not None:
                connection.abort("stopped")
            raise
        self._connection = None
        if connection is not None:
            connection.abort(reason)
        raise Unreachable(reason)

    def _make(self) -> Connection:
        connection = Connection(
            self._identity,
            lambda frames, done, failed: self._take(connection, frames, done, failed),
            self._settings.max_message_bytes,
        )
        connection.acknowledged = self._moved.set
        return connection

    def _take(
        self, connection: Connection, frames: Frames, done: Callable[[], None], failed: Callable[[], None]
    ) -> None:
        self._receive(frames, done, failed)
        if not connection.paused and self._full(connection):
            connection.pause()
            task = asyncio.create_task(self._resume(connection))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    def _full(self, connection: Connection) -> bool:
        return self._gate.full() or connection.unacknowledged >= self._settings.max_unacknowledged

    async def _resume(self, connection: Connection) -> None:
        """Let `connection` read again when there is room."""
        loop = asyncio.get_running_loop()
        since = loop.time()
        while not connection.closed.done():
            await self._gate.room()
            if not self._full(connection):
                break
            if not self._gate.full():
                self._moved.clear()
                await self._moved.wait()
        self.paused_seconds += loop.time() - since
        connection.resume()

    def _up(self, session_present: bool) -> None:
        self.down_reason = None
        self._voice.up(self._name, session_present)
        try:
            self._on_up(session_present)
        except Exception:
            self._voice.failed()

    def _down(self, reason: str) -> None:
        self.down_reason = reason
        self._voice.down(self._name, reason)
