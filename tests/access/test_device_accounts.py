"""Accounts of devices: the secret is shown, its hash is kept, the broker is told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import bcrypt
import pytest

from hub.access.devices import DeviceAccounts
from hub.broker import BrokerError
from hub.model.devices import Device, DeviceKind
from hub.registry import Missing, Registry


class Broker:
    """A broker that remembers its accounts, or refuses them."""

    def __init__(self, away: bool = False) -> None:
        self.accounts: Mapping[str, str] = {}
        self.away = away

    async def publish(self, accounts: Mapping[str, str]) -> None:
        if self.away:
            raise BrokerError("the broker is away")
        self.accounts = accounts


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    opened = Registry(f"sqlite:///{tmp_path / 'registry.db'}")
    opened.devices.add_many([Device(name, name, DeviceKind.LIGHT) for name in ("lamp-1", "lamp-2")])
    return opened


def test_the_broker_gets_hashes_of_the_secrets_that_were_shown(registry: Registry) -> None:
    broker = Broker()
    accounts = DeviceAccounts(registry, broker)
    issued = accounts.issue(["lamp-1", "lamp-2"])
    asyncio.run(accounts.publish())
    assert broker.accounts.keys() == issued.keys() == {"lamp-1", "lamp-2"}
    for name, secret in issued.items():
        assert bcrypt.checkpw(secret.encode(), broker.accounts[name].encode())
    assert issued["lamp-1"] != issued["lamp-2"]


def test_new_secrets_replace_the_old(registry: Registry) -> None:
    accounts = DeviceAccounts(registry, None)
    old = accounts.issue(["lamp-1"])["lamp-1"]
    new = accounts.issue(["lamp-1"])["lamp-1"]
    kept = registry.devices.accounts()["lamp-1"].encode()
    assert bcrypt.checkpw(new.encode(), kept) and not bcrypt.checkpw(old.encode(), kept)


def test_unknown_devices_get_none(registry: Registry) -> None:
    with pytest.raises(Missing):
        DeviceAccounts(registry, None).issue(["nobody"])


def test_a_broker_that_is_away_does_not_undo_what_is_registered(registry: Registry) -> None:
    accounts = DeviceAccounts(registry, Broker(away=True))
    accounts.issue(["lamp-1"])
    asyncio.run(accounts.publish())
    assert registry.devices.accounts().keys() == {"lamp-1"}
    asyncio.run(DeviceAccounts(registry, None).publish())
