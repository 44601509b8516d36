"""A registered client as the server keeps it, and what the rest of the hub knows of its type."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from drivers.coap.lwm2m.content import Path
from drivers.coap.lwm2m.conversation import Conversation
from drivers.coap.lwm2m.registrations import PROFILE, Registration
from hub.model.commands import Operation
from hub.model.devices import DeviceKind
from hub.ports import Confirmation, ProfileInfo

INFO = ProfileInfo(
    PROFILE,
    "LwM2M client (1.0, 1.1)",
    frozenset({DeviceKind.LIGHT, DeviceKind.METER, DeviceKind.ENVIRONMENT, DeviceKind.FIRE_PANEL}),
    frozenset({Operation.SET_LEVEL, Operation.READ, Operation.REBOOT}),
    Confirmation.STATE,
)


@dataclass(slots=True)
class Lamp:
    """One instance of a client's lamp controller."""

    there: set[int] = field(default_factory=set)  # its resources
    ready: asyncio.Event = field(default_factory=asyncio.Event)  # they are known
    last: str = ""  # the command that it was told last


@dataclass(slots=True)
class Client:
    """A registration with all that goes on about it."""

    conversation: Conversation
    task: asyncio.Task[None] | None = None
    polled: dict[Path, float] = field(default_factory=dict)  # what cannot be observed, and when it was read
    lamps: dict[int, Lamp] = field(default_factory=dict)  # by instance
    silent: bool = False
    due: float = 0.0

    @property
    def registration(self) -> Registration:
        return self.conversation.registration

    def lamp(self, instance: int) -> Lamp:
        """Its lamp of that instance."""
        return self.lamps.setdefault(instance, Lamp())
