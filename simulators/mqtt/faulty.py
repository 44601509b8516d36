"""A connection that fails on demand: what a hub must stand without losing or doubling anything."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from simulators.mqtt.client import Address, Client, Ears, Identity, Link
from simulators.mqtt.packets import repeated

_HELD = 0.5  # seconds that a message waits for another to change places with


class FaultyClient(Client):
    """A client with faults, each until it is taken away again."""

    def __init__(self, address: Address, identity: Identity, ears: Ears, gate: asyncio.Semaphore) -> None:
        super().__init__(address, identity, ears, gate)
        self.doubling = False  # every message is sent twice, the second time as a repeat
        self.swapping = False  # neighbours change places
        self._cutting = False
        self._hanging = False
        self._held: list[bytes] = []
        self._release: asyncio.TimerHandle | None = None

    def cut_in_the_middle(self) -> None:
        """The connection ends in the middle of the next message."""
        self._cutting = True

    def hang(self) -> None:
        """Neither read nor write any more, while the TCP connection stays open."""
        self._hanging = True
        if self._link is not None:
            self._link.hang()

    def go_on(self) -> None:
        """The end of that: what waited is sent."""
        self._hanging = False
        if self._link is not None:
            self._link.go_on()
            self._plan_flush()

    def restart(self) -> None:
        """The device starts anew, without what it had not sent yet."""
        self._outbox = type(self._outbox)()
        self._held.clear()
        self.cut()

    def _flush(self) -> None:
        if self._hanging:
            self._flush_planned = False
        else:
            super()._flush()

    def _send(self, link: Link, packets: Sequence[bytes]) -> None:
        if self._cutting:
            self._cutting = False
            link.write(packets[0][: len(packets[0]) // 2])
            link.transport.close()  # what was written leaves first
            return
        if self.swapping or self._held:
            packets = self._swapped(packets)
        if self.doubling:
            packets = [copy for packet in packets for copy in (packet, repeated(packet))]
        if packets:
            super()._send(link, packets)

    def _swapped(self, packets: Sequence[bytes]) -> list[bytes]:
        """Neighbours exchanged; one without a neighbour is held until it has one, for a moment at most."""
        waiting, self._held = [*self._held, *packets], []
        pairs = [waiting[place : place + 2] for place in range(0, len(waiting), 2)]
        if len(pairs[-1]) == 1:
            self._held = pairs.pop()
            if self._release is None:
                self._release = asyncio.get_running_loop().call_later(_HELD, self._let_go)
        return [packet for pair in pairs for packet in reversed(pair)]

    def _let_go(self) -> None:
        self._release = None
        held, self._held = self._held, []
        if held and self._link is not None:
            super()._send(self._link, held)
