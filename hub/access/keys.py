"""Keys of devices that sign in by DTLS (RFC 4279): shown once, and made anew from a seed whenever one is asked for.

A shared key cannot be kept as a hash. So none is kept at all: it follows from a secret of the hub's own and the device's seed.
Whoever reads the registry or a copy of it has no key, nor has whoever reads `secrets.json` alone.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping, Sequence

from hub.model.audit import AuditEntry
from hub.model.devices import Device
from hub.ports import Clock, KeyedWay
from hub.registry import Registry

_LENGTH = 26  # letters of five bits: 130 bits


class NoSecurePort(Exception):
    """No driver takes sign-ins with keys; one sentence for a person."""


class NoSignIn(Exception):
    """A device of this kind does not sign in with a key; one sentence for a person."""


class DeviceKeys:
    """Issues, withdraws and tells the keys of devices. `devices` are those registered now; `ways` where they sign in.

    The registry is asked for all seeds when this is made; `find` then is quick, and called on the event loop.
    """

    def __init__(self, registry: Registry, secret: str, devices: Mapping[str, Device], clock: Clock) -> None:
        self._registry, self._secret, self._devices, self._clock = registry, secret.encode(), devices, clock
        self._seeds = registry.devices.keys()
        self.ways: Sequence[KeyedWay] = ()

    def find(self, device: str) -> bytes | None:
        """The key of a device; None when it has none, or is no more."""
        seed = self._seeds.get(device)
        return None if seed is None or device not in self._devices else self._key(device, seed).encode()

    def has(self, device: Device) -> bool | None:
        """True when it has a key; None when it has none and can be given none."""
        if device.id in self._seeds:
            return True
        return False if any(way.secure_url and way.keyed(device) for way in self.ways) else None

    def keyed(self, device: Device) -> bool:
        """True for devices of a kind that signs in with a key, whether such sign-ins are taken now or not."""
        return any(way.keyed(device) for way in self.ways)

    def url(self, device: Device) -> str:
        """Where it signs in; raises NoSecurePort, NoSignIn."""
        there = [way for way in self.ways if way.keyed(device)]
        if not there:
            raise NoSignIn(
                f"{device.id!r} is of profile {device.profile!r} or has a gateway: keys are for native devices and LwM2M "
                "clients that connect themselves"
            )
        for way in there:
            if url := way.secure_url:
                return url
        raise NoSecurePort("no port takes sign-ins with keys: set coap.secure_port (5684), then make the key")

    def issue(self, device: Device, by: str = "") -> str:
        """A new key, to be shown once; the old one counts no more. Raises as `url` does, and Missing. Blocks."""
        self.url(device)
        seed = secrets.token_hex(16)
        line = self._line("made", device.id, by)
        self._registry.devices.set_key(device.id, seed, self._clock.now(), audit=line)
        self._seeds[device.id] = seed
        return self._key(device.id, seed)

    def withdraw(self, device: str, by: str = "") -> bool:
        """Take its key away; False when it had none. Raises Missing. Blocks."""
        if device not in self._seeds:
            return False
        self._registry.devices.set_key(device, None, audit=self._line("withdrawn", device, by))
        self._seeds.pop(device, None)
        return True

    def forget(self, device: str) -> None:
        """A device was deleted, its key with it."""
        self._seeds.pop(device, None)

    def _line(self, what: str, device: str, by: str) -> AuditEntry | None:
        """Of the audit, when a person did it by itself and not as part of something else."""
        return AuditEntry(self._clock.now(), by, f"key.{what}", device) if by else None

    def _key(self, device: str, seed: str) -> str:
        made = hmac.digest(self._secret, f"dtls-psk {device} {seed}".encode(), "sha256")
        return base64.b32encode(made).decode().lower()[:_LENGTH]
