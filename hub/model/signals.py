"""Plan sets of junctions and their life, orders to junctions, routes: the vocabulary. What controllers say is in `junctions`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class PlanState(StrEnum):
    """Where a plan set stands. Only the first two may be edited."""

    DRAFT = "draft"  # it has errors, or nobody has corrected them yet
    LINTED = "linted"  # the linter found no error in it as it is
    SUBMITTED = "submitted"  # waits for a second person
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"  # may be activated until `lapses`
    DOWNLOADING = "downloading"  # its programs go to the controller
    DOWNLOADED = "downloaded"  # all read back; waits for the switch point
    ACTIVE = "active"  # the controller runs it
    SUPERSEDED = "superseded"  # was active; may be again for a while
    LAPSED = "lapsed"  # not activated in time
    CLOSED = "closed"  # its junction is no more

    @property
    def editable(self) -> bool:
        """Whether its programs may change."""
        return self in (PlanState.DRAFT, PlanState.LINTED)

    @property
    def under_way(self) -> bool:
        """Whether it is on its way to the controller."""
        return self in (PlanState.DOWNLOADING, PlanState.DOWNLOADED)

    @property
    def cleared(self) -> bool:
        """Whether a second person's approval stands."""
        return self.under_way or self in (PlanState.APPROVED, PlanState.ACTIVE, PlanState.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan set's life: what, when, by whom (empty: the hub itself), why, and of which content (digest)."""

    time: float
    what: str
    who: str
    text: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan set of a junction and how far it is.

    `body` is the plan set as written (docs/signals.md), `digest` the SHA-256 of its canonical JSON; `writers` are all who wrote
    it. An approval is of `approved_digest`. `checksums` are those of its programs, `names` what the controller calls them,
    `stored` the programs that were read back; `commands` are those that download it. Times are Unix seconds.
    """

    id: str
    junction: str
    version: int
    state: PlanState
    body: Mapping[str, Any]
    digest: str
    created: float
    changed: float
    by: str
    note: str = ""
    writers: tuple[str, ...] = ()
    errors: int = 0
    warnings: int = 0
    submitted: float | None = None
    submitted_by: str = ""
    approved: float | None = None
    approved_by: str = ""
    approved_digest: str = ""
    lapses: float | None = None
    checksums: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    stored: tuple[str, ...] = ()
    activated: float | None = None
    activated_by: str = ""
    active_since: float | None = None
    active_until: float | None = None
    before: str | None = None
    commands: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether what is here is what was approved."""
        return self.state.cleared and bool(self.digest) and self.digest == self.approved_digest


class OrderKind(StrEnum):
    """What an order to a junction asks for."""

    SELECT = "select"  # a stored program
    FLASH = "flash"
    DARK = "dark"
    HOLD = "hold"  # a stage that lasts longer, as a temporary program
    ROUTE = "route"  # a prepared program, for a green wave
    LOCAL = "local"  # back to the calendar
    CALENDAR = "calendar"  # the hub itself: the program of the calendar

    @property
    def takes_lamps(self) -> bool:
        """Whether it leaves road users without green: the way to safety, which no rate limit holds up."""
        return self in (OrderKind.FLASH, OrderKind.DARK)


class Progress(StrEnum):
    """How far an order is at its junction."""

    ORDERED = "ordered"
    CONFIRMED = "confirmed"  # the controller says that it has it
    RUNNING = "running"  # the controller says that it does it
    REFUSED = "refused"  # by the controller
    FAILED = "failed"
    TIMED_OUT = "timed-out"
    ENDED = "ended"

    @property
    def holds(self) -> bool:
        """Whether the order rules, or may yet."""
        return self in (Progress.ORDERED, Progress.CONFIRMED, Progress.RUNNING)


@dataclass(frozen=True, slots=True)
class SignalOrder:
    """An order to one junction. `plan` is the plan set that its `program` is of; `name` what the controller calls that program,
    `checksum` that of the program; `stage` and `seconds` of a held one, `body` the temporary program. `until` None: it holds
    until another comes. `earliest` is before when nothing else is asked for."""

    id: str
    junction: str
    kind: OrderKind
    created: float
    by: str
    reason: str
    command: str
    until: float | None = None
    plan: str | None = None
    program: str | None = None
    name: str | None = None
    checksum: str | None = None
    stage: str | None = None
    seconds: float | None = None
    body: Mapping[str, Any] | None = None
    route: str | None = None
    request: str | None = None
    progress: Progress = Progress.ORDERED
    detail: str = ""
    confirmed: float | None = None
    running: float | None = None
    ended: float | None = None
    ended_by: str = ""
    earliest: float = 0.0

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.ended is None


class Leg(NamedTuple):
    """One junction of a route and the program that is prepared for it."""

    junction: str
    program: str


@dataclass(frozen=True, slots=True)
class Route:
    """A green wave: junctions in the order of the drive."""

    id: str
    name: str
    legs: tuple[Leg, ...]


class WaveWish(NamedTuple):
    """A route that an incident asks for until then. `by` names the incident, `who` is whose orders are counted; junctions in
    `asked` were asked before and are not asked again."""

    by: str
    who: str
    route: str
    reason: str
    until: float
    asked: tuple[str, ...] = ()


class WaveTold(NamedTuple):
    """What came of a wish: the junctions that it counts as asked now; which do not follow (a sentence, empty: none), and why."""

    by: str
    asked: tuple[str, ...]
    refused: str = ""
    detail: str = ""


class LegState(StrEnum):
    """What a junction does for a route that an incident asks for."""

    WOULD = "would"  # nobody asked it yet: it would be
    ORDERED = "ordered"
    CONFIRMED = "confirmed"
    RUNNING = "running"
    REFUSED = "refused"  # it is asked as soon as it may be
    OVER = "over"  # it was asked, and somebody or something else ended that


class LegNow(NamedTuple):
    """A junction of a route, and what it does; `why` it does not follow, in both languages ("en", "vi")."""

    junction: str
    program: str
    state: LegState
    why: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A report of what a plan set does to traffic (`lamplighter evaluate`), attached to it."""

    id: str
    plan: str
    junction: str
    created: float
    by: str
    verdict: str
    report: Mapping[str, Any]
    html: str = ""
