"""Sign-ins at the MQTT broker, the hub's own and those of devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """MQTT topic filters that a device's own account may publish and subscribe to."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


class BrokerAccount(NamedTuple):
    """A device's sign-in at the broker: the bcrypt hash of its password, and what it may do there."""

    hash: str
    access: BrokerAccess


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """How the hub itself signs in at the MQTT broker. `client_id` is secret: it names the persistent session."""

    url: str
    username: str | None
    password: str | None
    client_id: str


class BrokerAccounts(Protocol):
    """Accounts of devices at the broker."""

    async def publish(self, accounts: Mapping[str, BrokerAccount]) -> None:
        """Make {device: account} the complete set of device accounts; on return they are in force and the
        sessions of removed or changed accounts are cut."""

    def usable(self, access: BrokerAccess) -> None:
        """Raise ValueError, with what to write instead, when this broker cannot grant that."""
