"""Accounts of devices at the broker: secrets shown once, bcrypt hashes kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from hub.broker import BrokerError, hash_secret, make_secret
from hub.ports import BrokerAccounts
from hub.registry import Registry

_log = structlog.get_logger("lamplighter.access")


class DeviceAccounts:
    """Issues and withdraws the sign-ins of devices. `broker` is None when an outside broker keeps its own accounts."""

    def __init__(self, registry: Registry, broker: BrokerAccounts | None) -> None:
        self._registry = registry
        self._broker = broker
        self._publishing = asyncio.Lock()

    def make(self, devices: Iterable[str]) -> dict[str, tuple[str, str]]:
        """{device: (new secret, its hash)}, not yet stored. Blocks: about 1 ms a device."""
        made: dict[str, tuple[str, str]] = {}
        for device in devices:
            secret = make_secret()
            made[device] = (secret, hash_secret(secret))
        return made

    def issue(self, devices: Iterable[str]) -> dict[str, str]:
        """Give registered devices new secrets and store the hashes: {device: secret}, to be shown once. Blocks."""
        made = self.make(devices)
        for device, (_, hashed) in made.items():
            self._registry.devices.set_account(device, hashed)
        return {device: secret for device, (secret, _) in made.items()}

    async def publish(self) -> None:
        """Bring the broker's accounts up to the registry; on return they are in force and old sessions are cut.

        While the broker is away this only logs: it starts with the accounts it was given last.
        """
        if self._broker is None:
            return
        async with self._publishing:
            accounts = await asyncio.to_thread(self._registry.devices.accounts)
            try:
                await self._broker.publish(accounts)
            except BrokerError as error:
                _log.warning("the broker has not taken the device accounts yet", error=str(error))
