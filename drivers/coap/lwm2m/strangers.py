"""Clients that no device of the hub is: they are in the quarantine, where a person who registers devices looks for them."""

from __future__ import annotations

from collections import OrderedDict

from drivers.burst import Burst
from drivers.coap.lwm2m.registrations import PROFILE, Registrations
from hub.model.readings import Rejected

_AGAIN = 3600.0  # seconds until the same one is noted again
_REMEMBERED = 1_000
_A_MINUTE = 10  # that are noted; anybody may knock with any name
_SOURCE = "/rd?ep="


class Strangers:
    """Remembers who was noted."""

    def __init__(self) -> None:
        self._noted: OrderedDict[str, float] = OrderedDict()

    def new(self, endpoint: str, now: float) -> bool:
        """True when a client of that name is to be noted now."""
        last = self._noted.get(endpoint)
        if last is not None and now - last < _AGAIN:
            return False
        lately = [time for time in self._noted.values() if now - time < 60.0]
        if len(lately) >= _A_MINUTE:
            return False
        self._noted.pop(endpoint, None)
        self._noted[endpoint] = now
        while len(self._noted) > _REMEMBERED:
            self._noted.popitem(last=False)
        return True

    def source(self, endpoint: str) -> str:
        """Where a note says that it came from."""
        return f"{_SOURCE}{endpoint[:200]}"

    def again(self, source: str, raw: bytes, received: float, registrations: Registrations, into: Burst) -> bool:
        """Look at a note again: it has done its work when there is a device of that name. False when `source` is no note."""
        if not source.startswith(_SOURCE):
            return False
        if registrations.device(source.removeprefix(_SOURCE)) is None:
            reason = f"no {PROFILE} device has this address: register it at the hub, the client comes again by itself"
            into.rejected.append(Rejected(received, source, None, "unknown-device", reason, raw))
        return True
