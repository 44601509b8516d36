"""A register map as plain data: what is read of a device, what it means, and the few places that may be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from drivers.modbus.codec import Order, RegisterType
from drivers.profiles.model import Many
from drivers.senml.labels import Target
from hub.ports import ProfileInfo

COILS, INPUTS, HOLDING, INPUT_REGISTERS = 1, 2, 3, 4
BITS = (COILS, INPUTS)  # functions that read bits; the others read registers of 16
MOST_BITS, MOST_REGISTERS = 2000, 125  # of one read, by the standard


class Poll(StrEnum):
    """How often something is read."""

    FAST = "fast"
    NORMAL = "normal"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class MetricRule:
    """The value is a reading. `wrap` is the number, as it stands in the register, at which a counter begins at 0 again."""

    target: Target
    missing: frozenset[float] = frozenset()
    wrap: float | None = None


@dataclass(frozen=True, slots=True)
class StateRule:
    """The value is part of a cabinet's state: `part` is segments or feedback (of `segment`), door, breaker or remote."""

    part: str
    segment: str
    true: frozenset[float]


@dataclass(frozen=True, slots=True)
class EventRule:
    """The value says whether a condition holds."""

    type: str
    active: frozenset[float]
    point: str
    text: str


@dataclass(frozen=True, slots=True)
class ExpectRule:
    """The value says whether this is a device of the type at all. Texts need only hold one of the words."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignalRule:
    """The registers are part of what a signal controller says: its status, or entries of its directory (`signals`)."""

    part: str


Rule = MetricRule | StateRule | EventRule | ExpectRule | SignalRule


@dataclass(frozen=True, slots=True)
class Point:
    """Something that is read. `places` are addresses of its parts, `size` registers (or bits) each; `key` is where it stands in
    the file."""

    key: str
    function: int
    places: tuple[int, ...]
    size: int
    type: RegisterType
    order: Order
    poll: Poll
    rule: Rule
    bit: int | None = None
    many: Many = Many.FIRST

    @property
    def first(self) -> int:
        """The lowest address."""
        return min(self.places)

    @property
    def end(self) -> int:
        """The address after the highest."""
        return max(self.places) + self.size


@dataclass(frozen=True, slots=True)
class Block:
    """One read: so many registers or bits from `start`, and what is found in them."""

    function: int
    start: int
    count: int
    points: tuple[Point, ...]

    def __str__(self) -> str:
        return f"{self.function}:{self.start}+{self.count}"

    @property
    def size(self) -> int:
        """Bytes of the answer's data."""
        return (self.count + 7) // 8 if self.function in BITS else self.count * 2


@dataclass(frozen=True, slots=True)
class ReadBack:
    """Where a write shows: the value there is `on` or `off`."""

    function: int
    address: int
    bit: int | None
    on: int
    off: int


@dataclass(frozen=True, slots=True)
class Write:
    """A place that may be written, with all values that may: an integer of `low` to `high` that is among `values`, if there are
    any. It switches the contactor of `segment`."""

    segment: str
    function: int
    address: int
    type: RegisterType
    order: Order
    values: frozenset[int] | None
    low: int
    high: int
    on: int
    off: int
    back: ReadBack
    within: float

    def allows(self, value: int) -> bool:
        """True when the map lets `value` be written there."""
        return self.low <= value <= self.high and (self.values is None or value in self.values)


@dataclass(frozen=True, slots=True)
class RegisterMap:
    """A device type. `every` are the seconds of its own between reads; `gap` how many registers that mean nothing may be read
    along, `most` how many at once; `texts` what is said of points that have no text of their own. `signals`: it is a signal
    controller that takes programs."""

    name: str
    title: str
    source: str
    info: ProfileInfo
    points: tuple[Point, ...]
    writes: Mapping[str, Write]
    every: Mapping[Poll, float] = field(default_factory=dict)
    gap: int = 0
    most: int = MOST_REGISTERS
    texts: Mapping[str, str] = field(default_factory=dict)
    signals: bool = False
