"""A device type as data: what its messages mean, and how commands are put to it. Built by `load_profiles`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from drivers.profiles.paths import Path
from drivers.profiles.patterns import Channel, TopicPattern
from drivers.senml.labels import Target
from hub.model.commands import Operation
from hub.model.devices import DeviceKind
from hub.model.light import Cause
from hub.ports import BrokerAccess, ProfileInfo

WILDCARD = "{metric}"


class Form(StrEnum):
    """How a payload is written."""

    JSON = "json"  # an object
    TEXT = "text"  # one word or number
    EITHER = "json-or-text"


class ClockForm(StrEnum):
    """How a time is written. `unix` tells seconds from milliseconds by their size."""

    UNIX_S = "unix-s"
    UNIX_MS = "unix-ms"
    UNIX = "unix"
    ISO = "iso"  # with an offset
    ISO_LOCAL = "iso-local"  # the clock on the wall, which is ambiguous for an hour a year


class Many(StrEnum):
    """What a list of numbers stands for."""

    SUM = "sum"
    MEAN = "mean"
    MAX = "max"
    FIRST = "first"


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds when what stands at `path` is one of `words` (anything at all when None), or, `negated`, when it is not."""

    path: Path
    words: frozenset[str] | None
    negated: bool


@dataclass(frozen=True, slots=True)
class FieldRule:
    """A value: the first of `paths` that is there becomes a reading of `target`. No path: the whole of a text.

    `words`, when not None, says which value each word means, in the stored unit.
    """

    paths: tuple[Path, ...]
    target: Target
    words: Mapping[str, float] | None = None
    when: tuple[Condition, ...] = ()
    kinds: frozenset[DeviceKind] | None = None
    many: Many | None = None


@dataclass(frozen=True, slots=True)
class EventRule:
    """An event: what stands at `path` makes it begin or end (`active`); with None it has just happened, whatever stands there."""

    path: Path
    type: str
    active: Mapping[str, bool] | None = None
    text: Path | None = None
    point: Path | None = None
    when: tuple[Condition, ...] = ()
    kinds: frozenset[DeviceKind] | None = None


@dataclass(frozen=True, slots=True)
class WordRule:
    """A yes or no: the word at `path`; of a text the whole text; no words: the message itself says yes."""

    path: Path | None
    words: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class DeliveryRule:
    """What the network says of a command that it carried, whose reference stands at `reference`: the device received
    it when one of `words` stands at `path`; anything else, or nothing, says that it did not."""

    reference: Path
    path: Path
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class CauseRule:
    """Why a light has its level, by the word at `path`."""

    path: Path
    words: Mapping[str, Cause]


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the source time stands. `within`: it counts only when that near (s) to the time of receipt; None: always.

    `zone` is for local times; None is the city's.
    """

    path: Path
    form: ClockForm
    within: float | None = None
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One sort of message."""

    pattern: TopicPattern
    form: Form = Form.JSON
    clock: Clock | None = None
    fields: tuple[FieldRule, ...] = ()
    events: tuple[EventRule, ...] = ()
    presence: WordRule | None = None
    delivery: DeliveryRule | None = None
    cause: CauseRule | None = None
    ignored: tuple[Path, ...] = ()
    refuse_unknown: bool = False
    refuse_nothing: bool = False
    kinds: frozenset[DeviceKind] | None = None  # devices of other kinds say nothing by it


@dataclass(frozen=True, slots=True)
class Scale:
    """A number of ours as the device counts: `number * factor`, at least `least` when it is not 0, at most `most`."""

    factor: float = 1.0
    least: float = 0.0
    most: float | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Template:
    """One way to put a command: `when` is the case it is for (off, ramp), None for all others."""

    topic: str
    when: str | None = None
    text: str | None = None
    json: Mapping[str, Any] | None = None
    hex: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A device type. `gateway` is what the account of a bridge or network server of this type may use at the broker,
    `access` what a device's own may; what `access` leaves out follows from the topics."""

    name: str
    title: str
    info: ProfileInfo
    messages: tuple[Message, ...]
    commands: Mapping[Operation, tuple[Template, ...]] = field(default_factory=dict)
    level: Scale = Scale()
    ramp: Scale = Scale()
    access: BrokerAccess | None = None
    gateway: BrokerAccess | None = None

    @property
    def topics(self) -> tuple[TopicPattern, ...]:
        """Where its messages come from."""
        return tuple(message.pattern for message in self.messages)

    def filters(self, channel: Channel) -> tuple[str, ...]:
        """The topic filters of one channel."""
        return tuple(pattern.filter for pattern in self.topics if pattern.channel is channel)
