"""The shape of a profile's TOML file. What is allowed here is what `docs/profiles.md` lists."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from drivers.profiles.model import ClockForm, Form, Many
from drivers.profiles.patterns import Channel
from drivers.profiles.words import word
from hub.model.devices import DeviceKind
from hub.model.light import Cause
from hub.ports import Confirmation


def _listed(given: Any) -> Any:
    return given if isinstance(given, list) else [given]


def _words(given: Any) -> Any:
    listed = _listed(given)
    if not all(isinstance(item, str | bool | int | float) for item in listed):
        raise ValueError("must be a word, a number, true or false, or a list of them")
    return [word(item) for item in listed]


Words = Annotated[list[str], BeforeValidator(_words), Field(min_length=1)]
Paths = Annotated[list[str], BeforeValidator(_listed), Field(min_length=1)]
Kinds = Annotated[list[Annotated[DeviceKind, Field(strict=False)]], Field(min_length=1)]


class Table(BaseModel):
    """A table that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class ClockTable(Table):
    """`clock`: where the source time stands."""

    field: str
    form: Annotated[ClockForm, Field(strict=False)]
    trust: Literal["always", "near"] = "always"
    within: Annotated[float, Field(gt=0, le=3600)] = 60.0
    time_zone: str | None = None


class Case(Table):
    """What `fields` and `events` may both be bound to."""

    when: dict[str, Words] = {}
    unless: dict[str, Words] = {}
    present: list[str] = []
    absent: list[str] = []
    kinds: Kinds | None = None


class FieldTable(Case):
    """An entry of `fields`: a value that becomes a reading."""

    field: Paths | None = None
    metric: str | None = None
    unit: str | None = None
    scale: float = 1.0
    offset: float = 0.0
    full: Annotated[float, Field(gt=0)] | None = None
    values: Annotated[dict[str, float], Field(min_length=1)] | None = None
    low: float | None = None
    high: float | None = None
    many: Annotated[Many, Field(strict=False)] | None = None


class EventTable(Case):
    """An entry of `events`."""

    field: str
    type: Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9]{0,63}$")]
    active: Annotated[dict[str, bool], Field(min_length=1)] | None = None
    text: str | None = None
    point: str | None = None


class PresenceTable(Table):
    """`presence`: the words that say online and offline."""

    field: str | None = None
    online: Words | None = None
    offline: Words | None = None
    arrival: bool = False


class DeliveryTable(Table):
    """`delivery`: the network's word on a command that it carried. What is not `delivered`, or not there, is lost."""

    reference: str
    field: str
    delivered: Words


class CauseTable(Table):
    """`cause`: why a light has the level that it reports."""

    field: str
    values: Annotated[dict[str, Annotated[Cause, Field(strict=False)]], Field(min_length=1)]


class MeaningTable(Table):
    """What stands in a message, whatever carried it."""

    kinds: Kinds | None = None
    clock: ClockTable | None = None
    fields: list[FieldTable] = []
    events: list[EventTable] = []
    cause: CauseTable | None = None
    ignore: list[str] = []
    unknown: Literal["ignore", "quarantine"] = "ignore"
    nothing: Literal["ignore", "quarantine"] = "ignore"


class MessageTable(MeaningTable):
    """An entry of `messages`."""

    topic: str
    channel: Annotated[Channel, Field(strict=False)]
    payload: Annotated[Form, Field(strict=False)] = Form.JSON
    presence: PresenceTable | None = None
    delivery: DeliveryTable | None = None


class LevelTable(Table):
    """`commands.level`: how a level of 0 to 100 is written; `full` is the number for 100."""

    full: Annotated[float, Field(gt=0)] = 100.0
    least: Annotated[float, Field(ge=0)] = 0.0
    whole: bool = True


class RampTable(Table):
    """`commands.ramp`: how seconds of transition are written."""

    scale: Annotated[float, Field(gt=0)] = 1.0
    least: Annotated[float, Field(ge=0)] = 0.0
    most: Annotated[float, Field(gt=0)] | None = None
    whole: bool = True


class PayloadTable(Table):
    """What a command says, and the case it is for."""

    when: Literal["off", "ramp"] | None = None
    text: str | None = None
    json_: Annotated[dict[str, Any] | None, Field(alias="json")] = None
    hex: str | None = None


class TemplateTable(PayloadTable):
    """One way to put a command."""

    topic: str


Templates = Annotated[list[TemplateTable], BeforeValidator(_listed), Field(min_length=1)]


class CommandsTable(Table):
    """`commands`."""

    confirmation: Annotated[Confirmation, Field(strict=False)]
    patience: Annotated[float, Field(ge=0, le=7 * 86_400)] = 0.0
    level: LevelTable = LevelTable()
    ramp: RampTable = RampTable()
    set_level: Templates | None = None
    resume: Templates | None = None
    identify: Templates | None = None
    read: Templates | None = None
    reboot: Templates | None = None


class AccessTable(Table):
    """`access` and `gateway`: topic filters at the broker."""

    publish: list[str] = []
    subscribe: list[str] = []


class AddressTable(Table):
    """`address`: how addresses of this type are written."""

    letters: Literal["any", "small"] = "any"


class ProfileTable(Table):
    """The whole file."""

    title: Annotated[str, Field(min_length=1, max_length=100)]
    kinds: Kinds
    report_every: Annotated[float, Field(gt=0, le=7 * 86_400)] | None = None
    messages: Annotated[list[MessageTable], Field(min_length=1)]
    commands: CommandsTable | None = None
    address: AddressTable | None = None
    access: AccessTable | None = None
    gateway: AccessTable | None = None
