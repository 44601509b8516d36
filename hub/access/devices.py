"""Accounts of devices at the broker: secrets shown once, bcrypt hashes kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

import structlog

from hub.broker import BrokerError, hash_secret, make_secret
from hub.model.devices import Device
from hub.ports import BrokerAccess, BrokerAccount, BrokerAccounts
from hub.registry import Registry

_log = structlog.get_logger("lamplighter.access")

Access = Callable[[Device], BrokerAccess | None]


class DeviceAccounts:
    """Issues and withdraws the sign-ins of devices. `broker` is None when an outside broker keeps its own accounts.

    `devices` are those registered now; `access` says what the account of one may do, None when it is to have none.
    """

    def __init__(
        self, registry: Registry, broker: BrokerAccounts | None, devices: Mapping[str, Device], access: Access
    ) -> None:
        self._registry = registry
        self._broker = broker
        self._devices = devices
        self._publishing = asyncio.Lock()
        self.access = access

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

    def check(self, device: Device) -> None:
        """Raise ValueError, with what to write instead, when the broker cannot carry the topics of `device`.

        One that its gateway signs in for has its address in them all the same: a topic that the broker refuses would
        cost the hub its connection, again and again, with every order to that device.
        """
        granted = self.access(device)
        if granted is None:
            granted = BrokerAccess((device.address or device.id,), ())
        if self._broker is not None:
            self._broker.usable(granted)

    async def publish(self) -> None:
        """Bring the broker's accounts up to the registry; on return they are in force and old sessions are cut.

        While the broker is away this only logs: it starts with the accounts it was given last.
        """
        if self._broker is None:
            return
        async with self._publishing:
            accounts = await asyncio.to_thread(self._accounts, dict(self._devices))
            try:
                await self._broker.publish(accounts)
            except BrokerError as error:
                _log.warning("the broker has not taken the device accounts yet", error=str(error))

    def _accounts(self, devices: Mapping[str, Device]) -> dict[str, BrokerAccount]:
        """Those of the registry with what each may do; without those that this broker cannot have, which is logged."""
        accounts: dict[str, BrokerAccount] = {}
        for name, hashed in self._registry.devices.accounts().items():
            device = devices.get(name)
            granted = self.access(device) if device is not None else None
            if device is None or granted is None:
                continue
            try:
                if self._broker is not None:
                    self._broker.usable(granted)
            except ValueError as error:
                _log.warning("a device is left without its account", device=name, error=str(error))
                continue
            accounts[name] = BrokerAccount(hashed, granted)
        return accounts
