"""What the hub asks of the outside, and the outside of the hub: small protocols and the data that crosses them.

Everything here is implemented elsewhere (drivers, hub.store, hub.broker, hub.api ...) and put together in hub.app.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

from hub.model.cabinets import CabinetReport
from hub.model.commands import Command, Operation
from hub.model.devices import Device, DeviceKind
from hub.model.light import LightReport
from hub.model.readings import Rejected, Row
from hub.model.reports import EventReport, PlanReport, PresenceReport, ResultReport


class Clock(Protocol):
    """The one clock. In a simulated city it may run faster than the wall's."""

    @property
    def rate(self) -> float:
        """Seconds of this clock a second of the wall; 1 outside simulations."""

    def now(self) -> float:
        """Unix seconds, UTC."""

    def ahead(self, seconds: float) -> float:
        """What `now` will be after `seconds` on the wall: for deadlines of things that happen in real time."""


class Health(NamedTuple):
    """The state of one part, as `/readyz` shows it."""

    ok: bool
    detail: str


# --- what comes in ------------------------------------------------------------------------------------------------


class Lane(StrEnum):
    """Urgent deliveries (events, results, presence) and states never wait behind bulk telemetry.

    What holds readings waits for the store: states have their own lane, so that a store that takes nothing holds up no event.
    """

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


class Inbox(Protocol):
    """Where drivers deliver. Bounded: a driver stops reading its socket while its lane is full."""

    def put(self, lane: Lane, delivery: Delivery) -> None:
        """Take `delivery`; never refuses, so look at `full` before reading more from the wire."""

    def full(self, lane: Lane) -> bool:
        """True while the lane is at its bound."""

    async def room(self, lane: Lane) -> None:
        """Return when the lane has room again."""


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


# --- what goes out ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """One command on its way to a whole zone (group topic) or to one device. Exactly one of the two is set.

    `segment` is the contactor meant, when the device is a cabinet.
    """

    command: Command
    zone: str | None = None
    device: str | None = None
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """What a device is to keep while the hub is away (contract: `down/config`, retained).

    `children` holds the groups of each device that a gateway speaks for. `plans` are calendars compiled for the days ahead, by
    name; `plan` is the device's own and `position` its place along the road, `child_plans` both for a gateway's children.
    """

    groups: tuple[str, ...]
    program: Mapping[str, Any] | None
    report_every: int = 900
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    plans: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    plan: str | None = None
    position: int = 0
    child_plans: Mapping[str, tuple[str, int]] = field(default_factory=dict)


class Unreachable(Exception):
    """The other side cannot be reached now; trying again later is right."""


class CannotCarry(Exception):
    """A device of this type cannot do what the order asks; the message is a sentence for a person."""


class Confirmation(StrEnum):
    """How a device type says that it did what a command asked."""

    RESULT = "result"  # it answers with the command's id (native devices)
    STATE = "state"  # it reports a state that agrees with the command
    DELIVERY = "delivery"  # the network says that the device has received it; what the lamp did remains unsaid
    NONE = "none"  # nothing ever comes back


@dataclass(frozen=True, slots=True)
class ProfileInfo:
    """What the rest of the hub needs to know of a device type.

    `operations` are the commands it can carry out; `patience` is how long (s) an answer may take before the command has
    failed, 0 for the hub's own deadline; `report_every` the seconds between its reports, None for the hub's setting.
    `levels` says of how many topic levels an address may be (empty: any number), `small` that it has no capital letters.
    `check_address` is given where addresses are no part of a topic: it raises ValueError, with what to write instead.
    `segments` are the contactors of a cabinet of this type; None when the type does not say.
    """

    name: str
    title: str
    kinds: frozenset[DeviceKind]
    operations: frozenset[Operation]
    confirmation: Confirmation = Confirmation.RESULT
    patience: float = 0.0
    report_every: float | None = None
    groups: bool = False  # it listens to its zones' group topics
    levels: frozenset[int] = frozenset()
    small: bool = False
    check_address: Callable[[str], None] | None = None
    segments: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """MQTT topic filters that a device's own account may publish and subscribe to."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


