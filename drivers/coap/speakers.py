"""Who may speak for a device: with a key, whoever has signed in with it; without one, whoever reaches the port."""

from __future__ import annotations

from collections.abc import Callable

from aiocoap.numbers.codes import Code

from drivers.coap.endpoint import Peer
from drivers.coap.replies import Refused


class NotYours(Refused):
    """One device speaks for another; `speaker` is the one that has signed in."""

    def __init__(self, speaker: str, device: str) -> None:
        super().__init__(Code.FORBIDDEN, f"signed in as {speaker!r}, which may not speak for {device!r}")
        self.speaker = speaker


class Speakers:
    """Tells by the keys that devices have now. A device with a key is not heard in plain: who took its place on the network
    would need no more than its name."""

    def __init__(self, key: Callable[[str], bytes | None]) -> None:
        self._key = key
        self.counted = {"without_key": 0, "not_theirs": 0}

    def check(self, peer: Peer, device: str) -> None:
        """Raise Refused when `peer` may not speak for `device`."""
        if self.may(peer, device):
            return
        if peer.session is not None:
            self.counted["not_theirs"] += 1
            raise NotYours(peer.session.identity, device)
        self.counted["without_key"] += 1
        raise Refused(Code.UNAUTHORIZED, f"{device!r} has a key: sign in with it (coaps)")

    def may(self, peer: Peer, device: str) -> bool:
        """True when `peer` may speak for `device`."""
        if peer.session is not None:
            return peer.session.identity == device
        return self._key(device) is None
