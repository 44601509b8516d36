"""Alarms after ISA-18.2 / IEC 62682: what asks a person to do something."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

HUB = ""  # the device of alarms that are about the hub itself


class AlarmState(StrEnum):
    """Where an alarm is in its life. `RETURNED` is right again and not acknowledged, `LATCHED` both and waits for a reset."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    LATCHED = "latched"

    @property
    def raised(self) -> bool:
        """Whether the condition holds now."""
        return self in (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED)


class Severity(StrEnum):
    """How soon somebody must do something, the most urgent first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 is the most urgent."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class AlarmSource(StrEnum):
    """Who says that the condition holds: the device (or a part of the hub, by an event), or a rule of alarms. Of a fire whose
    panel was retired or deleted nobody does any more: it stands until a person resets it."""

    EVENT = "event"
    RULE = "rule"
    RETIRED = "retired"
    DELETED = "deleted"

    @property
    def silent(self) -> bool:
        """Whether nobody is there who could say that it is over."""
        return self in (AlarmSource.RETIRED, AlarmSource.DELETED)


class AlarmKey(NamedTuple):
    """What an alarm is about; `device` is HUB for the hub itself."""

    device: str
    type: str
    point: str = ""


class Shelf(NamedTuple):
    """Taken from the operator's list by an operator, for a time."""

    until: float
    by: str
    reason: str


class Service(NamedTuple):
    """Out of service: somebody works on it, until somebody says that it is in service again."""

    since: float
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as it stands. `revision` grows with every change of any alarm.

    `began` and `changed` are times of the source: when the condition began last, and when it last began or ended. `told`
    is when the hub took that in. `cause` is the id of the alarm beneath which this one is suppressed by design.
    """

    id: str
    key: AlarmKey
    state: AlarmState = AlarmState.NORMAL
    source: AlarmSource = AlarmSource.EVENT
    revision: int = 0
    began: float = 0.0
    changed: float = 0.0
    told: float = 0.0
    times: int = 0
    text: str = ""
    acknowledged: float | None = None
    acknowledged_by: str = ""
    cause: str | None = None
    shelf: Shelf | None = None
    service: Service | None = None

    @property
    def shown(self) -> bool:
        """Whether it belongs on the operator's list: something stands, and no flag keeps it away."""
        return self.state is not AlarmState.NORMAL and not self.cause and not self.shelf and not self.service

    @property
    def idle(self) -> bool:
        """Nothing stands and no flag is set: only its past is left."""
        return self.state is AlarmState.NORMAL and not self.cause and not self.shelf and not self.service


@dataclass(frozen=True, slots=True)
class AlarmNote:
    """A line in an alarm's journal: what happened to it, when, by whom (empty: by the process itself)."""

    alarm: str
    time: float
    what: str
    who: str = ""
    text: str = ""


class AlarmLine(NamedTuple):
    """A line of the journal as stored."""

    id: int
    note: AlarmNote


class AlarmChanges(NamedTuple):
    """What is written together: alarms as they are now, journal lines, and up to which event the process has come, and which
    of those of fire panels."""

    alarms: tuple[Alarm, ...] = ()
    notes: tuple[AlarmNote, ...] = ()
    gone: tuple[str, ...] = ()
    cursor: int | None = None
    fire_cursor: int | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        cursors = self.cursor is not None or self.fire_cursor is not None
        return not (self.alarms or self.notes or self.gone or cursors)