class BrokerAccount(NamedTuple):
    """A device's sign-in at the broker: the bcrypt hash of its password, and what it may do there."""

    hash: str
    access: BrokerAccess


class Driver(Protocol):
    """One protocol. Found by entry point (group `lamplighter.drivers`), built with a DriverContext."""

    @property
    def name(self) -> str:
        """The entry point's name."""

    async def start(self) -> None:
        """Begin; return at once and keep trying while the other side is away."""

    async def stop(self) -> None:
        """Leave in good order: what was not acknowledged comes again next time."""

    async def send(self, order: Order) -> None:
        """Hand an order over; returns when the other side has taken charge of it, raises Unreachable when it cannot now,
        CannotCarry when it never will."""

    async def configure(self, device: str, config: DeviceConfig) -> None:
        """Replace the retained configuration of a device or gateway; raises Unreachable."""

    async def forget(self, device: str) -> None:
        """Remove what the other side keeps of a device that is no more; raises Unreachable."""

    def profiles(self) -> Mapping[str, ProfileInfo]:
        """The device types it speaks with, by name."""

    def access(self, device: Device) -> BrokerAccess | None:
        """What the device's own account at the MQTT broker may do; None when its profile is not of this driver, or
        something else signs in for it."""

    def decode(self, source: str, raw: bytes, received: float, done: Callable[[], None]) -> Delivery | None:
        """Read quarantined bytes again as if they had just come from `source`; None when that is no source of this driver."""

    def health(self) -> Health:
        """Its state now."""

    def counters(self) -> Mapping[str, float]:
        """Its own counts since the start, {name: value}: messages received, reconnects ..."""


@runtime_checkable
class SecondWay(Protocol):
    """A driver by which native devices may be connected as well, beside the one that carries them."""

    def overhear(self, order: Order) -> bool:
        """An order to native devices is on its way; True when its one device is reached this way."""

    def reconfigured(self, device: str) -> None:
        """What a native device is to hold has changed."""


@runtime_checkable
class Broadcaster(Protocol):
    """A driver that can publish what is for others than devices."""

    async def broadcast(self, topic: str, payload: bytes) -> None:
        """Publish retained; returns when the broker has it, raises Unreachable."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """How the hub itself signs in at the MQTT broker. `client_id` is secret: it names the persistent session."""

    url: str
    username: str | None
    password: str | None
    client_id: str


@dataclass(frozen=True, slots=True)
class DriverContext:
    """All that a driver gets."""

    inbox: Inbox
    directory: Directory
    clock: Clock
    broker: BrokerAddress
    settings: Mapping[str, Any]
    on_connected: Callable[[str, bool], None]  # (driver name, True when the other side still knew our session)
    conditions: Callable[[str], Collection[tuple[str, str]]] = (
        lambda device: ()
    )  # (type, point) of those that hold at a device
    config: Callable[[str], DeviceConfig | None] = lambda device: None  # what a native device is to hold now


class DriverFactory(Protocol):
    """What the entry point names."""

    def __call__(self, context: DriverContext) -> Driver: ...


class BrokerAccounts(Protocol):
    """Accounts of devices at the broker."""

    async def publish(self, accounts: Mapping[str, BrokerAccount]) -> None:
        """Make {device: account} the complete set of device accounts; on return they are in force and the
        sessions of removed or changed accounts are cut."""

    def usable(self, access: BrokerAccess) -> None:
        """Raise ValueError, with what to write instead, when this broker cannot grant that."""


# --- the store ----------------------------------------------------------------------------------------------------


class Aggregate(StrEnum):
    """How the readings of an interval become one value (contract: `agg`)."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    LAST = "last"
    COUNT = "count"


class Tier(StrEnum):
    """Aggregates that are kept longer than readings. Days are civil days of the city; the others count from the Unix epoch."""

    QUARTER = "15m"
    HOUR = "1h"
    DAY = "1d"


