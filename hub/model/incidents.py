"""Incidents: something that happens in the city and what a playbook does about it, until it is over."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

ORDERS = "incident:"  # how the `by` of what an incident orders begins
PLAYBOOK = "playbook:"  # and its id: who acts where no person does


DECLARED = "declared"  # the type of what a person says happened, where the playbook's trigger names none


class Why(StrEnum):
    """Why an incident ended."""

    OVER = "over"  # its time after the last event passed
    LONGEST = "longest"  # it lasted as long as its playbook allows
    PERSON = "person"  # somebody ended it


@dataclass(frozen=True, slots=True)
class Lighting:
    """A level (per cent, ramp in seconds) over zones and lights. `why_none`: it stands for no light, and why."""

    level: float
    ramp: float = 0.0
    zones: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    why_none: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A note at a device, for as long as the incident runs."""

    device: str
    text: str


@dataclass(frozen=True, slots=True)
class Telling:
    """Whom to tell what: `to` are names that the city's notifications know; none: whoever they choose."""

    severity: str
    text: str
    to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """What a person is asked to do, when it was done, by whom, and their remark."""

    text: str
    done: float | None = None
    by: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Wave:
    """A route that is asked for until then (Unix seconds). Junctions in `asked` were asked and are not asked again; `refused`
    says which do not follow ("": none)."""

    route: str
    until: float
    reason: str
    asked: tuple[str, ...] = ()
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """What a playbook does about one device. Everything that it does was worked out when it was opened.

    `holders` are the ids of the alarms that hold it: while there are any, it runs until `deadline` (Unix seconds), else until
    `after` seconds have passed since `quiet`, when the last of them ended. `lamps` lights were in service there when it was
    opened. `declared_by` is who opened it, where no alarm or event did. `refused` has, by the place of a lighting, why it was not
    ordered ("": it was, or may be). A `dry` one does nothing.
    """

    id: str
    playbook: str
    name: str
    device: str
    type: str
    point: str
    text: str
    opened: float
    deadline: float
    after: float
    until: float
    dry: bool = False
    holders: tuple[str, ...] = ()
    events: int = 1
    quiet: float | None = None
    lights: tuple[Lighting, ...] = ()
    lamps: int = 0
    refused: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    tellings: tuple[Telling, ...] = ()
    tasks: tuple[Task, ...] = ()
    ended: float | None = None
    ended_why: Why | None = None
    ended_by: str = ""
    reason: str = ""
    declared_by: str = ""
    waves: tuple[Wave, ...] = ()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.ended is None

    @property
    def refusals(self) -> list[str]:
        """Why lights and routes were not ordered."""
        return [each for each in (*self.refused, *(wave.refused for wave in self.waves)) if each]


@dataclass(frozen=True, slots=True)
class IncidentNote:
    """A line of an incident's history: what happened, when, by whom (empty: by itself)."""

    incident: str
    time: float
    what: str
    who: str = ""
    text: str = ""


class IncidentLine(NamedTuple):
    """The same as stored; ids grow in the order of writing."""

    id: int
    note: IncidentNote


@dataclass(frozen=True, slots=True)
class Message:
    """What notifications are to hand on: written together with what it tells of. `what`: opened, ended or refused."""

    time: float
    incident: str
    playbook: str
    device: str
    what: str
    severity: str
    text: str
    to: tuple[str, ...] = ()


class MessageLine(NamedTuple):
    """The same as stored; ids grow in the order of writing: notifications follow them by a cursor."""

    id: int
    message: Message


class IncidentChanges(NamedTuple):
    """What is written together; `cursor` is the last line of the alarms' journal that was dealt with, `seen` the last event."""

    incidents: tuple[Incident, ...] = ()
    notes: tuple[IncidentNote, ...] = ()
    messages: tuple[Message, ...] = ()
    cursor: int | None = None
    seen: int | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        cursors = self.cursor is not None or self.seen is not None
        return not (self.incidents or self.notes or self.messages or cursors)


class OrderOf(NamedTuple):
    """Which lighting of which incident an override is for, or which of its routes an order to a junction."""

    playbook: str
    incident: str
    place: int

    @property
    def by(self) -> str:
        """The `by` of the override, or of the order."""
        return f"{ORDERS}{self.playbook}:{self.incident}:{self.place}"


def read_order(by: str) -> OrderOf | None:
    """What the `by` of an override or of an order to a junction says, when an incident gave it."""
    parts = by.removeprefix(ORDERS).split(":")
    if not by.startswith(ORDERS) or len(parts) != 3 or not parts[2].isdigit():
        return None
    return OrderOf(parts[0], parts[1], int(parts[2]))
