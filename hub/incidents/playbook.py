"""Playbooks: declared data that says what an alarm sets going. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from hub.model.alarms import AlarmKey, Severity
from hub.model.ids import check_slug

FIELDS = ("device", "name", "zone", "alarm", "point", "detail")
"""What texts may hold in braces: id, name and zone of the device, type of the alarm, its point, and what the device said."""


class BadPlaybook(Exception):
    """A playbook that cannot be used; `place` is the field (with dots), the message says what to write instead."""

    def __init__(self, place: str, text: str) -> None:
        super().__init__(f"{place}: {text}")
        self.place, self.text = place, text


def _plain(text: str) -> str:
    for char in text:
        if (ord(char) < 32 and char not in "\n\t") or ord(char) == 127 or 0xD800 <= ord(char) <= 0xDFFF:
            raise ValueError(f"contains the character U+{ord(char):04X}: write plain text")
    return text


def _braces(text: str) -> str:
    left = text
    for name in FIELDS:
        left = left.replace("{" + name + "}", "")
    if "{" in left or "}" in left:
        raise ValueError("braces hold one of " + ", ".join("{" + name + "}" for name in FIELDS))
    return text


Slug = Annotated[str, AfterValidator(check_slug), Field(max_length=63)]
Plain = Annotated[str, AfterValidator(_plain)]
Text = Annotated[str, AfterValidator(_plain), AfterValidator(_braces), Field(min_length=1, max_length=300)]
Word = Annotated[str, AfterValidator(_plain), Field(min_length=1, max_length=100)]
Slugs = Annotated[tuple[Slug, ...], Field(max_length=100)]
Words = Annotated[tuple[Word, ...], Field(max_length=100)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Trigger(_Part):
    """Which alarms set it going: those that meet every list that is not empty."""

    types: Words = Field((), description="types of alarm, e.g. fireAlarm")
    classes: Words = Field((), description="classes of alarm, e.g. fire")
    severities: Annotated[tuple[Severity, ...], Field(max_length=4)] = ()
    zones: Slugs = Field((), description="the device is in one of these, or beneath")
    devices: Slugs = ()
    points: Words = Field((), description="points of the device; * stands for anything")

    @model_validator(mode="after")
    def _narrow(self) -> Self:
        if not (self.types or self.classes or self.severities):
            raise ValueError('name what sets it going: types, classes or severities, e.g. types = ["fireAlarm"]')
        return self

    def fits(self, key: AlarmKey, group: str, severity: Severity, zones: tuple[str, ...]) -> bool:
        """Whether an alarm of this class and severity, at a device in `zones`, sets it going."""
        return (
            self.reaches(key, zones)
            and (not self.classes or group in self.classes)
            and (not self.severities or severity in self.severities)
        )

    def reaches(self, key: AlarmKey, zones: tuple[str, ...]) -> bool:
        """The same whatever its class and severity are."""
        return (
            (not self.types or key.type in self.types)
            and (not self.zones or any(zone in self.zones for zone in zones))
            and (not self.devices or key.device in self.devices)
            and (not self.points or any(fnmatchcase(key.point, each) for each in self.points))
        )


class Light(_Part):
    """Hold a level over zones, lights, the device's own zone, or what is near the device."""

    level: Annotated[float, Field(ge=0, le=100, strict=True, allow_inf_nan=False)]
    ramp: Annotated[float, Field(ge=0, le=3600, strict=True, allow_inf_nan=False, description="seconds")] = 5.0
    zones: Slugs = Field((), description="streets and other zones, with everything beneath")
    devices: Slugs = ()
    own_zone: bool = Field(False, description="the zone that the device is in")
    within: Annotated[float, Field(gt=0, le=5000, strict=True, allow_inf_nan=False)] | None = Field(
        None, description="metres around the device"
    )
    whole_streets: bool = Field(False, description="with `within`: all lights of the zones of the lights that are near")

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not (self.zones or self.devices or self.own_zone or self.within):
            raise ValueError("name what to light: zones, devices, own_zone = true, or within (metres)")
        if self.whole_streets and not self.within:
            raise ValueError("whole_streets widens what is near: give within (metres) too, or leave it out")
        return self


