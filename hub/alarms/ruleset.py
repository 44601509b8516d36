"""Rules of alarms as data: read from TOML, checked, with errors that name file, key and remedy."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hub.model.alarms import Severity
from hub.model.devices import DeviceKind
from hub.model.fire import FIRE_EVENTS
from hub.model.metrics import METRICS

LampMeasure = Literal["power_in_effect", "power_asked", "power_rated", "starts"]
CabinetMeasure = Literal["load_share", "load_rated"]
StateMeasure = Literal["silence", "clock_error"]
HubMeasure = Literal[
    "spool_share",
    "broker_down",
    "driver_down",
    "disk_low",
    "fire_self_test_failed",
    "notification_failing",
    "incidents_refused",
]
LAMP_MEASURES: tuple[str, ...] = get_args(LampMeasure)
CABINET_MEASURES: tuple[str, ...] = get_args(CabinetMeasure)
STATE_MEASURES: tuple[str, ...] = get_args(StateMeasure)
HUB_MEASURES: tuple[str, ...] = get_args(HubMeasure)
MEASURES = (*LAMP_MEASURES, *CABINET_MEASURES, *STATE_MEASURES, *HUB_MEASURES, *METRICS)
Reach = Literal["device", "feed", "segment", "children", "city"]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=31 * 86_400)]


class BadRules(Exception):
    """A rule that cannot be used; the message names file and key and says what to write instead."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Part):
    """One text in both languages."""

    en: Annotated[str, Field(min_length=1, max_length=300)]
    vi: Annotated[str, Field(min_length=1, max_length=300)]


class Guards(_Part):
    """When a reading is judged at all. A reading that is not judged changes nothing."""

    asked_at_least: Finite | None = None
    asked_at_most: Finite | None = None
    in_effect_at_least: Finite | None = None
    voltage_at_least: Finite | None = None
    sun_above: Finite | None = None
    segments: Literal["on", "off"] | None = None  # all contactors of the cabinet
    expected_at_least: Finite | None = None  # W
    starts_at_most: Annotated[int, Field(ge=0)] | None = None  # of the last hour, by its own counter, where it has one
    settled: Seconds = 60.0  # the level has been the same for that long before the reading


class When(_Part):
    """What a rule looks for in readings or states."""

    measure: str
    kinds: frozenset[DeviceKind] = frozenset()
    below: Finite | None = None
    above: Finite | None = None
    dead_band: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    ends_above: Finite | None = None
    ends_below: Finite | None = None
    samples: Annotated[int, Field(ge=1, le=100)] = 1
    delay: Seconds = 0.0
    off_delay: Seconds = 0.0
    window: Seconds = 43_200.0
    only: Guards = Guards()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.measure not in MEASURES:
            raise ValueError(f"measure {self.measure!r}: use one of {', '.join(MEASURES)}")
        if (self.below is None) is (self.above is None):
            raise ValueError("give one of below and above")
        if self.below is not None and (self.ends_below is not None or (self.ends_above or self.below) < self.below):
            raise ValueError(
                "a rule with below ends above it: give ends_above, at least as large as below, or dead_band"
            )
        if self.above is not None and (
            self.ends_above is not None or (self.above if self.ends_below is None else self.ends_below) > self.above
        ):
            raise ValueError(
                "a rule with above ends below it: give ends_below, at most as large as above, or dead_band"
            )
        if self.dead_band and (self.ends_above is not None or self.ends_below is not None):
            raise ValueError("give dead_band or a limit of its own to end at, not both")
        for measures, kind in ((LAMP_MEASURES, DeviceKind.LIGHT), (CABINET_MEASURES, DeviceKind.CABINET)):
            if self.measure in measures and self.kinds != {kind}:
                raise ValueError(f'kinds: the measure {self.measure} is one of {kind}s: write kinds = ["{kind}"]')
        if not self.kinds and self.measure not in HUB_MEASURES:
            raise ValueError('kinds: name the kinds of devices that it looks at, e.g. ["light"]')
        if self.only.segments is not None and self.kinds != {DeviceKind.CABINET}:
            raise ValueError('only.segments: contactors are in cabinets: write kinds = ["cabinet"]')
        return self

    def wrong(self, value: float) -> bool:
        """Whether a value is beyond the limit."""
        return value < self.below if self.below is not None else value > (self.above or 0.0)

    def right(self, value: float) -> bool:
        """Whether a value is so far back that the alarm may end."""
        if self.below is not None:
            return value >= (self.below + self.dead_band if self.ends_above is None else self.ends_above)
        limit = self.above or 0.0
        return value <= (limit - self.dead_band if self.ends_below is None else self.ends_below)


