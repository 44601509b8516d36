"""The shape of a register map. What is allowed here is what `docs/modbus.md` lists."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from drivers.modbus.codec import Order, RegisterType
from drivers.profiles.model import Many
from hub.model.devices import DeviceKind

PollClass = Literal["fast", "normal", "slow"]
Place = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(ge=0.001, le=86_400)]
EventType = Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9]{0,63}$")]


def _listed(given: Any) -> Any:
    return given if isinstance(given, list) else [given]


class Table(BaseModel):
    """A table that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class CounterTable(Table):
    """`counter`: where a counter begins at 0 again."""

    width: Annotated[int, Field(ge=8, le=64)] | None = None
    wrap: Annotated[float, Field(gt=0)] | None = None


class RegisterTable(Table):
    """An entry of `registers`: a place in the device, and what it means."""

    address: Annotated[list[Place], BeforeValidator(_listed), Field(min_length=1, max_length=12)]
    function: Annotated[int, Field(ge=1, le=4)] | None = None
    type: Annotated[RegisterType, Field(strict=False)] | None = None
    order: Annotated[Order, Field(strict=False)] | None = None
    length: Annotated[int, Field(ge=1, le=125)] | None = None
    count: Annotated[int, Field(ge=1, le=2000)] | None = None
    bit: Annotated[int, Field(ge=0, le=15)] | None = None
    poll: PollClass = "normal"

    metric: str | None = None
    unit: str | None = None
    scale: float = 1.0
    offset: float = 0.0
    low: float | None = None
    high: float | None = None
    many: Annotated[Many, Field(strict=False)] | None = None
    missing: list[int] = []
    counter: CounterTable | None = None

    state: str | None = None
    event: EventType | None = None
    active: Annotated[list[int], BeforeValidator(_listed), Field(min_length=1)] = [1]
    point: Annotated[str, Field(max_length=100)] | None = None
    text: Annotated[str, Field(max_length=200)] | None = None
    expect: Annotated[list[int | str], BeforeValidator(_listed), Field(min_length=1)] | None = None


class ReadBackTable(Table):
    """`read_back`: where a write shows."""

    function: Annotated[int, Field(ge=1, le=4)]
    address: Place
    bit: Annotated[int, Field(ge=0, le=15)] | None = None
    on: int = 1
    off: int = 0


class WriteTable(Table):
    """An entry of `writes`: the only registers that the hub ever writes, and what it may write there."""

    segment: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    function: Literal[5, 6, 15, 16]
    address: Place
    type: Annotated[RegisterType, Field(strict=False)] = RegisterType.UINT16
    order: Annotated[Order, Field(strict=False)] | None = None
    values: Annotated[list[int], Field(min_length=1, max_length=16)] | None = None
    low: int | None = None
    high: int | None = None
    on: int = 1
    off: int = 0
    read_back: ReadBackTable | None = None
    within: Annotated[float, Field(gt=0, le=60)] = 2.0


class PollTable(Table):
    """`poll`: seconds between the reads of each class; left out: the hub's settings."""

    fast: Seconds | None = None
    normal: Seconds | None = None
    slow: Seconds | None = None


class MapTable(Table):
    """The whole file."""

    title: Annotated[str, Field(min_length=1, max_length=100)]
    kinds: Annotated[list[Annotated[DeviceKind, Field(strict=False)]], Field(min_length=1)]
    source: Annotated[str, Field(min_length=1, max_length=400)]
    function: Annotated[int, Field(ge=1, le=4)] = 3
    order: Annotated[Order, Field(strict=False)] = Order.BIG
    gap: Annotated[int, Field(ge=0, le=124)] = 0
    most: Annotated[int, Field(ge=1, le=125)] = 125
    poll: PollTable = PollTable()
    registers: Annotated[list[RegisterTable], Field(max_length=500)] = []
    signals: bool = False
    texts: dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=200)]] = {}
    writes: Annotated[list[WriteTable], Field(max_length=64)] = []
