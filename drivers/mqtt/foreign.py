"""Devices that speak otherwise, by their profiles: which topics to hear, what came, what to send, who may do what."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from drivers.burst import Burst
from drivers.mqtt.settings import Settings
from drivers.profiles import SHIPPED, Channel, Profiles, Publish, load_profiles
from drivers.profiles import CannotCarry as NotInProfile
from hub.model.commands import Command, Outcome
from hub.model.devices import Device, DeviceKind
from hub.model.reasons import sentence
from hub.model.reports import ResultReport
from hub.ports import BrokerAccess, CannotCarry, Directory, ProfileInfo

_REMEMBERED = 20_000  # commands on their way through a network that says when it has delivered them
_RECEIVED, _LOST = sentence("received"), sentence("not-delivered")


class Heard(NamedTuple):
    """Topic filters to subscribe to, and those of profiles that nobody uses now."""

    filters: tuple[str, ...]
    unwanted: tuple[str, ...]


class Foreign:
    """The profiles of one driver. Raises drivers.profiles.BadProfile when one cannot be used."""

    def __init__(self, settings: Settings, directory: Directory) -> None:
        own = [Path(settings.profiles)] if settings.profiles else []
        self._profiles = load_profiles(SHIPPED, *own, prefix=settings.prefix)
        self._compiled = Profiles(self._profiles, directory, settings.limits(), settings.time_zone)
        self._directory = directory
        self._carried: dict[str, str] = {}  # reference of a message -> the command that it carries
        self.decode = self._compiled.decode

    def infos(self) -> dict[str, ProfileInfo]:
        """What the hub is to know of each profile."""
        return {name: profile.info for name, profile in self._profiles.items()}

    def used(self) -> frozenset[str]:
        """The profiles that registered devices have now."""
        return frozenset(self._directory.profiles()) & self._profiles.keys()

    def heard(self, used: frozenset[str], *, bulk: bool) -> Heard:
        """What to subscribe to for the profiles in use: bulk telemetry, or everything else."""
        wanted: list[str] = []
        others: list[str] = []
        for name, profile in self._profiles.items():
            for pattern in profile.topics:
                if (pattern.channel is Channel.TELEMETRY) is bulk:
                    (wanted if name in used else others).append(pattern.filter)
        return Heard(tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(others)))

    def publish(self, device: Device, command: Command) -> Publish:
        """The message that asks `device` for it; raises hub.ports.CannotCarry."""
        try:
            message = self._compiled.publish(device, command)
        except NotInProfile as error:
            raise CannotCarry(error.reason) from error
        if message.reference is not None:
            while len(self._carried) >= _REMEMBERED:
                del self._carried[next(iter(self._carried))]
            self._carried[message.reference] = command.id
        return message

    def answer(self, burst: Burst) -> None:
        """Make what networks said of the commands they carried into results of these commands.

        Delivered is not done: such a command stays `sent`, with that detail. What was sent before a restart is not known.
        """
        for report in burst.deliveries:
            command = self._carried.get(report.reference)
            if command is not None:
                outcome, detail = (Outcome.SENT, _RECEIVED) if report.delivered else (Outcome.FAILED, _LOST)
                burst.results.append(
                    ResultReport(report.device, command, outcome, report.received, report.received, detail)
                )

    def access(self, device: Device) -> BrokerAccess | None:
        """What its own account may do; None when it has none (its gateway signs in for it), or no such profile is known."""
        profile = self._profiles.get(device.profile)
        if profile is None or (profile.gateway is not None and device.kind is not DeviceKind.GATEWAY):
            return None
        return BrokerAccess(self._compiled.publish_filters(device), self._compiled.subscribe_filters(device))
