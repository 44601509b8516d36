"""What each device can be asked, how it is told, and how its answer is known: by its type (profile)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from hub.control.arbiter import Arbiter
from hub.control.cabinets import full_or_dark
from hub.model.commands import Command, Operation
from hub.model.devices import DeviceKind
from hub.model.light import Cause
from hub.model.reasons import sentence
from hub.ports import Confirmation, ProfileInfo
from hub.registry.city import City

TOLERANCE = 1.0  # per cent of full output within which levels are the same: devices count in 254ths or whole per cent


def same_level(one: float, other: float) -> bool:
    """True when two levels are the same as far as devices can tell; off is only off."""
    return abs(one - other) <= TOLERANCE and (one > 0) is (other > 0)


class Abilities:
    """The device types of one hub, asked by device. `stepped` are those that keep no program: the hub switches them."""

    def __init__(self, city: City, arbiter: Arbiter, profiles: Mapping[str, ProfileInfo]) -> None:
        self._city, self._arbiter, self._profiles = city, arbiter, profiles
        self.by_hub = frozenset(
            name
            for name, info in profiles.items()
            if Operation.SET_LEVEL in info.operations and Operation.RESUME not in info.operations
        )  # types that hold no program: the hub switches them
        self._groups = frozenset(name for name, info in profiles.items() if info.groups)
        self.stepped = frozenset(
            name for name, info in profiles.items()
            if Operation.SET_LEVEL in info.operations and Operation.RESUME not in info.operations
        )  # fmt: skip

    def of(self, device: str) -> ProfileInfo | None:
        """The type of a registered device; None when either is not known."""
        known = self._city.device(device)
        return self._profiles.get(known.profile) if known is not None else None

    def profile(self, name: str) -> ProfileInfo | None:
        """The type of that name."""
        return self._profiles.get(name)

    def by_profile(self, devices: Iterable[str]) -> Mapping[str, list[str]]:
        """The same devices by the name of their type; those that are not registered under the empty one."""
        found: dict[str, list[str]] = {}
        known = self._city.devices
        for device in devices:
            profile = known[device].profile if device in known else ""
            if profile in found:
                found[profile].append(device)
            else:
                found[profile] = [device]
        return found

    def hears_groups(self, device: str) -> bool:
        """True for a light that an order to its zone reaches."""
        known = self._city.device(device)
        return known is not None and known.kind is DeviceKind.LIGHT and known.profile in self._groups

    def answers_by_state(self, device: str) -> bool:
        """True for a type that never names a command: what it did is read from what it reports."""
        info = self.of(device)
        return info is not None and info.confirmation is not Confirmation.RESULT

    def never_answers(self, device: str) -> bool:
        """True for a type that says nothing at all of what it does."""
        info = self.of(device)
        return info is not None and info.confirmation is Confirmation.NONE

    def names_cause(self, device: str) -> bool:
        """True for a type that says itself by which rule it has its level."""
        return not self.answers_by_state(device)

    def keeps_program(self, device: str) -> bool:
        """True for a device that holds its own program; the hub itself switches the others at every step."""
        info = self.of(device)
        return info is not None and Operation.RESUME in info.operations

    def refusals(self, devices: Iterable[str], operation: Operation) -> dict[str, str]:
        """Those that cannot be asked for it, and why, as a sentence."""
        reasons: dict[str, str | None] = {}
        found: dict[str, str] = {}
        for device in devices:
            known = self._city.device(device)
            if known is None:
                found[device] = sentence("not-registered")
                continue
            if known.profile not in reasons:
                reasons[known.profile] = self._refusal(known.profile, operation)
            reason = reasons[known.profile]
            if reason is not None:
                found[device] = reason
        return found

    def _refusal(self, profile: str, operation: Operation) -> str | None:
        info = self._profiles.get(profile)
        if info is None:
            return sentence("unknown-profile", profile=repr(profile))
        if operation in info.operations or (operation is Operation.RESUME and Operation.SET_LEVEL in info.operations):
            return None
        able = ", ".join(sorted(info.operations)) or "no command at all"
        return sentence("cannot", type=info.title, operation=operation.value, able=able)

    def switchable(self, device: str) -> bool:
        """True when its level can be ordered."""
        info = self.of(device)
        return info is not None and Operation.SET_LEVEL in info.operations

    def addressed(self, command: Command, device: str, now: float) -> Command:
        """The command as this device is told it: one without programs is told the program's level of now, a junction its own
        part."""
        if command.signals:
            return replace(command, signals={}, signal=command.signals.get(device))
        known = self._city.device(device)
        if known is not None and command.level is not None:
            return replace(command, level=full_or_dark(known, command.level))
        if known is None or command.operation is not Operation.RESUME or self.keeps_program(device):
            return command
        planned = self._arbiter.planned(known, now)
        ramp = planned.ramp if now - planned.since <= planned.ramp else 0.0
        return replace(command, operation=Operation.SET_LEVEL, level=planned.level, ramp=ramp)

    def ruled_by(self, command: Command, device: str, now: float) -> bool:
        """True when the command says what rules `device` at `now` anyway: to tell it once more changes nothing."""
        known = self._city.device(device)
        winner = self._arbiter.winner(known, now) if known is not None else None
        return known is not None and (winner.id if winner is not None else None) == command.rule

    def cause(self, command: Command) -> Cause:
        """By which rule a level holds that this command brought about."""
        if command.operation is Operation.RESUME:
            return Cause.PROGRAM
        override = next((each for each in self._arbiter.overrides() if each.id == command.override), None)
        return override.cause if override is not None else Cause.OVERRIDE