class AskRoute(_Part):
    """Ask for a green wave: the prepared programs of a declared route (docs/signals.md), for a while."""

    route: Slug
    minutes: Annotated[float, Field(gt=0, le=1440, strict=True, allow_inf_nan=False)] = Field(
        15.0, description="after the incident began; it ends with the incident at the latest"
    )
    reason: Annotated[str, AfterValidator(_plain), AfterValidator(_braces), Field(max_length=300)] = Field(
        "", description="what stands at the junctions; left out: what happened where"
    )


class MarkAt(_Part):
    """Note something at the device (`on` device), at the cabinet that feeds or carries it (cabinet), or at `devices`."""

    text: Text
    on: Annotated[str, Field(pattern="^(device|cabinet|none)$")] = "device"
    devices: Slugs = ()

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.on == "none" and not self.devices:
            raise ValueError('name what to mark: on = "device", on = "cabinet", or devices')
        return self


class Notify(_Part):
    """Tell people, through the city's notifications."""

    text: Text
    severity: Severity = Severity.HIGH
    to: Words = Field((), description="names that notifications know; none: whoever their routes choose")


class Ask(_Part):
    """Ask a person to do something and tick it."""

    text: Text


class Playbook(_Part):
    """What happens when an alarm begins, and until when.

    It ends `after_minutes` after the last event ended, and at the latest `most_minutes` after it began.
    """

    id: Slug | None = Field(None, description="to be written when it is added; afterwards as in the address")
    name: Annotated[Plain, Field(min_length=1, max_length=100)]
    enabled: bool = True
    dry_run: bool = Field(False, description="incidents are recorded and do nothing")
    trigger: Trigger
    light: Annotated[tuple[Light, ...], Field(max_length=20)] = ()
    route: Annotated[tuple[AskRoute, ...], Field(max_length=5)] = ()
    mark: Annotated[tuple[MarkAt, ...], Field(max_length=20)] = ()
    notify: Annotated[tuple[Notify, ...], Field(max_length=20)] = ()
    ask: Annotated[tuple[Ask, ...], Field(max_length=30)] = ()
    after_minutes: Annotated[float, Field(ge=0, le=1440, strict=True, allow_inf_nan=False)] = 60.0
    most_minutes: Annotated[float, Field(gt=0, le=10_080, strict=True, allow_inf_nan=False)] = 720.0

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not (self.light or self.route or self.mark or self.notify or self.ask):
            raise ValueError("it does nothing: give at least one of light, route, mark, notify and ask")
        if len({each.route for each in self.route}) < len(self.route):
            raise ValueError("it asks for a route twice: name each once")
        if self.after_minutes > self.most_minutes:
            raise ValueError("after_minutes is more than most_minutes: make it less, or most_minutes more")
        return self


def parse_playbook(raw: Any, id: str | None = None) -> Playbook:
    """A playbook as a person wrote it; `id` as in the address. Raises BadPlaybook for the first thing that is wrong."""
    try:
        found = Playbook.model_validate(raw if id is None or not isinstance(raw, dict) else {**raw, "id": id})
    except ValidationError as error:
        first = error.errors()[0]
        raise BadPlaybook(".".join(map(str, first["loc"])) or "playbook", _sentence(first)) from None
    if found.id is None:
        raise BadPlaybook("id", "is missing: write an id such as 'fire-approach'")
    return found


def _sentence(error: Any) -> str:
    if error["type"] == "missing":
        return "is missing: write it"
    if error["type"] == "extra_forbidden":
        return "there is no such key: leave it out; docs/incidents.md lists the keys"
    return str(error["msg"]).removeprefix("Value error, ")
