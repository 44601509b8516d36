"""Routes: of which alarms which channels are told, when, and who is told next when nobody acknowledges. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, model_validator

from hub.model.alarms import Severity
from hub.notify.facts import FIRE, Facts
from hub.notify.windows import WEEK, Window, quiet_until

Word = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
ChannelId = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[a-z0-9][a-z0-9-]*$")]
On = Literal["began", "ended", "acknowledged"]
_Sorted = PlainSerializer(sorted, list[str])


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class When(_Part):
    """Which alarms. All conditions given must hold; none: every alarm."""

    severities: Annotated[frozenset[Severity], Field(max_length=4), _Sorted] = frozenset()
    classes: Annotated[
        frozenset[Word], Field(max_length=50, description="as rules name them: fire, lighting ..."), _Sorted
    ] = frozenset()
    types: Annotated[frozenset[Word], Field(max_length=200, description="lampFailure ..."), _Sorted] = frozenset()
    zones: Annotated[frozenset[Word], Field(max_length=200, description="with all zones beneath them"), _Sorted] = (
        frozenset()
    )
    times: Annotated[tuple[Window, ...], Field(max_length=20, description="when it began; none: always")] = ()


class Step(_Part):
    """Who is told, and after how many minutes without an acknowledgement."""

    after: Annotated[float, Field(ge=0, le=1440, allow_inf_nan=False, description="minutes")] = 0.0
    channels: Annotated[tuple[ChannelId, ...], Field(min_length=1, max_length=20)]


class Route(_Part):
    """One route. `quiet` are hours in which nothing but fire is told: what still stands unacknowledged is told at their end."""

    name: Annotated[str, Field(max_length=100)] = ""
    enabled: bool = True
    when: When = When()
    on: Annotated[frozenset[On], Field(min_length=1), _Sorted] = frozenset({"began", "ended"})
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=10)]
    quiet: Annotated[tuple[Window, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _sense(self) -> Self:
        if self.steps[0].after:
            raise ValueError("steps: the first is told at once: write after = 0 there")
        for earlier, later in pairwise(self.steps):
            if later.after <= earlier.after:
                raise ValueError(
                    f"steps: each comes later than the one before: write more than {earlier.after:g}, not {later.after:g}"
                )
        if len(self.steps) > 1 and "began" not in self.on:
            raise ValueError("steps: only what began is escalated: add began to on, or leave one step")
        if self.quiet and self.when.classes == {FIRE}:
            raise ValueError("quiet: quiet hours never apply to fire: leave them out")
        return self

    @property
    def channels(self) -> frozenset[str]:
        """Every channel that it names."""
        return frozenset(channel for step in self.steps for channel in step.channels)

    def misfit(self, facts: Facts, at: float, zone: tzinfo) -> str | None:
        """Why it says nothing of an alarm that is told at `at`: the key that keeps it out; None when it fits."""
        when = self.when
        if not self.enabled:
            return "enabled"
        if when.severities and facts.severity not in when.severities:
            return "severities"
        if when.classes and facts.group not in when.classes:
            return "classes"
        if when.types and facts.alarm.key.type not in when.types:
            return "types"
        if when.zones and not when.zones & facts.zones.keys():
            return "zones"
        if when.times and all(window.ends(at, zone) is None for window in when.times):
            return "times"
        return None


def fire_is_told(routes: Mapping[str, Route], at: float, zone: tzinfo) -> bool:
    """Whether a fire alarm anywhere would reach somebody, at every moment of the week from `at` on."""
    fitting = [
        route for route in routes.values()
        if route.enabled and "began" in route.on and not route.when.zones
        and (not route.when.severities or Severity.CRITICAL in route.when.severities)
        and (not route.when.classes or FIRE in route.when.classes)
        and (not route.when.types or "fireAlarm" in route.when.types)
    ]  # fmt: skip
    if any(not route.when.times for route in fitting):
        return True
    windows = [window for route in fitting for window in route.when.times]
    return quiet_until(windows, at, zone) >= at + WEEK  # the first moment that lies in none of them


def read_route(body: Mapping[str, Any]) -> Route:
    """A route as it was written; raises pydantic's ValidationError."""
    return Route.model_validate(body)
