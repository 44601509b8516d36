"""What goes out: orders and configurations, and what a device type can do with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hub.model.commands import Command, Operation
from hub.model.devices import DeviceKind


@dataclass(frozen=True, slots=True)
class Order:
    """One command on its way to a whole zone (group topic) or to one device. Exactly one of the two is set.

    `segment` is the contactor meant, when the device is a cabinet.
    """

    command: Command
    zone: str | None = None
    device: str | None = None
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """What a device is to keep while the hub is away (contract: `down/config`, retained).

    `children` holds the groups of each device that a gateway speaks for. `plans` are calendars compiled for the days ahead, by
    name; `plan` is the device's own and `position` its place along the road, `child_plans` both for a gateway's children.
    """

    groups: tuple[str, ...]
    program: Mapping[str, Any] | None
    report_every: int = 900
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    plans: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    plan: str | None = None
    position: int = 0
    child_plans: Mapping[str, tuple[str, int]] = field(default_factory=dict)


class Unreachable(Exception):
    """The other side cannot be reached now; trying again later is right."""


class CannotCarry(Exception):
    """A device of this type cannot do what the order asks; the message is a sentence for a person."""


class Confirmation(StrEnum):
    """How a device type says that it did what a command asked."""

    RESULT = "result"  # it answers with the command's id (native devices)
    STATE = "state"  # it reports a state that agrees with the command
    DELIVERY = "delivery"  # the network says that the device has received it; what the lamp did remains unsaid
    NONE = "none"  # nothing ever comes back


@dataclass(frozen=True, slots=True)
class ProfileInfo:
    """What the rest of the hub needs to know of a device type.

    `operations` are the commands it can carry out; `patience` is how long (s) an answer may take before the command has
    failed, 0 for the hub's own deadline; `report_every` the seconds between its reports, None for the hub's setting.
    `levels` says of how many topic levels an address may be (empty: any number), `small` that it has no capital letters.
    `check_address` is given where addresses are no part of a topic: it raises ValueError, with what to write instead.
    `segments` are the contactors of a cabinet of this type; None when the type does not say.
    """

    name: str
    title: str
    kinds: frozenset[DeviceKind]
    operations: frozenset[Operation]
    confirmation: Confirmation = Confirmation.RESULT
    patience: float = 0.0
    report_every: float | None = None
    groups: bool = False  # it listens to its zones' group topics
    levels: frozenset[int] = frozenset()
    small: bool = False
    check_address: Callable[[str], None] | None = None
    segments: frozenset[str] | None = None
