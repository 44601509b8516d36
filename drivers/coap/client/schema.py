"""The shape of a profile of resources. What is allowed here is what `docs/devices.md` lists."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from drivers.profiles.schema import Kinds, LevelTable, MeaningTable, PayloadTable, RampTable, Table


def _how_often(given: Any) -> Any:
    number = isinstance(given, int | float) and not isinstance(given, bool) and 0.01 <= given <= 86_400
    if not number and given not in ("fast", "normal", "slow"):
        raise ValueError("must be 'fast', 'normal', 'slow', or seconds from 0.01 to 86400")
    return given


Every = Annotated[Literal["fast", "normal", "slow"] | float, BeforeValidator(_how_often)]
Format = Annotated[int, Field(ge=0, le=65535)]


class Body(StrEnum):
    """How what a resource holds is written."""

    TEXT = "text"  # one word or number
    JSON = "json"  # an object
    CBOR = "cbor"  # the same in CBOR
    SENML = "senml"  # a pack (RFC 8428), in JSON or in CBOR
    PANEL = "panel"  # the whole state of a fire panel, as the contract has it (JSON)


class ResourceTable(MeaningTable):
    """An entry of `resources`: something that is read or observed."""

    path: str
    observe: bool = False
    every: Every = "normal"
    format: Annotated[Body, Field(strict=False)] = Body.TEXT
    accept: Format | None = None
    names: Annotated[dict[str, str], Field(min_length=1)] | None = None


class WriteTable(PayloadTable):
    """One way to write a level: the only thing that the hub ever writes."""

    path: str
    method: Literal["PUT", "POST"] = "PUT"
    format: Format | None = None
    low: float | None = None
    high: float | None = None


def _listed(given: Any) -> Any:
    return given if isinstance(given, list) else [given]


class OrdersTable(Table):
    """`commands`."""

    patience: Annotated[float, Field(ge=0, le=7 * 86_400)] = 0.0
    level: LevelTable = LevelTable()
    ramp: RampTable = RampTable()
    set_level: Annotated[list[WriteTable], BeforeValidator(_listed), Field(min_length=1)]
    read_back: str | None = None
    within: Annotated[float, Field(gt=0, le=60)] = 2.0


class HostTable(Table):
    """The whole file."""

    title: Annotated[str, Field(min_length=1, max_length=100)]
    kinds: Kinds
    resources: Annotated[list[ResourceTable], Field(min_length=1, max_length=100)]
    commands: OrdersTable | None = None
