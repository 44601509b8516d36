"""Who has signed in, from which address. Bounded: the longest silent gives way."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from drivers.coap.secure.openssl import Channel

Address = tuple[Any, ...]
_OF_ONE = 2  # sessions of one identity: a device that came back from another port leaves one behind
_OPENING = 500  # handshakes under way
_PATIENCE = 20.0  # seconds for a handshake
_FAIR = 3.0  # seconds that it has before it gives way: a street that is back from a power cut signs in at once


class Session:
    """A device that has signed in. Requests that come by it are by that device and no other."""

    __slots__ = ("identity", "address", "heard", "channel", "_send")

    def __init__(
        self, identity: str, address: Address, channel: Channel, send: Callable[[Session, bytes], None]
    ) -> None:
        self.identity, self.address, self._send = identity, address, send
        self.channel: Channel | None = channel  # None when it is over: sessions are remembered longer than they last
        self.heard = 0.0

    def send(self, data: bytes) -> None:
        """Send a message, unless the session is over."""
        if self.channel is not None:
            self._send(self, data)


class Opening:
    """A handshake under way."""

    __slots__ = ("channel", "random", "until", "ciphered")

    def __init__(self, channel: Channel, random: bytes, now: float) -> None:
        self.channel, self.random, self.until = channel, random, now + _PATIENCE
        self.ciphered = False  # something ciphered came that did not end the handshake: the keys differ


class Sessions:
    """By address, the longest silent first. What is put out is handed to `over`."""

    def __init__(self, most: int, over: Callable[[Session], None]) -> None:
        self._most, self._over = most, over
        self._by_address: OrderedDict[Address, Session] = OrderedDict()
        self._by_identity: dict[str, list[Session]] = {}

    def __len__(self) -> int:
        return len(self._by_address)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._by_address.values()))

    def at(self, address: Address) -> Session | None:
        """The session with that address."""
        return self._by_address.get(address)

    def add(self, session: Session, now: float) -> None:
        """Take in a session, in place of the one that its address had."""
        before = self._by_address.get(session.address)
        if before is not None:
            self.end(before)
        alike = self._by_identity.setdefault(session.identity, [])
        alike.append(session)
        self._by_address[session.address] = session
        session.heard = now
        if len(alike) > _OF_ONE:
            self.end(min(alike, key=lambda each: each.heard))
        if len(self._by_address) > self._most:
            self.end(next(iter(self._by_address.values())))

    def heard(self, session: Session, now: float) -> None:
        """Something came by it."""
        session.heard = now
        self._by_address.move_to_end(session.address)

    def end(self, session: Session) -> None:
        """Put it out."""
        if self._by_address.get(session.address) is not session:
            return
        del self._by_address[session.address]
        alike = self._by_identity[session.identity]
        alike.remove(session)
        if not alike:
            del self._by_identity[session.identity]
        self._over(session)

    def end_idle(self, before: float) -> None:
        """Put out those that were not heard since."""
        while self._by_address and (oldest := next(iter(self._by_address.values()))).heard < before:
            self.end(oldest)


class Openings:
    """Handshakes under way by address. When there are too many, the oldest gives way if it has had a fair time; if it has
    not, the new one waits until the device asks again."""

    def __init__(self, failed: Callable[[Opening], None]) -> None:
        self._failed = failed
        self._by_address: OrderedDict[Address, Opening] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_address)

    def __iter__(self) -> Iterator[tuple[Address, Opening]]:
        return iter(list(self._by_address.items()))

    def at(self, address: Address) -> Opening | None:
        """The handshake with that address."""
        return self._by_address.get(address)

    def add(self, address: Address, opening: Opening) -> bool:
        """Take in a handshake, in place of the one that its address had; False when there is no room."""
        self._by_address.pop(address, None)
        if len(self._by_address) >= _OPENING:
            oldest = next(iter(self._by_address.values()))
            if opening.until - oldest.until < _FAIR:
                return False
            self._by_address.popitem(last=False)
        self._by_address[address] = opening
        return True

    def drop(self, address: Address) -> None:
        """It is over."""
        self._by_address.pop(address, None)

    def end_late(self, now: float) -> None:
        """Put out those whose time is over."""
        while self._by_address:
            address, oldest = next(iter(self._by_address.items()))
            if oldest.until > now:
                return
            del self._by_address[address]
            self._failed(oldest)
