"""What comes in: deliveries of drivers, where they go, and the devices they may be of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hub.model.cabinets import CabinetReport
from hub.model.devices import Device
from hub.model.fire import PanelReport
from hub.model.junctions import JunctionReport
from hub.model.light import LightReport
from hub.model.readings import Rejected, Row
from hub.model.reports import EventReport, PlanReport, PresenceReport, ResultReport


class Lane(StrEnum):
    """Urgent deliveries (events, results, presence) and states never wait behind bulk telemetry, and fire behind none of them.

    What holds readings waits for the store: states have their own lane, so that a store that takes nothing holds up no event.
    """

    FIRE = "fire"
    URGENT = "urgent"
    STATE = "state"
    BULK = "bulk"


@dataclass(slots=True)
class Delivery:
    """What one message held, decoded. One of two is called on the event loop: `done` once all of it is durable (acknowledge
    there), or `failed` when it could not be dealt with for an unforeseen reason (have it sent again, not at once)."""

    done: Callable[[], None]
    rows: Sequence[Row] = ()  # in the order of receipt
    lights: Sequence[LightReport] = ()
    results: Sequence[ResultReport] = ()
    events: Sequence[EventReport] = ()
    presence: Sequence[PresenceReport] = ()
    rejected: Sequence[Rejected] = ()
    plans: Sequence[PlanReport] = ()
    size: int = 1  # what it counts for against the lane's bound, in readings
    failed: Callable[[], None] = lambda: None
    cabinets: Sequence[CabinetReport] = ()
    panels: Sequence[PanelReport] = ()
    junctions: Sequence[JunctionReport] = ()


class Inbox(Protocol):
    """Where drivers deliver. Bounded: a driver stops reading its socket while its lane is full."""

    def put(self, lane: Lane, delivery: Delivery) -> None:
        """Take `delivery`; never refuses, so look at `full` before reading more from the wire."""

    def full(self, lane: Lane) -> bool:
        """True while the lane is at its bound."""

    async def room(self, lane: Lane) -> None:
        """Return when the lane has room again, and need not give way."""

    def gives_way(self, lane: Lane) -> bool:
        """True while fire is being written: what goes into the lane should be left where it is for a moment, where that costs
        nothing (on a socket)."""


class Directory(Protocol):
    """The registered devices, in memory."""

    def device(self, device: str) -> Device | None:
        """The device of that id."""

    def at(self, profile: str, address: str) -> Device | None:
        """The device of that profile that has this address, or, having none, this id."""

    def profiles(self) -> Collection[str]:
        """The profiles, other than `native`, that registered devices have now."""

    def of_profile(self, profile: str) -> Collection[Device]:
        """The registered devices of that profile, which is not `native`."""

    def fire_panels(self) -> Collection[str]:
        """The native fire panels that have a connection of their own."""

    def speaks_for(self, speaker: str, device: str) -> bool:
        """True when `speaker` may report for `device`: itself, or the gateway in the device's address."""

    def topic_owner(self, device: str) -> str:
        """Whose connection carries commands for `device`: its gateway, or itself."""

    def groups(self, device: Device) -> Sequence[str]:
        """The zones that a device belongs to, the nearest first: whose group commands it hears."""
