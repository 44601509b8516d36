"""What must hold between devices, their types, zones and gateways."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.access.devices import DeviceAccounts
from hub.api.edits.imports import Line
from hub.api.problems import Problem, bad_input, clean
from hub.model.cabinets import split_feed
from hub.model.devices import Device, DeviceKind
from hub.model.ids import SLUG
from hub.ports import ProfileInfo
from hub.registry.city import FED, NATIVE, City

Find = Callable[[str], Device | None]
At = Callable[[str, str], Device | None]


@dataclass(frozen=True, slots=True)
class Inventory:
    """The rules of one hub: its city as it is, the device types it knows, and what its broker can carry.

    `find` (by id) and `at` (by profile and address) know the devices as they will be.
    """

    city: City
    profiles: Mapping[str, ProfileInfo]
    accounts: DeviceAccounts

    def has_own_connection(self, device: Device, find: Find) -> bool:
        """True when `device` signs in at the broker itself: nothing that is registered does so for it."""
        if device.profile != NATIVE:
            return self.accounts.access(device) is not None
        return device.address is None or find(device.address) is None

    def check(self, device: Device, find: Find, at: At, children: Iterable[Device]) -> None:
        """422 when zone, profile or gateway of `device` do not exist or do not fit, 409 when its address is taken.

        `children` are the devices that it speaks for.
        """
        zone = device.zone
        if zone is not None and zone not in self.city.tree:
            raise bad_input("body.zone", f"no zone {zone!r}: add it first, or leave zone out", "unknown-zone")
        self._check_profile(device)
        self._check_feed(device, find)
        if device.profile == NATIVE:
            self._check_gateway(device, find, children)
        else:
            self._check_address(device, at)
            for child in children:
                raise _bad_gateway(
                    f"{device.id!r} speaks for {child.id!r} and must be native: change that address first"
                )

    def _check_profile(self, device: Device) -> None:
        info = self.profiles.get(device.profile)
        if info is None:
            known = ", ".join(sorted(self.profiles))
            raise bad_input("body.profile", f"no profile {device.profile!r}: use one of {known}", "unknown-profile")
        if device.kind not in info.kinds:
            kinds = ", ".join(sorted(info.kinds))
            sentence = f"profile {info.name!r} is not for {device.kind.value}: its kinds are {kinds}"
            raise bad_input("body.kind", sentence, "bad-kind")

    def _check_feed(self, device: Device, find: Find) -> None:
        if device.feed is None:
            if device.profile == FED:
                raise _bad_feed("a light without a controller needs one: write its cabinet and segment, e.g. cab-001/a")
        else:
            cabinet, segment = split_feed(device.feed)
            if not (SLUG.fullmatch(cabinet) and SLUG.fullmatch(segment)):
                raise _bad_feed(
                    f"{clean(device.feed)!r} is none: write the cabinet's id and its segment, e.g. cab-001/a"
                )
            if device.kind is not DeviceKind.LIGHT:
                raise _bad_feed(f"only lights have one, and this is of kind {device.kind.value}: leave it out")
            feeder = find(cabinet)
            if feeder is None or not self._is_feeder(feeder):
                raise _bad_feed(f"{cabinet!r} is no registered cabinet that switches its segments: add it first")
            segments = self.profiles[feeder.profile].segments if feeder.profile in self.profiles else None
            if segments is not None and device.profile == FED and segment not in segments:
                able = ", ".join(sorted(segments))
                raise _bad_feed(f"{cabinet!r} has no contactor for {segment!r}: its register map has {able}")
            if device.profile == FED and device.address is not None:
                raise _bad_feed("a light without a controller is found by its feed alone: leave address out")
        if not self._is_feeder(device) and (fed := [each.id for each in self.city.fed_by(device.id)]):
            raise _bad_feed(f"{device.id!r} feeds {fed[0]!r} and must stay a cabinet that switches its segments")

    def _is_feeder(self, device: Device) -> bool:
        """True for a cabinet whose contactors the hub can switch: a native one, or one whose type names its segments."""
        info = self.profiles.get(device.profile)
        able = device.profile == NATIVE or (info is not None and bool(info.segments))
        return device.kind is DeviceKind.CABINET and able

    def _check_gateway(self, device: Device, find: Find, children: Iterable[Device]) -> None:
        if device.address is None:
            return
        if device.address == device.id:
            raise _bad_gateway("a device does not speak for itself: leave address out")
        gateway = find(device.address)
        if gateway is None:
            sentence = (
                f"no device {device.address!r}: a native device's address is its gateway's id; add the gateway first"
            )
            raise bad_input("body.address", sentence, "unknown-gateway")
        if gateway.profile != NATIVE:
            raise _bad_gateway(
                f"{gateway.id!r} is of profile {gateway.profile!r} and cannot speak for native devices: leave address out"
            )
        if not self.has_own_connection(gateway, find):
            raise _bad_gateway(f"{gateway.id!r} itself speaks through {gateway.address!r}: write {gateway.address!r}")
        for child in children:
            raise _bad_gateway(
                f"{device.id!r} speaks for {child.id!r} and needs a connection of its own: leave address out"
            )

    def _check_address(self, device: Device, at: At) -> None:
        address = device.address or device.id
        try:
            if (own := self.profiles[device.profile].check_address) is not None:
                own(device.address or "")
            else:
                self._check_topics(device, address)
        except ValueError as error:
            raise bad_input("body.address", str(error), "bad-address") from None
        other = at(device.profile, address)
        if other is not None and other.id != device.id:
            raise Problem(
                409,
                "address-taken",
                f"{other.id!r} has the address {address!r} of profile {device.profile!r} already: give each device its own",
            )

    def _check_topics(self, device: Device, address: str) -> None:
        """Raise ValueError for an address that cannot be part of MQTT topics, or under which a device of this type would never be
        heard."""
        if any(sign in "+#" or not sign.isprintable() for sign in address):
            raise ValueError(f"address {address!r} is no part of an MQTT topic: write it without + and #")
        info, levels = self.profiles[device.profile], address.split("/")
        if info.levels and (len(levels) not in info.levels or "" in levels):
            many = " or ".join(str(each) for each in sorted(info.levels))
            raise ValueError(
                f"address {address!r} is {len(levels)} levels of a topic, because of its /; those of profile {info.name!r} are "
                f"{many}: give the device a name without /, or write the levels that its profile names"
            )
        if info.small and address != address.lower():
            raise ValueError(
                f"address {address!r} has capital letters, topics of profile {info.name!r} have none: write {address.lower()!r}"
            )
        self.accounts.check(device)

    def check_lines(self, lines: Sequence[Line]) -> dict[str, Device]:
        """Refuse the lines that cannot be; returns the devices of the others as they will be, by id."""
        coming = {line.id: line.device for line in lines if line.device is not None}
        places: dict[tuple[str, str], Device] = {}
        behind: dict[str, list[Line]] = {}
        for line in lines:
            device = line.device
            if device is not None and device.profile != NATIVE:
                places.setdefault((device.profile, device.address or device.id), device)
            elif device is not None and device.address is not None:
                behind.setdefault(device.address, []).append(line)
            if device is not None and device.feed is not None:
                behind.setdefault(split_feed(device.feed).cabinet, []).append(line)

        def find(name: str) -> Device | None:
            return coming.get(name) or self.city.device(name)

        def at(profile: str, address: str) -> Device | None:
            found = places.get((profile, address))
            if found is not None and found.id in coming:
                return found
            there = self.city.at(profile, address)
            return None if there is None or there.id in coming else there

        waiting = list(lines)
        while waiting:
            line = waiting.pop()
            if line.device is None:
                continue
            try:
                children = (child for child in self.city.children(line.id) if child.id not in coming)
                self.check(line.device, find, at, children)
            except Problem as problem:
                line.fail(problem.detail)
                coming.pop(line.id, None)
                waiting += behind.get(line.id, ())  # a refused gateway takes those that it would speak for along
        return coming


def _bad_feed(sentence: str) -> Problem:
    return bad_input("body.feed", sentence, "bad-feed")


def _bad_gateway(sentence: str) -> Problem:
    return bad_input("body.address", sentence, "bad-gateway-address")
