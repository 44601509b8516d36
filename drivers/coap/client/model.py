"""A device that hosts resources, as plain data: what is read of it and what that means, and what may be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aiocoap.numbers.codes import Code

from drivers.coap.client.schema import Body
from drivers.coap.client.target import Target
from drivers.profiles.model import Message, Profile, Template
from hub.ports import ProfileInfo

Every = Literal["fast", "normal", "slow"] | float


@dataclass(frozen=True, slots=True)
class Resource:
    """Something at `target` that is read every so often, or observed and read again after a silence of that. `names` says what
    the records of a SenML pack mean; None: their names are those of metrics."""

    target: Target
    observe: bool
    every: Every
    body: Body
    names: Mapping[str, str] | None
    message: Message
    level: bool  # a light's level stands there

    def __str__(self) -> str:
        return str(self.target)


@dataclass(frozen=True, slots=True)
class Write:
    """How `template` is sent. The number that is written for the level is of `low` to `high`, or nothing is written."""

    template: Template
    target: Target
    code: Code
    format: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class HostProfile:
    """A device type. `orders` holds the templates of its commands; an order shows in `read_back`, within so many seconds."""

    info: ProfileInfo
    resources: tuple[Resource, ...]
    orders: Profile
    writes: tuple[Write, ...] = ()
    read_back: Resource | None = None
    within: float = 0.0
