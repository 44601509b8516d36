"""A TCP relay between a client and a server of a test: it can look on, hold up, and cut connections in the middle of a packet."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Observer = Callable[[bytes], None]
"""Hears a connection's bytes in one direction, chunk by chunk."""


class Relay:
    """Listens on a free port of 127.0.0.1 and passes bytes on to `target`. Lives on a thread of its own.

    `observe` is called for each new connection and returns the observers of (client to server, server to client), or None.
    """

    def __init__(self, target: int, observe: Callable[[], tuple[Observer, Observer] | None] = lambda: None) -> None:
        self.port = 0
        self.connections = 0
        self._target, self._observe = target, observe
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._left: int | None = None  # bytes that may still pass to the client before everything is cut
        self._refusing = False

    async def _serve(self, started: threading.Event) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = int(server.sockets[0].getsockname()[1])
        started.set()
        async with server:
            await server.serve_forever()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self.connections += 1
        observers = self._observe() or (None, None)
        ends = {writer, forth}
        self._open |= ends
        try:
            await asyncio.gather(
                self._pass(reader, forth, observers[0], False), self._pass(back, writer, observers[1], True)
            )
        except OSError:
            pass
        finally:
            self._open -= ends
            for end in ends:
                end.transport.abort()

    async def _pass(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, observer: Observer | None, to_client: bool
    ) -> None:
        while data := await source.read(1 << 18):
            if observer is not None:
                observer(data)
            if to_client and self._left is not None:
                data = data[: self._left]
                self._left -= len(data)
            sink.write(data)
            await sink.drain()
            if to_client and self._left == 0:
                self._left = None
                self._abort()
        sink.close()

    def _abort(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    def cut(self, after: int = 0) -> None:
        """End every connection at once, or when `after` more bytes have passed from the server to a client."""

        def begin() -> None:
            if after:
                self._left = after
            else:
                self._abort()

        self._loop.call_soon_threadsafe(begin)

    def refuse(self, refusing: bool) -> None:
        """Refuse new connections, or let them in again."""
        self._refusing = refusing


@contextmanager
def relay(target: int, observe: Callable[[], tuple[Observer, Observer] | None] = lambda: None) -> Iterator[Relay]:
    """A relay to port `target` until the block is left."""
    found = Relay(target, observe)
    started = threading.Event()

    def run() -> None:
        with suppress(asyncio.CancelledError):
            found._loop.run_until_complete(found._serve(started))

    thread = threading.Thread(target=run, name="relay", daemon=True)
    thread.start()
    assert started.wait(10), "the relay did not start"
    try:
        yield found
    finally:

        def end() -> None:
            for task in asyncio.all_tasks(found._loop):
                task.cancel()

        found._loop.call_soon_threadsafe(end)
        thread.join(10)
