"""Which driver carries which device: what the hub asks of its drivers, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hub.model.devices import Device
from hub.model.reasons import sentence
from hub.ports import BrokerAccess, CannotCarry, DeviceConfig, Driver, Order, ProfileInfo, SecondWay, Unreachable
from hub.registry.city import FED, NATIVE, City


class TwoCarriers(ValueError):
    """Two drivers claim the same device type."""


def lost(profile: str, devices: Sequence[str], folder: Path) -> str:
    """What to do about devices whose profile is gone; `folder` holds the city's own profiles."""
    some = ", ".join(devices[:5]) + (" ..." if len(devices) > 5 else "")
    return (
        f"profile {profile!r} is not known, and {len(devices):,} registered with it ({some}): put {profile}.toml back into "
        f"{folder}, or give them another profile"
    )


class Carriers:
    """The drivers by the device types (profiles) that they speak with."""

    def __init__(self, drivers: Mapping[str, Driver], city: City) -> None:
        self._city = city
        self._carrier: dict[str, Driver] = {}
        self.profiles: dict[str, ProfileInfo] = {}
        self._second: list[SecondWay] = [driver for driver in drivers.values() if isinstance(driver, SecondWay)]
        for name, driver in drivers.items():
            for profile, info in driver.profiles().items():
                if profile in self._carrier:
                    first = self._carrier[profile].name
                    raise TwoCarriers(f"profile {profile!r} is of driver {first!r} and of {name!r}: remove one of them")
                self._carrier[profile] = driver
                self.profiles[profile] = info

    def unknown(self, devices: Iterable[Device]) -> dict[str, list[str]]:
        """{profile that no driver knows: ids of the devices that have it}."""
        found: dict[str, list[str]] = {}
        for device in devices:
            if device.profile not in self._carrier:
                found.setdefault(device.profile, []).append(device.id)
        return found

    async def send(self, order: Order) -> None:
        """Hand an order to the driver of its device; raises Unreachable and CannotCarry. Zones are native devices' groups."""
        known = self._city.device(order.device) if order.device is not None else None
        profile = known.profile if known is not None else NATIVE
        driver = self._carrier.get(profile)
        if driver is None:
            raise CannotCarry(sentence("unknown-profile", profile=repr(profile)))
        reached = profile in (NATIVE, FED) and self._overheard(order)
        try:
            await driver.send(order)
        except Unreachable:
            if not reached:
                raise

    def _overheard(self, order: Order) -> bool:
        """Let every second way know; True when one of them reaches the order's device."""
        reached = [each.overhear(order) for each in self._second]
        return any(reached)

    async def configure(self, device: str, config: DeviceConfig) -> None:
        """Replace the retained configuration of a native device; raises Unreachable."""
        for each in self._second:
            each.reconfigured(device)
        await self._carrier[NATIVE].configure(device, config)

    async def forget(self, device: str) -> None:
        """Remove what the other side keeps of a native device that is no more; raises Unreachable."""
        await self._carrier[NATIVE].forget(device)

    def access(self, device: Device) -> BrokerAccess | None:
        """What the device's own account at the MQTT broker may do; None when it has none."""
        driver = self._carrier.get(device.profile)
        return driver.access(device) if driver is not None else None
