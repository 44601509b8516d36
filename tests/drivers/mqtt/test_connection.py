"""What a connection does with its transport, which no broker shows."""

from __future__ import annotations

import asyncio

from drivers.mqtt.connection import Connection, Identity


class Line(asyncio.Transport):
    """A transport that says whether it would be read."""

    def __init__(self) -> None:
        super().__init__()
        self.read = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Nobody listens."""

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.read = False

    def resume_reading(self) -> None:
        self.read = True

    def abort(self) -> None:
        raise AssertionError("it was given up")


def test_after_a_full_read_others_are_looked_at_first() -> None:
    async def scene() -> None:
        connection, line = Connection(Identity("hub", None, None, ("a",), 60), lambda *_: None, 1_000_000), Line()
        connection.connection_made(line)
        buffer = connection.get_buffer(-1)
        buffer[:] = b"\xd0\x00" * (len(buffer) // 2)  # PINGRESP after PINGRESP
        connection.buffer_updated(len(buffer) - 2)
        assert line.read
        connection.buffer_updated(len(buffer))
        assert not line.read
        await asyncio.sleep(0)
        assert line.read
        connection.buffer_updated(len(buffer))
        connection.pause()  # the hub is behind: this must outlast the turn
        await asyncio.sleep(0)
        assert not line.read
        connection.resume()
        assert line.read
        connection.connection_lost(None)

    asyncio.run(scene())
