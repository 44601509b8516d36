"""All profiles at work: topics to devices, messages to readings and reports, commands to messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from drivers.burst import Burst
from drivers.profiles.commands import CannotCarry, Publish, put
from drivers.profiles.flat import FlatReader, is_flat
from drivers.profiles.model import Message, Profile
from drivers.profiles.patterns import DEVICE, Channel, addresses, fill, names
from drivers.profiles.reader import UNSAID, Reader
from drivers.senml import Limits
from hub.model.commands import Command
from hub.model.devices import Device, DeviceKind
from hub.model.light import LightReport
from hub.model.readings import Rejected, Row
from hub.model.reasons import sentence
from hub.ports import Directory

_CACHED = 200_000  # topics remembered, of at most
_LONGEST = 256  # characters each
_LIGHT = DeviceKind.LIGHT
_NONE: Mapping[str, str] = {}


@dataclass(slots=True)
class _Origin:
    """What is known of a topic; there is one for each that was heard. `level` is the last one that a light said in its
    telemetry; `levels` the topic's named levels, where there are others than the device's."""

    profile: str
    address: str
    others: tuple[str, ...]
    levels: Mapping[str, str]
    reader: Reader
    flat: FlatReader | None
    level: float | None = None


class Profiles:
    """The profiles that a driver speaks with. To be used on one thread."""

    def __init__(self, profiles: Mapping[str, Profile], directory: Directory, limits: Limits, time_zone: str) -> None:
        self.profiles = dict(profiles)
        self._directory = directory
        self._at = directory.at
        zone = ZoneInfo(time_zone)
        self._readers: list[tuple[str, Message, Reader, FlatReader | None]] = [
            (name, message, Reader(message, limits, zone), _flat(message, limits))
            for name, profile in profiles.items()
            for message in profile.messages
        ]
        self._seen: dict[str | bytes, _Origin] = {}
        self._levels: dict[str, Mapping[str, str]] = {}  # {device: what its topics' named levels last were}

    def subscriptions(self) -> dict[Channel, tuple[str, ...]]:
        """The topic filters of each channel, of all profiles."""
        return {
            channel: tuple(each for profile in self.profiles.values() for each in profile.filters(channel))
            for channel in Channel
        }

    def decode(self, topic: str | bytes, payload: bytes, received: float, into: Burst) -> bool:
        """Add what a message says to `into`; False when no profile has this topic. Never raises, whatever the bytes.

        An empty payload (a retained message was cleared) says nothing.
        """
        origin = self._seen.get(topic)
        if origin is None:
            origin = self._origin(topic)
            if origin is None:
                return False
        if not payload:
            return True
        device = self._at(origin.profile, origin.address)
        if device is None:
            device = self._otherwise(origin)
            if device is None:
                into.rejected.append(_unknown(origin, _text(topic), payload, received))
                return True
        if origin.others:
            self._levels[device.id] = origin.levels
        flat = origin.flat
        if flat is not None:
            found = flat.read(payload, received)
            if found is not None:
                values, time, quality = found
                into.rows.append(Row(device.id, device.kind, time, received, values, quality))
                level = values.get("level")
                if level != origin.level and level is not None and device.kind is _LIGHT:
                    origin.level = level
                    into.lights.append(LightReport(device.id, level, UNSAID, time, received))
                return True
        self._carefully(origin, device, _text(topic), payload, received, into)
        return True

    def publish(self, device: Device, command: Command) -> Publish:
        """The message that puts `command` to `device`; raises CannotCarry."""
        profile = self.profiles.get(device.profile)
        if profile is None:
            raise CannotCarry(sentence("no-profile", profile=repr(device.profile), profiles=", ".join(self.profiles)))
        return put(profile, command, device.id, self._levels_of(profile, device))

    def publish_filters(self, device: Device) -> tuple[str, ...]:
        """What the device's own account at the broker may publish."""
        profile = self.profiles[device.profile]
        if device.kind is DeviceKind.GATEWAY and profile.gateway is not None:
            return profile.gateway.publish
        known = _written(profile, device)
        if profile.access is not None and profile.access.publish:
            return tuple(fill(each, known) for each in profile.access.publish)
        return tuple(dict.fromkeys(fill("/".join(pattern.levels), known) for pattern in profile.topics))

    def subscribe_filters(self, device: Device) -> tuple[str, ...]:
        """What the device's own account at the broker may subscribe to."""
        profile = self.profiles[device.profile]
        if device.kind is DeviceKind.GATEWAY and profile.gateway is not None:
            return profile.gateway.subscribe
        known = _written(profile, device)
        if profile.access is not None and profile.access.subscribe:
            return tuple(fill(each, known) for each in profile.access.subscribe)
        topics = (template.topic for listed in profile.commands.values() for template in listed)
        return tuple(dict.fromkeys(fill(topic, known) for topic in topics))

    # --- inside ---------------------------------------------------------------------------------------------------

    def _origin(self, topic: str | bytes) -> _Origin | None:
        try:
            text = topic if isinstance(topic, str) else topic.decode("utf-8")
        except UnicodeDecodeError:
            return None
        for name, message, reader, flat in self._readers:
            levels = message.pattern.match(text)
            if levels is not None:
                own, *others = addresses(levels)
                known = self._at(name, own)
                own = own if known is None else known.address or known.id
                origin = _Origin(name, own, tuple(others), levels if others else _NONE, reader, flat)
                if len(topic) <= _LONGEST:
                    if len(self._seen) >= _CACHED:
                        self._seen.clear()
                    self._seen[topic] = origin
                return origin
        return None

    def _otherwise(self, origin: _Origin) -> Device | None:
        """The device whose address is written in full."""
        for address in origin.others:
            device = self._at(origin.profile, address)
            if device is not None:
                return device
        return None

    def _carefully(
        self, origin: _Origin, device: Device, topic: str, payload: bytes, received: float, into: Burst
    ) -> None:
        rows = len(into.rows)
        light = origin.reader.read(payload, device, topic, received, into)
        if light is None:
            return
        if not origin.reader.urgent:
            if light.level == origin.level or len(into.rows) == rows:
                return  # said before, or at a time that cannot be believed
            origin.level = light.level
        into.lights.append(light)

    def _levels_of(self, profile: Profile, device: Device) -> Mapping[str, str]:
        """The named topic levels of a device: those its address says, and those its last message came by."""
        written = _written(profile, device)
        seen = self._levels.get(device.id, {})
        return {**seen, **written} if seen.get(DEVICE) == written[DEVICE] else written


def _written(profile: Profile, device: Device) -> dict[str, str]:
    """The named topic levels that a device's address says: its own, or all that the profile's topics have."""
    address = device.address or device.id
    for pattern in profile.topics:
        wanted = names("/".join(pattern.levels))
        parts = address.split("/")
        if len(wanted) > 1 and len(parts) == len(wanted):
            return dict(zip(wanted, parts, strict=True))
    return {DEVICE: address}


def _flat(message: Message, limits: Limits) -> FlatReader | None:
    return FlatReader(message, limits) if is_flat(message) else None


def _text(topic: str | bytes) -> str:
    return topic if isinstance(topic, str) else topic.decode("utf-8")


def _unknown(origin: _Origin, topic: str, payload: bytes, received: float) -> Rejected:
    reason = (
        f"no device of profile {origin.profile!r} has the address {origin.address[:80]!r}: register it, "
        "with that address or, when it can be one, that id"
    )
    return Rejected(received, topic, origin.address, "unknown-device", reason, payload)
