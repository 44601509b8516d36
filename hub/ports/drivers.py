"""Drivers: one protocol each, built with a context."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from hub.model.devices import Device
from hub.ports.broker import BrokerAccess, BrokerAddress
from hub.ports.common import Clock, Health
from hub.ports.incoming import Delivery, Directory, Inbox
from hub.ports.outgoing import DeviceConfig, Order, ProfileInfo


class Driver(Protocol):
    """One protocol. Found by entry point (group `lamplighter.drivers`), built with a DriverContext."""

    @property
    def name(self) -> str:
        """The entry point's name."""

    async def start(self) -> None:
        """Begin; return at once and keep trying while the other side is away."""

    async def stop(self) -> None:
        """Leave in good order: what was not acknowledged comes again next time."""

    async def send(self, order: Order) -> None:
        """Hand an order over; returns when the other side has taken charge of it, raises Unreachable when it cannot now,
        CannotCarry when it never will."""

    async def configure(self, device: str, config: DeviceConfig) -> None:
        """Replace the retained configuration of a device or gateway; raises Unreachable."""

    async def forget(self, device: str) -> None:
        """Remove what the other side keeps of a device that is no more; raises Unreachable."""

    def profiles(self) -> Mapping[str, ProfileInfo]:
        """The device types it speaks with, by name."""

    def access(self, device: Device) -> BrokerAccess | None:
        """What the device's own account at the MQTT broker may do; None when its profile is not of this driver, or
        something else signs in for it."""

    def decode(self, source: str, raw: bytes, received: float, done: Callable[[], None]) -> Delivery | None:
        """Read quarantined bytes again as if they had just come from `source`; None when that is no source of this driver."""

    def health(self) -> Health:
        """Its state now."""

    def counters(self) -> Mapping[str, float]:
        """Its own counts since the start, {name: value}: messages received, reconnects ..."""


@runtime_checkable
class SecondWay(Protocol):
    """A driver by which native devices may be connected as well, beside the one that carries them."""

    def overhear(self, order: Order) -> bool:
        """An order to native devices is on its way; True when its one device is reached this way."""

    def reconfigured(self, device: str) -> None:
        """What a native device is to hold has changed."""


@runtime_checkable
class KeyedWay(Protocol):
    """A driver at which devices sign in with keys of their own."""

    @property
    def secure_url(self) -> str | None:
        """Where they do; None while it takes no sign-ins."""

    def keyed(self, device: Device) -> bool:
        """True when this device would sign in here."""


@runtime_checkable
class Broadcaster(Protocol):
    """A driver that can publish what is for others than devices."""

    async def broadcast(self, topic: str, payload: bytes) -> None:
        """Publish retained; returns when the broker has it, raises Unreachable."""


@runtime_checkable
class Publisher(Protocol):
    """A driver that can publish what happens to whoever listens."""

    async def announce(self, topic: str, payload: bytes) -> None:
        """Publish at least once, not retained; returns when the broker has it, raises Unreachable."""


@dataclass(frozen=True, slots=True)
class DriverContext:
    """All that a driver gets."""

    inbox: Inbox
    directory: Directory
    clock: Clock
    broker: BrokerAddress
    settings: Mapping[str, Any]
    on_connected: Callable[[str, bool], None]  # (driver name, True when the other side still knew our session)
    conditions: Callable[[str], Collection[tuple[str, str]]] = (
        lambda device: ()
    )  # (type, point) of those that hold at a device
    config: Callable[[str], DeviceConfig | None] = lambda device: None  # what a native device is to hold now
    key: Callable[[str], bytes | None] = lambda device: None  # that a device signs in with; None: it has none


class DriverFactory(Protocol):
    """What the entry point names."""

    def __call__(self, context: DriverContext) -> Driver: ...
