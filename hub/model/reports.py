"""What devices say besides readings: results of commands, events, presence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.model.commands import Outcome


@dataclass(frozen=True, slots=True)
class ResultReport:
    """A device's answer to a command; `outcome` is one of applied, rejected, failed; or sent, when a network says that the
    device has received it, which is not yet an answer."""

    device: str
    command: str
    outcome: Outcome
    time: float
    received: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class EventReport:
    """Something that began (`active`), ended, or just happened (`active` is None) at a device; TALQ's event names."""

    device: str
    type: str
    active: bool | None
    time: float
    received: float
    point: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class PresenceReport:
    """A device's connection came or went, by its own word or its last will."""

    device: str
    online: bool
    received: float


OWN = ""  # the name under which a lamp with a connection of its own reports its plan


@dataclass(frozen=True, slots=True)
class PlanReport:
    """The plans that a connection says it holds, {name in its configuration: version}: those of the lamps that it speaks for,
    or under the name OWN its own; an empty version is none."""

    device: str
    plans: Mapping[str, str]
    time: float
    received: float
