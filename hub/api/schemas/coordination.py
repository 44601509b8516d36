"""Coordination groups and their green waves as they are shown: docs/signals-evaluation.md has the form of bands."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hub.api.schemas.alarms import Bilingual
from hub.api.schemas.common import Moment, Shown
from hub.model.junctions import JunctionMode


class WordShown(Shown):
    """A reason by its code, with its sentence."""

    code: str
    values: dict[str, str]
    text: Bilingual


class StandingShown(Shown):
    """A junction of a group: whether it is in step, and why not."""

    junction: str
    name: str
    program: str | None = Field(description="that counts here: what it runs, or would")
    mode: JunctionMode | None = Field(description="what its controller last said")
    clock_error: float | None
    in_step: bool
    out: list[WordShown]


class GroupShown(Shown):
    """A coordination group as its controllers say it is now."""

    group: str
    state: Literal["in-step", "partly", "off"]
    cycle: int | None = Field(description="seconds of the common cycle; null while nobody is in step")
    clock_error: float | None = Field(description="of the junction whose clock is furthest off")
    programs: list[str]
    junctions: list[StandingShown]


class GroupPage(Shown):
    """Groups by id."""

    items: list[GroupShown]
    next: str | None


class GreensShown(Shown):
    """Spans of system seconds within one common cycle; `to` may be beyond its end."""

    outbound: list[tuple[float, float]]
    inbound: list[tuple[float, float]]


class WaveSignalShown(StandingShown):
    """A junction in its wave; one that is not in step has no greens."""

    position: float = Field(description="metres from the first")
    cycle: float | None
    offset: float | None
    groups: dict[str, list[str]] = Field(description="by way: the groups of who drives through")
    greens: GreensShown


class StopLine(Shown):
    """Where a band crosses a stop line: system seconds."""

    junction: str
    position: float
    from_: float = Field(alias="from")
    to: float


class BandShown(Shown):
    """A band: over the whole road, or over a stretch of it."""

    width: float
    at: list[StopLine]


class DirectionShown(Shown):
    """One way. `width` and `share` are of the widest band over the whole road, 0 without one."""

    width: float
    share: float
    speed: float
    links: list[float | None] = Field(description="the widest band to the next junction; null where one is not in step")
    bands: list[BandShown]


class WaveShown(Shown):
    """The time-space diagram of a group."""

    group: str
    basis: Literal["now", "plan"] = Field(
        description="`now`: by what the controllers say; `plan`: by the plan sets alone"
    )
    program: str | None
    time: Moment
    speed: float = Field(description="km/h")
    cycle: float | None
    state: Literal["in-step", "partly", "off"]
    programs: list[str]
    signals: list[WaveSignalShown]
    outbound: DirectionShown | None
    inbound: DirectionShown | None
    uncertain: list[WordShown]
    untold: list[WordShown]
