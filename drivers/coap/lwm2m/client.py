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
class Client:
    """A registration with all that goes on about it."""

    conversation: Conversation
    task: asyncio.Task[None] | None = None
    polled: dict[Path, float] = field(default_factory=dict)  # what cannot be observed, and when it was read
    lamp: set[int] = field(default_factory=set)  # resources of its lamp controller
    ready: asyncio.Event = field(default_factory=asyncio.Event)  # they are known
    silent: bool = False
    due: float = 0.0
    last: str = ""  # the command that its lamp was told last

    @property
    def registration(self) -> Registration:
        return self.conversation.registration
