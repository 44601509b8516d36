"""Fire panels: the five conditions after EN 54-2 and NFPA 72, which may stand together, and what a panel says of itself.

Read-only: nothing here, nor anywhere else in the hub, silences or resets a panel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class PanelCondition(StrEnum):
    """What may stand at a point of a panel, the most urgent first. NFPA 72 says trouble for fault."""

    ALARM = "alarm"
    FAULT = "fault"
    SUPERVISORY = "supervisory"
    DISABLED = "disabled"
    TEST = "test"

    @property
    def event(self) -> str:
        """The type of the events that say it."""
        return "fire" + self.value.capitalize()


FIRE_ALARM = PanelCondition.ALARM.event
CONDITIONS: Mapping[str, PanelCondition] = MappingProxyType({each.event: each for each in PanelCondition})
"""The condition that each type of event says: fireAlarm, fireFault, fireSupervisory, fireDisabled, fireTest."""


class PanelPoint(NamedTuple):
    """One condition that stands at one point, e.g. `1/23` for loop 1, address 23. A point with two conditions is there twice."""

    point: str
    state: PanelCondition
    text: str = ""


class PanelCounts(NamedTuple):
    """How many points a panel says have each condition; None where it does not say."""

    alarm: int | None = None
    fault: int | None = None
    supervisory: int | None = None
    disabled: int | None = None
    test: int | None = None

    def of(self, condition: PanelCondition) -> int | None:
        """The count of one condition."""
        return self[_PLACES[condition]]


NOTHING_COUNTED = PanelCounts()
_PLACES = {condition: place for place, condition in enumerate(PanelCondition)}


@dataclass(frozen=True, slots=True)
class PanelReport:
    """What a panel says stands now (`up/state`, a poll, a resource that was read).

    `time` is the panel's own (s), `received` the hub's. `complete` when it spoke of the whole panel: what is not among `points`
    does not stand, unless the count of its condition says that there is more than `points` names. `self_test` is what a panel
    says of its last own test, in its words. `clock_error` is how far (s) its clock was ahead of the hub's, as it was said; None
    when it gave no time. `kept`: a broker had retained it, so it is no sign that the panel lives.
    """

    device: str
    time: float
    received: float
    counts: PanelCounts = NOTHING_COUNTED
    points: tuple[PanelPoint, ...] = ()
    complete: bool = True
    self_test: str | None = None
    clock_error: float | None = None
    kept: bool = False


SILENT = "fireSilent"
"""The type of the event that a panel is not heard: a fault of its own, begun and ended by the hub."""
FIRE_EVENTS: frozenset[str] = frozenset({*CONDITIONS, SILENT})
"""The types of events that go the fire path."""
SELF_TEST = "fire-self-test"
"""The device as which the hub tests its own fire path. It is no panel of the city's."""


class Acknowledgement(NamedTuple):
    """A person has seen it."""

    time: float
    who: str
    comment: str = ""


class Notification(NamedTuple):
    """What became of telling one channel: `outcome` is waiting, delivered or failed, or what the channel says."""

    channel: str
    kind: str
    first: float | None
    delivered: float | None
    outcome: str


@dataclass(frozen=True, slots=True)
class FireEvent:
    """One event of a panel, with the proof of its way: times (s) of source, receipt, persistence, alarm and stream, each None
    until it is known. `active` as in an EventReport; `found` is event or comparison. `alarm` and `episode` name the alarm and
    which of its occurrences it belongs to. `clock_error` is how far (s) the panel's clock was ahead then, None: not known.
    """

    id: int
    device: str
    type: str
    point: str
    active: bool | None
    time: float
    received: float
    text: str
    found: str
    persisted: float | None = None
    alarm: str | None = None
    episode: int | None = None
    alarmed: float | None = None
    streamed: float | None = None
    clock_error: float | None = None
    acknowledged: tuple[Acknowledgement, ...] = ()
    notified: tuple[Notification, ...] = ()

    @property
    def test(self) -> bool:
        """A test, never a fire."""
        return self.device == SELF_TEST or self.type == PanelCondition.TEST.event


@dataclass(frozen=True, slots=True)
class SelfTest:
    """One test of the fire path. `stages` are the seconds from its start to each stage that was reached; `outcome` is passed or
    failed, None while it runs."""

    id: int
    started: float
    by: str
    outcome: str | None = None
    stages: Mapping[str, float] = field(default_factory=dict)
    detail: str = ""
