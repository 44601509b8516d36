"""Accounts of devices: the secret is shown, its hash is kept, the broker is told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import bcrypt
import pytest

from hub.access.devices import DeviceAccounts
from hub.broker import BrokerError
from hub.broker.subjects import check
from hub.model.devices import Device, DeviceKind
from hub.ports import BrokerAccess, BrokerAccount
from hub.registry import Missing, Registry
from tests.servers.registries import open_registry

LAMPS = {name: Device(name, name, DeviceKind.LIGHT) for name in ("lamp-1", "lamp-2")}


class Broker:
    """A broker that remembers its accounts, or refuses them."""

    def __init__(self, away: bool = False) -> None:
        self.accounts: Mapping[str, BrokerAccount] = {}
        self.away = away

    def usable(self, access: BrokerAccess) -> None:
        check(access)

    async def publish(self, accounts: Mapping[str, BrokerAccount]) -> None:
        if self.away:
            raise BrokerError("the broker is away")
        self.accounts = accounts


def access(device: Device) -> BrokerAccess | None:
    """A device with an address has no account of its own."""
    return BrokerAccess((f"tele/{device.name}/#",), ()) if device.address is None else None


def accounts_at(
    registry: Registry, broker: Broker | None = None, devices: Mapping[str, Device] = LAMPS
) -> DeviceAccounts:
    return DeviceAccounts(registry, broker, devices, access)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    opened = open_registry(tmp_path / "registry.db")
    opened.devices.add_many(list(LAMPS.values()))
    return opened


def test_the_broker_gets_hashes_of_the_secrets_that_were_shown(registry: Registry) -> None:
    broker = Broker()
    accounts = accounts_at(registry, broker)
    issued = accounts.issue(["lamp-1", "lamp-2"])
    asyncio.run(accounts.publish())
    assert broker.accounts.keys() == issued.keys() == {"lamp-1", "lamp-2"}
    for name, secret in issued.items():
        assert bcrypt.checkpw(secret.encode(), broker.accounts[name].hash.encode())
    assert issued["lamp-1"] != issued["lamp-2"]


def test_new_secrets_replace_the_old(registry: Registry) -> None:
    accounts = accounts_at(registry)
    old = accounts.issue(["lamp-1"])["lamp-1"]
    new = accounts.issue(["lamp-1"])["lamp-1"]
    kept = registry.devices.accounts()["lamp-1"].encode()
    assert bcrypt.checkpw(new.encode(), kept) and not bcrypt.checkpw(old.encode(), kept)


def test_unknown_devices_get_none(registry: Registry) -> None:
    with pytest.raises(Missing):
        accounts_at(registry).issue(["nobody"])


def test_a_broker_that_is_away_does_not_undo_what_is_registered(registry: Registry) -> None:
    accounts = accounts_at(registry, Broker(away=True))
    accounts.issue(["lamp-1"])
    asyncio.run(accounts.publish())
    assert registry.devices.accounts().keys() == {"lamp-1"}
    asyncio.run(accounts_at(registry).publish())


def test_a_device_gets_what_its_type_needs_or_nothing(registry: Registry) -> None:
    broker = Broker()
    devices = {"lamp-1": LAMPS["lamp-1"], "lamp-2": replace(LAMPS["lamp-2"], address="gateway")}
    accounts = accounts_at(registry, broker, devices)
    accounts.issue(["lamp-1", "lamp-2"])
    asyncio.run(accounts.publish())
    assert {name: account.access for name, account in broker.accounts.items()} == {
        "lamp-1": BrokerAccess(("tele/lamp-1/#",), ())
    }


def test_one_device_that_the_broker_cannot_have_does_not_shut_out_the_others(registry: Registry) -> None:
    broker = Broker()
    devices = {"lamp-1": replace(LAMPS["lamp-1"], name="with a space"), "lamp-2": LAMPS["lamp-2"]}
    accounts = accounts_at(registry, broker, devices)
    accounts.issue(devices)
    asyncio.run(accounts.publish())
    assert broker.accounts.keys() == {"lamp-2"}
    with pytest.raises(ValueError, match="space"):
        accounts.check(devices["lamp-1"])
