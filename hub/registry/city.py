"""The registered city in memory: zones and devices as the other rooms ask for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from hub.model.cabinets import split_feed
from hub.model.devices import Device, DeviceKind, DeviceStatus
from hub.model.zones import Zone, ZoneTree

COMMANDABLE = (DeviceStatus.ACTIVE, DeviceStatus.MAINTENANCE)
NATIVE = "native"  # the profile of devices that speak the hub's own contract: their address is a gateway's id
FED = "feed"  # the profile of lights without a controller: the contactor in their feed switches them


class City:
    """A mirror of the registry's zones and devices (the truth stays there). Changed on the event loop only.

    Implements `hub.ports.Directory`. `version` grows with every change, so that others can cache by it.
    """

    def __init__(self, zones: Iterable[Zone] = (), devices: Iterable[Device] = ()) -> None:
        self.version = 0
        self._zones: dict[str, Zone] = {}
        self._devices: dict[str, Device] = {}
        self._by_zone: dict[str | None, dict[str, Device]] = {}
        self._children: dict[str, dict[str, Device]] = {}
        self._at: dict[str, dict[str, Device]] = {}
        self._panels: dict[str, Device] = {}
        self._fire: dict[str, Device] = {}
        self._fed: dict[str, dict[str, Device]] = {}
        self._segments: dict[str, dict[str, Device]] = {}
        self._lights: dict[str, Sequence[str]] = {}  # zone -> the lights in it that can be commanded
        self._lights_drawn = -1  # the version that these follow from
        self.devices: Mapping[str, Device] = MappingProxyType(self._devices)
        self.panels: Mapping[str, Device] = MappingProxyType(self._fire)  # fire panels of any profile
        self.tree = ZoneTree({})
        self.replace(zones, devices)

    def replace(self, zones: Iterable[Zone], devices: Iterable[Device]) -> None:
        """Hold these zones and devices and no others."""
        self._zones = {zone.id: zone for zone in zones}
        self.tree = ZoneTree(self._zones)
        indexes: tuple[dict[Any, Any], ...] = (
            self._devices, self._by_zone, self._children, self._at, self._panels, self._fire, self._fed, self._segments,
        )  # fmt: skip
        for index in indexes:
            index.clear()
        self.put_devices(devices)

    def put_zone(self, zone: Zone) -> None:
        """Add a zone or replace the one of its id."""
        self._zones[zone.id] = zone
        self.tree = ZoneTree(self._zones)
        self.version += 1

    def drop_zone(self, zone: str) -> None:
        """Forget a zone."""
        self._zones.pop(zone, None)
        self.tree = ZoneTree(self._zones)
        self.version += 1

    def put_devices(self, devices: Iterable[Device]) -> None:
        """Add devices or replace those of the same ids."""
        for device in devices:
            self._unlink(device.id)
            self._devices[device.id] = device
            self._by_zone.setdefault(device.zone, {})[device.id] = device
            if device.kind is DeviceKind.FIRE_PANEL:
                self._fire[device.id] = device
            if device.feed is not None:
                self._fed.setdefault(split_feed(device.feed).cabinet, {})[device.id] = device
                if device.profile == FED and device.status in COMMANDABLE:
                    self._segments.setdefault(device.feed, {})[device.id] = device
            if device.profile != NATIVE:
                self._at.setdefault(device.profile, {})[device.address or device.id] = device
            elif device.address is not None:
                self._children.setdefault(device.address, {})[device.id] = device
            elif device.kind is DeviceKind.FIRE_PANEL:
                self._panels[device.id] = device
        self.version += 1

    def drop_device(self, device: str) -> None:
        """Forget a device."""
        self._unlink(device)
        self._devices.pop(device, None)
        self.version += 1

    def _unlink(self, device: str) -> None:
        known = self._devices.get(device)
        if known is None:
            return
        self._by_zone[known.zone].pop(device, None)
        self._fire.pop(device, None)
        if known.feed is not None:
            self._fed[split_feed(known.feed).cabinet].pop(device, None)
            self._segments.get(known.feed, {}).pop(device, None)
        if known.profile != NATIVE:
            alike, address = self._at[known.profile], known.address or device
            if alike.get(address) is known:
                del alike[address]
            if not alike:
                del self._at[known.profile]
        elif known.address is not None:
            self._children[known.address].pop(device, None)
        else:
            self._panels.pop(device, None)

    # --- questions -----------------------------------------------------------------------------------------------

    def device(self, device: str) -> Device | None:
        """The device of that id."""
        return self._devices.get(device)

    def zone_of(self, device: str) -> str | None:
        """The zone that the device is right in. Any thread may ask."""
        known = self._devices.get(device)
        return None if known is None else known.zone

    def at(self, profile: str, address: str) -> Device | None:
        """The device of that profile that has this address, or, having none, this id."""
        if profile == NATIVE:
            found = self._devices.get(address)
            return found if found is not None and found.profile == NATIVE and found.address is None else None
        alike = self._at.get(profile)
        return None if alike is None else alike.get(address)

    def profiles(self) -> Collection[str]:
        """The profiles, other than the native one, that a registered device has."""
        return self._at.keys()

    def of_profile(self, profile: str) -> Collection[Device]:
        """The devices of a profile that is not the native one."""
        return self._at.get(profile, {}).values()

    def fire_panels(self) -> Collection[str]:
        """The native fire panels that have a connection of their own."""
        return self._panels.keys()

    def topic_owner(self, device: str) -> str:
        """Whose connection carries commands for `device`: the gateway in a native one's address, the cabinet that switches one
        without a controller (or that one's gateway), or itself."""
        known = self._devices.get(device)
        if known is not None and known.profile == FED and known.feed is not None:
            device = split_feed(known.feed).cabinet
            known = self._devices.get(device)
        if known is not None and known.address in self._devices and known.profile == NATIVE:
            assert known.address is not None
            return known.address
        return device

    def speaks_for(self, speaker: str, device: str) -> bool:
        """True when `speaker` may report for `device`."""
        if speaker == device:
            return True
        known = self._devices.get(device)
        return known is not None and known.address == speaker and known.profile == NATIVE

    def children(self, gateway: str) -> Iterable[Device]:
        """The devices that `gateway` speaks for."""
        return self._children.get(gateway, {}).values()

    def fed_by(self, cabinet: str) -> Iterable[Device]:
        """The lights that a cabinet powers, with a controller of their own or without."""
        return self._fed.get(cabinet, {}).values()

    def segment(self, feed: str) -> Mapping[str, Device]:
        """The lights without a controller that are switched with the segment of this feed, those in service, by id."""
        return self._segments.get(feed, {})

    def switched_with(self, light: Device) -> Collection[str]:
        """The lights that can only be switched together with `light`, this one among them: all of its segment when it has no
        controller."""
        segment = self.segment(light.feed) if light.profile == FED and light.feed is not None else None
        return segment or (light.id,)

    def followed(self, device: Device) -> Device:
        """Whose zone gives `device` its program: its own; for a light without a controller that of its cabinet, so that all
        lights of a segment follow one."""
        if device.profile != FED or device.feed is None:
            return device
        return self._devices.get(split_feed(device.feed).cabinet, device)

    def zones_below(self, zone: str) -> list[str]:
        """`zone` and every zone beneath it."""
        return list(self.tree.below(zone))

    def devices_in(self, zone: str) -> Iterator[Device]:
        """The devices of `zone` and of every zone beneath it."""
        for each in self.tree.below(zone):
            yield from self._by_zone.get(each, {}).values()

    def devices_right_in(self, zone: str | None) -> Iterable[Device]:
        """The devices whose own zone is `zone`; None: those without one."""
        return self._by_zone.get(zone, {}).values()

    def lights_in(self, zone: str) -> Iterator[str]:
        """Ids of the lights that can be commanded in `zone` and every zone beneath it."""
        for device in self.devices_in(zone):
            if device.kind is DeviceKind.LIGHT and device.status in COMMANDABLE:
                yield device.id

    def lights(self, zones: Iterable[str], devices: Iterable[str] = ()) -> list[str]:
        """Ids of the lights that can be commanded in `zones` (with their children) and among `devices`, each once."""
        found: dict[str, None] = {}
        for zone in zones:
            found.update(dict.fromkeys(self._lights_of(zone)))
        for name in devices:
            one = self._devices.get(name)
            if one is not None and one.kind is DeviceKind.LIGHT and one.status in COMMANDABLE:
                found[name] = None
        return list(found)

    def _lights_of(self, zone: str) -> Sequence[str]:
        if self._lights_drawn != self.version:
            self._lights_drawn = self.version
            self._lights.clear()
        known = self._lights.get(zone)
        if known is None:
            known = self._lights[zone] = tuple(self.lights_in(zone))
        return known

    def groups(self, device: Device) -> tuple[str, ...]:
        """The zones a device belongs to, the nearest first: the group topics it listens to."""
        return self.tree.path(device.zone)