class Span(NamedTuple):
    """start <= time < end, Unix seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SeriesQuery:
    """Readings of one metric, start <= time < end.

    With `every` (seconds) one point an interval, aligned to the Unix epoch plus `offset` seconds, stamped with the interval's
    start; without, every reading. `over_devices` says that the devices are to be seen as one: `sum` then adds up
    each device's own value of the interval (mean of a gauge, last of a counter, sum of a delta), `count` counts
    readings, and the others take all readings alike.

    `rolled` is what each tier holds; a store may answer from a tier what it would answer from readings, and must where the
    readings are gone. `zones`, when not empty, says that `devices` are all the devices (of those kinds) right in these
    zones, so that the zones' own aggregates may answer.
    """

    devices: Mapping[DeviceKind, Sequence[str]]
    metric: str
    start: float
    end: float
    every: float | None = None
    aggregate: Aggregate = Aggregate.MEAN
    over_devices: bool = False
    offset: float = 0.0
    limit: int = 100_000
    rolled: Mapping[Tier, Span] = field(default_factory=dict)
    zones: tuple[str, ...] = ()


class LatestValue(NamedTuple):
    """The newest value of one metric of one device."""

    device: str
    metric: str
    time: float
    value: float


class StoreSizes(NamedTuple):
    """What the store holds: rows and bytes on disk, and the source times of its oldest and newest rows; and each tier's.

    `days` that the rows cover, without gaps and without the odd row from far away; None where the store cannot tell.
    """

    rows: int
    bytes: int
    oldest: float | None
    newest: float | None
    tiers: Mapping[Tier, StoreSizes] = MappingProxyType({})
    days: float | None = None


class StoreUnavailable(Exception):
    """The store cannot take or give data now; nothing of the call was kept."""


class CannotAnswer(StoreUnavailable):
    """This store never answers such a question; the message is a sentence for a person."""


class TooMuchAsked(StoreUnavailable):
    """The answer takes more memory than the store has for answers; the message is a sentence for a person."""


class RowsRefused(Exception):
    """The store took a batch but for these rows, which it can never take: {index in the batch: reason}."""

    def __init__(self, refused: Mapping[int, str]) -> None:
        super().__init__(f"{len(refused)} rows refused, the first: {next(iter(refused.values()), '')}")
        self.refused = refused


class TelemetryStore(Protocol):
    """Where readings live. Calls block and come from any thread; `append` from one at a time."""

    def append(self, rows: Sequence[Row]) -> None:
        """Store rows; on return they survive kill -9 and power loss. A reading that is there already changes nothing.

        Raises RowsRefused when all rows but some are stored, StoreUnavailable when none need be.
        """

    def latest(self, received_after: float | None = None) -> Iterable[LatestValue]:
        """The newest value of every metric of every device, among readings received after then: how caches are rebuilt."""

    def readings(self, kind: DeviceKind, device: str, span: Span, limit: int) -> list[Row]:
        """A device's rows as they were stored, with both their times, ascending; at most `limit`."""

    def series(self, query: SeriesQuery) -> list[tuple[float, float]]:
        """(time, value) pairs, ascending."""

    def roll_up(self, tier: Tier, span: Span, zones: Mapping[str, str | None]) -> int:
        """Compute the tier's aggregates of `span` (whole intervals; exactly one of DAY) afresh, for each device and for each
        zone (`zones`: {device: the zone it is right in}); returns how many device intervals there are.

        Quarters come from readings, hours and days from quarters. To repeat it changes nothing.
        """

    def drop_before(self, time: float, tier: Tier | None = None) -> int:
        """Delete readings (or a tier's aggregates) older than `time` in whole periods, giving their disk space back;
        returns bytes freed."""

    def sizes(self) -> StoreSizes:
        """What it holds."""

    def health(self) -> Health:
        """Its state now."""

    def close(self) -> None:
        """Flush and let go of the files."""


# --- what watchers hear -------------------------------------------------------------------------------------------

Topic = Literal["device", "zone", "zoneless", "command", "alarm", "override", "approval"]


class Announcer(Protocol):
    """The event stream to operators' screens. Items with the same id within a moment are merged into the newest."""

    def announce(self, topic: Topic, key: str, item: Callable[[], Mapping[str, Any]]) -> None:
        """Say that `key` changed; `item` is called when the batch leaves, so that it shows the state of then."""