class Rule(_Part):
    """One type of alarm."""

    type: str
    severity: Severity
    group: Annotated[str, Field(alias="class", pattern=r"^[a-z][a-z-]{0,31}$")] = "other"
    text: Words
    response: Words
    latch: bool = False
    shelve_hours: Annotated[float, Field(ge=0, le=744)] = 24.0  # 0: it cannot be shelved
    explains: frozenset[str] = frozenset()
    reach: Reach = "feed"
    settle: Seconds = 300.0
    when: When | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.latch and self.explains:
            raise ValueError("latch: a cause that explains others cannot latch: leave out one of the two")
        if hidden := sorted(self.explains & FIRE_EVENTS):
            raise ValueError(f"explains: what fire panels say stands beneath nothing: leave out {', '.join(hidden)}")
        if self.type in FIRE_EVENTS and (self.group != "fire" or self.shelve_hours > 0):
            raise ValueError('what fire panels say cannot be shelved: write class = "fire", shelve_hours = 0')
        return self


class RuleSet:
    """Every rule by its type. A type without one gets a rule of severity medium."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = {rule.type: rule for rule in rules}
        self.reading = tuple(
            r for r in self if r.when is not None and r.when.measure not in STATE_MEASURES + HUB_MEASURES
        )
        self.states = tuple(rule for rule in self if rule.when is not None and rule.when.measure in STATE_MEASURES)
        self.hub = tuple(rule for rule in self if rule.when is not None and rule.when.measure in HUB_MEASURES)
        self.causes = tuple(rule for rule in self if rule.explains)
        self.explained = frozenset(type for rule in self.causes for type in rule.explains)

    def __iter__(self) -> Any:
        return iter(self._rules.values())

    def of(self, type: str) -> Rule:
        """The rule of a type."""
        found = self._rules.get(type)
        if found is None:
            words = Words(en=type, vi=type)
            found = self._rules[type] = Rule.model_validate(
                {"type": type, "severity": "medium", "text": words, "response": _LOOK}
            )
        return found


_LOOK = Words(en="Look at the device's own documents for what it reports.", vi="Xem tài liệu của thiết bị về lỗi này.")


def load_rules(own: Path | None = None) -> RuleSet:
    """The shipped rules, and those of a city's own folder, which replace shipped ones of the same type. Raises BadRules."""
    shipped = Path(str(files("hub.alarms"))) / "rules"
    found = _read(sorted(shipped.glob("*.toml")))
    if own is not None and own.is_dir():
        found |= _read(sorted(own.glob("*.toml")))
    return RuleSet(found.values())


def _read(paths: Iterable[Path]) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for path in paths:
        try:
            content = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadRules(f"{path}: {error}; write one table a type of alarm, as in docs/alarms.md") from error
        for type, body in content.items():
            if type in found:
                raise BadRules(f"{path}: {type}: there is a rule of that name in another file: keep one of them")
            found[type] = parse_rule(type, body, str(path))
    return found


def parse_rule(type: str, body: Any, place: str) -> Rule:
    """One rule; `place` is the file that errors name."""
    if not isinstance(body, Mapping):
        raise BadRules(f"{place}: {type}: write a table, [{type[:60]}], with severity, text and response")
    try:
        return Rule.model_validate({**body, "type": type})
    except ValidationError as error:
        raise BadRules("; ".join(_line(place, type, each) for each in error.errors())) from error


def _line(place: str, type: str, error: Any) -> str:
    key = ".".join((type, *map(str, error["loc"])))
    known = "docs/alarms.md lists the keys"
    if error["type"] == "extra_forbidden":
        return f"{place}: {key}: there is no such key: leave it out; {known}"
    if error["type"] == "missing":
        return f"{place}: {key}: is missing: write it; {known}"
    return f"{place}: {key}: {str(error['msg']).removeprefix('Value error, ')} (got {str(error['input'])[:60]!r})"
